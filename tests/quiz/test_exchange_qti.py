"""QTI: an interpreter of its response processing gives every answer its score here, and says what is said here."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.quiz import Bank
from classroom.quiz.exchange.forms import item, items
from classroom.quiz.exchange.qti import package
from tests.quiz.readers import qti as reader
from tests.quiz.readers.questions import answer, made, questions
from tests.quiz.readers.texts import as_html

SCORED = ("choice", "choices", "truth", "number", "match", "order")


def response(question: Any, said: Any) -> list[str]:
    """Put an answer of ours as QTI takes it."""
    match question.type:
        case "choices" | "order":
            return list(said)
        case "match":
            return [f"I{k} {letter}" for k, letter in said.items()]
        case _:
            return [said]


def regrade(question: Any, dice: Random, answers: int) -> None:
    read = reader.read(package([item(question)], "test"))[question.id]
    for _ in range(answers):
        said = answer(question, dice)
        assert abs(read.score(response(question, said)) - question.grade(said).score) < 1e-6, said
        known = sorted(bare(as_html(text)) for text in question.reason(said).this.values())
        assert sorted(bare(read.feedback(name)) for name in read.told if name != "WHY") == known
        assert "WHY" in read.told


def bare(text: str) -> str:
    """Leave out all blanks: QTI's paragraphs have none between them."""
    return "".join(text.split())


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
    read = reader.read(package([item(question)], "test"))["q"]
    assert bare(read.body()).startswith(bare(as_html(question.ask)))
    assert bare(read.feedback("WHY")) == bare(as_html(question.why))


def test_credit_worked_out_by_hand() -> None:
    order = {
        "id": "q",
        "type": "order",
        "slide": "idea",
        "ask": "a",
        "why": "w",
        "points": 3,
        "answer": ["B", "A", "C"],
    }
    read = reader.read(package([item(made(order | {"options": {k: k for k in "ABC"}}))], "test"))["q"]
    assert read.score(["B", "A", "C"]) == 1
    assert read.score(["A", "B", "C"]) == pytest.approx(1 / 3)  # two pairs of three
    assert read.score(["C", "A", "B"]) == 0


def test_a_slip_that_is_as_near_as_the_key_is_not_told() -> None:
    number = {"id": "q", "type": "number", "slide": "idea", "ask": "a", "why": "w", "answer": "0", "within": "0.25"}
    read = reader.read(package([item(made(number | {"explain": {"0.375": "slip"}}))], "test"))["q"]
    assert (read.score(["0.2"]), read.told) == (1, ["WHY"])
    assert (read.score(["0.3"]), read.told) == (0, ["E-1", "WHY"])


def test_the_source_is_said_with_the_reason() -> None:
    truth = {"id": "q", "type": "truth", "slide": "idea", "ask": "a", "why": "w", "answer": "true"}
    read = reader.read(package([item(made(truth | {"source": "A *book*"}))], "test"))["q"]
    assert read.feedback("WHY") == "wSource: A book"


def test_the_whole_bank_goes_out_the_same_every_time(bank: Bank) -> None:
    found = [each for entry in bank.values() for each in items(entry, 2)]
    data = package(found, "test")
    assert list(reader.read(data)) == [each.id for each in found]
    assert package(found, "test") == data
