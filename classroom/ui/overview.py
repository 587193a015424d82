"""All slides at a glance, to jump from."""

from __future__ import annotations

import html

import streamlit as st

from classroom.content import content
from classroom.deck import Slide
from classroom.ui import memory
from classroom.ui.slides import navigation


def show() -> None:
    """Draw a tile for every slide, in chapters; a slide that does not exist gets a sentence."""
    both = content()
    if (wanted := memory.asked_for()) is not None:
        st.switch_page("pages/talk/slides.py", query_params={"slide": wanted.id})
    if missing := st.query_params.get("missing"):
        st.html(
            f'<p class="notice" role="status">There is no slide {html.escape(missing[:60])!r} in this talk. '
            "Choose one below.</p>"
        )
    at = st.session_state.get("deck", {}).get("at")
    st.session_state["left"] = at
    st.html(
        '<header class="head"><p><a href="./?slide=cover">&#8592; the cover</a>&emsp;'
        '<a href="operators">all operators</a>&emsp;<a href="ledger">all claims</a></p><h1>Overview</h1>'
        f'<p class="src">{len(both.deck)} slides, {len(both.bank)} questions</p></header>'
    )
    parts = []
    for chapter in both.deck.chapters:
        slides = both.deck.pages[chapter.first.number : chapter.first.number + chapter.count]
        tiles = "".join(_tile(slide, at) for slide in slides)
        heading = f'<h2 class="chapter"><b>{chapter.number}</b>&ensp;{html.escape(chapter.name)}</h2>'
        parts.append(f'<section>{heading}<ul class="tiles">{tiles}</ul></section>')
    st.html(f'<div class="chapters">{"".join(parts)}</div>')
    with st.bottom:
        navigation(both.deck.find(at or "") or both.deck.cover, elsewhere=True)


def _tile(slide: Slide, at: str | None) -> str:
    here = ' aria-current="page"' if slide.id == at else ""
    return (
        f'<li><a href="./?slide={slide.id}"{here}><b>{slide.number or ""}</b><span>{html.escape(slide.title)}</span>'
        f"{_marks(slide)}</a></li>"
    )


def _marks(slide: Slide) -> str:
    """Return a tick or a cross for each question that was answered."""
    states = [memory.state_of(name) for name in slide.quiz]
    done = [state != "missed" for state in states if state != "open"]
    if not done:
        return ""
    words = f"{sum(done)} of {len(slide.quiz)} right"
    return f'<span class="{"right" if all(done) else "wrong"}" aria-label="{words}">{"✓" if all(done) else "✕"}</span>'
