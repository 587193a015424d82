"""What every question has: a text, a key, a reason, and what an answer to it is worth."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo
from pydantic import field_validator as check

from classroom.quiz.fields import Id, Name, Text, Texts
from classroom.quiz.frozen import Frozen
from classroom.quiz.problems import nearest, show, unmet


class Verdict(NamedTuple):
    """What an answer is worth."""

    right: bool
    score: float  # 0 ... 1


class Reason(NamedTuple):
    """Why: in general, and for each wrong part of what was given."""

    why: str
    this: Mapping[str, str]  # what was given (a letter, a number as typed) -> why it is wrong


class Asked(BaseModel):
    """One question, of whatever kind. Frozen: a question is a value that all visitors share.

    `public()`, `seconds` and `norm` are for a room that answers together: what its screens may hold before the answer,
    how long the lecturer waits, and which operator the room has trouble with.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
    shown: ClassVar[tuple[str, ...]] = ("id", "type", "slide", "ask", "points", "seconds", "attempts")
    how: ClassVar[str]  # what the reader is to do, in a sentence
    scored: ClassVar[bool] = True  # whether there is a key; a poll has none

    id: Id
    slide: Id
    ask: Text
    why: Text
    norm: str | None = None
    points: int = Field(default=1, ge=1, le=10)
    seconds: int = Field(default=30, ge=5, le=300)
    attempts: int = Field(default=1, ge=1, le=5)
    hints: Annotated[tuple[Text, ...], Field(max_length=3)] = ()
    look: Texts[Name] = Frozen()
    source: Text | None = None

    @check("slide", "norm")
    @classmethod
    def _is_known(cls, name: str | None, info: ValidationInfo) -> str | None:
        known: Collection[str] | None = (info.context or {}).get(info.field_name)
        if name is not None and known is not None and name not in known:
            todo = nearest(name, known, f"Write one of {', '.join(known)}")
            raise unmet(f"must be a known {info.field_name}", show(name), todo)
        return name

    def variant(self, seed: int) -> Self:
        """Return the question as one reader gets it: itself, for nothing in it is drawn."""
        return self

    def public(self) -> dict[str, Any]:
        """Give what may go to the browser before an answer: no key, no reason; of JSON's types only."""
        return {name: getattr(self, name) for name in self.shown}

    @abstractmethod
    def grade(self, given: Any) -> Verdict:
        """Judge an answer. Raises `AnswerError` where `given` is none; that is not an attempt."""

    @abstractmethod
    def reason(self, given: Any) -> Reason:
        """Say why, in general and for this answer. Raises `AnswerError` as `grade` does."""

    @abstractmethod
    def key(self) -> str:
        """Say what is right, in a few words that go on after "Not quite:"; Markdown."""

    @abstractmethod
    def solution(self) -> Any:
        """Return an answer that is wholly right, as a browser would give it."""

    def said(self, given: Any) -> str:
        """Write an answer as a teacher reads it in a table."""
        return str(given)

    def revealed(self, given: Any) -> dict[str, Any]:
        """Give what the browser paints once there is an answer, beside verdict and reason; of JSON's types only."""
        return {}
