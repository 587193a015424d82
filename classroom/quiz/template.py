"""A question with something drawn in it: a seed makes one question of it, the key computed by the operator itself.

`<name>` in any text stands for a value: drawn, computed by `run`, or by `let`; `<name[2]>` is the second of a row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, TypeAdapter, ValidationError

from classroom.quiz.algebra.parse import parse
from classroom.quiz.algebra.value import value as calculated
from classroom.quiz.draw import Dice, Spec, drawn
from classroom.quiz.fields import Name, Texts
from classroom.quiz.frozen import Frozen
from classroom.quiz.kinds import Question
from classroom.quiz.mutation import mutants
from classroom.quiz.numbers import AnswerError
from classroom.quiz.problems import unmet
from classroom.quiz.work import Bench, Values, Work, bench
from classroom.typeset import short
from normlib import NORMS
from normlib.symbolic import Formula

OWN = ("draw", "run", "let", "formula")  # the fields that a template has beside those of its kind
DRAWS = 40  # how often a seed may draw again until what it drew makes a question
SHOWN, KEPT = 4, 12  # significant digits of a computed number: in a text, and as a key
LETTERS = "ABCD"  # of the options that are made
_PLACE = re.compile(r"<([a-z_][a-z0-9_]*)(?:\[([0-9]{1,2})\])?>")
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
        """Take an entry of the bank. Raises pydantic's ValidationError where no question comes of it."""
        self._plan = Plan.model_validate({name: entry[name] for name in OWN if name in entry})
        self._entry = Frozen({name: value for name, value in entry.items() if name not in OWN})
        self._context = context
        self._make = lru_cache(maxsize=512)(self._made)
        self.like = self.variant(0)

    def variant(self, seed: int) -> Question:
        """Return the question that a seed makes: the same on every machine."""
        return self._make(seed)

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

    @property
    def scored(self) -> bool:
        """Whether it has a key."""
        return self.like.scored

    def _made(self, seed: int) -> Question:
        """Draw until what was drawn makes a question; what makes none (two options alike, 0/0) is drawn again."""
        for again in range(DRAWS - 1):
            try:
                return self._attempt(f"{self._entry.get('id')}/{seed}/{again}")
            except (ValidationError, ValueError):
                continue
        return self._attempt(f"{self._entry.get('id')}/{seed}/{DRAWS - 1}")

    def _attempt(self, seed: str) -> Question:
        plan, entry = self._plan, dict(self._entry)
        values: Values = dict(drawn(plan.draw, seed))
        norm = _filled(entry.get("norm") or "", values)
        if "norm" in values and values["norm"] in NORMS:
            entry["norm"] = norm = str(values["norm"])
        at_work = None
        if plan.run is not None:
            at_work = _started(plan.run, plan.run.norm or norm, values)
            values |= at_work.values()
        for name, text in plan.let.items():
            values[name] = _let(name, text, values)
        whole = entry.get("answer")
        filled = {name: _filled(value, values) for name, value in entry.items()}
        if plan.formula is not None:
            filled |= _options(norm, plan.formula, Dice(f"{seed}/options"))
        if at_work is not None and filled.get("type") == "number" and isinstance(whole, str):
            filled["explain"] = {**filled.get("explain", {}), **_slips(at_work, whole, filled)}
        return _QUESTION.validate_python(filled, context=dict(self._context))


Entry = Question | Template


def _started(work: Work, norm: str, values: Values) -> Bench:
    if norm not in NORMS:
        raise _plan_error("run", "must have an operator", norm or "nothing", "Add 'norm: batch_norm' or another one")
    try:
        return bench(work, norm, values)
    except (KeyError, ValueError, TypeError) as error:
        said = f"{error} is not drawn" if isinstance(error, KeyError) else str(error)
        raise _plan_error(
            "run", "must fit the operator and what is drawn", said, "Compare shape, x and settings"
        ) from None


def _let(name: str, text: str, values: Values) -> Fraction | float:
    """Calculate; a row's numbers go by its name and their place: x1, x2."""
    scalars = {known: v for known, v in values.items() if isinstance(v, Fraction | float)}
    scalars |= {
        f"{known}{i}": v for known, row in values.items() if isinstance(row, tuple) for i, v in enumerate(row, 1)
    }
    try:
        return calculated(parse(text, scalars), scalars)
    except AnswerError as error:
        raise _plan_error(f"let.{name}", "must be an expression of known values", str(error), "Correct it") from None


