"""A question on the screen: its own form, then the verdict and the reason. The key stays here until then."""

from __future__ import annotations

from typing import Any

import streamlit as st

from classroom.content import content
from classroom.prose import phrase, prose
from classroom.quiz import SURE, AnswerError, Question, Record, Template, earned, is_over, is_right
from classroom.typeset import percent
from classroom.ui import memory, messages
from classroom.ui.components import QUESTION
from classroom.ui.faces import face

SAID = "said"  # what a component has said and nobody has read yet
PRACTICE = "This one is practice: it counts for nothing. The reason appears here."
Sheet = dict[str, Any]


def ask(name: str) -> None:
    """Draw one question, and take its answer."""
    key = f"question-{name}"
    take_answer()
    QUESTION(key=key, data=question_sheet(name), on_answer_change=lambda: hear(key))


def hear(key: str) -> None:
    """Keep what a component says until the page is drawn: a callback."""
    st.session_state[SAID] = (st.session_state.get(key) or {}).get("answer")


def take_answer() -> None:
    """Take over what a component has sent; whatever is no answer is dropped, or refused with a sentence."""
    said = messages.answer(st.session_state.pop(SAID, None))
    if said is None or said.question not in content().bank:
        return
    name = said.question
    match said.wants:
        case "again":
            memory.shown().pop(name, None)
        case "another":
            memory.another(name)
        case "hint":
            _take_hint(name)
        case _:
            _take(name, said)


def _take(name: str, said: messages.Answer) -> None:
    question, refusals = memory.question(name), memory.refusals()
    try:
        question.grade(said.given)
    except AnswerError as refusal:  # not an attempt
        refusals[name] = str(refusal)
        return
    refusals.pop(name, None)
    memory.shown()[name] = said.given
    record = memory.record(name)
    if memory.is_practice(name) or is_over(question, record):
        return
    sure = record.sure if record.given else said.sure if said.sure in SURE else None
    if not record.given:  # records stand in the order of the first answers: a hint does not count as one
        memory.records().pop(name, None)
    memory.records()[name] = Record((*record.given, said.given), record.hints, sure)


def _take_hint(name: str) -> None:
    question, record = memory.question(name), memory.record(name)
    if not memory.is_practice(name) and not is_over(question, record):
        memory.records()[name] = record._replace(hints=min(record.hints + 1, len(question.hints)))


def question_sheet(name: str) -> Sheet:
    """Return a question as the browser paints it; of the key and the reason nothing before there is an answer."""
    question, record, practice = memory.question(name), memory.record(name), memory.is_practice(name)
    given = memory.shown().get(name)
    over = given is not None and (practice or is_over(question, record))
    left = 0 if practice else question.attempts - len(record.given)
    hints = () if practice else question.hints[: record.hints]
    sheet: Sheet = {
        "id": question.id,
        "type": question.type,
        "ask": prose(question.ask),
        "given": given,
        "reason": prose(f"{question.how} {PRACTICE if practice else _rules(question, left)}"),
        "refusal": memory.refusals().get(name, ""),
        "hints": [phrase(hint) for hint in hints],
        "hint": _hint_left(question, record) if not practice and not over else "",
        "sure": list(SURE) if question.scored and not record.given and not practice else [],
    }
    sheet |= face(question, given, over)
    return sheet if given is None else sheet | _judged(question, given, over, left)


def _rules(question: Question, left: int) -> str:
    """Say what comes after an answer, and how many attempts count where more than one does."""
    if not question.scored:
        return ""
    if question.attempts == 1 or left <= 0:
        return "The reason appears here."
    n = question.attempts
    later = "the second is worth half" if n == 2 else f"each one after the first is worth 1/{n} less"
    return f"{'Both' if n == left == 2 else left} attempts left: {later}." if left > 1 else "One attempt left."


def _hint_left(question: Question, record: Record) -> str:
    """Return what the hint button says; nothing where there is no hint to take."""
    if is_over(question, record) or record.hints >= len(question.hints):
        return ""
    return "A hint (costs a quarter)"


def _worth(question: Question) -> str:
    """Return what a right answer brought, where attempts and hints took something off; nothing for practice."""
    record = memory.record(question.id)
    share = earned(question, record)
    if memory.is_practice(question.id) or not is_right(question, record) or share == 1:
        return ""
    return f", for {percent(share)} of the points"


def _judged(question: Question, given: Any, over: bool, left: int) -> Sheet:
    verdict, reason = question.grade(given), memory.reason(question.id, given)
    own = [f"**{part}**: {text}" for part, text in reason.this.items()]
    share = verdict.score if memory.is_practice(question.id) else earned(question, memory.record(question.id))
    partly = f" {percent(share)} of the points." if 0 < share < 1 else ""
    if not question.scored:
        said = "Thank you."
    elif verdict.right:
        said = f"Right{_worth(question)}."
    elif over:
        said = f"Not quite: {question.key()}.{partly}"
    else:
        said = f"Not yet: {left} attempt{'s' if left > 1 else ''} left.{partly}"
        own = own or [
            f"Try another way{' or take a hint' if _hint_left(question, memory.record(question.id)) else ''}."
        ]
    return {
        "right": verdict.right,
        "scored": question.scored,
        "over": over,
        "verdict": phrase(said),
        "reason": prose("\n\n".join([question.why, *own] if over else own)),
        "another": over and isinstance(content().bank[question.id], Template),
    }
