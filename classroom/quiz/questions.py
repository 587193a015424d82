"""Kinds of question: what is asked, what may be seen before an answer, and what an answer is worth."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo
from pydantic import field_validator as check

from classroom.quiz.fields import Exact, Id, Letter, Text, Texts, among_options, wrong_options
from classroom.quiz.frozen import Frozen
from classroom.quiz.numbers import AnswerError, parse_number
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
    """What every question has. Frozen: a question is a value that all visitors share.

    `public()`, `seconds` and `norm` are for a room that answers together: what its screens may hold before the answer,
    how long the lecturer waits, and which operator the room has trouble with.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
    shown: ClassVar[tuple[str, ...]] = ("id", "type", "slide", "ask", "points", "seconds")

    id: Id
    slide: Id
    ask: Text
    why: Text
    norm: str | None = None
    points: int = Field(default=1, ge=1, le=10)
    seconds: int = Field(default=30, ge=5, le=300)

    @check("slide", "norm")
    @classmethod
    def _is_known(cls, name: str | None, info: ValidationInfo) -> str | None:
        known: Collection[str] | None = (info.context or {}).get(info.field_name)
        if name is not None and known is not None and name not in known:
            todo = nearest(name, known, f"Write one of {', '.join(known)}")
            raise unmet(f"must be a known {info.field_name}", show(name), todo)
        return name

    def public(self) -> dict[str, Any]:
        """Give what may go to the browser before an answer: no key, no reason; of JSON's types only."""
        return {name: getattr(self, name) for name in self.shown}

    @abstractmethod
    def grade(self, given: Any) -> Verdict:
        """Judge an answer. Raises `AnswerError` where `given` is none; that is not an attempt."""

    @abstractmethod
    def reason(self, given: Any) -> Reason:
        """Say why, in general and for this answer. Raises `AnswerError` as `grade` does."""


class _Lettered(Asked):
    """A question whose options have letters; a letter stays with its option when options are moved."""

    options: Annotated[Texts[Letter], Field(min_length=2, max_length=8)]

    @check("options")
    @classmethod
    def _options_differ(cls, options: Mapping[str, str]) -> Mapping[str, str]:
        first: dict[str, str] = {}
        for letter, text in options.items():
            twin = first.setdefault(" ".join(text.split()), letter)
            if twin != letter:
                raise unmet(f"must differ from option {twin}", show(text), "Change one of them", at=letter)
        return options

    def public(self) -> dict[str, Any]:
        """Give what may go to the browser before an answer, the options included."""
        return {**super().public(), "options": dict(self.options)}

    def _an_option(self, given: object) -> str:
        if not isinstance(given, str) or given not in self.options:
            letters = ", ".join(self.options)
            raise AnswerError(f"The answer must be one of {letters}, got {show(given)}: pick one of them.")
        return given


class Choice(_Lettered):
    """One option is right."""

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
        right = self._an_option(given) == self.answer
        return Verdict(right, float(right))

    def reason(self, given: Any) -> Reason:
        """Say why the key is right and why the letter given is not."""
        letter = self._an_option(given)
        return Reason(self.why, Frozen({letter: self.explain[letter]} if letter in self.explain else {}))


class Choices(_Lettered):
    """Several options may be right; all of them, and no other, is the whole answer.

    Partial credit: each of the R right options picked earns 1/R, each of the W wrong ones costs 1/W, never below 0.
    So picking everything earns nothing, as does picking at random on average at most.
    """

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

    def _picked(self, given: object) -> set[str]:
        if isinstance(given, str | Mapping) or not isinstance(given, Collection):
            raise AnswerError(f"The answer must be a list of letters, got {show(given)}: pick one option or more.")
        if len(given) > len(self.options):
            most = len(self.options)
            raise AnswerError(f"The answer must hold {most} letters at most, got {len(given)}: pick each once.")
        if not given:
            raise AnswerError("The answer must hold at least one option, got none: pick one option or more.")
        return {self._an_option(letter) for letter in given}


class Number(Asked):
    """A number is right when it is at most `within` away from the key; compared exactly, as fractions."""

    type: Literal["number"]
    answer: Exact
    within: Exact = Fraction(0)
    explain: Texts[Exact] = Frozen()

    @check("within")
    @classmethod
    def _is_a_distance(cls, within: Fraction) -> Fraction:
        if within < 0:
            raise unmet(
                "must be at least 0", show(within), "Write how far from the answer is still right, such as 0.01"
            )
        return within

    @check("explain")
    @classmethod
    def _explains_wrong(cls, explain: Mapping[Fraction, str], info: ValidationInfo) -> Mapping[Fraction, str]:
        answer, within = info.data.get("answer"), info.data.get("within")
        if answer is not None and within is not None:
            for value in explain:
                if abs(value - answer) <= within:
                    raise unmet("must explain wrong numbers only", show(value), "Say in 'why' why the key is right")
        return explain

    def grade(self, given: Any) -> Verdict:
        """Judge a number, typed or given as int or float: all or nothing."""
        right = abs(parse_number(given) - self.answer) <= self.within
        return Verdict(right, float(right))

    def reason(self, given: Any) -> Reason:
        """Say why, and, where this very number is a known slip, which one."""
        value = parse_number(given)
        slips = [text for slip, text in self.explain.items() if abs(value - slip) <= self.within]
        known = slips and abs(value - self.answer) > self.within
        return Reason(self.why, Frozen({str(given).strip(): slips[0]} if known else {}))


Question = Annotated[Choice | Choices | Number, Field(discriminator="type")]
