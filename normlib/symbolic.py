"""Formulas that are shown, proved and evaluated: one expression for all three.

A formula is an equation between SymPy expressions over index symbols, as on a slide: `mu[k] = sum(x[i,j,k,m]) / N`.
`Grounding` reads it on arrays: each index becomes an axis, each sum runs over the cells that the operator's pool names.
On arrays of symbols this gives the expressions whose difference SymPy expands to zero (the proof); on arrays of
numbers it gives what the code must reproduce.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from normlib.pool import Pool

if TYPE_CHECKING:
    from normlib.core import Norm

Array = NDArray[Any]

# The talk's indices: row, column, channel, example; each with a primed twin for sums.
INDICES = i, j, k, m = sp.symbols("i j k m", integer=True)
PRIMED = ip, jp, kp, mp = sp.symbols("i' j' k' m'", integer=True)
_AXIS = {symbol: axis for axis, letter in enumerate("mkij") for symbol in sp.symbols(f"{letter} {letter}'", integer=True)}

x, y, dy = sp.IndexedBase("x"), sp.IndexedBase("y"), sp.IndexedBase("dy")  # dy is short for dl/dy
loss = sp.Symbol("l")


class PoolSum(sp.Expr):
    """Sum `body` over the `bound` indices: the whole axes, or where `centre` is given the pool around it.

    With `adjoint`, over the cells whose own pool holds the centre.
    """

    def __new__(
        cls, body: sp.Expr, bound: tuple[sp.Symbol, ...], centre: tuple[sp.Symbol, ...] = (), adjoint: bool = False
    ) -> PoolSum:
        """Build the node; every argument becomes a SymPy object so that `func(*args)` rebuilds it."""
        return sp.Expr.__new__(cls, sp.sympify(body), sp.Tuple(*bound), sp.Tuple(*centre), sp.sympify(bool(adjoint)))


class PoolSize(sp.Expr):
    """The number of cells in the pool: of a whole axis, or of the window around a centre.

    PoolSize(bound, centre=()).
    """

    def __new__(cls, bound: tuple[sp.Symbol, ...], centre: tuple[sp.Symbol, ...] = ()) -> PoolSize:
        """Build the node."""
        return sp.Expr.__new__(cls, sp.Tuple(*bound), sp.Tuple(*centre))


class Same(sp.Expr):
    """Kronecker's delta: 1 where two indices agree, pair by pair, else 0."""

    def __new__(cls, left: tuple[sp.Symbol, ...], right: tuple[sp.Symbol, ...]) -> Same:
        """Build the node."""
        return sp.Expr.__new__(cls, sp.Tuple(*left), sp.Tuple(*right))


class Inside(sp.Expr):
    """Iverson's bracket: 1 where a cell lies in the pool of a centre, else 0."""

    def __new__(cls, cell: tuple[sp.Symbol, ...], centre: tuple[sp.Symbol, ...]) -> Inside:
        """Build the node."""
        return sp.Expr.__new__(cls, sp.Tuple(*cell), sp.Tuple(*centre))


class Partial(sp.Expr):
    """A partial derivative: of the loss, or of a defined quantity, with respect to an input."""

    def __new__(cls, of: sp.Expr, by: sp.Indexed) -> Partial:
        """Build the node."""
        return sp.Expr.__new__(cls, of, by)


class Tagged(sp.Expr):
    """A term with a name, so that a picture and a formula can give it the same colour."""

    def __new__(cls, term: sp.Expr, tag: str | sp.Symbol) -> Tagged:
        """Build the node."""
        return sp.Expr.__new__(cls, term, sp.Symbol(str(tag)))


def add(*terms: Any) -> sp.Expr:
    """Add in the order given: a formula reads as the lecturer writes it."""
    return sp.Add(*map(sp.sympify, terms), evaluate=False)


def mul(*factors: Any) -> sp.Expr:
    """Multiply in the order given."""
    return sp.Mul(*map(sp.sympify, factors), evaluate=False)


def neg(term: Any) -> sp.Expr:
    """Put a minus before a term, and leave the rest as written."""
    return mul(-1, term)


def over(numerator: Any, denominator: Any) -> sp.Expr:
    """Write a fraction, and leave it one."""
    return mul(numerator, sp.Pow(sp.sympify(denominator), -1, evaluate=False))


def root(radicand: Any) -> sp.Expr:
    """Write a square root."""
    return sp.Pow(sp.sympify(radicand), sp.Rational(1, 2), evaluate=False)


