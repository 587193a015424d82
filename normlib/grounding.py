"""Read a formula on arrays: each index becomes an axis, each sum runs over the cells that the pool names.

On arrays of symbols this gives the expressions whose difference SymPy expands to zero; on arrays of numbers it gives
what the code must reproduce, and a displayed window is read as displayed: the code and its pool must agree with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from normlib.nodes import (
    AXIS,
    Above,
    GroupOf,
    Inside,
    Length,
    Partial,
    PoolSize,
    PoolSum,
    Same,
    Tagged,
    Window,
    loss,
    name_of,
)
from normlib.pool import Array, Groups, Pool

if TYPE_CHECKING:
    from normlib.symbolic import Formula


# Each function on arrays of symbols, and on arrays of numbers.
_FUNCTIONS = {
    sp.tanh: (np.frompyfunc(sp.tanh, 1, 1), np.tanh),
    sp.exp: (np.frompyfunc(sp.exp, 1, 1), np.exp),
    sp.Abs: (np.frompyfunc(sp.Abs, 1, 1), np.abs),
    sp.sign: (np.frompyfunc(sp.sign, 1, 1), np.sign),
    sp.Max: (np.frompyfunc(sp.Max, 2, 1), np.maximum),
}
_step = np.frompyfunc(sp.Heaviside, 1, 1)  # what SymPy writes for the derivative of a maximum


class Grounding:
    """Formulas read on arrays: each index an axis, each sum over the cells that `pool` names.

    definition: what defines mu, s, x_hat, ..., y.  leaves: arrays by name, axes in the order of their indices.
    shape: N, C, H, W.  constants: what a plain symbol stands for (itself, in a proof).
    """

    def __init__(
        self,
        definition: tuple[Formula, ...],
        pool: Pool,
        shape: tuple[int, ...],
        leaves: Mapping[str, Array],
        constants: Mapping[sp.Symbol, Any],
    ) -> None:
        """Take the parts; nothing is computed until `array` asks."""
        self._lets = {f.name: f for f in definition}
        self._pool, self._shape, self._leaves, self._constants = pool, shape, leaves, constants
        self._symbolic = leaves["x"].dtype == object
        self._known: dict[Any, Array] = {}
        self._displayed = {} if self._symbolic else dict(self._sets())  # a proof keeps a window's size a letter

    def array(self, expr: sp.Expr, free: tuple[sp.Symbol, ...]) -> Array:
        """Return the value of `expr` for all values of its free indices, one axis each, in the order given."""
        inner = sorted((a for a in expr.atoms(sp.Symbol) if a in AXIS and a not in free), key=str)
        lengths = [self._shape[AXIS[a]] for a in free] + [1] * len(inner)
        value = self._walk(expr, (*free, *inner))
        return np.broadcast_to(value, lengths).reshape(lengths[: len(free)])

    def _sets(self) -> Iterator[tuple[int, Array]]:
        """Read each displayed set, by axis: True at [a, b] where b lies in the set of a."""
        for let in self._lets.values():
            match let.rhs:
                case Window():
                    for index, *sides in zip(*let.rhs.args, strict=True):
                        before, after = (int(side.subs(self._constants)) for side in sides)
                        at = self._counted(index)
                        low, high = np.maximum(1, at - before)[:, None], np.minimum(len(at), at + after)[:, None]
                        yield AXIS[index], (low <= at) & (at <= high)
                case GroupOf():
                    index, number = let.rhs.args
                    at = self._counted(index)
                    group = -(-int(number.subs(self._constants)) * at // len(at))
                    yield AXIS[index], group == group[:, None]

    def _counted(self, index: sp.Symbol) -> Array:
        """Count along the axis of `index` from 1, as the talk does."""
        return np.arange(1, self._shape[AXIS[index]] + 1)

    def _matrix(self, index: sp.Symbol) -> Array:
        """Along the axis of `index`: True at [a, b] where b lies in the pool of a."""
        axis = AXIS[index]
        return self._displayed[axis] if axis in self._displayed else self._pool.matrix(axis, self._shape[axis])

    def _walk(self, e: sp.Expr, axes: tuple[sp.Symbol, ...]) -> Array:
        match e:
            case Tagged():
                return self._walk(e.args[0], axes)
            case PoolSum():
                body, bound, centre, adjoint = e.args
                mask = self._mask(bound, centre, bool(adjoint), axes)
                return (self._walk(body, axes) * mask).sum(axis=tuple(axes.index(b) for b in bound), keepdims=True)
            case PoolSize():
                bound, centre = e.args
                return self._size(bound, centre, axes)
            case Length():
                return self._numbers(np.array(self._shape[AXIS[e.args[0]]]))
            case Same():
                return self._product(self._mesh(np.equal, a, b, axes) for a, b in zip(*e.args, strict=True))
            case Inside():
                cell, centre = e.args
                return self._mask(cell, centre, False, axes)
            case Above():
                greater, less = (self._walk(a, axes) for a in e.args)
                return np.array(_step(greater - less)) if self._symbolic else (greater > less).astype(float)
            case sp.tanh() | sp.exp() | sp.Abs() | sp.sign() | sp.Max():
                function = _FUNCTIONS[e.func][0 if self._symbolic else 1]
                return np.array(function(*(self._walk(a, axes) for a in e.args)))  # of one symbol it gives no array
            case Partial():
                of, by = e.args
                return self._spread(self._partial(of, by), (*_indices(of), *_indices(by)), axes)
            case sp.Indexed():
                return self._spread(self._value(str(e.base.label)), e.indices, axes)
            case sp.Symbol():
                known = e.name in self._lets or e.name in self._leaves
                return self._value(e.name) if known else np.array(self._constants[e])
            case sp.Number():
                return np.array(e if self._symbolic else float(e))
            case sp.Add():
                return reduce(np.add, [self._walk(a, axes) for a in e.args])
            case sp.Mul():
                return reduce(np.multiply, [self._walk(a, axes) for a in e.args])
            case sp.Pow():
                base, exponent = (self._walk(a, axes) for a in e.args)
                return base**exponent
        raise TypeError(f"Grounding: a formula must be built of normlib.nodes, got {type(e)}. Add a case.")

    def _value(self, name: str) -> Array:
        if name in self._leaves:
            return self._leaves[name]
        if name not in self._known:
            let = self._lets[name]
            self._known[name] = self.array(let.rhs, let.free)
        return self._known[name]

    def _partial(self, of: sp.Expr, by: sp.Expr) -> Array:
        """Differentiate for real: the truth that a displayed derivative is held against."""
        name = name_of(by)
        if of == loss and name == "y":
            return self._leaves["dy"]
        if not self._symbolic:
            raise TypeError(f"Grounding: derivatives must be of symbols, got numbers for {by}. Use the closed form.")
        if (of, name) not in self._known:
            whole = (self._leaves["dy"] * self._value("y")).sum() if of == loss else self._value(name_of(of))
            leaf = self._leaves[name]
            slopes = [sp.diff(w, v) for w in np.ravel(whole) for v in leaf.ravel()]
            self._known[of, name] = np.array(slopes, dtype=object).reshape(np.shape(whole) + leaf.shape)
        return self._known[of, name]

    def _spread(self, array: Array, indices: tuple[sp.Symbol, ...], axes: tuple[sp.Symbol, ...]) -> Array:
        """Lay an array out so that each of its indices runs along its axis; an index named twice takes the diagonal."""
        return array[tuple(self._along(a, axes) for a in indices)]

    def _along(self, index: sp.Symbol, axes: tuple[sp.Symbol, ...]) -> Array:
        shape = [1] * len(axes)
        shape[axes.index(index)] = -1
        return np.arange(self._shape[AXIS[index]]).reshape(shape)

    def _mesh(self, relation: Any, a: sp.Symbol, b: sp.Symbol, axes: tuple[sp.Symbol, ...]) -> Array:
        return self._numbers(relation(self._along(a, axes), self._along(b, axes)))

    def _mask(self, cells: sp.Tuple, centres: sp.Tuple, adjoint: bool, axes: tuple[sp.Symbol, ...]) -> Array:
        if not centres:  # whole axes: 1 everywhere, so that a body that does not vary is still counted
            return self._product(self._mesh(lambda a, _: a >= 0, cell, cell, axes) for cell in cells)
        pairs = [(cell, centre) if adjoint else (centre, cell) for cell, centre in zip(cells, centres, strict=True)]
        matrices = ((self._matrix(a), (a, b)) for a, b in pairs)
        return self._product(self._numbers(self._spread(matrix, pair, axes)) for matrix, pair in matrices)

    def _size(self, bound: sp.Tuple, centre: sp.Tuple, axes: tuple[sp.Symbol, ...]) -> Array:
        if not centre:
            return self._numbers(np.array(np.prod([self._reach(b) for b in bound])))
        return self._product(self._numbers(self._spread(self._matrix(a).sum(axis=1), (a,), axes)) for a in centre)

    def _reach(self, index: sp.Symbol) -> int:
        """How many indices a statistic takes along an axis: all, or a group."""
        axis = AXIS[index]
        return self._matrix(index)[0].sum() if isinstance(self._pool[axis], Groups) else self._shape[axis]

    def _numbers(self, counts: Array) -> Array:
        return np.array(counts.astype(int) + sp.Integer(0)) if self._symbolic else counts.astype(float)

    @staticmethod
    def _product(factors: Iterator[Array]) -> Array:
        return reduce(np.multiply, factors)


def _indices(quantity: sp.Expr) -> tuple[sp.Symbol, ...]:
    return quantity.indices if isinstance(quantity, sp.Indexed) else ()
