"""Judge whether two expressions are equal: by points where they differ, else by proof, else to 300 digits."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import chain
from typing import NamedTuple

from classroom.quiz.algebra import points, symbolic
from classroom.quiz.algebra.parse import parse
from classroom.quiz.algebra.points import Point
from classroom.quiz.algebra.show import text
from classroom.quiz.algebra.tree import Node
from classroom.quiz.algebra.value import NotRealError, NoValueError, PoleError, Real, TooLargeError, evaluate
from classroom.quiz.numbers import AnswerError

_SOME = (50, Fraction(1, 10**30))  # digits, and what is no difference
_MANY = (300, Fraction(1, 10**200))
_CONFIRMED = 8  # points at random at which they are compared to many digits
_FEWEST = 3  # points at which both must have a value

_log = logging.getLogger(__name__)


class Judgement(NamedTuple):
    """Whether two expressions are equal; if not, the simplest point found at which they differ.

    There None stands for a value that is not real.
    """

    equal: bool
    counterexample: Point | None = None
    given: float | None = None
    right: float | None = None


def judge(given: str, key: str, names: Mapping[str, str]) -> Judgement:
    """Compare what was given with the key; `names` are the symbols and their domains: real, positive or whole.

    Where either divides by zero, they are not compared: x/x is 1. Raises AnswerError if `given` is no expression or too
    large to compute, ValueError if `key` is.
    """
    points.checked(names)
    return _judged(parse(given, names), _trusted(key, names), names)


def same_as(given: str, candidates: Sequence[str], names: Mapping[str, str]) -> int | None:
    """Return the place of the first candidate that is equal to what was given."""
    points.checked(names)
    node = parse(given, names)
    return next((i for i, text in enumerate(candidates) if _judged(node, _trusted(text, names), names).equal), None)


def refuse_at_once(given: str, names: Mapping[str, str]) -> None:
    """Raise AnswerError if it takes no comparing to see that nothing can be compared, as in 9^9^9^9 or 1/0."""
    points.checked(names)
    node = parse(given, names)
    for where in points.simple(names):
        try:
            evaluate(node, where)
        except (PoleError, TooLargeError) as fault:
            refused = fault
        except NotRealError:
            return
        else:
            return
    raise refused


def _trusted(text: str, names: Mapping[str, str]) -> Node:
    try:
        return parse(text, names)
    except AnswerError as fault:
        raise ValueError(f"key: must be an expression, got {text!r}. {fault}") from fault


def _judged(given: Node, key: Node, names: Mapping[str, str]) -> Judgement:
    used = points.symbols(given) | points.symbols(key)
    names = {name: domain for name, domain in names.items() if name in used}
    places = chain(points.simple(names), points.drawn(names), points.at_kinks(names, (given, key)))
    usable = [where for where in places if _has_value(key, where)]
    if len(usable) < _FEWEST:
        raise ValueError(f"key: must have values, got none of {text(key)!r} almost everywhere. Write another key.")
    compared = 0
    for where in usable:
        try:
            difference = _difference(given, key, where, (_SOME, _MANY))
        except NoValueError as fault:
            refused = fault
            continue
        if difference is not None:
            return difference
        compared += 1
    if compared < _FEWEST:
        raise refused
    return _closely(given, key, names, usable)


def _closely(given: Node, key: Node, names: Mapping[str, str], usable: Sequence[Point]) -> Judgement:
    """Judge expressions that agree to 50 digits: by proof, else by many more digits."""
    if given == key or _is_proved(given, key, names):
        return Judgement(True)
    for where in usable[-_CONFIRMED:]:
        with suppress(NoValueError):
            if (difference := _difference(given, key, where, (_MANY,))) is not None:
                return difference
    return Judgement(True)


def _is_proved(given: Node, key: Node, names: Mapping[str, str]) -> bool:
    try:
        return symbolic.is_proved_zero(symbolic.expression(given, names) - symbolic.expression(key, names))
    except MemoryError:
        raise
    except Exception:  # SymPy has many ways of not knowing; the digits then decide
        _log.warning("SymPy cannot compare %s with %s.", text(given), text(key), exc_info=True)
        return False


# --- at one point -----------------------------------------------------------------------------------------------------

_Pair = tuple[Real | None, Real | None]


def _difference(given: Node, key: Node, where: Point, rounds: Sequence[tuple[int, Fraction]]) -> Judgement | None:
    """Return how they differ at a point, if they do in every round of digits: rounding is no difference."""
    for digits, within in rounds:
        first, second = _real(given, where, digits), _real(key, where, digits)
        if _alike(first, second, within):
            return None
    return Judgement(False, where, *(None if number is None else float(number) for number in (first, second)))


def _has_value(node: Node, where: Point) -> bool:
    try:
        _real(node, where, _SOME[0])
    except NoValueError:
        return False
    return True


def _real(node: Node, where: Point, digits: int) -> Real | None:
    try:
        return evaluate(node, where, digits)
    except NotRealError:
        return None


def _alike(a: Real | None, b: Real | None, within: Fraction) -> bool:
    if a is None or b is None:
        return a is b
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a == b
    first, second = Fraction(a), Fraction(b)
    return abs(first - second) <= within * max(Fraction(1), abs(first), abs(second))
