"""Every question as a visitor answers it, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from classroom.content import QUESTIONS, ROOT, SLIDES
from classroom.deck import Deck
from classroom.quiz import Choice, Choices, Number, Question, load

DECK, BANK = Deck.read(SLIDES), load(QUESTIONS)
every_question = pytest.mark.parametrize("question", BANK.values(), ids=list(BANK))


class Visitor:
    """Somebody at one question, on its slide or in its dialog."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
        self.app.query_params["slide"] = question.slide
        self.app.run()
        slide = DECK.find(question.slide)
        assert slide is not None
        self.place = "" if slide.layout == "quiz" else "dialog-"
        self.open()

    def open(self) -> None:
        """Open the question's dialog, where it is not on the slide itself."""
        if self.place:
            self.app.session_state["opened"] = self.question.id
            self.app.run()

    def press(self, key: str) -> None:
        """Press a button; a fault in the page fails the test."""
        self.app.button(key=key).click().run()
        self.open()  # a run of the whole page closes the dialog
        assert not self.app.exception, [e.value for e in self.app.exception]

    def answer(self, given: Any) -> None:
        """Give an answer the way its kind of question takes it."""
        name = f"{self.place}{self.question.id}"
        if isinstance(self.question, Number):
            self.app.text_input(key=f"number-{name}").set_value(given)
            self.press(f"send-{name}")
            return
        for letter in given:
            self.press(f"option-{letter}-{name}")
        if isinstance(self.question, Choices):
            self.press(f"send-{name}")

    @property
    def words(self) -> str:
        """Everything written on the page."""
        return "\n".join([*(e.proto.body for e in self.app.get("html")), *(e.value for e in self.app.markdown)])

    @property
    def counted(self) -> dict[str, Any]:
        """The answers that count for the score."""
        return dict(self.app.session_state["deck"]["answers"])


def right(question: Question) -> Any:
    """Return a right answer."""
    match question:
        case Number():
            return f"{question.answer.numerator}/{question.answer.denominator}"
        case Choice() | Choices():
            return "".join(question.answer)


def wrong(question: Question) -> Any:
    """Return a wrong answer."""
    match question:
        case Number():
            return str(float(question.answer + question.within * 3 + 17))
        case Choice() | Choices():
            return next(letter for letter in question.options if letter not in question.answer)


@every_question
def test_a_right_answer_is_called_right_and_the_reason_given(question: Question) -> None:
    visitor = Visitor(question)
    assert question.ask in visitor.words
    assert question.why not in visitor.words, "the reason is out before the answer"
    visitor.answer(right(question))
    assert "Right." in visitor.words
    assert question.why in visitor.words
    assert question.id in visitor.counted


@every_question
def test_a_wrong_answer_hears_why_and_may_try_again(question: Question) -> None:
    visitor, given = Visitor(question), wrong(question)
    visitor.answer(given)
    assert "Not quite" in visitor.words
    assert "Right." not in visitor.words
    assert question.why in visitor.words
    if isinstance(question, Choice | Choices) and given in question.explain:
        assert question.explain[given] in visitor.words
    first = visitor.counted[question.id]
    visitor.press(f"again-{visitor.place}{question.id}")
    assert question.why not in visitor.words
    visitor.answer(right(question))
    assert "Right." in visitor.words
    assert visitor.counted[question.id] == first, "only the first answer counts"


@pytest.mark.parametrize("typed", ["", "abc", "nan", "1/0", "1,000", "__import__('os')", "9" * 99, "<b>1</b>"])
def test_what_is_no_number_costs_no_attempt(typed: str) -> None:
    question = next(q for q in BANK.values() if isinstance(q, Number))
    visitor = Visitor(question)
    visitor.answer(typed)
    assert "The answer must" in visitor.words
    assert "<b>1" not in visitor.words
    assert visitor.counted == {}
    visitor.answer(right(question))
    assert "Right." in visitor.words
    assert "The answer must" not in visitor.words


def test_the_closing_slide_adds_up_and_links_to_what_was_missed() -> None:
    missed = BANK["quiz-gamma-count"]
    visitor = Visitor(missed)
    visitor.answer(wrong(missed))
    visitor.app.query_params["slide"] = DECK[-1].id
    visitor.app.run()
    assert "1 of 31 questions answered".replace("31", str(len(BANK))) in visitor.words
    assert '<p class="score">0 ' in visitor.words
    section = visitor.words[visitor.words.index("Look at again") :]
    assert f"(?slide={missed.slide})" in section
