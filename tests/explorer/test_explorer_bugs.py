"""A bug shows where it is, says so there, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from classroom.exhibits.explorer import BACKWARD, COMPARE, FORWARD, GRAPH, RIGHT, Explorer
from classroom.explorer.bugs import BUGS, bugs_for
from classroom.explorer.operators import CHOICES
from classroom.explorer.panels import Arithmetic
from classroom.picture import Map, Note
from tests.explorer.views import AT, UNUSUAL, VIEWS, asked, computed, maps, pictured, said, shown

# A bug shows where it is, says so there, and nowhere else.


@cache
def buggy(view: str) -> list[Explorer]:
    """Every operator with every bug that it can have, at settings where its formulas leave nothing out."""
    found = []
    for operator in CHOICES:
        right = asked(view=view, operator=operator, size=4, strength=2.0, offset=1.7, apart=0.5, **UNUSUAL)
        found += [replace(right, bug=bug.key) for bug in bugs_for(right.norm())]
    return found


def test_a_backward_bug_leaves_y_alone_and_a_forward_bug_leaves_dx_as_it_was():
    seen = set()
    for exhibit in buggy(BACKWARD):
        bug, found = BUGS[exhibit.bug], computed(exhibit)
        right = computed(replace(exhibit, bug=RIGHT))
        if bug.where == "backward":
            np.testing.assert_array_equal(found.scene.y, right.scene.y)
            np.testing.assert_array_equal(found.right_dx, right.dx)
            if bug.of != "x":
                np.testing.assert_array_equal(found.dx, right.dx)
            if bug.of == "x" and np.abs(found.dx - right.dx).max() > 1e-3 * np.abs(right.dx).max():
                seen.add(bug.key)
        else:
            np.testing.assert_allclose(found.dx, found.right_dx, rtol=1e-12, atol=1e-12)
    of_x = {bug.key for bug in BUGS.values() if bug.where == "backward" and bug.of == "x"}
    assert seen == of_x


def test_a_gamma_before_the_sums_shows_only_where_gammas_differ():
    for operator in ("layer", "group", "root_mean_square_at_each_position"):
        alike = asked(view=BACKWARD, operator=operator, bug="gamma_before_the_sums", gamma=1.5)
        assert alike.compute().check.holds
        assert not replace(alike, apart=0.1).compute().check.holds


def test_a_forward_bug_shows_in_the_forward_view():
    seen = set()
    for exhibit in buggy(FORWARD):
        found = computed(exhibit).scene
        right, _ = found.norm.forward(found.x, **found.params)
        np.testing.assert_array_equal(found.right_y, right)
        if BUGS[exhibit.bug].where == "forward":
            labels = maps(exhibit)
            np.testing.assert_array_equal(labels["*y* right"].values, right[2, 5])
            np.testing.assert_array_equal(labels["*y* wrong"].values, found.y[2, 5])
            np.testing.assert_array_equal(labels["wrong − right"].values, (found.y - right)[2, 5])
            if np.abs(found.y - right).max() > 1e-3 * np.abs(right).max():
                seen.add(exhibit.bug)
    forward_bugs = {exhibit.bug for exhibit in buggy(FORWARD) if BUGS[exhibit.bug].where == "forward"}
    assert forward_bugs == {bug.key for bug in BUGS.values() if bug.where == "forward"}
    assert seen == forward_bugs


def check_outcome(said: str, wrong: float, right: float) -> None:
    """Expect a wrong number and the right one, to three digits, or that they are alike."""
    numbers = [plain(part) for part in said.replace(r"\text{ here, as it should be}", "").split(r"\ne")]
    assert numbers == pytest.approx([wrong, right][: len(numbers)], rel=5.1e-3, abs=1e-300)
    if len(numbers) == 1:
        assert wrong == pytest.approx(right, rel=1.1e-2, abs=1e-300)


def plain(latex: str) -> float:
    """Read a number as a formula writes it."""
    digits, _, power = latex.strip().replace("10^{", "e").partition("e")
    digits = digits.replace(r"\cdot", "").strip()
    return float({"": "1", "-": "-1"}.get(digits, digits)) * 10.0 ** int(power.rstrip("}") or 0)


def test_wrong_is_said_exactly_where_something_is():
    for view in (FORWARD, BACKWARD):
        for exhibit in buggy(view):
            bug, data = BUGS[exhibit.bug], computed(exhibit)
            acts = view == BACKWARD or bug.where == "forward"
            picture = exhibit.picture(data)
            assert (f"By a wrong formula: {bug.title}." in exhibit.alt(data)) == acts
            assert acts == any(isinstance(panel, Note) and panel.mark == "on purpose" for panel in picture)
            (words,) = (panel for panel in picture if isinstance(panel, Arithmetic))
            without_numbers = [line.symbols for line in words.lines if not line.numbers]
            assert without_numbers == ([bug.formulas(data.scene.norm).wrong] if acts else [])
            outcomes = acts and (bug.where == "forward" or bug.of == "x")  # of the asked cell
            assert len(words.wrong) == acts + outcomes
            assert words.wrong == tuple(range(len(words.lines)))[len(words.lines) - len(words.wrong) :]
            if outcomes:
                scene, backwards = data.scene, bug.where == "backward"
                wrong, right = (data.dx, data.right_dx) if backwards else (scene.y, scene.right_y)
                check_outcome(words.lines[-1].numbers, float(wrong[AT]), float(right[AT]))
            labels = [panel.label for panel in picture if isinstance(panel, Map)]
            wrong = [label for label in labels if "wrong" in label]
            if view == FORWARD:
                assert wrong == (["*y* wrong", "wrong − right"] if acts else [])
            elif bug.where == "forward":
                assert wrong == ["*y*: wrong − right"]
            else:
                assert wrong == (["*≠* *∂l/∂x* wrong", "wrong − right"] if bug.of == "x" else [])


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_right_is_not_called_wrong(view):
    for operator in CHOICES:
        exhibit = asked(view=view, operator=operator)
        assert "wrong" not in said(exhibit)
        assert b"wrong" not in pictured(exhibit).replace(b'"wrong":[]', b"")


@pytest.mark.parametrize("view", [GRAPH, COMPARE])
def test_no_bug_acts_where_it_would_not_be_seen(view):
    for exhibit in buggy(view)[::3]:
        assert shown(exhibit) == shown(replace(exhibit, bug=RIGHT))


@pytest.mark.parametrize("view", VIEWS)
def test_a_bug_that_the_operator_cannot_have_changes_nothing(view):
    for operator in ("batch", "layer", "spatial", "dynamic_tanh"):
        right = asked(view=view, operator=operator)
        lacking = [key for key in BUGS if key not in {bug.key for bug in bugs_for(right.norm())}]
        for key in lacking[::5]:
            assert shown(replace(right, bug=key)) == shown(right)


@pytest.mark.parametrize("operator", ["batch", "layer", "group"])
def test_the_gradient_check_fails_where_a_bug_is_and_holds_elsewhere(operator):
    right = asked(view=BACKWARD, operator=operator, **UNUSUAL)
    assert right.compute().check.holds
    assert "agrees with differences" in said(right)
    for key in ("mean_constant", "variance_constant", "variance_not_centred"):
        wrong = replace(right, bug=key)
        assert not wrong.compute().check.holds
        assert "disagrees with differences" in said(wrong)
