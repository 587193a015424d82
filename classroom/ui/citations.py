"""The citation slides: a chart from a table that the reader brings."""

from __future__ import annotations

import streamlit as st

from classroom.deck import Slide


def chart(slide: Slide) -> None:
    """Draw the chart, or say what table is missing and how it must look."""
    st.markdown(slide.lede)
