"""Formulas as slides show them: generated, coloured, broken where they are long, and certified."""

from __future__ import annotations

import re

import pytest

from classroom.content import content
from classroom.deck import Slide
from classroom.errata import ERRATA
from classroom.proof import LONG, certificate_html, certificate_of, declared, erratum_text, lines, operators, step_text
from classroom.theme import TERMS, formula_colours
from normlib import NORMS

WITH_FORMULAS = [slide for slide in content().deck if slide.formulas]


def balanced(latex: str) -> bool:
    """Say whether braces close, left meets right, and begin meets end."""
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", latex):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    pairs = ((r"\left", r"\right"), (r"\begin", r"\end"))
    return depth == 0 and all(
        len(re.findall(re.escape(a) + r"(?![a-z])", latex)) == len(re.findall(re.escape(b) + r"(?![a-z])", latex))
        for a, b in pairs
    )


@pytest.mark.parametrize("slide", WITH_FORMULAS, ids=lambda slide: slide.id)
def test_every_formula_of_a_slide_is_balanced_display_mathematics(slide: Slide) -> None:
    norm = declared(slide)
    assert norm is not None
    blocks = [text for name in slide.formulas if name != "steps" for text in lines(norm, name)]
    if "steps" in slide.formulas:
        blocks += [part for i in range(len(norm.derive().steps)) for part in step_text(norm, i)[1].split("\n\n")]
    assert blocks
    for block in blocks:
        assert re.fullmatch(r"\$\$\n[^$]+\n\$\$", block)
        assert balanced(block)
        assert "=" in block


def test_the_three_paths_have_their_colours_and_a_long_gradient_takes_two_lines() -> None:
    (closed,) = lines(NORMS["batch_norm"](), "closed_form")
    for term in TERMS:
        assert formula_colours()[term] in closed
    assert closed.count(r"\\&") == 1
    assert r"\begin{aligned}" in closed
    glyphs = [len(re.sub(r"\\textcolor\{#\w+\}|\\[a-z]+|[{}^_\\, &]", "", line)) for line in closed.split(r"\\&")]
    assert max(glyphs) <= LONG + 10


def test_a_certificate_says_each_law_with_its_measured_error() -> None:
    norm = NORMS["batch_norm"](eps=0.5)
    proof = certificate_of(norm)
    text = certificate_html(proof, norm)
    assert proof.holds
    assert "Holds" in text
    assert "exactly 0" in text
    assert f"{proof.code_cases} random cases" in text
    assert "eps = 0.5" in text


def test_a_check_that_fails_is_said() -> None:
    norm = NORMS["batch_norm"]()
    wrong = certificate_of(norm)._replace(algebra=False, code_error=0.1)
    text = certificate_html(wrong, norm)
    assert not wrong.holds
    assert "Fails" in text
    assert "is not 0" in text
    assert "Holds" not in text


@pytest.mark.parametrize("name", ERRATA)
def test_an_erratum_shows_what_was_computed(name: str) -> None:
    text = erratum_text(ERRATA[name])
    assert ERRATA[name].why in text
    assert ("Computed now" in text) == (ERRATA[name].failure() is not None)
    assert text.count("$") % 2 == 0


@pytest.mark.parametrize("slide", WITH_FORMULAS, ids=lambda slide: slide.id)
def test_the_operators_of_a_slide_are_of_the_kind_that_it_names_and_hold(slide: Slide) -> None:
    norms = operators(slide)
    assert slide.norm is not None
    assert norms
    for norm in norms:
        assert isinstance(norm, NORMS[slide.norm])
        assert certificate_of(norm).holds


def test_both_modes_of_local_response_are_certified() -> None:
    slide = content().deck.find("lrn")
    assert slide is not None
    assert [norm.mode for norm in operators(slide)] == ["across_channels", "within_channel"]  # type: ignore[attr-defined]
