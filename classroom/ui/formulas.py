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


def formula_text(slide: Slide) -> str:
    """Return the slide's formulas as Markdown; of a derivation the step that the controls name."""
    norms = at_hand(slide)
    if not norms or not slide.formulas:
        return ""
    if "steps" in slide.formulas:
        steps = norms[0].derive().steps
        step = int(memory.exhibit_of(slide).state().get("step", len(steps))) if slide.exhibit else len(steps)
        return "\n\n".join(step_text(norms[0], min(step, len(steps)) - 1))
    shown = dict.fromkeys(text for name in slide.formulas for norm in norms for text in lines(norm, name))
    return "\n\n".join(sorted(shown, key=lambda text: text.startswith("$$\ny_")))  # what y is comes last


def errata(slide: Slide) -> None:
    """Draw what the talk printed wrongly, closed at first, where there is room below one another."""
    for name in slide.errata:
        with st.container(key=f"erratum-{slide.id}-{name}"), st.expander(f"Erratum · {ERRATA[name].title}"):
            st.markdown(erratum_text(ERRATA[name]))
