"""A formula has one part that is wrong: one that the talk printed, or one that a slip of the mutations makes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, ValidationInfo, model_validator
from pydantic import field_validator as check

from classroom.errata import ERRATA
from classroom.quiz.asked import Asked, Reason, Verdict
from classroom.quiz.fields import Letter, Text, Texts
from classroom.quiz.frozen import Frozen
from classroom.quiz.mutation import RULES, Mutant, can_be_marked, marked, mutants
from classroom.quiz.numbers import AnswerError
from classroom.quiz.problems import nearest, show, unmet
from normlib import NORMS

LETTERS = "ABCDEF"
_PLACE = re.compile("<([A-Z])>")


class Puzzle(NamedTuple):
    """A formula with a part that is wrong. All but the letters is LaTeX; `says` is Markdown."""

    shown: str  # with a brace and a letter under each part
    parts: Mapping[str, str]  # letter -> part
    answer: str
    right: str  # the formula as it should be
    says: str  # what is wrong with it


class FindError(Asked):
    """One part of a formula is wrong.

    Either `erratum`, a key of ERRATA, with the formula as the talk printed it: `printed` in LaTeX, with <A>, <B> ...
    where its `parts` stand, and `answer`. Or `mutant`, a tag of the mutations, with `norm` and `changed`, the name of
    the formula: the rest is made.
    """

    how = "Choose the part of the formula that is wrong."

    type: Literal["find_error"]
    erratum: str | None = None
    printed: Text | None = None
    parts: Annotated[Texts[Letter], Field(max_length=6)] = Frozen()
    answer: str | None = None
    mutant: str | None = None
    changed: str | None = None
    explain: Texts[Letter] = Frozen()

    @model_validator(mode="before")
    @classmethod
    def _has_a_reason(cls, fields: Any) -> Any:
        """Take `why` from where it is written already, if it is left out."""
        if not isinstance(fields, dict) or "why" in fields:
            return fields
        erratum, tag = fields.get("erratum"), fields.get("mutant")
        if isinstance(erratum, str) and erratum in ERRATA:
            return {**fields, "why": ERRATA[erratum].why}
        return {**fields, "why": RULES[tag].says} if isinstance(tag, str) and tag in RULES else fields

    @check("erratum")
    @classmethod
    def _can_be_computed(cls, erratum: str | None) -> str | None:
        known = [name for name, each in ERRATA.items() if each.evidence is not None]
        if erratum is not None and erratum not in known:
            todo = nearest(erratum, known, f"Write one of {', '.join(known)}")
            raise unmet("must be an erratum for which a number speaks", show(erratum), todo)
        return erratum

    @check("mutant")
    @classmethod
    def _is_a_slip(cls, mutant: str | None, info: ValidationInfo) -> str | None:
        if mutant is not None and mutant not in RULES:
            todo = nearest(mutant, RULES, f"Write one of {', '.join(RULES)}")
            raise unmet("must be a known slip", show(mutant), todo)
        return mutant

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.erratum is None) == (self.mutant is None):
            got = "neither" if self.erratum is None else "both"
            raise unmet("must have an erratum or a mutant", got, "Add 'erratum: ...', or 'mutant: ...' with a norm")
        if self.erratum is not None:
            self._is_marked()
        else:
            self._is_made()
        for letter in self.explain:
            if letter == self.puzzle.answer or letter not in self.puzzle.parts:
                todo = "Remove it; what is wrong with the formula goes into 'why'"
                raise unmet("must explain parts that are right", show(letter), todo, at="explain")
        return self

    def _is_marked(self) -> None:
        if self.changed is not None:
            raise unmet("must be of a mutant", show(self.changed), "Remove it", at="changed")
        if len(self.parts) < 2:
            raise unmet("must have 2 to 6 entries", str(len(self.parts)), "Add some", at="parts")
        places = sorted(_PLACE.findall(self.printed or ""))
        if places != sorted(self.parts):
            must = f"must have a place for each part once: {', '.join(f'<{letter}>' for letter in self.parts)}"
            raise unmet(must, ", ".join(f"<{letter}>" for letter in places) or "none", "Correct it", at="printed")
        if self.answer not in self.parts:
            must = f"must be one of the parts {', '.join(self.parts)}"
            raise unmet(must, show(self.answer), "Write the letter of the part that is wrong", at="answer")

    def _is_made(self) -> None:
        for name in ("printed", "parts", "answer"):
            if getattr(self, name):
                raise unmet("must be left out beside a mutant", show(getattr(self, name)), "Remove it", at=name)
        if self.norm is None or self.mutant is None or self.norm not in NORMS:
            todo = "Add 'norm: batch_norm' or another one"
            raise unmet("must be an operator", show(self.norm), todo, at="norm")
        found = _markable(self.norm)
        if self.changed is None:
            raise unmet("must name a formula", "nothing", f"Write {_formulas(found, self.mutant)}", at="changed")
        if _mutant(self.norm, self.mutant, self.changed) is None:
            must = f"must be a formula of {self.norm} in which {self.mutant} changes one part of several"
            raise unmet(must, show(self.changed), f"Write {_formulas(found, self.mutant)}", at="changed")

    @property
    def puzzle(self) -> Puzzle:
        """The formula, with its parts and what is wrong."""
        if self.mutant is not None:
            return _made(str(self.norm), self.mutant, str(self.changed))
        assert self.erratum is not None
        braces = {letter: _braced(part, letter) for letter, part in self.parts.items()}
        shown = _PLACE.sub(lambda place: braces[place[1]], str(self.printed))
        return Puzzle(shown, self.parts, str(self.answer), ERRATA[self.erratum].right, ERRATA[self.erratum].why)

    def failure(self) -> str:
        """Compute the smallest input found on which the formula fails, and say it in a sentence."""
        if self.mutant is not None:
            mutant = _mutant(str(self.norm), self.mutant, str(self.changed))
            assert mutant is not None
            return mutant.differs().sentence
        assert self.erratum is not None
        failure = ERRATA[self.erratum].failure()
        assert failure is not None
        return failure.sentence

    def public(self) -> dict[str, Any]:
        """Give what may go to the browser before an answer, with the formula and its parts."""
        return {**super().public(), "shown": self.puzzle.shown, "parts": dict(self.puzzle.parts)}

    def grade(self, given: Any) -> Verdict:
        """Judge a letter: all or nothing."""
        right = self._a_part(given) == self.puzzle.answer
        return Verdict(right, float(right))

    def reason(self, given: Any) -> Reason:
        """Say what is wrong with the formula, and why the part given is right."""
        letter = self._a_part(given)
        return Reason(self.why, Frozen({letter: self.explain[letter]} if letter in self.explain else {}))

    def key(self) -> str:
        """Name the letter."""
        return f"it is {self.puzzle.answer}"

    def solution(self) -> str:
        """Return the letter."""
        return self.puzzle.answer

    def said(self, given: Any) -> str:
        """Write the letter."""
        return self._a_part(given)

    def revealed(self, given: Any) -> dict[str, Any]:
        """Give the formula as it should be, and where the wrong one fails."""
        return {"mended": self.puzzle.right, "failure": self.failure()}

    def _a_part(self, given: object) -> str:
        if not isinstance(given, str) or given not in self.puzzle.parts:
            letters = ", ".join(self.puzzle.parts)
            raise AnswerError(f"The answer must be one of {letters}, got {show(given)}: pick one of them.")
        return given


def _braced(part: str, letter: str) -> str:
    return rf"\underbrace{{{part}}}_{{\text{{{letter}}}}}"


def _formulas(found: Sequence[Mutant], tag: str | None) -> str:
    names = [f"'changed: {mutant.changed}'" for mutant in found if mutant.tag == tag]
    return " or ".join(names) or "another mutant: this one changes no formula of the operator so"


def _mutant(norm: str, tag: str, changed: str) -> Mutant | None:
    """Return the mutant of a formula by a slip, if one part of several is wrong in it."""
    return next((mutant for mutant in _markable(norm) if (mutant.tag, mutant.changed) == (tag, changed)), None)


@lru_cache(maxsize=32)
def _markable(norm: str) -> tuple[Mutant, ...]:
    """Return the operator's mutants of which one part of several is wrong."""
    return tuple(mutant for mutant in mutants(NORMS[norm]()) if can_be_marked(mutant))


@lru_cache(maxsize=256)
def _made(norm: str, tag: str, changed: str) -> Puzzle:
    mutant = _mutant(norm, tag, changed)
    assert mutant is not None
    shown, parts, wrong = marked(mutant)
    lettered = Frozen(dict(zip(LETTERS, parts, strict=False)))
    return Puzzle(shown, lettered, LETTERS[wrong], mutant.right.latex(), mutant.says)
