"""Formulas and how they were checked: what SymPy derived, its certificate, and what the talk printed instead."""

from __future__ import annotations

import math
from functools import lru_cache

import streamlit as st

from classroom.deck import Slide
from classroom.errata import ERRATA, Erratum
from classroom.theme import formula_colours
from classroom.ui import memory
from normlib import NORMS, Norm
from normlib.gradcheck import Certificate, certify


def operator(slide: Slide) -> Norm | None:
    """Return the slide's operator: as its exhibit is set, or as its front matter names it."""
    if slide.exhibit is not None and (norm := memory.exhibit_of(slide).norm()) is not None:
        return norm
    return declared(slide)


def declared(slide: Slide) -> Norm | None:
    """Return the operator that the front matter names, with the framework's preset if it names one."""
    if slide.norm is None:
        return None
    kind = NORMS[slide.norm]
    return kind.presets()[slide.preset] if slide.preset else kind()


def formulas(slide: Slide) -> None:
    """Draw the slide's formulas; a derivation shows the step that the controls name."""
    norm = operator(slide)
    if norm is None or not slide.formulas:
        return
    blocks = [text for name in slide.formulas if name != "steps" for text in lines(norm, name)]
    if "steps" in slide.formulas:
        steps = norm.derive().steps
        step = min(int(memory.exhibit_of(slide).state().get("step", len(steps))) if slide.exhibit else len(steps), len(steps))
        with st.container(key="step"):
            say, formula = step_text(norm, step - 1)
            st.markdown(f"{say}\n\n{formula}")
    elif blocks:
        with st.container(key="formulas"):
            st.markdown("\n\n".join(blocks))


@lru_cache(maxsize=256)
def lines(norm: Norm, name: str) -> tuple[str, ...]:
    """Return the formulas of one kind as display mathematics."""
    derivation, colours = norm.derive(), formula_colours()
    match name:
        case "definition":
            found = derivation.definition
        case "closed_form":
            found = (derivation.closed_form["x"],)
        case _:
            found = tuple(f for parameter, f in derivation.closed_form.items() if parameter != "x")
    return tuple(display(formula.latex(colours)) for formula in found)


@lru_cache(maxsize=256)
def step_text(norm: Norm, index: int) -> tuple[str, str]:
    """Return what a step of the derivation says, and its formulas."""
    step = norm.derive().steps[index]
    return step.say, "\n\n".join(display(f.latex(formula_colours())) for f in step.formulas)


def display(latex: str) -> str:
    """Return Markdown for mathematics on a line of its own."""
    return f"$$\n{latex}\n$$"


@lru_cache(maxsize=512)
def certificate_of(norm: Norm) -> Certificate:
    """Return the certificate of an operator on random input; the same operator is certified once."""
    return certify(norm)


def certificate(slide: Slide) -> None:
    """Draw how the slide's formulas were checked, with a button that checks them at the present settings."""
    norm = operator(slide)
    if norm is None or not slide.formulas:
        return
    key = f"checked-{slide.id}"
    here: tuple[Norm, Certificate] | None = st.session_state.get(key)
    again = here is not None and here[0] == norm
    proof = here[1] if here is not None and again else certificate_of(norm)
    mark = "✓ Checked three ways" if proof.holds else "✕ A check fails"
    with (
        st.container(key=f"cert-{slide.id}{'' if proof.holds else '-fails'}"),
        st.expander(f"{mark}{', just now, at these settings' if again else ''}"),
    ):
        st.html(certificate_html(proof, norm))
        st.button("Check again at these settings", key=f"check-{slide.id}", on_click=_check, args=(norm, key))


def _check(norm: Norm, key: str) -> None:
    seed = int(st.session_state.get(f"{key}-seed", 0)) + 1  # other random numbers each time
    st.session_state[f"{key}-seed"] = seed
    st.session_state[key] = (norm, certify(norm, seed=seed))


def certificate_html(proof: Certificate, norm: Norm) -> str:
    """Return the certificate: one line for each of the three laws, with what was measured."""
    algebra = "chain rule minus closed form is exactly 0" if proof.algebra else "chain rule minus closed form is not 0"
    settings = ", ".join(f"{name} = {value}" for name, value in vars(norm).items() if name != "layout")
    return (
        f'<div class="cert{"" if proof.holds else " fails"}"><b>{"Holds" if proof.holds else "Fails"}</b>'
        f"<span>algebra: {algebra}</span>"
        f"<span>code: off the derivation by {power(proof.code_error)}, {proof.code_cases} random cases</span>"
        f"<span>{proof.method}: off by {power(proof.difference_error)}, {proof.difference_cases} random directions</span>"
        f"<span>at {settings}</span></div>"
    )


def power(error: float) -> str:
    """Write a small number for a reader: 3·10⁻¹⁶.

    >>> power(3.1e-16), power(0.0)
    ('3·10⁻¹⁶', '0')
    """
    if error == 0 or not math.isfinite(error):
        return "0" if error == 0 else str(error)
    mantissa, exponent = f"{error:.0e}".split("e")
    return f"{mantissa}·10{str(int(exponent)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def errata(slide: Slide) -> None:
    """Draw what the talk printed wrongly beside its formula, closed at first."""
    if not slide.errata:
        return
    found = [ERRATA[name] for name in slide.errata]
    title = f"Erratum: {found[0].title}" if len(found) == 1 else f"{len(found)} errata in what the talk printed here"
    with st.container(key=f"erratum-{slide.id}"), st.expander(title):
        many = len(found) > 1
        st.markdown("\n\n".join((f"**{e.title}.** " if many else "") + erratum_text(e) for e in found))


@lru_cache(maxsize=64)
def erratum_text(erratum: Erratum) -> str:
    """Return an erratum as Markdown: printed, right, why, and the smallest input on which the printed one fails."""
    parts = []
    if erratum.printed:
        parts.append(f"Printed: $\\;{erratum.printed}$")
    if erratum.right:
        parts.append(f"Right: $\\;{erratum.right}$")
    parts.append(erratum.why)
    failure = erratum.failure()
    if failure is not None:
        parts.append(f"**Computed now.** {failure.sentence}")
    return "\n\n".join(parts)
