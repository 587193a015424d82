"""GIFT: what is written is read again, by an independent reader and by our own, and scores as before."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.prose import prose
from classroom.quiz import Bank, load
from classroom.quiz.exchange.forms import item
from classroom.quiz.exchange.gift import gift
from classroom.quiz.exchange.gift_import import entries
from classroom.quiz.exchange.paste import pasted
from tests.quiz.readers import gift as reader
from tests.quiz.readers.questions import answer, questions
from tests.quiz.readers.texts import as_html, shown

SCORED = ("choice", "choices", "truth", "number", "match")  # what GIFT scores
ROUNDED = 1e-4  # 33.33333 %


def response(question: Any, given: Any, read: reader.Question) -> object:
    """Put an answer of ours as GIFT's reader takes it: options by their places, ends of pairs by their words."""
    match question.type:
        case "choice" | "choices":
            return [list(question.options).index(letter) for letter in given]
        case "truth":
            return given == "T"
        case "match":
            fits = {question.answer[k]: read.pairs[i][1] for i, k in enumerate(question.items)}
            spare = (letter for letter in question.options if letter not in fits)
            fits |= dict(zip(spare, (right for left, right in read.pairs if not left), strict=True))
            assert len(set(fits.values())) == len(fits)
            return [fits[letter] for letter in given.values()]
        case _:
            return given


def regrade(question: Any, dice: Random, answers: int) -> None:
    read = reader.read(gift([item(question)]))[question.id]
    for _ in range(answers):
        said = answer(question, dice)
        assert abs(read.score(response(question, said, read)) - question.grade(said).score) < ROUNDED, said


@pytest.mark.parametrize("kind", SCORED)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_hostile_questions_score_as_before(kind: str, data: st.DataObject) -> None:
    question = data.draw(questions(kind))
    regrade(question, Random(1), 20)


@pytest.mark.parametrize("kind", SCORED)
def test_a_thousand_answers_to_the_talks_questions_score_as_before(kind: str, bank: Bank) -> None:
    dice = Random(2)
    asked = [question for question in bank.variants(3).values() if question.type == kind]
    for question in asked:
        regrade(question, dice, 1000 // len(asked) + 1)


@pytest.mark.parametrize("kind", [*SCORED, "text", "rating", "order"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_hostile_texts_are_what_they_were(kind: str, data: st.DataObject) -> None:
    question = data.draw(questions(kind))
    read = reader.read(gift([item(question)]))["q"]
    assert shown(read.why) == as_html(question.why)
    assert shown(read.ask).startswith(as_html(question.ask))
    if kind in ("choice", "choices"):
        # phrase() and prose() differ by paragraphs and lists only, which leave no trace in what is shown
        said = [feedback for _, _, feedback in read.options]
        assert [shown(each) for each in said] == [as_html(question.explain.get(k, "")) for k in question.options]


@pytest.mark.parametrize("kind", SCORED)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_was_exported_is_imported(kind: str, data: st.DataObject) -> None:
    question = data.draw(questions(kind))
    text = gift([item(question)])
    back = imported(text)["q"]
    assert (back.type, back.slide) == (kind, "idea")
    for name in ("ask", "why"):
        assert same(getattr(back, name), getattr(question, name))
    read, dice = reader.read(text)["q"], Random(3)
    for _ in range(20):
        said = answer(question, dice)
        again = said if kind != "match" else _by_words(back, response(question, said, read))
        assert abs(back.grade(again).score - question.grade(said).score) < 1e-9
        if kind in ("choice", "choices", "truth"):
            told = zip(back.reason(said).this.values(), question.reason(said).this.values(), strict=True)
            assert all(same(*both) for both in told)


def imported(text: str) -> dict[str, Any]:
    """Import a file of which nothing is refused, write it down, and load it as the bank does."""
    done = entries(text, "idea")
    assert done.refused == []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "quizzes.yaml"
        path.write_text(pasted(done.entries), encoding="utf-8")
        return dict(load(path))


def _by_words(back: Any, rights: Any) -> dict[str, str]:
    """Find the letters of the words that were chosen: an import gives them out anew."""
    letters = {as_html(text): letter for letter, text in back.options.items()}
    return {k: letters[" ".join(words.split())] for k, words in zip(back.items, rights, strict=True)}


def same(one: str, other: str) -> bool:
    """Say whether two texts look the same; `$$` within a line sets a formula like `$`, an empty end like none."""
    inline = re.compile(r'<div (class="math inline")>(.*?)</div>', re.S)
    made = (inline.sub(r"<span \1>\2</span>", prose(each)) for each in (one, other))
    return len({" ".join(re.sub(r"\s*\{\}(?=<)", "", each).split()) for each in made}) == 1
