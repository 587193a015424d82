"""Moodle XML: an independent reader, grading as Moodle does, gives every answer its score here."""

from __future__ import annotations

from random import Random
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.quiz import Bank
from classroom.quiz.exchange.forms import item, items
from classroom.quiz.exchange.moodle import moodle
from tests.quiz.readers import moodle as reader
from tests.quiz.readers.questions import answer, made, questions
from tests.quiz.readers.texts import as_html, shown

SCORED = ("choice", "choices", "truth", "number", "match", "order")
ROUNDED = 1e-4  # 33.33333 %


def response(question: Any, said: Any, read: reader.Question) -> object:
    """Put an answer of ours as Moodle takes it: options by their places in the file."""
    match question.type:
        case "choice" | "choices":
            return [list(question.options).index(letter) for letter in said]
        case "truth":
            return said == "T"
        case "order":
            return [question.answer.index(letter) for letter in said]
        case "match":
            fits = {question.answer[k]: read.pairs[i][1] for i, k in enumerate(question.items)}
            spare = (letter for letter in question.options if letter not in fits)
            fits |= dict(zip(spare, (right for left, right in read.pairs if not left), strict=True))
            assert len(set(fits.values())) == len(fits)
            return [fits[letter] for letter in said.values()]
        case _:
            return said


def regrade(question: Any, dice: Random, answers: int) -> None:
    read = reader.read(moodle([item(question)], "test"))[question.id]
    assert read.points == question.points
    for _ in range(answers):
        said = answer(question, dice)
        got = read.score(response(question, said, read))
        if question.type == "order":  # Moodle's share of the pairs; docs/exchange.md says so
            got = max(0.0, 2 * got - 1)
        assert abs(got - question.grade(said).score) < ROUNDED, said
        if question.type == "number":
            (known,) = question.reason(said).this.values() or ("",)
            assert shown(read.told(said)) == as_html(known)


@pytest.mark.parametrize("kind", SCORED)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_hostile_questions_score_as_before(kind: str, data: st.DataObject) -> None:
    regrade(data.draw(questions(kind)), Random(1), 20)


@pytest.mark.parametrize("kind", SCORED)
def test_a_thousand_answers_to_the_talks_questions_score_as_before(kind: str, bank: Bank) -> None:
    dice = Random(2)
    asked = [question for question in bank.variants(3).values() if question.type == kind]
    for question in asked:
        regrade(question, dice, 1000 // len(asked) + 1)


@pytest.mark.parametrize("kind", [*SCORED, "text", "rating"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_hostile_texts_are_what_they_were(kind: str, data: st.DataObject) -> None:
    question: Any = data.draw(questions(kind))
    read = reader.read(moodle([item(question)], "test"))["q"]
    assert shown(read.ask).startswith(as_html(question.ask))
    assert shown(read.why) == as_html(question.why)
    assert [shown(hint) for hint in read.hints] == [as_html(hint) for hint in question.hints]
    if kind in ("choice", "choices"):
        assert [shown(each) for each in read.feedback] == [
            as_html(question.explain.get(k, "")) for k in question.options
        ]


def test_a_poll_counts_nothing_and_another_try_costs_what_it_costs_here() -> None:
    question = QUESTION | {"type": "rating", "low": "no", "high": "yes"}
    assert _read(question).points == 0
    many = QUESTION | {"type": "truth", "answer": "true"}
    assert [round(_read(many | {"attempts": n, "hints": ["h"]}).penalty, 4) for n in (1, 2, 3, 4, 5)] == [
        0.25, 0.5, 0.3333, 0.25, 0.2,
    ]  # fmt: skip
    assert _read(many).penalty == 1


def test_the_whole_bank_goes_out_with_a_question_for_each_variant(bank: Bank) -> None:
    found = [each for entry in bank.values() for each in items(entry, 2)]
    root = ET.fromstring(moodle(found, "test"))
    types = {each.get("type") for each in root.findall("question")}
    assert types >= {"category", "multichoice", "truefalse", "numerical", "essay"}
    assert len(root.findall("question")) == len(found) + 1
    names = [each.findtext("idnumber") for each in root.findall("question") if each.get("type") != "category"]
    assert len(set(names)) == len(names)


QUESTION = {"id": "q", "slide": "idea", "ask": "a", "why": "w"}


def _read(entry: dict[str, Any]) -> reader.Question:
    return reader.read(moodle([item(made(entry))], "test"))["q"]
