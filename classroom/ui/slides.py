"""The slides: one at a time, as a lecturer shows them and a reader pages through them."""

from __future__ import annotations

import streamlit as st

from classroom.content import content
from classroom.deck import Slide
from classroom.ui import ask, citations, memory, more
from classroom.ui.components import NAV, SLIDE
from classroom.ui.keeping import keep
from classroom.ui.sheet import presenter_sheet_of, sheet_of

KEY = "slide"  # of the one component that paints every slide
OVERVIEW = "pages/talk/overview.py"


def show(presenter: bool = False) -> None:
    """Draw the slide that the reader is at, and the bar below it."""
    left = st.session_state.pop("left", None)  # the browser's way back from the overview: Streamlit emptied the address
    if left and "slide" not in st.query_params:
        st.query_params["slide"] = left
    try:
        slide = memory.current_slide()
    except memory.UnknownSlideError as unknown:
        st.switch_page(OVERVIEW, query_params={"missing": str(unknown)[:60]})
    draw(slide, presenter)
    with st.bottom:
        navigation(slide, presenter=presenter)


def navigation(slide: Slide, elsewhere: bool = False, presenter: bool = False) -> None:
    """Draw the bar that moves the deck; `elsewhere`: the page shows no slide, so the present one may be asked for."""
    deck = content().deck
    beside = {s.id: s for s in (deck.step(slide, 1), deck.step(slide, -1), deck.step(slide, 2)) if s is not slide}
    NAV(
        key="nav",
        data={
            "at": slide.number,
            "last": len(deck),
            "ids": [s.id for s in deck.pages],
            "titles": [s.title for s in deck.pages],
            "chapters": [chapter.count for chapter in deck.chapters],
            "seq": memory.sequence(),
            "fresh": memory.is_fresh(),
            "ahead": [presenter_sheet_of(s) if presenter else sheet_of(s) for s in beside.values()],
            "elsewhere": elsewhere,
            "presenter": presenter,
        },
        on_pos_change=_nothing,
        on_page_change=_turn,
    )
    if page := st.session_state.pop("go_to_page", None):
        st.switch_page(f"pages/talk/{page}.py")


def _nothing() -> None:
    """Moves are read at the start of the run."""


def _turn() -> None:
    page = (st.session_state.get("nav") or {}).get("page")
    if page == "overview":
        st.session_state.go_to_page = page


@st.fragment
def draw(slide: Slide, presenter: bool) -> None:
    """Draw one slide. A fragment: an answer or a released slider runs this slide again and nothing else."""
    ask.take_answer()
    sheet = presenter_sheet_of(slide) if presenter else sheet_of(slide)
    SLIDE(
        key=KEY,
        data={"seq": memory.sequence(), "sheet": sheet | {"notices": memory.notices(slide)}},
        on_settings_change=lambda: memory.keep_settings(KEY),
        on_answer_change=lambda: ask.hear(KEY),
        on_open_change=lambda: more.hear(KEY),
    )
    if slide.layout == "upload" and not presenter:
        citations.uploader(slide)
    more.open_over(slide)
    keep("keep")
