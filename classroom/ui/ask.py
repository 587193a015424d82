"""A question on the screen: cards or a field, then the verdict and the reason. The key stays here until then."""

from __future__ import annotations

import html
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import streamlit as st

from classroom.quiz import AnswerError, Choice, Choices, Number, Question
from classroom.typeset import short
from classroom.ui import memory
from classroom.ui.keeping import keep

MANY = 5  # options that stand closer, so that the slide holds them


def ask(question: Question, place: str = "", about: Callable[[], None] | None = None) -> None:
    """Draw one question; `place` keeps its widgets apart where it stands twice, `about` draws what it is about."""
    cards, reason = st.columns([7, 5], gap="large")
    given = memory.shown().get(question.id)
    with cards:
        with st.container(key=f"ask-{place}{question.id}"):
            st.markdown(question.ask)
        if about:
            about()
        many = isinstance(question, Choice | Choices) and len(question.options) >= MANY
        with st.container(key=f"{'pair' if about else 'close' if many else 'wide'}-cards-{place}{question.id}"):
            match question:
                case Choice():
                    _choice(question, given, place)
                case Choices():
                    _choices(question, given, place)
                case Number():
                    _number(question, given, place)
    with reason:
        _reason(question, given, place)
    keep(f"keep-{place}{question.id}", focus="" if given is None else ".verdict")


def _answer(question: Question, given: Any) -> None:
    memory.answers().setdefault(question.id, given)
    memory.shown()[question.id] = given


def _again(question: Question) -> None:
    memory.shown().pop(question.id, None)
    st.session_state.pop(f"picked-{question.id}", None)


def _state(letter: str, given: Any, right: set[str]) -> str:
    """Return the look of an option: what was right and what was picked show only once there is an answer."""
    if given is None:
        return "open"
    if letter in right:
        return "right-yours" if letter in given else "right"
    return "wrong" if letter in given else "rest"


def _choice(question: Choice, given: Any, place: str) -> None:
    for letter, text in question.options.items():
        state = _state(letter, given, {question.answer})
        with st.container(key=f"card-{state}-{letter}-{place}{question.id}"):
            st.button(text, key=f"option-{letter}-{place}{question.id}", width="stretch", disabled=given is not None,
                      on_click=_answer, args=(question, letter))  # fmt: skip


def _choices(question: Choices, given: Any, place: str) -> None:
    picked: set[str] = st.session_state.setdefault(f"picked-{question.id}", set())
    for letter, text in question.options.items():
        state = _state(letter, given, set(question.answer))
        if given is None and letter in picked:
            state = "chosen"
        with st.container(key=f"card-{state}-{letter}-{place}{question.id}"):
            st.button(text, key=f"option-{letter}-{place}{question.id}", width="stretch", disabled=given is not None,
                      on_click=picked.symmetric_difference_update, args=({letter},))  # fmt: skip
    if given is None:
        label = f"Answer {', '.join(sorted(picked))}" if picked else "Choose every right option"
        st.button(label, key=f"send-{place}{question.id}", type="primary", disabled=not picked,
                  on_click=_answer, args=(question, sorted(picked)))  # fmt: skip


def _number(question: Number, given: Any, place: str) -> None:
    field, send, error = f"number-{place}{question.id}", f"send-{place}{question.id}", f"error-{question.id}"

    def submit() -> None:
        typed = st.session_state.get(field) or ""
        try:
            question.grade(typed)
        except AnswerError as refusal:  # not an attempt
            st.session_state[error] = str(refusal)
        else:
            st.session_state.pop(error, None)
            _answer(question, typed)

    if given is not None:
        right = question.grade(given).right
        kind, sign, words = ("right", "✓", "right answer") if right else ("wrong", "✕", "your answer")
        st.html(f'<p class="given {kind}"><b>{sign}</b><span>{html.escape(str(given))}</span><i>{words}</i></p>')
        return
    with st.form(f"form-{place}{question.id}", border=False):
        st.text_input("Your number", key=field, placeholder="such as 0.25, 1/4 or 2e-3", persist_state="session")
        st.form_submit_button("Answer", key=send, type="primary", on_click=submit)
    if refusal := st.session_state.get(error):
        st.html(f'<p class="notice" role="alert">{html.escape(refusal)}</p>')


def _reason(question: Question, given: Any, place: str) -> None:
    if given is None:
        how = {"choice": "Choose a card.", "choices": "Choose every card that is right, then answer.",
               "number": "Type a number."}[question.type]  # fmt: skip
        with st.container(key=f"why-{place}{question.id}"):
            st.markdown(f"{how} The reason appears here.")
        return
    verdict, reason = question.grade(given), question.reason(given)
    with st.container(key=f"because-{place}{question.id}"):
        if verdict.right:
            st.html('<p class="verdict yes" role="status" tabindex="-1">Right.</p>')
        else:
            partly = f" {verdict.score:.0%} of the points." if verdict.score else ""
            say = f"Not quite: {html.escape(key_text(question))}.{partly}"
            st.html(f'<p class="verdict no" role="status" tabindex="-1">{say}</p>')
        own = "\n\n".join(f"**{given_part}**: {text}" for given_part, text in reason.this.items())
        st.markdown("\n\n".join(part for part in (reason.why, own) if part))
        if not verdict.right:
            st.button("Try again", key=f"again-{place}{question.id}", on_click=_again, args=(question,),
                      help="Your first answer counts for the score.")  # fmt: skip


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
