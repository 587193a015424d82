"""A question with something drawn in it: a seed makes one question of it, the key computed by the operator itself."""

from __future__ import annotations

import json
from collections import ChainMap
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, TypeAdapter, ValidationError

from classroom.quiz.asked import Reason
from classroom.quiz.distractors import options, slips
from classroom.quiz.draw import Dice, Spec, drawn
from classroom.quiz.fields import Name, Texts
from classroom.quiz.fill import NAME, PLACE, filled, let
from classroom.quiz.frozen import Frozen
from classroom.quiz.kinds import Number, Question
from classroom.quiz.mutation import Mutant
from classroom.quiz.numbers import parse_number
from classroom.quiz.problems import nearest, show, unmet
from classroom.quiz.work import Bench, Results, Values, Work, bench
from normlib import NORMS

SOME = 12  # seeds, among which every input that an operator may have is expected
OWN = ("draw", "run", "let", "formula")  # the fields that a template has beside those of its kind
DRAWS = 40  # how often a seed may draw again until what it drew makes a question
_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


class Plan(BaseModel):
    """What is drawn, computed and made.

    formula: for a choice without options, which of the operator's formulas it asks for; the wrong options are mutants.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    draw: Annotated[Mapping[Name, Spec], AfterValidator(Frozen)] = Frozen()
    run: Work | None = None
    let: Texts[Name] = Frozen()
    formula: str | None = None


class Template:
    """A question for every seed. `like` is one of them: whatever is the same for all can be asked of it."""

    def __init__(self, entry: Mapping[str, Any], context: Mapping[str, Any]) -> None:
        """Take an entry of the bank. Raises pydantic's errors where no question comes of it."""
        self._given = dict(entry), dict(context)
        self._plan = Plan.model_validate({name: entry[name] for name in OWN if name in entry})
        self._entry = {name: value for name, value in entry.items() if name not in OWN}
        self._made = lru_cache(maxsize=1024)(self._make)
        self._slips = lru_cache(maxsize=64)(self._find_slips)
        self.like = self.variant(0)

    def variant(self, seed: int) -> Question:
        """Return the question that a seed makes: the same on every machine."""
        return self._made(seed)[0]

    def whole(self, seed: int) -> Question:
        """Return the same question, a number's known slips made by mutants included: that takes longer."""
        question = self.variant(seed)
        if not isinstance(question, Number):
            return question
        known = {number: mutant.says for number, mutant in self._slips(seed).items()}
        return question.model_copy(update={"explain": Frozen({**question.explain, **known})})

    def reason(self, seed: int, given: Any) -> Reason:
        """Say why; a wrong number that a mutant gives is explained, with a small input on which the mutant fails."""
        question = self.variant(seed)
        said = question.reason(given)
        if said.this or not isinstance(question, Number) or question.grade(given).right:
            return said
        number, slips = parse_number(given), self._slips(seed)
        near = [slip for slip in slips if abs(slip - number) <= max(question.distance, abs(slip) / 1000)]
        if not near:
            return said
        mutant = slips[min(near, key=lambda slip: abs(slip - number))]
        return said._replace(this=Frozen({str(given).strip(): f"{mutant.says} {mutant.differs().sentence}"}))

    def unused(self) -> list[str]:
        """Return what is drawn and used nowhere: in no text, no calculation, by no operator."""
        plan, texts = self._plan, json.dumps(self._entry)
        used = {place[1] for place in PLACE.finditer(texts)} | {"norm"}
        used |= {name.rstrip("0123456789") for text in plan.let.values() for name in NAME.findall(text)}
        used |= {name for text in plan.let.values() for name in NAME.findall(text)}
        if plan.run is not None:
            used |= {"x", "dy", *plan.run.shape, *plan.run.settings.values()}
            rows = plan.draw.get("norm")
            norms = rows if isinstance(rows, tuple) else (self._entry["norm"],)
            used |= {name for norm in norms for name in NORMS[str(norm)].hypers()}
            used |= {name for seed in range(SOME) if (work := self._made(seed)[1]) for name in work.inputs}
        return [name for name in plan.draw if name not in used]

    def __reduce__(self) -> tuple[type[Template], tuple[dict[str, Any], dict[str, Any]]]:
        return type(self), self._given

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and self._given == other._given

    def __hash__(self) -> int:
        return hash(json.dumps(self._given[0], sort_keys=True))

    @property
    def id(self) -> str:
        """Its name."""
        return self.like.id

    @property
    def type(self) -> str:
        """Its kind."""
        return self.like.type

    @property
    def slide(self) -> str:
        """The slide that explains it."""
        return self.like.slide

    @property
    def points(self) -> int:
        """What it is worth."""
        return self.like.points

    def _make(self, seed: int) -> tuple[Question, Bench | None]:
        """Draw until what was drawn makes a question; what makes none (two options alike, 0/0) is drawn again.

        Returns it with the operator at work on it, if one is.
        """
        for again in range(DRAWS):
            try:
                return self._attempt(f"{self._entry.get('id')}/{seed}/{again}")
            except (ValidationError, ValueError):
                if again == DRAWS - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, seed: str) -> tuple[Question, Bench | None]:
        plan, entry = self._plan, dict(self._entry)
        known: dict[str, Any] = dict(drawn(plan.draw, seed))
        values = ChainMap(known)
        if "norm" in values:
            entry["norm"] = "<norm>"
        norm = filled(entry.get("norm", ""), values)
        work = None
        if plan.run is not None:
            work = _started(plan.run, norm, values)
            values = ChainMap(known, cast(Any, Results(work)))  # which is asked, and never written to
        for name, text in plan.let.items():
            known[name] = let(name, text, values)
        fields = filled(entry, values)
        if plan.formula is not None:
            fields |= options(_known(norm, "formula"), plan.formula, Dice(f"{seed}/options"))
        return _QUESTION.validate_python(fields, context=self._given[1]), work

    def _find_slips(self, seed: int) -> Mapping[Fraction, Mutant]:
        question, work = self._made(seed)
        return slips(work, str(self._entry["answer"]), question) if work and isinstance(question, Number) else {}


Entry = Question | Template


def reason(entry: Entry, seed: int, given: Any) -> Reason:
    """Say why, in general and for this answer, to the reader with a seed. Raises `AnswerError` as `grade` does."""
    return entry.reason(seed, given) if isinstance(entry, Template) else entry.reason(given)


def _known(norm: str, place: str) -> str:
    if not norm:
        raise unmet("must have an operator", "nothing", "Add 'norm: batch_norm' or another one", at=place)
    if norm not in NORMS:
        todo = nearest(norm, NORMS, f"Write one of {', '.join(NORMS)}")
        raise unmet("must be a known norm", show(norm), todo, at="norm")
    return norm


def _started(work: Work, norm: str, values: Values) -> Bench:
    """Return the operator at work. Raises what `unmet` makes."""
    norm = _known(norm, "run")
    try:
        return bench(work, norm, values)
    except KeyError as error:
        raise unmet("must find its inputs among what is drawn", f"no {error}", "Draw it", at="run") from None
    except (TypeError, ValueError) as error:
        todo = "Compare shape, settings and what is drawn"
        raise unmet("must fit the operator", str(error).rstrip("."), todo, at="run") from None
