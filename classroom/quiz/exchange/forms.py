"""The few forms of question that other systems know, and which of them each kind of ours takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import count, islice
from types import MappingProxyType
from typing import Any, NamedTuple

from classroom.quiz.kinds import Number, Order, Question
from classroom.quiz.kinds.find_error import FindError
from classroom.quiz.template import Entry, Template


class OneOf(NamedTuple):
    """One option is right."""

    options: Mapping[str, str]
    right: str
    explain: Mapping[str, str]


class SomeOf(NamedTuple):
    """Each right option earns its share, each wrong one costs its share, never below nothing."""

    options: Mapping[str, str]
    right: tuple[str, ...]
    explain: Mapping[str, str]

    def share(self, letter: str) -> Fraction:
        """Return what picking an option is worth."""
        if letter in self.right:
            return Fraction(1, len(self.right))
        return Fraction(-1, len(self.options) - len(self.right))


class YesNo(NamedTuple):
    """True or false."""

    right: bool
    explain: str  # to those who gave the other answer; "" if nothing is said


class Slip(NamedTuple):
    """A wrong number that is known."""

    value: Fraction
    distance: Fraction
    says: str


class Near(NamedTuple):
    """A number, right when it is so near."""

    value: Fraction
    distance: Fraction
    unit: str
    slips: tuple[Slip, ...]


class InOrder(NamedTuple):
    """Options from first to last; with a share p of the pairs in order an answer earns 2p - 1, never below nothing."""

    options: Mapping[str, str]  # in the right order
    start: tuple[str, ...]
    explain: Mapping[str, str]  # CA: to those who put C before A


class Pairs(NamedTuple):
    """Each item has an option; an answer earns the share of the items that are matched rightly."""

    items: Mapping[str, str]
    options: Mapping[str, str]
    right: Mapping[str, str]
    explain: Mapping[str, str]  # 1B: to those who matched 1 with B


class Scale(NamedTuple):
    """A number from 1 to `steps`; none is wrong."""

    steps: int
    low: str
    high: str


class Words(NamedTuple):
    """An answer in words. A person marks it by what `key` says; a poll has no key."""

    key: str
    why_in_words: str  # what of the question no other system can say, or "" where nothing is lost


Form = OneOf | SomeOf | YesNo | Near | InOrder | Pairs | Scale | Words


class Item(NamedTuple):
    """A question ready to be written: its texts are Markdown."""

    id: str
    slide: str
    norm: str | None
    ask: str
    beside: str  # what must be said with it: the unit, the ends of a scale, that the talk asks it otherwise
    why: str
    source: str | None
    points: int
    attempts: int
    hints: tuple[str, ...]
    form: Form

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return what is said to everybody, each text a paragraph or more: why, and where it is from."""
        return (self.why, f"Source: {self.source}") if self.source else (self.why,)


def items(entry: Entry, variants: int = 1) -> Iterator[Item]:
    """Yield a question of the bank as other systems can ask it; a drawn one as so many different variants, at most."""
    if not isinstance(entry, Template):
        yield item(entry)
        return
    for i, question in enumerate(_different(entry, variants), 1):
        yield item(question)._replace(id=f"{entry.id}-{i}")


def item(question: Question) -> Item:
    """Turn a question into an item. Raises `KeyError` for a kind that has no row here."""
    kind = question.type
    form = TAKES[kind].of(question) if kind in TAKES else Words(question.key(), IN_WORDS[kind])
    beside = ""
    if isinstance(form, Near) and form.unit:
        beside = f"(in {form.unit})"
    if isinstance(question, FindError):
        beside = f"$$\n{question.puzzle.shown}\n$$"
    if isinstance(form, Scale):
        beside = f"(1: {form.low}; {form.steps}: {form.high})"
    if isinstance(form, Words) and form.why_in_words:
        beside = f"*In the talk this is answered on the slide “{question.slide}”: {form.why_in_words}.*"
    own = {name: getattr(question, name) for name in Item._fields if name not in ("beside", "form")}
    return Item(beside=beside, form=form, **own)


def _different(template: Template, variants: int) -> Iterator[Question]:
    """Yield variants by rising seeds, each once; fewer where a hundred times as many seeds have no more."""
    seen: list[Question] = []
    for seed in islice(count(1), 100 * variants):
        question = template.variant(seed)
        if question not in seen:
            seen.append(question)
            yield question
        if len(seen) == variants:
            return


def _near(question: Number) -> Near:
    slips = [
        Slip(value, question.model_copy(update={"answer": value}).distance, says)
        for value, says in question.explain.items()
    ]
    return Near(question.answer, question.distance, question.unit, tuple(slips))


def _part(question: FindError) -> OneOf:
    """Return the parts of the formula by their letters, which stand under them."""
    options = {letter: f"{letter}: ${part}$" for letter, part in question.puzzle.parts.items()}
    return OneOf(options, question.puzzle.answer, question.explain)


def _in_order(question: Order) -> InOrder:
    return InOrder({k: question.options[k] for k in question.answer}, question.start, question.explain)


class Taking(NamedTuple):
    """The form that a kind takes, and how."""

    form: type[Form]
    of: Callable[[Any], Form]


TAKES: Mapping[str, Taking] = MappingProxyType(
    {
        "choice": Taking(OneOf, lambda q: OneOf(q.options, q.answer, q.explain)),
        "choices": Taking(SomeOf, lambda q: SomeOf(q.options, q.answer, q.explain)),
        "truth": Taking(YesNo, lambda q: YesNo(q.answer == "T", q.explain or "")),
        "number": Taking(Near, _near),
        "order": Taking(InOrder, _in_order),
        "match": Taking(Pairs, lambda q: Pairs(q.items, q.options, q.solution(), q.explain)),
        "find_error": Taking(OneOf, _part),
        "rating": Taking(Scale, lambda q: Scale(q.steps, q.low, q.high)),
        "text": Taking(Words, lambda q: Words("", "")),
    }
)
# Kinds that ask for more than any of the forms holds: why a person must read the answer.
IN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "paint": "cells are painted in a block of activations",
        "configure": "an operator is set until it does what is asked",
        "predict": "a curve is drawn before it is shown",
        "algebra": "a formula is typed and compared with the key as a formula",
    }
)
