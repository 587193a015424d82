"""What reading a bank cannot tell: whether keys are computed, options differ in meaning, every seed can be asked.

Nothing in the file is executed: expressions are read by the grammar of classroom.quiz.algebra, operators are looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import combinations
from typing import Any, NamedTuple

from classroom.exhibits import EXHIBITS
from classroom.quiz.asked import Asked
from classroom.quiz.bank import Bank
from classroom.quiz.fill import PLACE
from classroom.quiz.kinds import Choice, Choices, Number, Question
from classroom.quiz.numbers import AnswerError, parse_number
from classroom.quiz.problems import Problem, nearest, show
from classroom.quiz.source import Place, Source
from classroom.quiz.template import Entry, Template
from normlib import NORMS

SEEDS = 1000  # of each question with something drawn in it
WHOLE = 20  # of these with the slips that mutants make, which takes longer
WORDS_PER_SECOND, PER_FORMULA, TO_ANSWER = 4.0, 1.5, 5.0  # a reader's pace; seconds for a formula, and to answer
_WORD = re.compile(r"\w[\w'’.,-]*")
_FORMULA = re.compile(r"\$[^$]+\$")


class Fault(NamedTuple):
    """What is wrong with one question, before its line is known."""

    field: str
    must: str
    got: str
    todo: str


def compile_bank(source: Source, bank: Bank, exhibits: Mapping[str, str | None], seeds: int = SEEDS) -> list[Problem]:
    """Return whatever is wrong with questions that can be read, in the order of the file.

    exhibits: the exhibit of each slide, None where it has none.
    """
    found = []
    for index, entry in enumerate(source.data):
        question = bank[entry["id"]]
        for fault in _faults(question, entry, exhibits, seeds):
            place: Place = (index, *fault.field.split(".")) if fault.field else (index,)
            found.append(source.problem(place, fault.must, fault.got, fault.todo))
    return found


def reading_seconds(question: Asked) -> float:
    """Return how long an unhurried reader takes for the question and its options, and to answer."""
    shown = question.public()
    texts = [question.ask, *_texts({name: shown[name] for name in shown.keys() - Asked.shown})]
    formulas = sum(len(_FORMULA.findall(text)) for text in texts)
    words = sum(len(_WORD.findall(_FORMULA.sub(" ", text))) for text in texts)
    return words / WORDS_PER_SECOND + PER_FORMULA * formulas + TO_ANSWER


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from _texts(each)
        case list() | tuple():
            for each in value:
                yield from _texts(each)


def _faults(
    question: Entry, entry: Mapping[str, Any], exhibits: Mapping[str, str | None], seeds: int
) -> Iterator[Fault]:
    like = question.like if isinstance(question, Template) else question
    yield from _key_is_known(like, entry)
    yield from _look_is_legal(like, exhibits)
    if isinstance(question, Template):
        known = {"eps", *(name for cls in NORMS.values() for name in cls.hypers())}
        for name in question.unused():
            must = "must be used: in a text, in 'let', or as an input or a setting of the operator"
            yield Fault(f"draw.{name}", must, show(name), nearest(name, known, "Remove it, or use it"))
        yield from _every_seed(question, seeds)
    else:
        yield from _one(question)


def _key_is_known(question: Question, entry: Mapping[str, Any]) -> Iterator[Fault]:
    """A number must come from the code, from an expression, or from a source."""
    if not isinstance(question, Number) or question.proof or question.source:
        return
    if not PLACE.search(str(entry["answer"])):
        todo = "Write 'answer: <y[1]>' with 'run', or add 'proof: 3 * 4', or the 'source' of a published number"
        yield Fault("answer", "must be computed, proved or cited", show(entry["answer"]), todo)


def _look_is_legal(question: Question, exhibits: Mapping[str, str | None]) -> Iterator[Fault]:
    if not question.look:
        return
    key = exhibits.get(question.slide)
    if key is None:
        yield Fault("look", "must be settings of the slide's picture", f"{question.slide}, which has none", "Remove it")
        return
    controls = EXHIBITS[key].controls()
    for name, value in question.look.items():
        if name not in controls:
            must, todo = f"must be settings of {key}: {', '.join(controls)}", "Rename it or remove it"
            yield Fault(f"look.{name}", must, show(name), todo)
        elif said := EXHIBITS[key].from_state({name: value})[1]:
            yield Fault(f"look.{name}", "must be a legal setting", said[0].rstrip("."), "Write another value")


def _every_seed(question: Template, seeds: int) -> Iterator[Fault]:
    """Ask the question with many seeds; report the first that fails, for the others fail alike."""
    asked = set()
    for seed in range(seeds):
        one = question.whole(seed) if seed < WHOLE else question.variant(seed)
        asked.add(one.model_dump_json())
        for fault in _one(one):
            yield fault._replace(got=f"{fault.got} (seed {seed})")
            return
    if len(asked) < 2:
        yield Fault("", "must differ from seed to seed", f"one question from {seeds} seeds", "Draw something")


def _one(question: Question) -> Iterator[Fault]:
    """Hold one question against what every question must be."""
    try:
        verdict = question.grade(question.solution())
    except AnswerError as refused:
        yield Fault("answer", "must be an answer to its own question", show(str(refused)), "Correct the key")
        return
    if question.scored and not verdict.right:
        yield Fault("answer", "must be graded as right", show(question.said(question.solution())), "Correct the key")
    needed = reading_seconds(question)
    if needed > question.seconds:
        got, todo = f"{question.seconds} for {needed:.0f}", f"Write 'seconds: {5 * -(-needed // 5):.0f}' or shorten it"
        yield Fault("seconds", "must be as many as reading takes", got, todo)
    if isinstance(question, Choice | Choices):
        yield from _options_differ(question)


def _options_differ(question: Choice | Choices) -> Iterator[Fault]:
    """No two options may be the same number, however they are written; equal texts are refused when they are read."""
    values = {letter: _value(text) for letter, text in question.options.items()}
    for (one, value), (other, same) in combinations(values.items(), 2):
        if value is not None and value == same:
            must = f"must differ from option {one} in value"
            yield Fault(f"options.{other}", must, show(question.options[other]), "Change one of them")


def _value(text: str) -> Fraction | None:
    try:
        return parse_number(text.strip("$ ").rstrip("%").replace(r"\,", "").strip())
    except AnswerError:
        return None
