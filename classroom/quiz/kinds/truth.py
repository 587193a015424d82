"""A statement holds or does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import field_validator as check

from classroom.quiz.asked import Asked, Reason, Verdict
from classroom.quiz.fields import Text
from classroom.quiz.frozen import Frozen
from classroom.quiz.numbers import AnswerError
from classroom.quiz.problems import show, unmet


class Truth(Asked):
    """True or false."""

    how = "Choose a card."
    options: ClassVar[Mapping[str, str]] = Frozen({"T": "True", "F": "False"})

    type: Literal["truth"]
    answer: Literal["T", "F"]
    explain: Text | None = None  # to those who gave the other answer

    @check("answer", mode="before")
    @classmethod
    def _is_true_or_false(cls, answer: object) -> object:
        known = {"true": "T", "false": "F", "T": "T", "F": "F"}
        if not isinstance(answer, str) or answer not in known:
            raise unmet("must be true or false", show(answer), "Write 'answer: true' or 'answer: false'")
        return known[answer]

    def public(self) -> dict[str, Any]:
        """Give what may go to the browser before an answer, both options included."""
        return {**super().public(), "options": dict(self.options)}

    def grade(self, given: Any) -> Verdict:
        """Judge T or F: all or nothing."""
        right = self._a_card(given) == self.answer
        return Verdict(right, float(right))

    def reason(self, given: Any) -> Reason:
        """Say why, and what misleads to the other answer."""
        slipped = self.explain is not None and self._a_card(given) != self.answer
        return Reason(self.why, Frozen({self.options[given]: self.explain} if slipped and self.explain else {}))

    def key(self) -> str:
        """Say which of the two it is."""
        return f"it is {self.options[self.answer].lower()}"

    def solution(self) -> str:
        """Return T or F."""
        return self.answer

    def _a_card(self, given: object) -> str:
        if not isinstance(given, str) or given not in self.options:
            raise AnswerError(f"The answer must be T or F, got {show(given)}: pick one of them.")
        return given
