"""A number is right when it is near enough to the key."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from math import ceil, log10
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationInfo
from pydantic import field_validator as check

from classroom.quiz.algebra.parse import parse
from classroom.quiz.algebra.value import value
from classroom.quiz.asked import Asked, Reason, Verdict
from classroom.quiz.fields import Exact, Text, Texts
from classroom.quiz.frozen import Frozen
from classroom.quiz.numbers import AnswerError, last_place, parse_number
from classroom.quiz.problems import show, unmet
from classroom.typeset import short


class Number(Asked):
    """A number is right when it is at most so far from the key; compared exactly, as fractions.

    within: so far, in the key's unit.  relative: so far, as a share of the key.  digits: by as much as the key moves
    when it is rounded to so many significant figures, half a unit of the last.  The largest of them counts.
    proof: an expression of numbers that comes to the key.
    """

    how = "Type a number."

    type: Literal["number"]
    answer: Exact
    within: Exact = Fraction(0)
    relative: Exact = Fraction(0)
    digits: Annotated[int, Field(ge=1, le=12)] | None = None
    proof: Text | None = None
    unit: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    explain: Texts[Exact] = Frozen()

    @check("within", "relative")
    @classmethod
    def _is_a_distance(cls, distance: Fraction, info: ValidationInfo) -> Fraction:
        if distance < 0 or (info.field_name == "relative" and distance >= 1):
            must = "must be at least 0" if distance < 0 else "must be less than 1"
            raise unmet(must, show(distance), "Write how far from the answer is still right, such as 0.01")
        return distance

    @check("explain")
    @classmethod
    def _explains_wrong(cls, explain: Mapping[Fraction, str], info: ValidationInfo) -> Mapping[Fraction, str]:
        if not {"answer", "within"} <= info.data.keys():
            return explain
        distance = _distance(**_tolerance(info))
        for slip in explain:
            if abs(slip - info.data["answer"]) <= distance:
                raise unmet("must explain wrong numbers only", show(slip), "Say in 'why' why the key is right")
        for one, other in combinations(explain, 2):
            if abs(one - other) <= distance:
                must = f"must be further from the slip {float(one):g} than what is still the same answer"
                raise unmet(must, f"{float(other):g}", "Remove one of them, or lower the tolerance")
        return explain

    @check("proof")
    @classmethod
    def _comes_to_the_key(cls, proof: str | None, info: ValidationInfo) -> str | None:
        if proof is None or "answer" not in info.data:
            return proof
        try:
            found = Fraction(value(parse(proof, ()), {}))
        except AnswerError as error:
            must, todo = "must be an expression of numbers", "Write one like 3 * (4 - 1)"
            raise unmet(must, str(error).rstrip("."), todo) from None
        if abs(found - info.data["answer"]) > max(_distance(**_tolerance(info)), abs(found) * _ROUNDING):
            must = f"must come to the answer {float(info.data['answer']):g}"
            raise unmet(must, f"{float(found):g}", "Correct one of them")
        return proof

    @property
    def distance(self) -> Fraction:
        """How far from the key is still right."""
        return _distance(self.answer, self.within, self.relative, self.digits)

    def public(self) -> dict[str, Any]:
        """Give what may go to the browser before an answer, with the unit."""
        return {**super().public(), "unit": self.unit}

    def grade(self, given: Any) -> Verdict:
        """Judge a number, typed or given as int or float: all or nothing."""
        right = self._near(parse_number(given), self.answer)
        return Verdict(right, float(right))

    def reason(self, given: Any) -> Reason:
        """Say why, and, where this very number is a known slip, which one."""
        value = parse_number(given)
        slips = [text for slip, text in self.explain.items() if self._near(value, slip)]
        known = slips and not self._near(value, self.answer)
        return Reason(self.why, Frozen({str(given).strip(): slips[0]} if known else {}))

    def key(self) -> str:
        """Write the number with its unit: exactly where it is short, else as precisely as is asked for."""
        exact, near = self.answer, float(self.answer)
        if Fraction(f"{near:.6g}") == exact:
            written = short(near)
        elif self.distance:
            written = f"{near:.{max(0, ceil(-log10(self.distance)))}f}"
        else:
            written = short(near) if exact.denominator > 1000 else str(exact)  # 1/3, not 0.333333
        return f"it is {written}{f' {self.unit}' if self.unit else ''}"

    def solution(self) -> str:
        """Return the number as it may be typed."""
        return f"{self.answer.numerator}/{self.answer.denominator}"

    def said(self, given: Any) -> str:
        """Write the number as it was typed."""
        return str(given).strip()

    def _near(self, value: Fraction, to: Fraction) -> bool:
        return abs(value - to) <= _distance(to, self.within, self.relative, self.digits)


_ROUNDING = Fraction(1, 10**12)


def _tolerance(info: ValidationInfo) -> dict[str, Any]:
    """Return the fields that `_distance` takes, as far as they are legal."""
    usual = {"within": Fraction(0), "relative": Fraction(0), "digits": None}
    return {name: info.data.get(name, usual.get(name)) for name in ("answer", *usual)}


def _distance(answer: Fraction, within: Fraction, relative: Fraction, digits: int | None) -> Fraction:
    return max(within, relative * abs(answer), last_place(answer, digits) / 2 if digits else Fraction(0))
