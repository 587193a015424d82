"""The presenter's view: what the hall sees, what comes next, what to say, and how long it has been."""

from __future__ import annotations

import html

import streamlit as st

from classroom.content import content
from classroom.ui import memory, stage
from classroom.ui.ask import key_text
from classroom.ui.slides import head, navigation


def show() -> None:
    """Draw the presenter's view of the current slide; its moves take the slides' window along."""
    try:
        slide = memory.current_slide()
    except memory.UnknownSlideError as unknown:
        st.switch_page("pages/talk/overview.py", query_params={"missing": str(unknown)[:60]})
    deck = content().deck
    following = deck.step(slide, 1)
    st.html(head(slide))
    picture, notes = st.columns([7, 5], gap="large")
    with picture:
        if slide.exhibit:
            stage.picture(slide)
            stage.controls(slide)
        else:
            with st.container(key="words"):
                st.markdown(slide.lede)
        for name in slide.quiz:
            question = content().bank[name]
            st.markdown(f"**Question.** {question.ask} *Answer: {key_text(question)}.*")
    with notes:
        st.html('<p class="clock big" aria-hidden="true">00:00</p>')
        with st.container(key="notes"):
            st.markdown(slide.notes)
        if following is not slide:
            st.html(f'<p class="cap">Next: <b>{following.number}</b>&ensp;{html.escape(following.title)}</p>')
    with st.bottom:
        navigation(slide, presenter=True)
