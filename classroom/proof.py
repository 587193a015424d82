"""Formulas as the slides show them, and how they were checked: made by SymPy, certified against the code, kept."""

from __future__ import annotations

import re
from functools import lru_cache

from classroom.deck import Slide
from classroom.errata import Erratum
from classroom.exhibits import EXHIBITS, Exhibit
from classroom.theme import formula_colours
from classroom.typeset import short, tiny
from normlib import NORMS, Norm
from normlib.gradcheck import Certificate, certify


def declared(slide: Slide) -> Norm | None:
    """Return the operator that a slide's front matter names, with the framework's preset if it names one."""
    if slide.norm is None:
        return None
    kind = NORMS[slide.norm]
    return kind.presets()[slide.preset] if slide.preset else kind()


def operators(slide: Slide, exhibit: Exhibit | None = None) -> tuple[Norm, ...]:
    """Return the operators that a slide's formulas are of: those of its exhibit, else what its front matter names.

    exhibit: as the reader has set it; the slide's own settings where none is given.
    """
    if exhibit is None and slide.exhibit is not None:
        exhibit = EXHIBITS[slide.exhibit](**slide.state)
    norm = declared(slide)
    return (exhibit.norms() if exhibit else ()) or (() if norm is None else (norm,))


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
    return tuple(display(formula.latex(_colours(name))) for formula in found)


def _colours(name: str) -> dict[str, str]:
    """Return which tags to colour: the pooled sums of a definition; the three paths of a gradient, and nothing else."""
    colours = formula_colours()
    pool = colours.pop("pool")
    return {"pool": pool} if name == "definition" else colours


@lru_cache(maxsize=256)
def step_text(norm: Norm, index: int) -> tuple[str, str]:
    """Return what a step of the derivation says, and its formulas."""
    step = norm.derive().steps[index]
    return f"**{step.title}.** {step.say}", "\n\n".join(display(f.latex(_colours("steps"))) for f in step.formulas)


def display(latex: str) -> str:
    """Return Markdown for mathematics on a line of its own; a long sum of three paths takes two."""
    return f"$$\n{_broken(latex)}\n$$"


LONG = 40  # glyphs, about what fits beside a picture; counted without the names of commands and colours


def _broken(latex: str) -> str:
    head, opening, terms = latex.partition(r" \left(\textcolor{")
    glyphs = len(re.sub(r"\\textcolor\{#\w+\}|\\[a-z]+|[{}^_\\, ]", "", latex))
    if not opening or glyphs <= LONG or not terms.endswith(r"\right)"):
        return latex
    first, _, last = terms.removesuffix(r"\right)").rpartition(r" - \textcolor{")
    return (
        rf"\begin{{aligned}}{head.replace(' = ', ' &= ', 1)}\Bigg(\textcolor{{{first}"
        rf"\\&\qquad - \textcolor{{{last}\Bigg)\end{{aligned}}"
    )


@lru_cache(maxsize=512)
def certificate_of(norm: Norm) -> Certificate:
    """Return the certificate of an operator on random input; the same operator is certified once."""
    return certify(norm)


def certificate_html(proof: Certificate, norm: Norm) -> str:
    """Return the certificate: one line for each of the three laws, with what was measured."""
    algebra = "chain rule minus closed form is exactly 0" if proof.algebra else "chain rule minus closed form is not 0"
    shown = {name: short(value) if isinstance(value, float) else value for name, value in vars(norm).items()}
    settings = ", ".join(f"{name} = {value}" for name, value in shown.items() if name != "layout")
    return (
        f'<div class="cert{"" if proof.holds else " fails"}"><b>{"Holds" if proof.holds else "Fails"}</b>'
        f"<span>algebra: {algebra}</span>"
        f"<span>code: off the derivation by {tiny(proof.code_error)} at most, {proof.code_cases} random cases</span>"
        f"<span>{proof.method}: off by {tiny(proof.difference_error)} at most, "
        f"{proof.difference_cases} random directions, random dy</span>"
        f"<span>at {settings}</span></div>"
    )


def certificate_line(proof: Certificate) -> str:
    """Return the certificate in one line."""
    mark = "✓ Checked three ways" if proof.holds else "✕ A check fails"
    algebra = "algebra exact" if proof.algebra else "algebra not exact"
    return (
        f'<p class="cap"><b class="{"yes" if proof.holds else "no"}">{mark}</b>: {algebra}; code off by '
        f"{tiny(proof.code_error)}; {proof.method} off by {tiny(proof.difference_error)}.</p>"
    )


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
