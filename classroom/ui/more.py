"""What a reader may open over a slide: how its formulas were checked, what the talk misprinted, its questions.

The row of buttons is one light component; what a button opens is made when it is pressed and not before, for a slide
must stand at once. Nothing on the slide moves when something opens.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import streamlit as st

from classroom.content import content
from classroom.deck import Slide
from classroom.errata import ERRATA
from classroom.proof import certificate_html, certificate_of, erratum_text, operators
from classroom.ui import memory
from classroom.ui.ask import ask
from classroom.ui.components import MORE
from classroom.ui.formulas import at_hand
from normlib import Norm
from normlib.gradcheck import Certificate, certify

PROOF, ERRATA_OF_TALK = "proof", "errata"


class Item(NamedTuple):
    """A button of the row: what it opens, what it says, how it looks."""

    opens: str  # PROOF, ERRATA_OF_TALK, or a question's id
    label: str
    kind: str


def more(slide: Slide) -> None:
    """Draw the row below a slide, and what was asked for from it."""
    items = _items(slide)
    if not items:
        return
    key = f"more-{slide.id}"
    MORE(key=key, data={"items": [item._asdict() for item in items]}, on_open_change=partial(_ask_for, key))
    opened = st.session_state.pop("opened", None)
    if opened not in [item.opens for item in items]:
        return
    if opened == PROOF:
        _proof(slide)
    elif opened == ERRATA_OF_TALK:
        _errata(slide)
    else:
        _question(opened)


def _ask_for(key: str) -> None:
    st.session_state["opened"] = (st.session_state.get(key) or {}).get("open")


def _items(slide: Slide) -> list[Item]:
    items = []
    if slide.formulas and operators(slide):
        holds = all(proof.holds for proof in _certificates(slide).values())
        label = "✓ Checked three ways" if holds else "✕ A check fails"
        items.append(Item(PROOF, label, "proof" if holds else "proof fails"))
    if slide.errata:
        first, count = ERRATA[slide.errata[0]].title, len(slide.errata)
        label = f"Erratum · {first}" if count == 1 else f"{count} errata in what the talk printed here"
        items.append(Item(ERRATA_OF_TALK, label, "errata"))
    bank, given = content().bank, memory.answers()
    for i, name in enumerate(slide.quiz, start=1):
        mark = "" if name not in given else " ✓" if bank[name].grade(given[name]).right else " ✕"
        items.append(Item(name, f"{'Check yourself' if len(slide.quiz) == 1 else f'Question {i}'}{mark}", "question"))
    return items


def _key(slide: Slide) -> str:
    return f"checked-{slide.id}"


def _certificates(slide: Slide) -> dict[Norm, Certificate]:
    """Return the reader's own check if it was made at the present settings, else the slide's."""
    here: dict[Norm, Certificate] = st.session_state.get(_key(slide), {})
    return here if tuple(here) == at_hand(slide) else {norm: certificate_of(norm) for norm in operators(slide)}


@st.dialog("How this was checked", position="right", on_dismiss="rerun")
def _proof(slide: Slide) -> None:
    norms, proofs = at_hand(slide), _certificates(slide)
    st.markdown(
        "SymPy derived the formulas and proved the gradient; the code was then held against the derivation, and its "
        "gradient against its own differences, on random numbers."
    )
    for norm, proof in proofs.items():
        st.html(certificate_html(proof, norm))
    if proofs is st.session_state.get(_key(slide)):
        st.html('<p class="cap" role="status">Checked just now, at these settings, on new random numbers.</p>')
    st.button("Check again at these settings", key=f"check-{slide.id}", on_click=_check, args=(norms, _key(slide)))


def _check(norms: tuple[Norm, ...], key: str) -> None:
    seed = int(st.session_state.get(f"{key}-seed", 0)) + 1  # other random numbers each time
    st.session_state[f"{key}-seed"] = seed
    st.session_state[key] = {norm: certify(norm, seed=seed) for norm in norms}


@st.dialog("What the talk printed", position="right")
def _errata(slide: Slide) -> None:
    for name in slide.errata:
        with st.container(key=f"erratum-{name}"):
            st.markdown(f"**{ERRATA[name].title}.**\n\n{erratum_text(ERRATA[name])}")


@st.dialog("Check yourself", width="large", on_dismiss="rerun")
def _question(name: str) -> None:
    ask(content().bank[name], place="dialog-")
