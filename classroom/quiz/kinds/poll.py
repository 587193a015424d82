"""Polls: what the reader thinks, in their own words or on a scale. Nothing is right or wrong."""

from __future__ import annotations

import unicodedata
from typing import Any, Literal

from pydantic import Field

from classroom.quiz.asked import Asked, Reason, Verdict
from classroom.quiz.fields import Text
from classroom.quiz.frozen import Frozen
from classroom.quiz.numbers import AnswerError
from classroom.quiz.problems import show

_BREAKS = "\n\t"  # of the characters that control something, those that a text may hold
_TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")  # they turn what stands around them, too


class Poll(Asked):
    """A question without a key: any answer is as good as any other."""

    scored = False

    def key(self) -> str:
        """Say that there is none."""
        return "there is no right answer"

    def reason(self, given: Any) -> Reason:
        """Say what is said to everybody."""
        self.grade(given)
        return Reason(self.why, Frozen())


class OpenText(Poll):
    """An answer in the reader's own words."""

    how = "Write what you think; it counts for nothing."

    type: Literal["text"]
    longest: int = Field(default=500, ge=20, le=2000)  # characters

    def public(self) -> dict[str, Any]:
        """Give what may go to the browser before an answer, with the length that is allowed."""
        return {**super().public(), "longest": self.longest}

    def grade(self, given: Any) -> Verdict:
        """Take a text that says something."""
        self._text(given)
        return Verdict(True, 1.0)

    def solution(self) -> str:
        """Return some text."""
        return "No idea."

    def said(self, given: Any) -> str:
        """Write it in one line."""
        return " ".join(self._text(given).split())

    def _text(self, given: object) -> str:
        if not isinstance(given, str):
            raise AnswerError(f"The answer must be a text, got {show(given)}: write a few words.")
        if len(given) > self.longest:
            raise AnswerError(f"The answer must have {self.longest} characters at most, got {len(given)}: shorten it.")
        for at, character in enumerate(given.replace("\r\n", "\n"), start=1):
            if _controls(character):
                code = f"U+{ord(character):04X}"
                raise AnswerError(f"The answer must be plain text, got {code} at character {at}: take it out.")
        if not given.strip():
            raise AnswerError("The answer must say something, got nothing: write a few words.")
        return given.strip()


def _controls(character: str) -> bool:
    if unicodedata.category(character) in ("Cc", "Cs"):
        return character not in _BREAKS
    return unicodedata.bidirectional(character) in _TURNS


class Rating(Poll):
    """A number on a scale whose ends have names."""

    how = "Choose a number and send it; it counts for nothing."

    type: Literal["rating"]
    steps: int = Field(default=5, ge=2, le=10)
    low: Text  # what 1 means
    high: Text

    def public(self) -> dict[str, Any]:
        """Give what may go to the browser before an answer, with the scale."""
        return {**super().public(), "steps": self.steps, "low": self.low, "high": self.high}

    def grade(self, given: Any) -> Verdict:
        """Take a number of the scale."""
        if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= self.steps:
            raise AnswerError(
                f"The answer must be a whole number from 1 to {self.steps}, got {show(given)}: choose one."
            )
        return Verdict(True, 1.0)

    def solution(self) -> int:
        """Return the middle."""
        return (1 + self.steps) // 2

    def said(self, given: Any) -> str:
        """Write the number, and of how many."""
        self.grade(given)
        return f"{given} of {self.steps}"
