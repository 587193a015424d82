"""Every question as a visitor answers it, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from classroom.content import QUESTIONS, ROOT, SLIDES
from classroom.deck import Deck
from classroom.prose import prose
from classroom.quiz import Choice, Choices, Number, Question, load
from tests.app.conftest import sent, sheet, words

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
        self.dialog = slide.layout != "quiz"
        self.open()

    def open(self) -> None:
        """Open the question's dialog, where it is not on the slide itself."""
        if self.dialog:
            self.app.session_state["opened"] = self.question.id
            self.app.run()

    def say(self, **said: Any) -> None:
        """Send what the question's component sends; a fault in the page fails the test."""
        self.app.session_state["said"] = {"question": self.question.id, **said}
        self.app.run()
        self.open()  # a run of the whole page closes the dialog
        assert not self.app.exception, [e.value for e in self.app.exception]

    def answer(self, given: Any) -> None:
        """Give an answer the way its kind of question takes it."""
        self.say(given=sorted(given) if isinstance(self.question, Choices) else given)

    @property
    def words(self) -> str:
        """Everything written on the page."""
        return words(self.app)

    @property
    def counted(self) -> dict[str, Any]:
        """The answers that count for the score."""
        return dict(self.app.session_state["deck"]["answers"])


def said(text: str) -> str:
    """Return a text as it stands on the page, without what begins and ends its paragraphs."""
    return prose(text).strip().removeprefix("<p>").removesuffix("</p>")


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
    assert prose(question.ask) in visitor.words
    assert said(question.why) not in visitor.words, "the reason is out before the answer"
    visitor.answer(right(question))
    assert "Right." in visitor.words
    assert said(question.why) in visitor.words
    assert question.id in visitor.counted


@every_question
def test_a_wrong_answer_hears_why_and_may_try_again(question: Question) -> None:
    visitor, given = Visitor(question), wrong(question)
    visitor.answer(given)
    assert "Not quite" in visitor.words
    assert "Right." not in visitor.words
    assert said(question.why) in visitor.words
    if isinstance(question, Choice | Choices) and given in question.explain:
        assert said(question.explain[given]) in visitor.words
    first = visitor.counted[question.id]
    visitor.say(again=True)
    assert said(question.why) not in visitor.words
    visitor.answer(right(question))
    assert "Right." in visitor.words
    assert visitor.counted[question.id] == first, "only the first answer counts"


@pytest.mark.parametrize("typed", ["", "abc", "nan", "1/0", "1,000", "__import__('os')", "9" * 99, "<b>1</b>"])
def test_what_is_no_number_costs_no_attempt(typed: str) -> None:
    question = next(q for q in BANK.values() if isinstance(q, Number))
    visitor = Visitor(question)
    visitor.answer(typed)
    assert "The answer must" in visitor.words
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
    assert f'href="?slide={missed.slide}"' in section


def test_starting_over_forgets_the_answers_and_tells_the_browser() -> None:
    visitor = Visitor(BANK["quiz-gamma-count"])
    visitor.answer("B")
    visitor.app.query_params["slide"] = DECK[-1].id
    visitor.app.run()
    before = sheet(visitor.app)
    assert [item["opens"] for item in before["items"]] == ["start-over"]
    visitor.app.session_state["opened"] = "start-over"
    visitor.app.run()
    after = sheet(visitor.app)
    assert visitor.counted == {}
    assert after["epoch"] == before["epoch"] + 1
    assert after["items"] == []


@every_question
def test_nothing_of_the_key_is_sent_before_the_answer_not_even_ahead(question: Question) -> None:
    visitor = Visitor(question)
    slides = [sheet(visitor.app), *sent(visitor.app, "deck_nav")["ahead"]]
    asked = [q for shown in slides for q in shown.get("questions", [])]
    if visitor.dialog:
        asked.append(sent(visitor.app, "deck_question"))
    assert question.id in [q["id"] for q in asked]
    for q in asked:
        assert q["given"] is None
        assert {option["state"] for option in q.get("options", [])} <= {"open"}
        assert not {"right", "verdict"} & set(q)


@pytest.mark.parametrize("kind", [Choice, Choices, Number])
@pytest.mark.parametrize("given", [{}, {"A": 1}, [["A"]], ["A"] * 10_000, [[[[]]]], "A" * 100_000, 10**400, None, True])
def test_what_is_no_answer_costs_no_attempt_and_is_not_kept(kind: type, given: Any) -> None:
    question = next(q for q in BANK.values() if isinstance(q, kind))
    visitor = Visitor(question)
    visitor.say(given=given)
    assert visitor.counted == {} or (kind is Number and question.id in visitor.counted and given is True)
    refusals = visitor.app.session_state["deck"]["refusals"]
    assert all(len(said) < 300 for said in refusals.values())


@pytest.mark.parametrize("nonsense", [None, 7, "B", {}, {"question": 3}, {"question": "no-such", "given": "A"}, [[]]])
def test_nonsense_from_a_browser_is_no_answer(nonsense: Any) -> None:
    visitor = Visitor(BANK["quiz-gamma-count"])
    visitor.app.session_state["said"] = nonsense
    visitor.app.run()
    assert not visitor.app.exception
    assert visitor.counted == {}
