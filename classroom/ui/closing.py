"""The closing slide: the score, what was missed, and where each miss is explained."""

from __future__ import annotations

import html

import streamlit as st

from classroom.content import content
from classroom.deck import Slide
from classroom.quiz import Score, score
from classroom.ui import memory

NAMED = 4  # missed questions that the slide has room to quote
MARKS = {"right": "✓", "missed": "✕", "open": "○"}


def score_board(slide: Slide) -> None:
    """Draw the reader's score over all questions, and for each slide how its questions went."""
    bank = content().bank
    result = score(bank, memory.answers())
    whole = sum(question.points for question in bank.values())
    left, right = st.columns([5, 7], gap="large")
    with left:
        with st.container(key="words"):
            st.markdown(slide.lede)
        st.html(
            f'<p class="score">{result.points:.3g} <span class="of">of {whole}</span></p>'
            f"<p>points; {result.answered} of {len(bank)} questions answered. The first answer counts.</p>"
        )
        st.caption(slide.caption)
        if memory.answers():
            st.button("Start over", on_click=memory.forget, help="Forgets your answers and settings in this tab.")
    with right:
        if result.missed:
            lines = [f"- [{_title(link.slide)}](?slide={link.slide}): {bank[link.id].ask}" for link in result.missed]
            if len(lines) > NAMED:
                lines[NAMED:] = [f"- and {len(lines) - NAMED} more, marked ✕ below"]
            with st.container(key="missed"):
                st.markdown("\n".join(["**Look at again**", "", *lines]))
        elif not result.unanswered:
            st.html('<p class="verdict yes">Nothing missed.</p>')
        st.html(_card(result))


def _card(result: Score) -> str:
    """Return the slides that ask something, each with a mark for every question."""
    missed, unanswered = ({link.id for link in links} for links in (result.missed, result.unanswered))
    rows = []
    for slide in content().deck:
        states = ["missed" if name in missed else "open" if name in unanswered else "right" for name in slide.quiz]
        if states:
            marks = "".join(f'<i class="{state}">{MARKS[state]}</i>' for state in states)
            words = ", ".join(f"{states.count(state)} {state}" for state in MARKS if state in states)
            rows.append(
                f'<li><a href="?slide={slide.id}">{html.escape(slide.title)}</a>'
                f'<span role="img" aria-label="{words}">{marks}</span></li>'
            )
    return f'<p><b>All questions</b>: ✓ right, ✕ missed, ○ open</p><ul class="scorecard">{"".join(rows)}</ul>'


def _title(name: str) -> str:
    slide = content().deck.find(name)
    return slide.title if slide else name
