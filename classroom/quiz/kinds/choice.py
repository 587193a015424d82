"""One option is right."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ValidationInfo
from pydantic import field_validator as check

from classroom.quiz.asked import Reason, Verdict
from classroom.quiz.fields import Letter, Texts, among_options, wrong_options
from classroom.quiz.frozen import Frozen
from classroom.quiz.kinds.lettered import Lettered
from classroom.quiz.problems import show, unmet


class Choice(Lettered):
    """One option is right."""

    how = "Choose a card."

    type: Literal["choice"]
    answer: str
    explain: Annotated[Texts[Letter], AfterValidator(wrong_options)] = Frozen()

    @check("answer", mode="before")
    @classmethod
    def _is_one_letter(cls, answer: object) -> object:
        if isinstance(answer, list | tuple):
            raise unmet("must be one letter", show(answer), "Write one, or make it 'type: choices'")
        return answer

    @check("answer")
    @classmethod
    def _is_an_option(cls, answer: str, info: ValidationInfo) -> str:
        return among_options((answer,), info)[0]

    def grade(self, given: Any) -> Verdict:
        """Judge a letter: all or nothing."""
        right = self.an_option(given) == self.answer
        return Verdict(right, float(right))

    def reason(self, given: Any) -> Reason:
        """Say why the key is right and why the letter given is not."""
        letter = self.an_option(given)
        return Reason(self.why, Frozen({letter: self.explain[letter]} if letter in self.explain else {}))

    def key(self) -> str:
        """Name the letter."""
        return f"it is {self.answer}"

    def solution(self) -> str:
        """Return the letter."""
        return self.answer
