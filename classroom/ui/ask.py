"""A question on the screen: cards or a field, then the verdict and the reason. The key stays here until then."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import streamlit as st

from classroom.content import content
from classroom.prose import phrase, prose
from classroom.quiz import AnswerError, Choice, Choices, Number, Question
from classroom.typeset import short
from classroom.ui import memory, messages
from classroom.ui.components import QUESTION

SAID = "said"  # what a component has said and nobody has read yet
MANY = 5  # options that stand closer, so that the slide holds them
HOW = {
    "choice": "Choose a card.",
    "choices": "Choose every card that is right, then answer.",
    "number": "Type a number.",
}
Sheet = dict[str, Any]


def ask(question: Question) -> None:
    """Draw one question, and take its answer."""
    key = f"question-{question.id}"
    take_answer()
    QUESTION(key=key, data=question_sheet(question), on_answer_change=lambda: hear(key))


def hear(key: str) -> None:
    """Keep what a component says until the page is drawn: a callback."""
    st.session_state[SAID] = (st.session_state.get(key) or {}).get("answer")


def take_answer() -> None:
    """Take over an answer that a component has sent; whatever is none is dropped, or refused with a sentence."""
    said = messages.answer(st.session_state.pop(SAID, None))
    question = content().bank.get(said.question) if said else None
    if said is None or question is None:
        return
    refusals: dict[str, str] = memory.refusals()
    if said.again:
        memory.shown().pop(question.id, None)
        return
    try:
        question.grade(said.given)
    except AnswerError as refusal:  # not an attempt
        refusals[question.id] = str(refusal)
    else:
        refusals.pop(question.id, None)
        memory.answers().setdefault(question.id, said.given)
        memory.shown()[question.id] = said.given


def question_sheet(question: Question) -> Sheet:
    """Return a question as the browser paints it; of the key and the reason nothing before there is an answer."""
    given = memory.shown().get(question.id)
    sheet: Sheet = {
        "id": question.id,
        "type": question.type,
        "ask": prose(question.ask),
        "given": None if given is None else str(given),
        "reason": prose(f"{HOW[question.type]} The reason appears here."),
        "refusal": memory.refusals().get(question.id, ""),
    }
    if isinstance(question, Choice | Choices):
        right = set(question.answer)
        sheet["close"] = len(question.options) >= MANY
        sheet["options"] = [
            {"letter": letter, "text": phrase(text), "state": _state(letter, given, right)}
            for letter, text in question.options.items()
        ]
    return sheet if given is None else sheet | _judged(question, given)


def _judged(question: Question, given: Any) -> Sheet:
    verdict, reason = question.grade(given), question.reason(given)
    own = "\n\n".join(f"**{part}**: {text}" for part, text in reason.this.items())
    partly = f" {verdict.score:.0%} of the points." if verdict.score else ""
    return {
        "right": verdict.right,
        "verdict": "Right." if verdict.right else f"Not quite: {key_text(question)}.{partly}",
        "reason": prose("\n\n".join(part for part in (reason.why, own) if part)),
    }


def _state(letter: str, given: Any, right: set[str]) -> str:
    """Return the look of an option: what was right and what was picked show only once there is an answer."""
    if given is None:
        return "open"
    if letter in right:
        return "right yours" if letter in given else "right"
    return "wrong" if letter in given else "rest"


def key_text(question: Question) -> str:
    """Say what the right answer is, in a few words."""
    match question:
        case Choice():
            return f"it is {question.answer}"
        case Choices():
            return f"{'it is' if len(question.answer) == 1 else 'they are'} {', '.join(question.answer)}"
        case Number():
            exact, near = question.answer, float(question.answer)
            return f"it is {short(near) if Fraction(f'{near:.6g}') == exact else exact}"  # 1/3, not 0.333333
