"""Values put into the texts of a question: `<name>` is a value, `<name[2]>` the second number of a row."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

from classroom.quiz.algebra.parse import parse
from classroom.quiz.algebra.value import value as calculated
from classroom.quiz.numbers import AnswerError
from classroom.quiz.problems import unmet
from classroom.quiz.work import Values
from classroom.typeset import short
from normlib import NORMS

PLACE = re.compile(r"<([a-z_][a-z0-9_]*)(?:\[([0-9]{1,2})\])?>")
NAME = re.compile(r"[a-z_][a-z0-9_]*")
SHOWN, KEPT = 4, 12  # significant digits of a computed number: in a text, and as a key
NOTHING = 1e-12  # a computed number so small is 0


def filled(value: Any, values: Values, at: str = "") -> Any:
    """Put the values into all texts of an entry. Raises what `unmet` makes where a text names none of them.

    at: the place of the value in the entry, for the error.
    """
    match value:
        case str():
            if alone := PLACE.fullmatch(value):
                return plain(_looked_up(alone, values, at))
            return PLACE.sub(lambda place: spoken(_looked_up(place, values, at)), value)
        case dict():
            inside = f"{at}." if at else ""
            return {
                filled(key, values, f"{inside}{key}"): filled(each, values, f"{inside}{key}")
                for key, each in value.items()
            }
        case list():
            return [filled(each, values, at) for each in value]
        case _:
            return value


def calculate(text: str, values: Values) -> Fraction | float:
    """Return what an expression of known numbers comes to; a row's numbers go by name and place: x1, x2.

    Raises `AnswerError` where it is none.
    """
    scalars = {name: number for name in set(NAME.findall(text)) if (number := _scalar(name, values)) is not None}
    return calculated(parse(text, scalars), scalars)


def _scalar(name: str, values: Values) -> Fraction | float | None:
    if name in values:
        return values[name] if isinstance(values[name], Fraction | float) else None
    row, at = name.rstrip("0123456789"), name[len(name.rstrip("0123456789")) :]
    found = values.get(row) if at else None
    return found[int(at) - 1] if isinstance(found, tuple) and 1 <= int(at[:3]) <= len(found) else None


def plain(value: Any) -> str:
    """Write a value so that it is read back as it is.

    >>> plain(0.1 + 0.2), plain(Fraction(1, 3)), plain((1.0, -2.0))
    ('0.3', '1/3', '1, -2')
    """
    match value:
        case tuple():
            return ", ".join(map(plain, value))
        case float():
            return f"{_finite(value):.{KEPT}g}"
        case _:
            return str(value)


def spoken(value: Any) -> str:
    """Write a value as it stands in a sentence; an operator by its name.

    >>> spoken((Fraction(1, 2), -2 / 3)), spoken("rms_norm")
    ('0.5, −0.6667', 'root mean square normalization')
    """
    match value:
        case tuple():
            return ", ".join(map(spoken, value))
        case str():
            return NORMS[value].title.lower() if value in NORMS else value
        case _:
            return short(_finite(float(value)), SHOWN)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise unmet("must have finite numbers", str(value), "Draw others")
    return value if abs(value) > NOTHING else 0.0


def _looked_up(place: re.Match[str], values: Values, at_field: str) -> Any:
    name, at = place.groups()
    if name not in values:
        known = ", ".join(values) or "nothing"
        raise unmet(f"must name a value: {known}", place[0], "Draw it, or write it differently", at_field)
    found = values[name]
    if at is None:
        return found
    if not isinstance(found, tuple) or not 1 <= int(at) <= len(found):
        raise unmet(f"must be one of the numbers of {name}, counted from 1", place[0], "Write another number", at_field)
    return found[int(at) - 1]


def let(name: str, text: str, values: Values) -> Fraction | float:
    """Return a value that a template calculates. Raises what `unmet` makes where it cannot."""
    try:
        return calculate(text, values)
    except AnswerError as error:
        must = "must be an expression of known values"
        raise unmet(must, str(error).rstrip("."), "Correct it", at=f"let.{name}") from None