def _filled(value: Any, values: Values) -> Any:
    """Put the values into all texts of an entry."""
    match value:
        case str():
            alone = _PLACE.fullmatch(value)
            if alone:
                return _plain(_looked_up(alone, values))
            return _PLACE.sub(lambda place: _spoken(_looked_up(place, values)), value)
        case dict():
            return {_filled(key, values): _filled(each, values) for key, each in value.items()}
        case list():
            return [_filled(each, values) for each in value]
        case _:
            return value


def _looked_up(place: re.Match[str], values: Values) -> Any:
    name, at = place.groups()
    if name not in values:
        known = ", ".join(values) or "nothing"
        raise unmet(f"must name a value: {known}", place[0], "Draw it, or write it differently")
    found = values[name]
    if at is None:
        return found
    if not isinstance(found, tuple) or not 1 <= int(at) <= len(found):
        raise unmet(f"must be one of the numbers of {name}, counted from 1", place[0], "Write another number")
    return found[int(at) - 1]


def _plain(value: Any) -> str:
    """Write a value so that it is read back as it is."""
    match value:
        case tuple():
            return ", ".join(map(_plain, value))
        case float():
            if not math.isfinite(value):
                raise ValueError("a drawn question must have finite numbers.")
            return f"{value + 0.0:.{KEPT}g}" if abs(value) > 1e-12 else "0"
        case _:
            return str(value)


def _spoken(value: Any) -> str:
    """Write a value as it stands in a sentence; an operator by its name."""
    match value:
        case tuple():
            return ", ".join(map(_spoken, value))
        case str():
            return NORMS[value].title.lower() if value in NORMS else value
        case _:
            near = float(value)
            if not math.isfinite(near):
                raise ValueError("a drawn question must have finite numbers.")
            return short(near if abs(near) > 1e-12 else 0.0, SHOWN)


def _slips(at_work: Bench, whole: str, filled: Mapping[str, Any]) -> dict[str, str]:
    """Return what the operator's mutants make of the number that is asked for, with what each of them did wrong.

    Where two come to the same number the first is kept; where one comes to the key it is no slip.
    """
    place = _PLACE.fullmatch(whole)
    if place is None:
        return {}
    key, at = Fraction(filled["answer"]), place[2]
    known = [Fraction(number) for number in filled.get("explain", {})] + [key]
    margin = max(Fraction(filled.get("within", "0")) * 2, abs(key) / 1000, Fraction(1, 1000))
    found: dict[str, str] = {}
    for mutant, value in at_work.slips(place[1]):
        number = value[int(at) - 1] if at and isinstance(value, tuple) else value
        if isinstance(number, tuple) or not math.isfinite(number):
            continue
        exact = Fraction(_plain(number))
        if all(abs(exact - other) > margin for other in known):
            known.append(exact)
            found[_plain(number)] = mutant.says
    return found


def _options(norm: str, formula: str, dice: Dice) -> dict[str, Any]:
    """Return options of which one is the operator's formula, with the key and what is wrong with the others."""
    if norm not in NORMS:
        raise _plan_error(
            "formula", "must be of an operator", norm or "nothing", "Add 'norm: batch_norm' or another one"
        )
    found = mutants(NORMS[norm](), formula)
    if not found:
        names = ", ".join(dict.fromkeys(mutant.changed for mutant in mutants(NORMS[norm]())))
        raise _plan_error("formula", f"must be one that can be mistaken: {names}", formula, "Write one of them")
    wrong = dice.shuffled(list(found))[: len(LETTERS) - 1]
    cards = [(_right_side(found[0].right), "")]
    cards += [(_right_side(mutant.wrong), mutant.says) for mutant in wrong]
    order = dice.shuffled(cards)
    return {
        "options": {letter: text for letter, (text, _) in zip(LETTERS, order, strict=False)},
        "answer": LETTERS[order.index(cards[0])],
        "explain": {letter: says for letter, (_, says) in zip(LETTERS, order, strict=False) if says},
    }


def _right_side(formula: Formula) -> str:
    """Write what a formula says that something is; the left side is the same on every card."""
    return f"${formula.latex().partition(' = ')[2]}$"


def _plan_error(place: str, must: str, got: str, todo: str) -> ValueError:
    return unmet(must, got, todo, at=place)
