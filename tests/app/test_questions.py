"""Questions as a visitor answers them in the app, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from classroom.content import QUESTIONS, ROOT, SLIDES
from classroom.deck import Deck
from classroom.prose import prose
from classroom.quiz import Choice, Choices, Number, Question, Template, load
from tests.app.conftest import sent, sheet, words, wrong

DECK, BANK, SEED = Deck.read(SLIDES), load(QUESTIONS), 7
ASKED = BANK.variants(SEED)
# One of each kind, and one drawn: what is particular to a question is in test_answers.py.
SOME = {**{q.type: q for q in ASKED.values()}, "drawn": next(ASKED[n] for n in BANK if isinstance(BANK[n], Template))}
every_kind = pytest.mark.parametrize("question", SOME.values(), ids=list(SOME))
every_scored = pytest.mark.parametrize("question", [q for q in SOME.values() if q.scored], ids=lambda q: q.id)


class Visitor:
    """Somebody at one question, on its slide or in its dialog."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
        self.app.query_params["slide"] = question.slide
        self.app.run()
        self.app.session_state["deck"]["seed"] = SEED
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
        self.say(given=given)

    @property
    def words(self) -> str:
        """Everything written on the page."""
        return words(self.app)

    @property
    def counted(self) -> dict[str, Any]:
        """The answers that count for the score."""
        return dict(self.app.session_state["deck"]["records"])


def said(text: str) -> str:
    """Return a text as it stands on the page, without what begins and ends its paragraphs."""
    return prose(text).strip().removeprefix("<p>").removesuffix("</p>")


@every_scored
def test_a_right_answer_is_called_right_and_the_reason_given(question: Question) -> None:
    visitor = Visitor(question)
    assert prose(question.ask) in visitor.words
    assert said(question.why) not in visitor.words, "the reason is out before the answer"
    visitor.answer(question.solution())
    assert "Right." in visitor.words
    assert said(question.why) in visitor.words
    assert question.id in visitor.counted


@every_scored
def test_a_wrong_answer_hears_why_and_may_try_again(question: Question) -> None:
    visitor, given = Visitor(question), wrong(question)
    visitor.answer(given)
    assert "Not quite" in visitor.words
    assert "Right." not in visitor.words
    assert said(question.why) in visitor.words
    if isinstance(question, Choice) and given in question.explain:
        assert said(question.explain[given]) in visitor.words
    first = visitor.counted[question.id]
    visitor.say(again=True)
    assert said(question.why) not in visitor.words
    visitor.answer(question.solution())
    assert "Right." in visitor.words
    assert visitor.counted[question.id] == first, "only the first answer counts"


@pytest.mark.parametrize("typed", ["", "abc", "nan", "1/0", "1,000", "__import__('os')", "9" * 99, "<b>1</b>"])
def test_what_is_no_number_costs_no_attempt(typed: str) -> None:
    question = next(q for q in ASKED.values() if isinstance(q, Number))
    visitor = Visitor(question)
    visitor.answer(typed)
    assert "The answer must" in visitor.words
    assert visitor.counted == {}
    visitor.answer(question.solution())
    assert "Right." in visitor.words
    assert "The answer must" not in visitor.words


def test_the_closing_slide_adds_up_and_links_to_what_was_missed() -> None:
    missed = ASKED["quiz-gamma-count"]
    visitor = Visitor(missed)
    visitor.answer(wrong(missed))
    visitor.app.query_params["slide"] = DECK[-1].id
    visitor.app.run()
    assert f"1 of {sum(q.scored for q in ASKED.values())} questions answered" in visitor.words
    assert '<p class="score">0 ' in visitor.words
    section = visitor.words[visitor.words.index("Look at again") :]
    assert f'href="?slide={missed.slide}"' in section


def test_starting_over_forgets_the_answers_and_tells_the_browser() -> None:
    visitor = Visitor(ASKED["quiz-gamma-count"])
    visitor.answer("B")
    visitor.app.query_params["slide"] = DECK[-1].id
    visitor.app.run()
    before = sheet(visitor.app)
    assert [item["opens"] for item in before["items"]] == ["save", "start-over"]
    visitor.app.session_state["opened"] = "start-over"
    visitor.app.run()
    assert visitor.counted, "nothing is forgotten before it is confirmed"
    next(button for button in visitor.app.button if button.label == "Forget them").click()
    visitor.app.run()
    after = sheet(visitor.app)
    assert visitor.counted == {}
    assert after["epoch"] == before["epoch"] + 1
    assert after["items"] == []


@every_kind
def test_nothing_of_the_key_is_sent_before_the_answer_not_even_ahead(question: Question) -> None:
    visitor = Visitor(question)
    slides = [sheet(visitor.app), *sent(visitor.app, "deck_nav")["ahead"]]
    asked = [q for shown in slides for q in shown.get("questions", [])]
    if visitor.dialog:
        asked.append(sent(visitor.app, "deck_question"))
    assert question.id in [q["id"] for q in asked]
    for q in asked:
        assert q["given"] is None
        assert {option.get("state", "open") for option in q.get("options", [])} <= {"open"}
        assert not {"right", "verdict"} & set(q)


@pytest.mark.parametrize("kind", [Choice, Choices, Number])
@pytest.mark.parametrize("given", [{}, {"A": 1}, [["A"]], ["A"] * 10_000, [[[[]]]], "A" * 100_000, 10**400, None, True])
def test_what_is_no_answer_costs_no_attempt_and_is_not_kept(kind: type, given: Any) -> None:
    question = next(q for q in ASKED.values() if isinstance(q, kind))
    visitor = Visitor(question)
    visitor.say(given=given)
    assert visitor.counted == {} or (kind is Number and question.id in visitor.counted and given is True)
    refusals = visitor.app.session_state["deck"]["refusals"]
    assert all(len(said) < 300 for said in refusals.values())


@pytest.mark.parametrize("nonsense", [None, 7, "B", {}, {"question": 3}, {"question": "no-such", "given": "A"}, [[]]])
def test_nonsense_from_a_browser_is_no_answer(nonsense: Any) -> None:
    visitor = Visitor(ASKED["quiz-gamma-count"])
    visitor.app.session_state["said"] = nonsense
    visitor.app.run()
    assert not visitor.app.exception
    assert visitor.counted == {}


def test_results_can_be_saved_as_a_table_and_for_a_record_store() -> None:
    visitor = Visitor(ASKED["quiz-gamma-count"])
    visitor.answer("A")
    visitor.app.query_params["slide"] = DECK[-1].id
    visitor.app.run()
    visitor.app.session_state["opened"] = "save"
    visitor.app.run()
    assert not visitor.app.exception
    labels = [button.label for button in visitor.app.get("download_button")]
    assert labels == ["A table (CSV)", "The same with sums (JSON)", "Statements for a record store (xAPI)"]
