"""Formulas on a slide, and what the talk printed instead."""

from __future__ import annotations

import streamlit as st

from classroom.deck import Slide
from classroom.errata import ERRATA
from classroom.proof import erratum_text, lines, operators, step_text
from classroom.ui import memory
from normlib import Norm


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


def errata(slide: Slide) -> None:
    """Draw what the talk printed wrongly, closed at first, where there is room below one another."""
    for name in slide.errata:
        with st.container(key=f"erratum-{slide.id}-{name}"), st.expander(f"Erratum · {ERRATA[name].title}"):
            st.markdown(erratum_text(ERRATA[name]))
