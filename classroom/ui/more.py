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
    elif opened == START_OVER:
        _start_over()
    elif opened in content().bank:
        st.dialog(_title(slide, opened), width="large", on_dismiss="rerun")(_question)(opened)


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


def _title(slide: Slide, name: str) -> str:
    """Call a question as its button does, with the slide that it is asked on."""
    place = f"Question {slide.quiz.index(name) + 1} of {len(slide.quiz)}" if len(slide.quiz) > 1 else "Check yourself"
    return f"{place}: {slide.title}"


def _question(name: str) -> None:
    ask(name)
    keep("keep-dialog")


@st.dialog("Start over?")
def _start_over() -> None:
    count = sum(bool(record.given) for record in memory.records().values())
    what = "1 answer" if count == 1 else f"{count} answers"
    st.markdown(f"Forgets {what} and all settings in this tab. There is no way back; your results can be saved before.")
    if st.button("Forget them", type="primary", on_click=memory.forget):
        st.rerun()


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
