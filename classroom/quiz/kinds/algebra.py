"""An expression is right when it equals the key, however it is written."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainSerializer, StringConstraints, ValidationInfo
from pydantic import field_validator as check

from classroom.quiz.algebra.judge import Judgement, judge
from classroom.quiz.algebra.parse import parse
from classroom.quiz.algebra.show import latex
from classroom.quiz.algebra.tree import FUNCTIONS
from classroom.quiz.algebra.tree import Name as Symbol
from classroom.quiz.algebra.worker import judged
from classroom.quiz.asked import Asked, Reason, Verdict
from classroom.quiz.fields import Name, Texts
from classroom.quiz.frozen import Frozen
from classroom.quiz.numbers import AnswerError
from classroom.quiz.problems import show, unmet
from classroom.typeset import short

Expression = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Domain = Literal["real", "positive", "whole"]

# As many answers as a room of readers gives in an hour: what was graded once is graded so again, and at once.
_GRADED = 1 << 14


class Algebra(Asked):
    """An expression is right when it equals the key for all values of its symbols.

    A wrong one is answered by numbers on which it fails, and by its reason where it is a known slip.
    """

    how = "Type an expression. Below it you see how it is read."

    type: Literal["algebra"]
    names: Annotated[
        Mapping[Name, Domain], AfterValidator(Frozen), Field(min_length=1, max_length=8), PlainSerializer(dict)
    ]
    answer: Expression
    explain: Texts[Expression] = Frozen()  # a wrong expression: what was done wrong

    @check("names")
    @classmethod
    def _are_no_functions(cls, names: Mapping[str, str]) -> Mapping[str, str]:
        for name in names:
            if name in FUNCTIONS:
                raise unmet("must be a symbol that is no function", show(name), "Write another name", at=name)
        return names

    @check("answer")
    @classmethod
    def _is_read(cls, answer: str, info: ValidationInfo) -> str:
        if "names" in info.data:
            _compared(answer, answer, info.data["names"])
        return answer

    @check("explain")
    @classmethod
    def _differ(cls, explain: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        names, answer = info.data.get("names"), info.data.get("answer")
        if names is None or answer is None:
            return explain  # those fields have their own problem
        known = [answer]
        for slip in explain:
            for other in known:
                if _compared(slip, other, names).equal:
                    must = "must differ from the answer" if other == answer else "must differ from each other"
                    raise unmet(must, f"{show(slip)}, which equals {show(other)}", "Remove one of them")
            known.append(slip)
        return explain

    def public(self) -> dict[str, Any]:
        """Give what may go to the browser before an answer, with the symbols."""
        return {**super().public(), "names": dict(self.names)}

    def grade(self, given: Any) -> Verdict:
        """Judge an expression: all or nothing. Takes as long as comparing does."""
        right = self._judged(given)[0].equal
        return Verdict(right, float(right))

    def reason(self, given: Any) -> Reason:
        """Say why; of a wrong expression where it fails, and of a known slip what was done wrong."""
        judgement, slip = self._judged(given)
        if judgement.equal:
            return Reason(self.why, Frozen())
        known = "" if slip is None else f"{list(self.explain.values())[slip]} "
        return Reason(self.why, Frozen({rf"$\displaystyle {self.shown_as(given)}$": f"{known}{_failure(judgement)}"}))

    def key(self) -> str:
        """Write the expression."""
        return f"it is ${self.shown_as(self.answer)}$"

    def solution(self) -> str:
        """Return the expression as it may be typed."""
        return self.answer

    def said(self, given: Any) -> str:
        """Write the expression as it was typed."""
        self._judged(given)
        return str(given).strip()

    def shown_as(self, given: Any) -> str:
        """Return an expression as LaTeX. Raises `AnswerError` where it is none."""
        return latex(parse(given, self.names))

    def _judged(self, given: Any) -> tuple[Judgement, int | None]:
        if not isinstance(given, str):
            raise AnswerError(f"The expression must be a text, got {show(given)}: write one such as x/2.")
        return _graded(given, self.answer, tuple(self.explain), self.names)


@lru_cache(maxsize=_GRADED)
def _graded(given: str, key: str, slips: tuple[str, ...], names: Mapping[str, str]) -> tuple[Judgement, int | None]:
    return judged(given, key, slips, names)


def _compared(first: str, second: str, names: Mapping[str, str]) -> Judgement:
    """Compare two expressions of the author."""
    try:
        return judge(first, second, names)
    except AnswerError as refused:
        raise unmet("must be an expression", show(first), f"Correct it: {str(refused).rstrip('.')}") from None
    except ValueError as fault:
        raise unmet("must have a value", show(second), f"Correct it: {str(fault).rstrip('.')}") from None


def _failure(judgement: Judgement) -> str:
    """Say where an expression fails, with as many digits as tell the two values apart."""
    where = judgement.counterexample or {}
    values = [
        f"${latex(Symbol(name))} = {_tex(number)},$" for name, number in where.items()
    ]  # no line begins with a comma
    given, right = _apart(judgement.given, judgement.right)
    point = f"For {' '.join(values)} yours" if values else "Yours"
    return f"{point} {given}; right is {right}."


def _apart(given: float | None, right: float | None) -> tuple[str, str]:
    """Write two values that differ so that one sees it."""
    if given is None or right is None:
        no_value = ("has no real value", "that there is none")
        return (no_value[0] if given is None else f"gives {short(given, 5)}",
                no_value[1] if right is None else short(right, 5))  # fmt: skip
    digits = next((d for d in range(5, 16) if short(given, d) != short(right, d)), 17)
    return f"gives {short(given, digits)}", short(right, digits)


def _tex(number: Fraction) -> str:
    return str(number.numerator) if number.denominator == 1 else f"{number.numerator}/{number.denominator}"
