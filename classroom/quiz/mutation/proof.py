"""The smallest input on which a wrong formula fails, and how far two formulas are apart.

A formula is first tried on numbers as coarse as eighths; where these agree, nothing finer is looked at. What is then
found on small whole numbers is computed once more with rationals and roots in SymPy: values that differ there by more
than 1e-10 when written out to 30 digits are different numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from classroom.quiz.mutation.rule import replaced
from classroom.quiz.mutation.words import CUT, reached, sentence
from normlib import Norm
from normlib.evaluation import Evaluation
from normlib.grounding import Grounding
from normlib.nodes import AXIS
from normlib.pool import Array, Pool
from normlib.symbolic import Derivation, Formula

APART = 1e-10  # by which 30 digits must differ
CLEARLY = 1e-3  # relative to the right number, what a counterexample shows
LARGEST = 8  # cells of a counterexample
TRIES = 1000  # of whole numbers for a shape on which coarse numbers differ

# For each hyperparameter and each parameter the plainest number first.
_SETTINGS: dict[str, tuple[float, ...]] = {
    "eps": (0.0, 1.0, 2.0),
    "alpha": (1.0, 2.0),
    "beta": (1.0, 2.0),
    "k": (1.0, 2.0),
    "size": (1, 2, 3),
    "height": (1, 2, 3),
    "width": (1, 2, 3),
    "groups": (2,),
}
_GENERIC: dict[str, tuple[float, ...]] = {
    "eps": (0.75, 2.5),  # below most lengths, and above some
    "alpha": (0.5, 0.5),
    "beta": (1.5, 1.5),
    "k": (2.0, 2.0),
    "size": (2, 3),
    "height": (2, 3),
    "width": (3, 2),
    "groups": (2, 2),
}
_ZERO_FIRST = ("beta", "tau", "d", "running_mean", "mean_weight", "var_weight")  # the others are 1 at first
_MIXING = ("mean_weight", "var_weight")


class Counterexample(NamedTuple):
    """The smallest input found on which a formula fails, and what comes out.

    inputs: as for forward in the layout NCHW, and dy where it is a gradient that fails.  settings: hyperparameters by
    field, where they differ from the operator's.  place: the cell of y or of the gradient.
    """

    inputs: Mapping[str, Array]
    settings: Mapping[str, float]
    place: tuple[int, ...]
    wrong: float
    right: float
    sentence: str


class _Trial(NamedTuple):
    """The operator at settings, a shape, and parameters to try."""

    norm: Norm
    settings: Mapping[str, float]
    shape: tuple[int, int, int, int]
    params: Mapping[str, Array]

    def output(self, derivation: Derivation, changed: str, inputs: Mapping[str, Array]) -> Array:
        """Return y, or the gradient that is changed."""
        return _output(replace(derivation, of=self.norm), changed, inputs)


@lru_cache(maxsize=4096)
def counterexample(norm: Norm, changed: str, wrong: Formula) -> Counterexample:
    """Find it. Raises ValueError where the two formulas are equal."""
    right = norm.derive()
    twin = replaced(right, changed, wrong)
    for n, trial in enumerate(_trials(norm)):
        coarse = _right(norm, _what(changed), n)
        if coarse is None or _differ(coarse, trial.output(twin, changed, _coarse(trial, changed))) is None:
            continue
        for inputs in _whole(trial, changed):
            expected = _defined(replace(right, of=trial.norm), changed, inputs)
            if expected is None:
                continue
            found = trial.output(twin, changed, inputs)
            place = _differ(expected, found)
            if place is None:
                continue
            exact = [_exact(d, changed, trial, inputs, place) for d in (twin, right)]
            if not _confirmed(exact, (found[place], expected[place])):
                continue
            rational = {name: _rational(value) for name, value in inputs.items()}
            numbers = float(exact[0]), float(exact[1])
            named = reached(right, changed) | reached(twin, changed)
            said = sentence(twin, changed, named, trial.shape, rational, trial.settings, place, expected.shape, numbers)
            return Counterexample(rational, trial.settings, place, *numbers, said)
    raise ValueError(
        f"{type(norm).__name__}: a mutant of {changed!r} must differ from the right formula, got {wrong.latex()}, "
        "which gives the same on every input tried. Drop it, or search larger inputs."
    )


@lru_cache(maxsize=4096)
def values(norm: Norm, changed: str, formula: Formula) -> tuple[float, ...]:
    """Return what a formula makes of inputs, parameters and settings that no formula is made for."""
    derivation = replaced(norm.derive(), changed, formula)
    found: list[float] = []
    for n in range(2):
        settings = {field: _GENERIC[field][n] for field in _fields(norm) if field in _GENERIC}
        other = replace(norm, layout="NCHW", **settings)
        shape = other.pool.fit((2, 4, 2, 3))
        rng = np.random.default_rng(n)
        inputs = {name: rng.integers(4, 13, p.shape) / 8 for name, p in other.init(shape).items()}
        inputs |= {name: rng.integers(-16, 25, shape) / 8 for name in ("x", "dy")}
        found += np.ravel(_output(replace(derivation, of=other), changed, inputs)).tolist()
    return tuple(found)


@lru_cache(maxsize=256)
def _fields(norm: Norm) -> tuple[str, ...]:
    """Return the hyperparameters that a formula names, and the lengths of its windows or the number of its groups."""
    derivation = norm.derive()
    formulas = (*derivation.definition, *derivation.closed_form.values())
    named = {symbol for formula in formulas for symbol in formula.rhs.free_symbols}
    return tuple(field for symbol, field in derivation.constants.items() if symbol in named or field in CUT)


@lru_cache(maxsize=64)
def _trials(norm: Norm) -> tuple[_Trial, ...]:
    """Return what to try: small shapes first, and for each the plainest settings and parameters."""
    fields = [field for field in _fields(norm) if field in _SETTINGS]
    choices = [_SETTINGS[field] for field in fields]
    plain_first = sorted(product(*(range(len(c)) for c in choices)), key=lambda at: (sum(at), at))
    options = [{f: c[n] for f, c, n in zip(fields, choices, at, strict=True)} for at in plain_first]
    twins = [(replace(norm, layout="NCHW", **settings), settings) for settings in options]
    return tuple(
        _Trial(twin, settings, shape, params)
        for shape in _shapes()
        for twin, settings in twins
        if twin.pool.fit(shape) == shape
        for params in _params(twin, shape)
    )


def _what(changed: str) -> str:
    """Return what is compared: a gradient, or y."""
    return changed if changed.startswith("d ") else "y"


@lru_cache(maxsize=1 << 14)
def _right(norm: Norm, what: str, n: int) -> Array | None:
    """Return what the right formulas make of the n-th trial's coarse numbers; nothing where it is undefined."""
    trial = _trials(norm)[n]
    return _defined(replace(norm.derive(), of=trial.norm), what, _coarse(trial, what))


