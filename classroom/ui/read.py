"""The whole talk as one continuous page: to read, to search, to print."""

from __future__ import annotations

import html

import streamlit as st

from classroom.content import content
from classroom.deck import Slide
from classroom.errata import ERRATA
from classroom.proof import certificate_line, certificate_of, erratum_text, lines, operators, step_text
from classroom.ui import memory
from classroom.ui.components import PICTURE
from classroom.ui.cover import TITLE
from classroom.ui.sheet import head


def show() -> None:
    """Draw every slide below the last: words, formulas, picture; pictures come when the reader is near."""
    deck = content().deck
    links = "".join(f'<li><a href="#slide-{s.id}">{html.escape(s.title)}</a></li>' for s in deck)
    st.html(
        f'<header class="head"><p><a href="./">&#8592; the slides</a></p><h1>{TITLE}</h1>'
        '<p class="src">the whole talk on one page</p></header>'
        f'<nav aria-label="Contents"><ol class="contents">{links}</ol></nav>'
    )
    for slide in deck:
        _article(slide)


def _article(slide: Slide) -> None:
    st.html(f'<div class="article" id="slide-{slide.id}">{head(slide, level=2)}</div>')
    words, exhibit = st.columns([5, 7], gap="large")
    with words:
        if slide.lede and slide.layout != "quiz":
            st.markdown(_inside(slide.lede))
        _formulas(slide)
        if slide.caption:
            st.markdown(_inside(slide.caption))
        _errata(slide)
        for name in slide.quiz:
            question = memory.question(name)
            st.markdown(f"**Question.** {question.ask} [Answer it on its slide](./?slide={slide.id})")
    if slide.exhibit:
        with exhibit:  # the browser fetches the picture when the reader comes near
            state = memory.exhibit_of(slide).state()
            PICTURE(key=f"picture-{slide.id}", data={"exhibit": slide.exhibit, "state": state, "slide": slide.id})


def _formulas(slide: Slide) -> None:
    norms = operators(slide)
    for name in slide.formulas:
        if name == "steps":
            parts = [part for i in range(len(norms[0].derive().steps)) for part in step_text(norms[0], i)]
        else:
            parts = [line for norm in norms for line in lines(norm, name)]
        st.markdown("\n\n".join(dict.fromkeys(parts)))
    for norm in norms if slide.formulas else ():
        st.html(certificate_line(certificate_of(norm)))


def _inside(text: str) -> str:
    """Let links to slides lead to the slide's place on this page."""
    return text.replace("](?slide=", "](#slide-")


def _errata(slide: Slide) -> None:
    """Draw what the talk printed wrongly, closed at first."""
    for name in slide.errata:
        with st.container(key=f"erratum-{slide.id}-{name}"), st.expander(f"Erratum · {ERRATA[name].title}"):
            st.markdown(erratum_text(ERRATA[name]))
