"""Formulas on a slide as the reader has set it, and how they were checked."""

from __future__ import annotations

import streamlit as st

from classroom.deck import Slide
from classroom.proof import certificate_of, lines, operators, step_text
from classroom.ui import memory
from normlib import Norm
from normlib.gradcheck import Certificate, certify


def operators_at_hand(slide: Slide) -> tuple[Norm, ...]:
    """Return the slide's operators as the reader has set them."""
    return operators(slide, memory.exhibit_of(slide) if slide.exhibit else None)


def formula_text(slide: Slide) -> str:
    """Return the slide's formulas as Markdown; of a derivation the step that the controls name."""
    norms = operators_at_hand(slide)
    if not norms or not slide.formulas:
        return ""
    if "steps" in slide.formulas:
        steps = norms[0].derive().steps
        step = int(memory.exhibit_of(slide).state().get("step", len(steps))) if slide.exhibit else len(steps)
        return "\n\n".join(step_text(norms[0], min(step, len(steps)) - 1))
    shown = dict.fromkeys(text for name in slide.formulas for norm in norms for text in lines(norm, name))
    return "\n\n".join(sorted(shown, key=lambda text: text.startswith("$$\ny_")))  # what y is comes last


def certificates(slide: Slide) -> dict[Norm, Certificate]:
    """Return the reader's own check if it was made at the present settings, else the slide's."""
    here = checked_here(slide)
    if tuple(here) == operators_at_hand(slide):
        return here
    return {norm: certificate_of(norm) for norm in operators(slide)}


def checked_here(slide: Slide) -> dict[Norm, Certificate]:
    """Return the reader's own check; nothing if there is none."""
    here: dict[Norm, Certificate] = st.session_state.get(f"checked-{slide.id}", {})
    return here


def check_again(slide: Slide) -> None:
    """Hold the three laws against the operators at the reader's settings, on other random numbers each time."""
    seed = int(st.session_state.get(f"checked-{slide.id}-seed", 0)) + 1
    st.session_state[f"checked-{slide.id}-seed"] = seed
    st.session_state[f"checked-{slide.id}"] = {norm: certify(norm, seed=seed) for norm in operators_at_hand(slide)}