@lru_cache(maxsize=1)
def _shapes() -> list[tuple[int, int, int, int]]:
    span = range(1, 5)
    lengths = [(n, c, h, w) for n, c, h, w in product(span, span, span, span) if n * c * h * w <= LARGEST]
    return sorted(lengths, key=lambda s: (prod(s), -max(s), [-n for n in s]))


def _params(norm: Norm, shape: tuple[int, ...]) -> Iterator[dict[str, Array]]:
    """Yield parameters: plain ones, then one of them other, or each of its numbers another, then all of them so."""
    plain, other, counted = {}, {}, {}
    for name, value in norm.init(shape).items():
        zero = name.startswith(_ZERO_FIRST)
        plain[name] = np.full(value.shape, 0.0 if zero else 1.0)
        other[name] = plain[name] + 1
        counted[name] = np.arange(value.size, dtype=float).reshape(value.shape) + (0 if zero else 1)
    yield plain
    for name in plain:
        if not name.startswith(_MIXING) or name.endswith("_in"):  # what counts is how these differ
            yield plain | {name: other[name]}
    if plain:
        yield counted


def _coarse(trial: _Trial, changed: str) -> dict[str, Array]:
    rng = np.random.default_rng(prod(trial.shape))
    drawn = {name: rng.integers(-16, 25, trial.shape) / 8 for name in _given(changed)}
    return {**trial.params, **drawn}


def _given(changed: str) -> tuple[str, ...]:
    return ("x", "dy") if changed.startswith("d ") else ("x",)


