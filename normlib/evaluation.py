"""Evaluate displayed formulas on whole arrays, as fast as NumPy sums along axes.

An index and its primed twin share their axis of N, C, H, W, so a sum is one over axes, windows or groups. (`grounding`
gives each index an axis of its own: that costs the square, and serves proofs on a few cells.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, reduce
from typing import Any

import numpy as np
import sympy as sp

from normlib.nodes import AXIS, Above, GroupOf, Length, PoolSize, PoolSum, Tagged, Window
from normlib.pool import Array, Axis, Groups, Pool, Span
from normlib.symbolic import Derivation, Formula
from normlib.windows import pool_sum

_FUNCTIONS = {sp.tanh: np.tanh, sp.exp: np.exp, sp.Abs: np.abs, sp.sign: np.sign, sp.Max: np.maximum}
_HALF = sp.Rational(1, 2)


class Evaluation:
    """The formulas of one derivation in numbers; each quantity and each sum is computed once, when asked for.

    inputs, dy: as for `_forward`, x and dy N x C x H x W; without dy there are no gradients. What comes back is in
    float64, and where nothing else is said has the axes N, C, H, W, of length 1 where it does not vary.
    """

    def __init__(self, derivation: Derivation, inputs: Mapping[str, Array], dy: Array | None = None) -> None:
        """Take the parts; nothing is computed yet."""
        self.derivation = derivation
        self.shape: tuple[int, ...] = np.shape(inputs["x"])
        self.lets = {f.name: f for f in derivation.definition if not isinstance(f.rhs, Window | GroupOf)}
        given = {**derivation.inputs, **({} if dy is None else {"dy": derivation.inputs["x"]})}
        arrays = {**inputs, "dy": dy}
        self._known: dict[Any, Array] = {name: _spread(arrays[name], at) for name, at in given.items()}
        self.constants = {symbol: float(getattr(derivation.of, name)) for symbol, name in derivation.constants.items()}
        self._sets: list[Axis] = list(derivation.of.pool)
        for axis, shown in _displayed(derivation.definition, tuple(self.constants.items())).items():
            self._sets[axis] = shown
        self._grouped = frozenset(axis for axis, shown in enumerate(self._sets) if isinstance(shown, Groups))

    @property
    def y(self) -> Array:
        """The output, shaped like x."""
        return np.broadcast_to(self.value("y"), self.shape)

    @property
    def has_dy(self) -> bool:
        """Whether an upstream gradient was given."""
        return "dy" in self._known

    def gradient(self, name: str = "x") -> Array:
        """Return the closed form's dl/d(input), with the axes that the input has, in the order of N, C, H, W."""
        claim = self.derivation.closed_form[name]
        indices = self.derivation.inputs[name]
        lengths = [self.shape[axis] for axis in sorted(AXIS[a] for a in indices)]
        return np.broadcast_to(self.array(claim.rhs), self.lengths(indices)).reshape(lengths)

    def value(self, name: str) -> Array:
        """Return an input, dy, or a quantity that the definition names."""
        if name not in self._known:
            if name not in self.lets:
                raise ValueError(
                    f"Evaluation: a formula must name inputs and what the definition defines, got {name!r}. "
                    + ("Give the upstream gradient." if name == "dy" else f"Choose among {sorted(self.lets)}.")
                )
            self._known[name] = self.array(self.lets[name].rhs)
        return self._known[name]

    def array(self, e: sp.Expr) -> Array:
        """Return the value of an expression for all values of its free indices."""
        with np.errstate(all="ignore"):  # what is undefined is nan: the formula says so
            value = np.asarray(arithmetic(e, self.term), dtype=float)
        return value if value.ndim else value.reshape(1, 1, 1, 1)

    def lengths(self, indices: tuple[sp.Symbol, ...]) -> tuple[int, ...]:
        """Return the lengths of N, C, H, W for what has these indices; 1 along every other axis."""
        axes = {AXIS[a] for a in indices}
        return tuple(n if axis in axes else 1 for axis, n in enumerate(self.shape))

    def set_of(self, axis: int, adjoint: bool = False) -> Axis:
        """Return G along an axis of N, C, H, W as it is displayed, or else the pool; with `adjoint`, its mirror."""
        shown = self._sets[axis]
        return shown.mirrored if adjoint and isinstance(shown, Span | Groups) else shown

    def total(self, body: Array, bound: tuple[int, ...], windows: Mapping[int, Axis]) -> Array:
        """Sum along whole axes, which then have length 1, and for each cell over a window or group of other axes."""
        unvaried = [axis for axis in bound if body.shape[axis] == 1]
        if bound:
            body = body.sum(axis=bound, keepdims=True) * float(np.prod([self.shape[axis] for axis in unvaried]))
        if windows:
            lengths = [n if axis in windows else body.shape[axis] for axis, n in enumerate(self.shape)]
            body = np.broadcast_to(body, lengths)
        for axis, shown in windows.items():
            if isinstance(shown, Groups):
                body = _group_sum(body, axis, shown.number)
        spans = {"nchw"[axis]: shown for axis, shown in windows.items() if isinstance(shown, Span)}
        return pool_sum(body, Pool(**spans)) if spans else body

    def term(self, e: sp.Expr) -> Any:
        """Return the value of what a formula's arithmetic is about: a quantity, a constant, a sum or a count."""
        match e:
            case sp.Indexed():
                return self.value(str(e.base.label))
            case sp.Symbol():
                constant = self.constants.get(e)
                return self.value(e.name) if constant is None else constant
            case Length():
                return float(self.shape[AXIS[e.args[0]]])
            case PoolSum() | PoolSize():
                if e not in self._known:
                    self._known[e] = self._sum(e) if isinstance(e, PoolSum) else self._size(*e.args)
                return self._known[e]
        raise TypeError(
            f"Evaluation: a formula must be of quantities, sums and arithmetic, got {type(e)}. "
            "Deltas and derivatives are for `Grounding`."
        )

    def _sum(self, e: sp.Expr) -> Array:
        whole: list[int] = []
        windows: dict[int, Axis] = {}
        body = e
        while isinstance(body, PoolSum):  # sums commute, and whole axes leave less to do
            _check_separate(body, self.derivation.definition, self._grouped)
            body, bound, centre, adjoint = body.args
            if centre:
                windows |= {AXIS[b]: self.set_of(AXIS[b], bool(adjoint)) for b in bound}
            else:
                whole += [AXIS[b] for b in bound]
        return self.total(self.array(body), tuple(whole), windows)

    def _size(self, bound: sp.Tuple, centre: sp.Tuple) -> Any:
        if centre:
            axes = {AXIS[a]: self.set_of(AXIS[a]) for a in centre}
            return self.total(np.ones((1, 1, 1, 1)), (), axes)
        reach = [(self.shape[AXIS[b]], self.set_of(AXIS[b])) for b in bound]
        return float(np.prod([n // s.number if isinstance(s, Groups) else n for n, s in reach]))


def arithmetic(e: sp.Expr, term: Callable[[sp.Expr], Any]) -> Any:
    """Work an expression out, from the values that `term` returns for its quantities, constants, sums and counts.

    >>> x, y = sp.symbols("x y")
    >>> float(arithmetic((x - y) / sp.sqrt(x), {x: 4.0, y: 1.0}.__getitem__))
    1.5
    """
    match e:
        case Tagged():
            return arithmetic(e.args[0], term)
        case sp.Number():
            return float(e)
        case sp.Add():
            return reduce(np.add, [arithmetic(a, term) for a in e.args])
        case sp.Mul():
            above: list[Any] = []
            below: list[Any] = []
            for a in e.args:
                inverse = isinstance(a, sp.Pow) and a.args[1] == -1
                (below if inverse else above).append(arithmetic(a.args[0] if inverse else a, term))
            return _product(above) / _product(below) if below else _product(above)
        case sp.Pow():
            base, exponent = e.args
            value = arithmetic(base, term)
            if exponent == -1:
                return 1.0 / value
            return np.sqrt(value) if exponent == _HALF else value ** arithmetic(exponent, term)
        case Above():
            greater, less = (arithmetic(a, term) for a in e.args)
            return np.greater(greater, less).astype(float)
        case sp.tanh() | sp.exp() | sp.Abs() | sp.sign() | sp.Max():
            return _FUNCTIONS[e.func](*(arithmetic(a, term) for a in e.args))
    return term(e)


def terms(e: sp.Expr) -> Iterator[sp.Expr]:
    """Yield what `arithmetic` asks `term` for, each once, in the order of reading."""
    found: dict[sp.Expr, float] = {}
    arithmetic(e, lambda a: found.setdefault(a, 2.0))
    return iter(found)


def _product(factors: list[Any]) -> Any:
    return reduce(np.multiply, sorted(factors, key=np.size), 1.0)  # small ones first: fewer passes over large arrays


def _spread(array: Array | None, indices: tuple[sp.Symbol, ...]) -> Array:
    """Return an array whose axes stand in the order of N, C, H, W with 1 for every axis that it lacks."""
    values = np.asarray(array, dtype=float)
    lengths = iter(values.shape)
    axes = {AXIS[a] for a in indices}
    return values.reshape([next(lengths) if axis in axes else 1 for axis in range(4)])


def _group_sum(values: Array, axis: int, number: int) -> Array:
    """Sum within `number` groups of neighbours along an axis; each cell has the sum of its group."""
    before, after = values.shape[:axis], values.shape[axis + 1 :]
    cut = values.reshape(*before, number, -1, *after)
    return np.broadcast_to(cut.sum(axis=axis + 1, keepdims=True), cut.shape).reshape(values.shape)


@lru_cache(maxsize=256)
def _displayed(definition: tuple[Formula, ...], constants: tuple[tuple[sp.Symbol, float], ...]) -> dict[int, Axis]:
    """Read each displayed set as the window or the groups that it is, by axis of N, C, H, W."""
    numbers = dict(constants)
    sets: dict[int, Axis] = {}
    for rhs in (f.rhs for f in definition):
        match rhs:
            case Window():
                for index, *sides in zip(*rhs.args, strict=True):
                    sets[AXIS[index]] = Span(*(int(side.subs(numbers)) for side in sides))
            case GroupOf():
                index, number = rhs.args
                sets[AXIS[index]] = Groups(int(number.subs(numbers)))
    return sets


@lru_cache(maxsize=1024)
def _check_separate(e: PoolSum, definition: tuple[Formula, ...], grouped: frozenset[int]) -> None:
    """Refuse a body that varies along one axis with the summed index and, beside it, with its twin.

    What is the same all over a group may have either index. grouped: the axes of N, C, H, W that are cut into groups.
    """
    body, bound, centre, _ = e.args
    lets = {f.name: f for f in definition}
    for b in bound:
        for twin in (a for a in AXIS if AXIS[a] == AXIS[b] and a != b):
            alike = twin in centre and AXIS[b] in grouped and _is_alike(body, twin, lets)
            if not alike and twin in body.free_symbols:
                raise ValueError(
                    f"Evaluation: what is summed over {b} must not vary with {twin}, got {body}. "
                    "Take what does not vary out of the sum."
                )


def _is_alike(e: sp.Expr, index: sp.Symbol, lets: Mapping[str, Formula]) -> bool:
    """Whether an expression is the same for all values of an index that belong to one group."""
    match e:
        case PoolSum():
            return _is_alike(e.args[0], index, lets)
        case PoolSize() | Length() | sp.Number():
            return True
        case sp.Indexed() if index in e.indices:
            let = lets.get(str(e.base.label))
            return let is not None and _is_alike(let.rhs, let.lhs.indices[e.indices.index(index)], lets)
        case sp.Indexed() | sp.Symbol():
            return e != index
    return all(_is_alike(a, index, lets) for a in e.args)
