"""Read a number as a person types it: exactly, and never by evaluating it."""

from __future__ import annotations

import re
from fractions import Fraction

_MINUS = str.maketrans({"−": "-", "–": "-", "‐": "-", "‑": "-", "﹣": "-", "－": "-"})
_DECIMAL = r"(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)"
# Three digits of exponent at most: Fraction("1e999999999") would write out a thousand million digits.
_NUMBER = re.compile(rf"([+-]?{_DECIMAL}(?:[eE][+-]?[0-9]{{1,3}})?)(?:\s*/\s*({_DECIMAL}))?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+")
_LONGEST = 40


class AnswerError(ValueError):
    """What was given is not an answer to this kind of question; it costs no attempt."""


def parse_number(given: object) -> Fraction:
    """Read a number exactly.

    Takes "0.5", "0,5", "1/2", "1e-3", a Unicode minus, and Python's int and float.
    Raises `AnswerError` for anything else, such as "abc", "nan", "1/0" or "1,000", which can be read in two ways.

    >>> parse_number("−0,5")
    Fraction(-1, 2)
    """
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise AnswerError(f"The answer must be a number, got {type(given).__name__}: write one such as 0.5 or 1/2.")
    if isinstance(given, int) and abs(given) >= 10**_LONGEST:
        raise AnswerError(f"The answer must have at most {_LONGEST} characters: write it shorter, such as 1e-3.")
    text = str(given).strip().translate(_MINUS)
    if len(text) > _LONGEST:
        raise AnswerError(f"The answer must have at most {_LONGEST} characters, got {len(text)}: write it like 1e-3.")
    if _THOUSANDS.fullmatch(text):
        plain, point = text.replace(",", ""), text.replace(",", ".", 1)
        choice = f"{plain} or {point}" if text.count(",") == 1 else plain
        raise AnswerError(f"The answer must be clear, and {text} can be read in two ways: write {choice}.")
    found = _NUMBER.fullmatch(text)
    if found is None:
        shown = repr(text) if text else "nothing"
        raise AnswerError(f"The answer must be a number, got {shown}: write one such as 0.5, 1/2, -3 or 1e-3.")
    above, below = (Fraction((part or "1").replace(",", ".")) for part in found.groups())
    if below == 0:
        raise AnswerError(f"The answer must be a number, got {text}, a division by zero: write another denominator.")
    return above / below


def last_place(value: Fraction, digits: int) -> Fraction:
    """Return a unit of the last of so many significant figures.

    >>> last_place(Fraction(2, 3), 2), last_place(Fraction(-1234), 2), last_place(Fraction(0), 3)
    (Fraction(1, 100), Fraction(100, 1), Fraction(1, 100))
    """
    exponent = len(str(abs(value.numerator))) - len(str(value.denominator)) if value else 0
    if value and abs(value) < Fraction(10) ** exponent:
        exponent -= 1
    return Fraction(10) ** (exponent - digits + 1)