def _whole(trial: _Trial, changed: str) -> Iterator[dict[str, Array]]:
    """Yield inputs of small whole numbers, the smallest first."""
    names, cells = _given(changed), prod(trial.shape)
    for numbers in _integers(cells * len(names)):
        arrays = np.array(numbers, float).reshape(len(names), *trial.shape)
        yield {**trial.params, **dict(zip(names, arrays, strict=True))}


@lru_cache
def _integers(length: int) -> list[tuple[int, ...]]:
    """Return tuples of whole numbers: the largest in size small first, then few negative ones, then the sum."""
    if length <= 6:
        span = range(-2, 4) if length <= 4 else range(-1, 3)
        every: Any = product(span, repeat=length)
    else:
        rng = np.random.default_rng(length)
        every = {tuple(row) for top in (2, 3) for row in rng.integers(-1, top, (TRIES // 2, length)).tolist()}
    return sorted(every, key=lambda n: (max(map(abs, n)), sum(a < 0 for a in n), sum(map(abs, n)), n))[:TRIES]


def _output(derivation: Derivation, changed: str, inputs: Mapping[str, Array]) -> Array:
    return _read(_evaluation(derivation, inputs), changed)


def _defined(derivation: Derivation, changed: str, inputs: Mapping[str, Array]) -> Array | None:
    """Return the output, or nothing where it or any quantity on the way is undefined: the operator refuses that."""
    evaluation = _evaluation(derivation, inputs)
    output = _read(evaluation, changed)
    whole = all(np.isfinite(evaluation.value(name)).all() for name in evaluation.lets)
    return output if whole and np.isfinite(output).all() else None


def _evaluation(derivation: Derivation, inputs: Mapping[str, Array]) -> Evaluation:
    given = dict(inputs)
    return Evaluation(derivation, given, given.pop("dy", None))


def _read(evaluation: Evaluation, changed: str) -> Array:
    return evaluation.gradient(changed.removeprefix("d ")) if changed.startswith("d ") else evaluation.y


def _differ(right: Array, wrong: Array) -> tuple[int, ...] | None:
    """Return the first cell in which two outputs clearly differ, where the wrong one has numbers throughout."""
    if not np.isfinite(wrong).all():
        return None
    apart = np.abs(right - wrong) > CLEARLY * (1 + np.abs(right))
    return tuple(int(n) for n in np.argwhere(apart)[0]) if apart.any() else None


def _confirmed(exact: Sequence[sp.Expr], floats: tuple[float, float]) -> bool:
    """Whether two exact numbers differ, and are those that were found; at a jump, as of a threshold, they are not."""
    if not all(e.is_Number and e.is_finite for e in exact):
        return False
    return abs(exact[0] - exact[1]) > APART and bool(np.allclose([float(e) for e in exact], floats, rtol=1e-6))


def _exact(
    derivation: Derivation, changed: str, trial: _Trial, inputs: Mapping[str, Array], place: tuple[int, ...]
) -> sp.Expr:
    """Return one number to 30 digits, from rationals; infinite or nan where it is not defined."""
    twin = replace(derivation, of=trial.norm)
    shown = Evaluation(twin, {name: value for name, value in inputs.items() if name != "dy"})
    pool = Pool(*(shown.set_of(axis) for axis in range(4)))
    leaves = {}
    for name, indices in {**twin.inputs, "dy": twin.inputs["x"]}.items():
        if name in inputs:
            order = sorted(indices, key=lambda index: AXIS[index])
            array = np.array(np.vectorize(sp.Rational, otypes=[object])(_rational(inputs[name])), dtype=object)
            leaves[name] = np.transpose(array, [order.index(index) for index in indices])
    constants = {symbol: sp.Rational(str(getattr(trial.norm, field))) for symbol, field in twin.constants.items()}
    ground = Grounding(twin.definition, pool, trial.shape, leaves, constants)
    is_gradient = changed.startswith("d ")
    formula = twin.closed_form[changed.removeprefix("d ")] if is_gradient else twin.definition[-1]
    free = twin.inputs[changed.removeprefix("d ")] if is_gradient else formula.free
    order = sorted(free, key=lambda index: AXIS[index])
    whole = ground.array(formula.rhs, free)
    return sp.sympify(whole[tuple(place[order.index(a)] for a in free)]).evalf(30)


def _rational(array: Array) -> Array:
    return np.vectorize(Fraction, otypes=[object])(array)
