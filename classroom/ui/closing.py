"""The closing slide: the score, what was missed, and where each miss is explained."""

from __future__ import annotations

import streamlit as st

from classroom.content import content
from classroom.deck import Slide
from classroom.quiz import score
from classroom.ui import memory


def score_board(slide: Slide) -> None:
    """Draw the reader's score over all questions, with a link to the slide behind each miss."""
    both = content()
    result = score(both.bank, memory.answers())
    whole = sum(question.points for question in both.bank.values())
    left, right = st.columns([5, 7], gap="large")
    with left:
        st.html(
            f'<p class="score">{result.points:.3g} <span class="of">of {whole}</span></p>'
            f"<p>points; {result.answered} of {len(both.bank)} questions answered. The first answer counts.</p>"
        )
        with st.container(key="caption"):
            st.markdown("\n\n".join(part for part in (slide.lede, slide.caption) if part))
        if memory.answers():
            st.button("Start over", on_click=memory.forget, help="Forgets your answers and settings in this tab.")
    with right:
        if result.missed:
            st.markdown("**What to look at again**")
            st.markdown("\n".join(f"- {_link(link.slide)}: {_short(both.bank[link.id].ask)}" for link in result.missed))
        if result.unanswered:
            slides = dict.fromkeys(link.slide for link in result.unanswered)
            st.markdown(f"**Still open:** {len(result.unanswered)} questions, on {', '.join(map(_link, slides))}")
        elif not result.missed:
            st.html('<p class="verdict yes">Nothing missed.</p>')


def _link(name: str) -> str:
    slide = content().deck.find(name)
    return f"[{slide.title}](?slide={name})" if slide else name


def _short(text: str, limit: int = 90) -> str:
    line = " ".join(text.split())
    if len(line) <= limit or line.count("$"):
        return line
    return line[:limit].rsplit(" ", 1)[0] + " …"
