"""Evaluate displayed formulas on whole arrays, as fast as NumPy sums along axes.

An index and its primed twin share their axis of N, C, H, W, so a sum is one over axes, windows or groups. (`grounding`
gives each index an axis of its own: that costs the square, and serves proofs on a few cells.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, reduce
from operator import add, attrgetter, mul
from typing import Any

import numpy as np
import sympy as sp

from normlib.nodes import AXIS, Above, GroupOf, Length, PoolSize, PoolSum, Tagged, Window, name_of
from normlib.pool import Array, Axis, Groups, Pool, Span
from normlib.symbolic import Derivation, Formula
from normlib.windows import pool_sum

_FUNCTIONS = {sp.tanh: np.tanh, sp.exp: np.exp, sp.Abs: np.abs, sp.sign: np.sign, sp.Max: np.maximum}
_ONE = np.float64(1)

Lookup = Callable[[sp.Expr], Any]  # the value of what an expression's arithmetic is about


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
        constants = derivation.constants.items()
        self.constants = {symbol: np.float64(getattr(derivation.of, name)) for symbol, name in constants}
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
                return self.value(name_of(e))
            case sp.Symbol():
                constant = self.constants.get(e)
                return self.value(e.name) if constant is None else constant
            case Length():
                return np.float64(self.shape[AXIS[e.args[0]]])
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
        return np.prod([n // s.number if isinstance(s, Groups) else n for n, s in reach], dtype=float)


def arithmetic(e: sp.Expr, term: Lookup) -> Any:
    """Work an expression out, from the values that `term` returns for its quantities, constants, sums and counts.

    Values are arrays or NumPy's own scalars: Python's raise at a division by zero.

    >>> x, y = sp.symbols("x y")
    >>> float(arithmetic((x - y) / sp.sqrt(x), {x: np.float64(4), y: np.float64(1)}.__getitem__))
    1.5
    """
    return _compiled(e)(term)


@lru_cache(maxsize=1024)
def terms(e: sp.Expr) -> tuple[sp.Expr, ...]:
    """Return what `arithmetic` asks `term` for, each once, in the order of reading."""
    found: dict[sp.Expr, None] = {}
    arithmetic(e, lambda term: found.setdefault(term, None) or np.float64(2))
    return tuple(found)


@lru_cache(maxsize=4096)
def _compiled(e: sp.Expr) -> Callable[[Lookup], Any]:
    """Return an expression as a function: to look at each kind of node again would take longer than small arrays do."""
    match e:
        case Tagged():
            return _compiled(e.args[0])
        case sp.Number():
            number = np.float64(e)
            return lambda term: number
        case sp.Add():
            summands = tuple(map(_compiled, e.args))
            return lambda term: reduce(add, [summand(term) for summand in summands])
        case sp.Mul():
            above = tuple(_compiled(a) for a in e.args if not _is_inverse(a))
            below = tuple(_compiled(a.args[0]) for a in e.args if _is_inverse(a))
            return lambda term: _product(above, term) / _product(below, term) if below else _product(above, term)
        case sp.Pow():
            base, exponent = map(_compiled, e.args)
            if e.args[1] == -1:
                return lambda term: 1.0 / base(term)
            if e.args[1] == sp.Rational(1, 2):
                return lambda term: np.sqrt(base(term))
            return lambda term: base(term) ** exponent(term)
        case Above():
            greater, less = map(_compiled, e.args)
            return lambda term: np.greater(greater(term), less(term)).astype(float)
        case sp.tanh() | sp.exp() | sp.Abs() | sp.sign() | sp.Max():
            function, arguments = _FUNCTIONS[e.func], tuple(map(_compiled, e.args))
            return lambda term: function(*(argument(term) for argument in arguments))
    return lambda term: term(e)


def _is_inverse(e: sp.Expr) -> bool:
    return isinstance(e, sp.Pow) and e.args[1] == -1


def _product(factors: tuple[Callable[[Lookup], Any], ...], term: Lookup) -> Any:
    values = [factor(term) for factor in factors]
    if len(values) > 2:
        values.sort(key=attrgetter("size"))  # fewer passes over large arrays
    return reduce(mul, values) if values else _ONE


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
            let = lets.get(name_of(e))
            return let is not None and _is_alike(let.rhs, let.lhs.indices[e.indices.index(index)], lets)
        case sp.Indexed() | sp.Symbol():
            return e != index
    return all(_is_alike(a, index, lets) for a in e.args)
