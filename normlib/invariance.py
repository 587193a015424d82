"""Does what comes out stay the same when the input changes in a given way? Proved, or refuted by an example.

A proof is algebra on a small tensor of symbols, 2 x 2 x 1 x 2 or with two channels in each group, parameters and all:
exactly, or for eps = 0 where a scale would have to pass eps by. It holds for all values of that tensor, not for all
shapes: on a larger one the operator itself must agree for some numbers. A counter-example is the first of small whole
numbers on which the operator, with the parameters it starts from and eps = 0 where it may be, gives something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from math import prod
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
import sympy as sp

from normlib.core import Norm
from normlib.expansion import vanishes
from normlib.gradcheck import random_inputs
from normlib.layout import Shape
from normlib.pool import Array, Groups, Pool

Verdict = Literal["exactly", "for eps = 0", "fails", "makes no sense", "undecided"]
Change = Callable[[Array], Array]

PROOF_SHAPE = (2, 2, 1, 2)  # the least in which a sample, a channel and a place each have another beside them
SHAPES = ((1, 1, 1, 1), (1, 1, 1, 2), (1, 2, 1, 1), (2, 1, 1, 1), (1, 2, 1, 2), (2, 1, 1, 2), (1, 5, 1, 1))
HIGHEST = 2  # of the numbers tried
MOST = 6  # cells, for which all are tried
TOLERANCE = 1e-6  # of an output of the order of 1; what fails does so by much more


@dataclass(frozen=True)
class Way:
    """A change of the input, and what the output is expected to do.

    change, expected: of an N x C x H x W array of numbers or of symbols; a change multiplies or adds along `axes`.
    """

    key: str
    say: str
    of: Literal["activations", "weights", "both"]
    kind: Literal["scale", "shift", "order", "size"]
    axis: int | None = None  # the one along which the factors or summands differ: 0 or 1

    def change(self, x: Array) -> Array:
        """Return the changed input."""
        match self.kind:
            case "scale":
                return x * self._numbers(x, "a", first=2)
            case "shift":
                return x + self._numbers(x, "b", first=1)
            case "order":
                return x[::-1]
            case "size":
                return x[:1]

    def expected(self, y: Array) -> Array:
        """Return what the output of the changed input must be, given that of the input."""
        return self.change(y) if self.kind in ("order", "size") else y

    def _numbers(self, x: Array, letter: str, first: int) -> Array:
        """Return a number for each index along the axis, or one for all: symbols for symbols."""
        count = 1 if self.axis is None else x.shape[self.axis]
        if x.dtype == object:
            numbers = np.array([_symbol(letter, at) for at in range(count)], dtype=object)
        else:
            numbers = np.arange(first, first + count, dtype=x.dtype)
        return numbers.reshape([count if axis == self.axis else 1 for axis in range(4)])


WAYS: tuple[Way, ...] = (
    Way("scale", "all values times a", "both", "scale"),
    Way("scale by sample", "each sample times an a of its own", "activations", "scale", 0),
    Way("scale by channel", "each channel times an a of its own", "activations", "scale", 1),
    Way("shift", "all values plus b", "both", "shift"),
    Way("shift by sample", "each sample plus a b of its own", "activations", "shift", 0),
    Way("shift by channel", "each channel plus a b of its own", "activations", "shift", 1),
    Way("scale by output channel", "the weights of each output channel times an a of their own", "weights", "scale", 0),
    Way("shift by output channel", "the weights of each output channel plus a b of their own", "weights", "shift", 0),
    Way("order of the batch", "the samples in another order: so the outputs", "activations", "order"),
    Way("size of the batch", "one sample alone, without its batch", "activations", "size"),
)


class CounterExample(NamedTuple):
    """An input on which the output changes; arrays are N x C x H x W."""

    norm: Norm  # as it was computed: with eps = 0 where it may be, and two groups
    x: Array
    changed: Array  # the input, changed
    expected: Array  # what the output would be if it did not mind
    output: Array  # what it is


@dataclass(frozen=True)
class Finding:
    """Whether an operator minds a way of changing its input, and why; a scale a is always positive."""

    way: Way
    verdict: Verdict
    counter_example: CounterExample | None = None

    @property
    def holds(self) -> bool | None:
        """Whether the output stays the same; None where the question makes no sense, or is open."""
        return {"exactly": True, "for eps = 0": True, "fails": False}.get(self.verdict)

    @property
    def why(self) -> str:
        """One sentence."""
        match self.verdict:
            case "exactly":
                return f"Proved on a small tensor of symbols, checked on a larger of numbers: {self.way.say}."
            case "for eps = 0":
                return (
                    f"Proved on a small tensor of symbols for eps = 0, checked on a larger of numbers: {self.way.say}."
                )
            case "fails":
                return f"Refuted by an example: {self.way.say}."
            case "makes no sense":
                return "A weight has no batch." if self.way.of == "activations" else "No weight, but an activation."
            case "undecided":
                return "Neither proved nor refuted."


@lru_cache(maxsize=256)
def invariances(norm: Norm) -> Mapping[str, Finding]:
    """Return what an operator minds, by the key of each of WAYS.

    >>> from normlib.norms.layer_norm import LayerNorm
    >>> found = invariances(LayerNorm())
    >>> found["shift by sample"].verdict, found["scale by sample"].verdict, found["shift by channel"].verdict
    ('exactly', 'for eps = 0', 'fails')
    """
    norm = replace(norm, layout="NCHW")  # which it holds in is no matter
    return MappingProxyType({way.key: _finding(norm, way) for way in WAYS})


def _finding(norm: Norm, way: Way) -> Finding:
    if way.of not in ("both", "weights" if norm.of_weights else "activations"):
        return Finding(way, "makes no sense")
    if _is_proved(norm, way, at_zero=False) and _code_agrees(norm, way):
        return Finding(way, "exactly")
    without = _without_eps(norm)
    if _is_proved(norm, way, at_zero=True) and _code_agrees(without, way):
        return Finding(way, "exactly" if norm == without else "for eps = 0")
    example = _counter_example(norm, way)
    return Finding(way, "fails" if example else "undecided", example)


# Proofs.


def _is_proved(norm: Norm, way: Way, at_zero: bool) -> bool:
    shape = _with_neighbours(norm.pool.small, PROOF_SHAPE)
    x, y = _in_symbols(norm, shape, at_zero)
    changed = way.change(x)
    _, output = _in_symbols(norm, changed.shape, at_zero)
    moves = dict(zip(x[: len(changed)].ravel(), changed.ravel(), strict=True))
    pairs = zip((after.xreplace(moves) for after in output.ravel()), way.expected(y).ravel(), strict=True)
    write = _Homogeneous().write
    return all(_may_agree(after, before) and vanishes(write(after) - write(before)) for after, before in pairs)


@lru_cache(maxsize=8)
def _in_symbols(norm: Norm, shape: Shape, at_zero: bool) -> tuple[Array, Array]:
    """Return x and y in symbols, with eps = 0 where so wanted."""
    derivation = norm.derive()
    return derivation.symbols(shape, {s: 0 for s, field in derivation.constants.items() if at_zero and field == "eps"})


def _may_agree(one: sp.Expr, other: sp.Expr) -> bool:
    """Return whether two expressions agree for some numbers: what does not needs no algebra."""
    symbols = sorted(one.free_symbols | other.free_symbols, key=str)
    numbers = np.random.default_rng(0).uniform(0.5, 2, len(symbols))
    values = {symbol: sp.Float(value) for symbol, value in zip(symbols, numbers, strict=True)}
    return bool(abs(one.xreplace(values) - other.xreplace(values)) < TOLERANCE)


class _Homogeneous:
    """Writes an expression so that a scale which all terms of a sum have in common stands before it, and cancels."""

    def __init__(self) -> None:
        self._written: dict[sp.Expr, sp.Expr] = {}

    def write(self, e: sp.Expr) -> sp.Expr:
        """Return an equal expression."""
        if e not in self._written:
            self._written[e] = self._write(e)
        return self._written[e]

    def _write(self, e: sp.Expr) -> sp.Expr:
        if not e.args:
            return e
        arguments = [self.write(a) for a in e.args]
        if isinstance(e, sp.Pow):
            return sp.Mul(*(factor ** arguments[1] for factor in _positive_apart(arguments[0])))
        written = e.func(*arguments)
        return _common(written) if isinstance(written, sp.Add) else written


def _common(total: sp.Add) -> sp.Expr:
    """Return a sum with the positive symbols that all of its terms have in common before it."""
    powers = [
        {f.as_base_exp()[0]: f.as_base_exp()[1] for f in sp.Mul.make_args(term) if f.is_positive and not f.is_number}
        for term in total.args
    ]
    shared = sp.Mul(*(base**by for base, by in powers[0].items() if all(p.get(base) == by for p in powers[1:])))
    return shared * sp.Add(*(term / shared for term in total.args)) if shared != 1 else total


def _positive_apart(product_: sp.Expr) -> tuple[sp.Expr, ...]:
    """Return the positive factors, and the product of all others: a power may be taken of each."""
    factors = sp.Mul.make_args(product_)
    rest = sp.Mul(*(f for f in factors if not f.is_positive))
    return (*(f for f in factors if f.is_positive), rest)


@lru_cache
def _symbol(letter: str, at: int) -> sp.Symbol:
    return sp.Symbol(f"{letter}{at}", positive=True) if letter == "a" else sp.Symbol(f"{letter}{at}", real=True)


# Numbers.


def _code_agrees(norm: Norm, way: Way) -> bool:
    """Return whether the operator itself keeps on a larger tensor what is proved of its formula on a small one."""
    inputs = random_inputs(norm, _with_neighbours(norm.pool, (3, 4, 2, 3)), np.random.default_rng(0))
    before, _ = norm._forward(**inputs)
    after, _ = norm._forward(**inputs | {"x": way.change(inputs["x"])})
    return np.allclose(after, way.expected(before), rtol=TOLERANCE, atol=TOLERANCE)


def _counter_example(norm: Norm, way: Way) -> CounterExample | None:
    small = _without_eps(_two_groups(norm))
    shapes = dict.fromkeys(small.pool.fit(shape) for shape in SHAPES)  # each once
    for shape in (shape for shape in shapes if prod(shape) <= MOST):
        for x in _whole_numbers(shape):
            changed = way.change(x)
            before, output = _output(small, x), _output(small, changed)
            if before is None or output is None:
                continue
            expected = way.expected(before)
            if np.abs(output - expected).max() > TOLERANCE:
                return CounterExample(small, x, changed, expected, output)
    return None


def _with_neighbours(pool: Pool, shape: tuple[int, int, int, int]) -> Shape:
    """Return the shape, with two channels in each group if there are groups."""
    n, c, h, w = shape
    return (n, 2 * pool.c.number, h, w) if isinstance(pool.c, Groups) else (n, c, h, w)


def _without_eps(norm: Norm) -> Norm:
    fields: dict[str, Any] = {"eps": 0.0} if "eps" in norm.hypers() else {}
    return replace(norm, **fields)


def _two_groups(norm: Norm) -> Norm:
    """Return the operator with as few groups as tell one from another, if it has groups."""
    if not isinstance(norm.pool.c, Groups):
        return norm
    fields: dict[str, Any] = {name: 2 for name in norm.hypers() if getattr(norm, name) == norm.pool.c.number}
    return replace(norm, **fields) if norm.pool.c.number > 2 else norm


def _whole_numbers(shape: Shape) -> Iterator[Array]:
    """Yield arrays of 0 to HIGHEST, the least numbers first."""
    tried = sorted(product(range(HIGHEST + 1), repeat=prod(shape)), key=lambda v: (max(v), sum(v), v))
    yield from (np.array(values, dtype=float).reshape(shape) for values in tried)


def _output(norm: Norm, x: Array) -> Array | None:
    """Return y; None where the operator refuses x, or gives no numbers: a pool of equal values, and no eps."""
    try:
        with np.errstate(all="ignore"):
            y, _ = norm.forward(x, **norm.init(x.shape))
    except ValueError:
        return None
    return y if np.isfinite(y).all() else None
