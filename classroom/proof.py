"""Formulas as the slides show them, and how they were checked: made by SymPy, certified against the code, kept."""

from __future__ import annotations

import math
from functools import lru_cache

from classroom.deck import Slide
from classroom.errata import Erratum
from classroom.theme import formula_colours
from normlib import NORMS, Norm
from normlib.gradcheck import Certificate, certify


def declared(slide: Slide) -> Norm | None:
    """Return the operator that a slide's front matter names, with the framework's preset if it names one."""
    if slide.norm is None:
        return None
    kind = NORMS[slide.norm]
    return kind.presets()[slide.preset] if slide.preset else kind()


@lru_cache(maxsize=256)
def lines(norm: Norm, name: str) -> tuple[str, ...]:
    """Return the formulas of one kind (definition, closed_form, parameters) as display mathematics."""
    derivation = norm.derive()
    match name:
        case "definition":
            found = tuple(derivation.definition)
        case "closed_form":
            found = (derivation.closed_form["x"],)
        case _:
            found = tuple(f for parameter, f in derivation.closed_form.items() if parameter != "x")
    return tuple(display(formula.latex(formula_colours())) for formula in found)


@lru_cache(maxsize=256)
def step_text(norm: Norm, index: int) -> tuple[str, str]:
    """Return what a step of the derivation says, and its formulas."""
    step = norm.derive().steps[index]
    return f"**{step.title}.** {step.say}", "\n\n".join(display(f.latex(formula_colours())) for f in step.formulas)


def display(latex: str) -> str:
    """Return Markdown for mathematics on a line of its own."""
    return f"$$\n{latex}\n$$"


@lru_cache(maxsize=512)
def certificate_of(norm: Norm) -> Certificate:
    """Return the certificate of an operator on random input; the same operator is certified once."""
    return certify(norm)


def certificate_html(proof: Certificate, norm: Norm) -> str:
    """Return the certificate: one line for each of the three laws, with what was measured."""
    algebra = "chain rule minus closed form is exactly 0" if proof.algebra else "chain rule minus closed form is not 0"
    settings = ", ".join(f"{name} = {value}" for name, value in vars(norm).items() if name != "layout")
    return (
        f'<div class="cert{"" if proof.holds else " fails"}"><b>{"Holds" if proof.holds else "Fails"}</b>'
        f"<span>algebra: {algebra}</span>"
        f"<span>code: off the derivation by {power(proof.code_error)} at most, {proof.code_cases} random cases</span>"
        f"<span>{proof.method}: off by {power(proof.difference_error)} at most, "
        f"{proof.difference_cases} random directions, random dy</span>"
        f"<span>at {settings}</span></div>"
    )


def power(error: float) -> str:
    """Write a small number for a reader.

    >>> power(3.1e-16), power(0.0)
    ('3·10⁻¹⁶', '0')
    """
    if error == 0 or not math.isfinite(error):
        return "0" if error == 0 else str(error)
    mantissa, exponent = f"{error:.0e}".split("e")
    return f"{mantissa}·10{str(int(exponent)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


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
