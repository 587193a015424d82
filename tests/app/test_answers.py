"""What a reader is shown of every question, before and after an answer; what counts, and what does not."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import pytest

from classroom.content import QUESTIONS
from classroom.prose import prose
from classroom.quiz import Question, Record, Template, load
from classroom.ui import ask, closing, memory
from tests.app.conftest import Session, wrong

SEED = 7
BANK = load(QUESTIONS)
ASKED = BANK.variants(SEED)
every_question = pytest.mark.parametrize("name", list(ASKED))
every_scored = pytest.mark.parametrize("name", [name for name, question in ASKED.items() if question.scored])
DRAWN = next(name for name, entry in BANK.items() if isinstance(entry, Template) and ASKED[name].attempts == 1)


@pytest.fixture(autouse=True)
def seeded(session: Session) -> Session:
    """Give the visitor the questions of one seed."""
    memory.records()
    session.deck["seed"] = SEED
    return session


def say(session: Session, name: str, **said: Any) -> dict[str, Any]:
    """Send what the question's form sends; return the question as it is painted then."""
    session[ask.SAID] = {"question": name, **said}
    ask.take_answer()
    return ask.question_sheet(name)


def reasons(question: Question) -> list[str]:
    """Return what nobody may read before nothing more can count."""
    explain = getattr(question, "explain", None)
    texts = [*explain.values()] if isinstance(explain, Mapping) else [explain] if explain else []
    return [json.dumps(prose(text).strip())[4:-5] for text in (question.why, *texts)]


@every_question
def test_before_an_answer_there_is_neither_key_nor_reason(session: Session, name: str) -> None:
    sheet = ask.question_sheet(name)
    sent = json.dumps(sheet)
    assert not [text for text in reasons(ASKED[name]) if text in sent]
    assert sheet["given"] is None
    assert not {"right", "verdict", "over", "key"} & set(sheet)
    assert {part.get("state", "open") for part in sheet.get("options", [])} == (
        {"open"} if "options" in sheet else set()
    )


@every_scored
def test_a_right_answer_is_called_right_and_the_reason_given(session: Session, name: str) -> None:
    question = ASKED[name]
    sheet = say(session, name, given=question.solution())
    assert sheet["right"]
    assert sheet["verdict"] == "Right."
    assert prose(question.why).strip() in sheet["reason"]
    assert memory.state_of(name) == "right"
    assert json.loads(json.dumps(memory.record(name).wire())) == memory.record(name).wire()


@every_scored
def test_a_wrong_answer_hears_why_and_counts_once_for_each_attempt(session: Session, name: str) -> None:
    question = ASKED[name]
    for attempt in range(1, question.attempts + 1):
        sheet = say(session, name, given=wrong(question))
        assert not sheet["right"]
        over = attempt == question.attempts
        assert ("Not quite" if over else "Not yet") in sheet["verdict"]
        assert (prose(question.why).strip() in sheet["reason"]) == over
        assert memory.state_of(name) == ("missed" if over else "open")
        say(session, name, again=True)
    sheet = say(session, name, given=question.solution())
    assert sheet["verdict"] == "Right."
    assert len(memory.record(name).given) == question.attempts
    assert memory.state_of(name) == "missed"


@every_question
@pytest.mark.parametrize("given", [{}, [["A"]], ["A"] * 10_000, "\0", 10**400, float("nan"), True, {"x": {}}, None])
def test_what_is_no_answer_is_refused_and_costs_nothing(session: Session, name: str, given: Any) -> None:
    sheet = say(session, name, given=given)
    if not memory.records():
        assert 10 < len(sheet["refusal"]) < 300
        assert sheet["given"] is None
    again = say(session, name, given=ASKED[name].solution())
    assert again["refusal"] == ""


def test_a_poll_is_thanked_for_and_adds_nothing(session: Session) -> None:
    polls = [name for name, question in ASKED.items() if not question.scored]
    assert polls
    for name in polls:
        assert say(session, name, given=ASKED[name].solution())["verdict"] == "Thank you."
        assert memory.state_of(name) == "told"
    assert '<p class="score">0 ' in closing.points()


def test_another_like_it_is_practice(session: Session) -> None:
    first = say(session, DRAWN, given=wrong(ASKED[DRAWN]))
    assert first["another"]
    second = say(session, DRAWN, another=True)
    assert second["given"] is None
    assert second["ask"] != first["ask"]
    assert second["sure"] == []
    solved = say(session, DRAWN, given=memory.question(DRAWN).solution())
    assert solved["right"]
    assert memory.record(DRAWN) == Record((wrong(ASKED[DRAWN]),))
    assert memory.state_of(DRAWN) == "missed"


def test_hints_come_one_by_one_and_cost(session: Session) -> None:
    name = next(name for name, question in ASKED.items() if len(question.hints) > 0)
    hints = ASKED[name].hints
    for taken in range(1, len(hints) + 2):
        sheet = say(session, name, hint=True)
        assert len(sheet["hints"]) == min(taken, len(hints))
    assert sheet["hint"] == ""
    say(session, name, given=ASKED[name].solution())
    share = 1 - len(hints) / 4
    assert f'<p class="score">{round(share * ASKED[name].points, 1):g} ' in closing.points()
    assert len(say(session, name, hint=True)["hints"]) == len(hints)


@pytest.mark.parametrize(("said", "kept"), [(0.75, 0.75), (0.3, None), ("0.75", None), (True, None), (None, None)])
def test_how_sure_is_kept_with_the_first_answer_only(session: Session, said: Any, kept: float | None) -> None:
    name = "quiz-gamma-count"
    say(session, name, given="A", sure=said)
    assert memory.record(name).sure == kept
    say(session, name, given="B", sure=0.95)
    assert memory.record(name).sure == kept


def test_the_closing_slide_says_how_sure_and_how_right(session: Session) -> None:
    say(session, "quiz-gamma-count", given="B", sure=0.75)
    say(session, "quiz-picture-which", given="A", sure=0.95)
    words = closing.points()
    assert "75 % sure: 1 of 1 right; 95 % sure: 0 of 1 right" in words
    assert f"Brier score {((0.75 - 1) ** 2 + 0.95**2) / 2:.2f}" in words
    assert words.count("<circle") == 2


def test_what_was_missed_leads_to_the_slide_as_one_sees_it(session: Session) -> None:
    name = next(
        name for name, question in ASKED.items() if question.look and question.attempts == 1 and question.scored
    )
    say(session, name, given=wrong(ASKED[name]))
    found = re.search(r'class="missed".*?href="\?([^"]*)"', closing.board())
    assert found
    assert dict(parse_qsl(html.unescape(found[1]))) == {"slide": ASKED[name].slide, **ASKED[name].look}


def test_the_drawn_questions_of_a_reader_survive_a_reload(session: Session) -> None:
    say(session, DRAWN, given=ASKED[DRAWN].solution())
    kept = json.dumps(memory.keepsake())
    session.clear()
    session["keep"] = {"kept": kept}
    memory.restore("keep")
    assert memory.question(DRAWN) == ASKED[DRAWN]
    assert memory.state_of(DRAWN) == "right"
