"""Formulas on a slide, their certificate, and what the talk printed instead."""

from __future__ import annotations

import streamlit as st

from classroom.deck import Slide
from classroom.errata import ERRATA
from classroom.proof import certificate_html, certificate_of, erratum_text, lines, operators, step_text
from classroom.ui import memory
from normlib import Norm
from normlib.gradcheck import Certificate, certify


def at_hand(slide: Slide) -> tuple[Norm, ...]:
    """Return the slide's operators as the reader has set them."""
    return operators(slide, memory.exhibit_of(slide) if slide.exhibit else None)


def formulas(slide: Slide) -> None:
    """Draw the slide's formulas; a derivation shows the step that the controls name."""
    norms = at_hand(slide)
    if not norms or not slide.formulas:
        return
    if "steps" in slide.formulas:
        steps = norms[0].derive().steps
        step = int(memory.exhibit_of(slide).state().get("step", len(steps))) if slide.exhibit else len(steps)
        with st.container(key="step"):
            st.markdown("\n\n".join(step_text(norms[0], min(step, len(steps)) - 1)))
    else:
        shown = dict.fromkeys(text for name in slide.formulas for norm in norms for text in lines(norm, name))
        with st.container(key="formulas"):
            st.markdown("\n\n".join(sorted(shown, key=lambda text: text.startswith("$$\ny_"))))  # what y is comes last


def certificate(slide: Slide) -> None:
    """Draw how each of the slide's operators was checked, with a button that checks it at the present settings."""
    norms = at_hand(slide)
    if not norms or not slide.formulas:
        return
    key = f"checked-{slide.id}"
    here: dict[Norm, Certificate] = st.session_state.get(key, {})
    fresh = tuple(here) == norms
    proofs = here if fresh else {norm: certificate_of(norm) for norm in operators(slide)}
    holds = all(proof.holds for proof in proofs.values())
    with (
        st.container(key=f"cert-{slide.id}{'' if holds else '-fails'}", width="content"),
        st.popover("✓ Checked three ways" if holds else "✕ A check fails", key=f"proof-{slide.id}", width="content"),
    ):
        for norm, proof in proofs.items():
            st.html(certificate_html(proof, norm))
        if fresh:
            st.html('<p class="cap" role="status">Checked just now, at these settings, on new random numbers.</p>')
        st.button("Check again at these settings", key=f"check-{slide.id}", on_click=_check, args=(norms, key))


def _check(norms: tuple[Norm, ...], key: str) -> None:
    seed = int(st.session_state.get(f"{key}-seed", 0)) + 1  # other random numbers each time
    st.session_state[f"{key}-seed"] = seed
    st.session_state[key] = {norm: certify(norm, seed=seed) for norm in norms}


def errata(slide: Slide) -> None:
    """Draw what the talk printed wrongly beside its formula, closed at first."""
    if not slide.errata:
        return
    found = [ERRATA[name] for name in slide.errata]
    title = f"Erratum · {found[0].title}" if len(found) == 1 else f"{len(found)} errata in what the talk printed here"
    with st.container(key=f"erratum-{slide.id}", width="content"), st.popover(title, width="content"):
        st.markdown("\n\n---\n\n".join(f"**{e.title}.**\n\n{erratum_text(e)}" for e in found))


def errata_list(slide: Slide) -> None:
    """Draw the same where there is room below one another."""
    for name in slide.errata:
        with st.container(key=f"erratum-{slide.id}-{name}"), st.expander(f"Erratum · {ERRATA[name].title}"):
            st.markdown(erratum_text(ERRATA[name]))