@dataclass(frozen=True)
class Formula:
    """An equation as displayed. `unwritten` indices stand in it but are not printed (each example alone)."""

    lhs: sp.Expr
    rhs: sp.Expr
    unwritten: tuple[sp.Symbol, ...] = ()

    @property
    def eq(self) -> sp.Eq:
        """The equation as SymPy holds it."""
        return sp.Eq(self.lhs, self.rhs, evaluate=False)

    @property
    def name(self) -> str:
        """What the left side defines: `mu` of mu[k]."""
        return _name(self.lhs)

    @property
    def free(self) -> tuple[sp.Symbol, ...]:
        """The indices for each value of which the formula speaks, in the order of the left side."""
        return tuple(dict.fromkeys(a for a in sp.preorder_traversal(self.lhs) if a in _AXIS))

    def latex(self, colors: Mapping[str, str] | None = None) -> str:
        r"""Return LaTeX that KaTeX sets; `colors` maps the tags term1, term2, term3 and pool to #hex colours."""
        from normlib.latex import tex  # the printer needs the nodes above

        return f"{tex(self.lhs, self.unwritten, colors)} = {tex(self.rhs, self.unwritten, colors)}"


class Step(NamedTuple):
    """One thing a lecturer reveals: a title, a sentence, and the equations it adds; each is proved."""

    title: str
    say: str
    formulas: tuple[Formula, ...]


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

    def array(self, expr: sp.Expr, free: tuple[sp.Symbol, ...]) -> Array:
        """Return the value of `expr` for all values of its free indices, one axis each, in the order given."""
        inner = sorted((a for a in expr.atoms(sp.Symbol) if a in _AXIS and a not in free), key=str)
        lengths = [self._shape[_AXIS[a]] for a in free] + [1] * len(inner)
        value = self._walk(expr, (*free, *inner))
        return np.broadcast_to(value, lengths).reshape(lengths[: len(free)])

    def _walk(self, e: sp.Expr, axes: tuple[sp.Symbol, ...]) -> Array:
        match e:
            case Tagged():
                return self._walk(e.args[0], axes)
            case PoolSum():
                body, bound, centre, adjoint = e.args
                mask = self._mask(bound, centre, bool(adjoint), axes)
                return (self._walk(body, axes) * mask).sum(axis=tuple(axes.index(b) for b in bound), keepdims=True)
            case PoolSize():
                return self._size(*e.args, axes)
            case Same():
                return self._product(self._mesh(np.equal, a, b, axes) for a, b in zip(*e.args, strict=True))
            case Inside():
                cell, centre = e.args
                return self._mask(cell, centre, False, axes)
            case Partial():
                of, by = e.args
                return self._spread(self._partial(of, by), (*getattr(of, "indices", ()), *by.indices), axes)
            case sp.Indexed():
                return self._spread(self._value(str(e.base.label)), e.indices, axes)
            case sp.Symbol():
                return self._value(e.name) if e.name in self._lets else np.array(self._constants[e])
            case sp.Number():
                return np.array(e if self._symbolic else float(e))
            case sp.Add():
                return reduce(np.add, [self._walk(a, axes) for a in e.args])
            case sp.Mul():
                return reduce(np.multiply, [self._walk(a, axes) for a in e.args])
            case sp.Pow():
                base, exponent = (self._walk(a, axes) for a in e.args)
                return base**exponent
        raise TypeError(f"Grounding: a formula must be built of the nodes of normlib.symbolic, got {type(e)}. Add a case.")

    def _value(self, name: str) -> Array:
        if name in self._leaves:
            return self._leaves[name]
        if name not in self._known:
            let = self._lets[name]
            self._known[name] = self.array(let.rhs, let.free)
        return self._known[name]

    def _partial(self, of: sp.Expr, by: sp.Indexed) -> Array:
        """Differentiate for real: the truth that a displayed derivative is held against."""
        name = str(by.base.label)
        if of == loss and name == "y":
            return self._leaves["dy"]
        if not self._symbolic:
            raise TypeError(f"Grounding: a derivative must be taken of symbols, got numbers for {by}. Ground the claim.")
        if (of, name) not in self._known:
            whole = (self._leaves["dy"] * self._value("y")).sum() if of == loss else self._value(_name(of))
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
        return np.arange(self._shape[_AXIS[index]]).reshape(shape)

    def _mesh(self, relation: Any, a: sp.Symbol, b: sp.Symbol, axes: tuple[sp.Symbol, ...]) -> Array:
        return self._numbers(relation(self._along(a, axes), self._along(b, axes)))

    def _mask(self, cells: sp.Tuple, centres: sp.Tuple, adjoint: bool, axes: tuple[sp.Symbol, ...]) -> Array:
        if not centres:  # whole axes: 1 everywhere, so that a body that does not vary is still counted
            return self._product(self._mesh(lambda a, _: a >= 0, cell, cell, axes) for cell in cells)
        pairs = [(cell, centre) if adjoint else (centre, cell) for cell, centre in zip(cells, centres, strict=True)]
        return self._product(
            self._numbers(self._spread(self._pool.matrix(_AXIS[a], self._shape[_AXIS[a]]), (a, b), axes)) for a, b in pairs
        )

    def _size(self, bound: sp.Tuple, centre: sp.Tuple, axes: tuple[sp.Symbol, ...]) -> Array:
        lengths = [self._shape[_AXIS[b]] for b in bound]
        if not centre:
            return self._numbers(np.array(np.prod(lengths)))
        counts = [self._pool.matrix(_AXIS[a], n).sum(axis=1) for a, n in zip(centre, lengths, strict=True)]
        return self._product(
            self._numbers(self._spread(count, (a,), axes)) for count, a in zip(counts, centre, strict=True)
        )

    def _numbers(self, counts: Array) -> Array:
        return np.array(counts.astype(int) + sp.Integer(0)) if self._symbolic else counts.astype(float)

    @staticmethod
    def _product(factors: Iterator[Array]) -> Array:
        return reduce(np.multiply, factors)


