"""What a reader may open over a slide: how its formulas were checked, what the talk misprinted, its questions.

What a button opens is made when it is pressed and not before. Nothing on the slide moves when something opens.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import streamlit as st

from classroom.content import content
from classroom.deck import Slide
from classroom.errata import ERRATA
from classroom.proof import certificate_html, erratum_text
from classroom.quiz.exchange.results import results_csv, results_json
from classroom.quiz.exchange.xapi import xapi
from classroom.ui import memory
from classroom.ui.ask import ask
from classroom.ui.formulas import certificates, check_again, checked_here
from classroom.ui.keeping import keep
from classroom.ui.sheet import ERRATA_OF_TALK, PROOF, SAVE, START_OVER, items

OPENED = "opened"  # what a button of the row asks for, until it is drawn


def hear(key: str) -> None:
    """Keep what a button of the row asks for until the slide is drawn: a callback."""
    st.session_state[OPENED] = (st.session_state.get(key) or {}).get("open")


def wants_to_start_over(slide: Slide) -> bool:
    """Say, once, whether the reader asks to forget all answers and settings, on a slide that offers it."""
    if st.session_state.get(OPENED) != START_OVER or START_OVER not in [item.opens for item in items(slide)]:
        return False
    del st.session_state[OPENED]
    return True


def open_over(slide: Slide) -> None:
    """Draw what was asked for from the row of this slide, if it offers that."""
    opened = st.session_state.pop(OPENED, None)
    if opened not in [item.opens for item in items(slide)]:
        return
    if opened == PROOF:
        _proof(slide)
    elif opened == ERRATA_OF_TALK:
        _errata(slide)
    elif opened == SAVE:
        _results()
    elif opened in content().bank:
        _question(opened)


@st.dialog("How this was checked", position="right", on_dismiss="rerun")
def _proof(slide: Slide) -> None:
    st.markdown(
        "SymPy derived the formulas and proved the gradient; the code was then held against the derivation, and its "
        "gradient against its own differences, on random numbers."
    )
    proofs = certificates(slide)
    for norm, proof in proofs.items():
        st.html(certificate_html(proof, norm))
    if proofs is checked_here(slide):
        st.html('<p class="cap" role="status">Checked just now, at these settings, on new random numbers.</p>')
    st.button("Check again at these settings", key=f"check-{slide.id}", on_click=check_again, args=(slide,))


@st.dialog("What the talk printed", position="right")
def _errata(slide: Slide) -> None:
    for name in slide.errata:
        with st.container(key=f"erratum-{name}"):
            st.markdown(f"**{ERRATA[name].title}.**\n\n{erratum_text(ERRATA[name])}")


@st.dialog("Check yourself", width="large", on_dismiss="rerun")
def _question(name: str) -> None:
    ask(name)
    keep("keep-dialog")


@st.dialog("Save your results")
def _results() -> None:
    questions, records, site = memory.questions(), memory.records(), urlsplit(st.context.url or "")
    place = f"{site.scheme}://{site.netloc}" if site.netloc else "http://localhost"
    statements = xapi(questions, records, memory.alias(), place)
    said = json.dumps(statements, indent=1, ensure_ascii=False)
    st.markdown("What you answered and what it earned. It leaves this page in these files alone.")
    for label, text, name, kind in (
        ("A table (CSV)", results_csv(questions, records), "results.csv", "text/csv"),
        ("The same with sums (JSON)", results_json(questions, records), "results.json", "application/json"),
        ("Statements for a record store (xAPI)", said, "statements.json", "application/json"),
    ):
        st.download_button(label, text, name, kind)
