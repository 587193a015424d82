"""Several options may be right."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic import field_validator as check

from classroom.quiz.asked import Reason, Verdict
from classroom.quiz.fields import Letter, Texts, among_options, wrong_options
from classroom.quiz.frozen import Frozen
from classroom.quiz.kinds.lettered import Lettered
from classroom.quiz.numbers import AnswerError
from classroom.quiz.problems import show, unmet


class Choices(Lettered):
    """Several options may be right; all of them, and no other, is the whole answer.

    Partial credit: each of the R right options picked earns 1/R, each of the W wrong ones costs 1/W, never below 0.
    So picking everything earns nothing, as does picking at random on average at most.
    """

    how = "Choose every card that is right, then answer."

    type: Literal["choices"]
    answer: Annotated[tuple[str, ...], Field(min_length=1)]
    explain: Annotated[Texts[Letter], AfterValidator(wrong_options)] = Frozen()

    @check("answer")
    @classmethod
    def _are_options(cls, answer: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if len(set(answer)) < len(answer):
            raise unmet("must name each option once", show(answer), "Remove the repeated letter")
        among_options(answer, info)
        if len(answer) == len(info.data.get("options", ())):
            raise unmet("must leave at least one option wrong", show(answer), "Add an option that is wrong")
        return tuple(sorted(answer))

    def grade(self, given: Any) -> Verdict:
        """Judge a collection of letters, with partial credit."""
        picked = self._picked(given)
        hits = len(picked & set(self.answer))
        strays = len(picked) - hits
        score = max(0.0, hits / len(self.answer) - strays / (len(self.options) - len(self.answer)))
        return Verdict(hits == len(self.answer) and not strays, score)

    def reason(self, given: Any) -> Reason:
        """Say why, and what is wrong with each wrong option that was picked."""
        picked = self._picked(given)
        return Reason(self.why, Frozen({k: self.explain[k] for k in self.options if k in picked and k in self.explain}))

    def key(self) -> str:
        """Name the letters."""
        return f"{'it is' if len(self.answer) == 1 else 'they are'} {', '.join(self.answer)}"

    def solution(self) -> list[str]:
        """Return the letters."""
        return list(self.answer)

    def said(self, given: Any) -> str:
        """Write the letters in a row."""
        return ", ".join(sorted(self._picked(given)))

    def _picked(self, given: object) -> set[str]:
        if isinstance(given, str | Mapping) or not isinstance(given, Collection):
            raise AnswerError(f"The answer must be a list of letters, got {show(given)}: pick one option or more.")
        if len(given) > len(self.options):
            most = len(self.options)
            raise AnswerError(f"The answer must hold {most} letters at most, got {len(given)}: pick each once.")
        if not given:
            raise AnswerError("The answer must hold at least one option, got none: pick one option or more.")
        return {self.an_option(letter) for letter in given}