@dataclass(frozen=True)
class Derivation:
    """An operator in symbols: what it computes, how its gradient comes about, and the gradient it claims.

    shape: N, C, H, W of the small tensor on which the claims are proved.
    inputs: the indices of each input.  constants: the field that each other symbol stands for.
    definition: y last.  steps: in the order a lecturer reveals them.  closed_form: the claimed dl/d(input), by input.
    """

    of: Norm
    shape: tuple[int, int, int, int]
    inputs: Mapping[str, tuple[sp.Symbol, ...]]
    constants: Mapping[sp.Symbol, str]
    definition: tuple[Formula, ...]
    steps: tuple[Step, ...]
    closed_form: Mapping[str, Formula]

    @property
    def residue(self) -> Mapping[str, tuple[sp.Expr, ...]]:
        """Chain rule minus claim, per input and cell; all zeros is the proof."""
        return {name: self.residue_of(claim) for name, claim in self.closed_form.items()}

    def residue_of(self, formula: Formula) -> tuple[sp.Expr, ...]:
        """Left side minus right side, grounded on the small tensor, with every derivative truly taken.

        `expand` settles it in a fraction of a second; `simplify` takes many and may miss the zero.
        """
        key = tuple(sorted(((name, at) for name, at in self.inputs.items()), key=str))
        return _residue(self.definition, formula, self.of.pool, self.shape, key, tuple(self.constants))

    def evaluate(self, inputs: Mapping[str, Array], dy: Array) -> tuple[Array, dict[str, Array]]:
        """Return y and the gradients in numbers, read off the displayed formulas cell by cell.

        inputs, dy: as for `forward` in NCHW, of any shape; dy like x.
        """
        leaves = {name: _hwkm(np.asarray(a)) for name, a in {**inputs, "dy": dy}.items()}
        numbers = {symbol: float(getattr(self.of, field)) for symbol, field in self.constants.items()}
        ground = Grounding(self.definition, self.of.pool, np.shape(dy), leaves, numbers)
        y = ground.array(self.definition[-1].rhs, self.definition[-1].free)
        grads = {name: ground.array(claim.rhs, self.inputs[name]) for name, claim in self.closed_form.items()}
        return _nchw(y), {name: _nchw(grad) for name, grad in grads.items()}


@lru_cache(maxsize=1024)
def _residue(
    definition: tuple[Formula, ...],
    claim: Formula,
    pool: Pool,
    shape: tuple[int, ...],
    inputs: tuple[tuple[str, tuple[sp.Symbol, ...]], ...],
    constants: tuple[sp.Symbol, ...],
) -> tuple[sp.Expr, ...]:
    ground = _symbols(definition, pool, shape, inputs, constants)
    free = claim.free
    difference = ground.array(claim.lhs, free) - ground.array(claim.rhs, free)
    return tuple(sp.expand(d) for d in np.ravel(difference))


@lru_cache(maxsize=64)
def _symbols(
    definition: tuple[Formula, ...],
    pool: Pool,
    shape: tuple[int, ...],
    inputs: tuple[tuple[str, tuple[sp.Symbol, ...]], ...],
    constants: tuple[sp.Symbol, ...],
) -> Grounding:
    indices = dict(inputs)
    leaves = {
        name: _leaf(name, tuple(shape[_AXIS[a]] for a in at)) for name, at in {**indices, "dy": indices["x"]}.items()
    }
    return Grounding(definition, pool, shape, leaves, {symbol: symbol for symbol in constants})


def _name(quantity: sp.Expr) -> str:
    return str(quantity.base.label) if isinstance(quantity, sp.Indexed) else str(quantity)


def _leaf(name: str, shape: tuple[int, ...]) -> Array:
    cells = [sp.Symbol(f"{name}{list(at)}", real=True) for at in np.ndindex(shape)]
    return np.array(cells, dtype=object).reshape(shape)


def _hwkm(a: Array) -> Array:
    return a.transpose(2, 3, 1, 0) if a.ndim == 4 else a


def _nchw(a: Array) -> Array:
    return a.transpose(3, 2, 0, 1) if a.ndim == 4 else a
