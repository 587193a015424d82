"""What every page shares: the list of pages, the style sheet, and how a fault in the content is reported."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

from classroom.theme import css_variables
from classroom.ui.cover import TITLE

STATIC = Path(__file__).resolve().parent / "static"


def main() -> None:
    """Run the page that the address names."""
    st.set_page_config(page_title=TITLE, layout="wide", initial_sidebar_state="collapsed")
    page = st.navigation(
        [
            st.Page("pages/talk/slides.py", title=TITLE, default=True),
            st.Page("pages/talk/overview.py", title="Overview", url_path="overview"),
            st.Page("pages/talk/read.py", title="The talk on one page", url_path="read"),
            st.Page("pages/talk/operators.py", title="Operators", url_path="operators"),
            st.Page("pages/talk/ledger.py", title="Claims", url_path="ledger"),
            st.Page("pages/talk/explore.py", title="Explorer", url_path="explore"),
            st.Page("pages/talk/present.py", title="Presenter", url_path="present"),
        ],
        position="hidden",
    )
    st.html(style())
    if report := faults():
        st.error(f"The talk cannot open until this is corrected:\n\n```\n{report}\n```")
    else:
        page.run()


@cache
def faults() -> str:
    """Return what is wrong with the slides or the questions, one problem a line; nothing if all is well."""
    from classroom.content import content
    from classroom.deck import DeckError
    from classroom.quiz import QuizError

    try:
        content()
    except (DeckError, QuizError) as error:
        return str(error)
    return ""


@cache
def style() -> str:
    """Return the style sheet as one HTML element."""
    return f"<style>{css_variables()}{(STATIC / 'style.css').read_text(encoding='utf-8')}</style>"
