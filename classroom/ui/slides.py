"""The slides: one at a time, as a lecturer shows them and a reader pages through them."""

from __future__ import annotations

import base64
import html
import io
from functools import lru_cache, partial

import streamlit as st

from classroom.content import content
from classroom.deck import Slide
from classroom.samples import responses
from classroom.ui import ask, citations, closing, memory, stage
from classroom.ui.components import NAV
from classroom.ui.formulas import formula_text
from classroom.ui.keeping import keep
from classroom.ui.more import more
from classroom.ui.shell import TITLE


def show() -> None:
    """Draw the slide that the reader is at, and the bar below it."""
    left = st.session_state.pop("left", None)  # the browser's way back from the overview: Streamlit emptied the address
    if left and "slide" not in st.query_params:
        st.query_params["slide"] = left
    try:
        slide = memory.current_slide()
    except memory.UnknownSlideError as unknown:
        st.switch_page("pages/talk/overview.py", query_params={"missing": str(unknown)[:60]})
    draw(slide)
    with st.bottom:
        navigation(slide)


def navigation(slide: Slide, elsewhere: bool = False, presenter: bool = False) -> None:
    """Draw the bar that moves the deck; `elsewhere`: the page shows no slide, so the present one may be asked for."""
    deck = content().deck
    beside = [deck.step(slide, 1), deck.step(slide, -1)]
    NAV(
        key="nav",
        data={
            "at": slide.number,
            "last": len(deck),
            "ids": [s.id for s in deck.pages],
            "chapters": [chapter.count for chapter in deck.chapters],
            "seq": memory.sequence(),
            "ahead": stage.ahead(beside),
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
    if page in ("overview", "read", "present"):
        st.session_state.go_to_page = page


@st.fragment
def draw(slide: Slide) -> None:
    """Draw one slide. A fragment: releasing a slider runs this slide again and nothing else."""
    if slide.number == 0:
        st.html(cover(slide))
    else:
        _body(slide)
    if slide.layout != "quiz":  # a question keeps by itself
        keep("keep")


def _body(slide: Slide) -> None:
    st.html(head(slide))
    for notice in memory.notices(slide):
        st.html(f'<p class="notice" role="status">{html.escape(notice)}</p>')
    match slide.layout:
        case "quiz":
            _quiz(slide)
        case "score":
            closing.score_board(slide)
        case "upload":
            citations.chart(slide)
        case "wide" | "table":
            _wide(slide)
        case _:
            _split(slide)


def _split(slide: Slide) -> None:
    left, right = st.columns([5, 7], gap="large")
    with left, st.container(key="words"):
        words(slide)
        if slide.exhibit:
            stage.controls(slide)
        caption(slide)
    if slide.exhibit:
        with right:
            stage.picture(slide)
    more(slide)


def _wide(slide: Slide) -> None:
    with st.container(key="wide"):
        first, second = st.columns([7, 5], gap="large") if slide.exhibit else (st.container(), st.container())
        with first:
            words(slide)
        if slide.exhibit:
            stage.controls(slide)
            stage.picture(slide)
        with second:
            caption(slide)
    more(slide)


def _quiz(slide: Slide) -> None:
    for i, name in enumerate(slide.quiz):
        if i:
            st.divider()
        picture = partial(stage.picture, slide) if slide.exhibit and not i else None
        ask.ask(content().bank[name], about=picture)


def words(slide: Slide) -> None:
    """Draw what the slide says first, and its formulas: one element, for each takes the browser its time."""
    text = "\n\n".join(part for part in (slide.lede, formula_text(slide)) if part)
    if not text:
        return
    if "steps" in slide.formulas:
        with st.container(key="step"):  # keeps its height while the steps change
            st.markdown(text)
    else:
        st.markdown(text)


def caption(slide: Slide) -> None:
    """Draw what the slide adds in small print."""
    if slide.caption:
        st.caption(slide.caption)


def head(slide: Slide, level: int = 1) -> str:
    """Return the header of a slide: chapter, title, source."""
    source = html.escape(slide.source)
    chips = "".join(
        f'<span class="chip" data-mark="{mark}">{mark}</span> '
        for mark in (status.replace("-", " ") for status in slide.status if status in ("contested", "not-reproducible"))
    )
    return (
        f'<header class="head"><p><b>{slide.chapter_number}</b>&ensp;{html.escape(slide.chapter)}</p>'
        f'<h{level}>{html.escape(slide.title)}</h{level}><p class="src">{chips}{source}</p></header>'
    )


def cover(slide: Slide) -> str:
    """Return the title page, with one photograph through the filters that the later pictures use."""
    maps = "".join(f'<img alt="" src="{thumbnail(i)}">' for i in range(12))
    return (
        f'<section class="cover"><div><h1>{TITLE}</h1><p>{html.escape(slide.lede)}</p>'
        '<p class="go keys"><kbd>&#8594;</kbd>&ensp;start&emsp;<kbd>O</kbd>&ensp;overview&emsp;'
        "<kbd>F</kbd>&ensp;full screen&emsp;<kbd>P</kbd>&ensp;presenter</p>"
        '<p class="go"><a href="read">All slides on one page</a></p></div>'
        '<figure role="img" aria-label="Twelve maps of one photograph, each filtered along another direction">'
        f'<div class="maps">{maps}</div><figcaption>{html.escape(slide.caption)}</figcaption></figure></section>'
    )


@lru_cache(maxsize=12)
def thumbnail(channel: int) -> str:
    """Return a channel of the photograph's responses as a PNG: transparent at zero, so that it sits on either paper."""
    import numpy as np
    from PIL import Image

    from classroom.theme import DIVERGING

    values = np.clip(responses()[0, channel] / 3.0, -1, 1)
    blue, red = ([int(DIVERGING["light"][i][c : c + 2], 16) for c in (1, 3, 5)] for i in (1, 7))
    rgba = np.empty((*values.shape, 4), np.uint8)
    rgba[..., :3] = np.where(values[..., None] < 0, blue, red)
    rgba[..., 3] = np.rint(255 * np.abs(values) ** 0.8)
    buffer = io.BytesIO()
    Image.fromarray(rgba).save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
