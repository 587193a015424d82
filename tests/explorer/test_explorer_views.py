"""What the explorer shows is what NumPy says by hand: four views, every operator, and the script beside them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from starlette.testclient import TestClient

import app
from classroom.exhibit import SettingsError, render
from classroom.exhibits.explorer import BACKWARD, COMPARE, FORWARD, GRAPH, NOBODY, RIGHT, Explorer
from classroom.explorer import graph
from classroom.explorer.bugs import BUGS, bugs_for
from classroom.explorer.link import LEAST, STEP, query
from classroom.explorer.operators import CHOICES
from classroom.explorer.panels import Arithmetic, Graph
from classroom.explorer.scene import ONE_CELL, PAINTED, RANDOM, SQUARES, SUM, UPSTREAM, Cell, coarse, painted
from classroom.explorer.tensors import OWN
from classroom.explorer.uploads import MAX_VALUE, keep
from classroom.picture import Block, Histogram, Map, Note, Strip, Table
from classroom.samples import synthetic
from classroom.takeaway import arrays
from normlib import NORMS
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.cross_channel_norm import CrossChannelNorm

ROOT = Path(__file__).parents[2]
VIEWS = (FORWARD, BACKWARD, GRAPH, COMPARE)
WITHOUT_EFFECT = {"momentum"}  # on a single pass
SHAPE = (4, 8, 16, 16)  # of the random input
AT = (2, 5, 7, 11)  # the asked cell, from 0
ASKED: dict[str, Any] = {"source": "random", "seed": 3, "sample": 3, "channel": 6, "row": 8, "column": 12}
UNUSUAL: dict[str, Any] = {"gamma": 1.5, "beta": -0.4, "eps_power": -1.0, "times": 0.8, "plus": 0.6}
HALF = "f" * 8 + "0" * 24  # +1 in the upper four rows of squares

every_operator = pytest.mark.parametrize("operator", CHOICES)


def asked(**settings: Any) -> Explorer:
    """The explorer at a cell of random numbers."""
    return Explorer(**ASKED | settings)


def read(text: str) -> float:
    """Read a number as a caption writes it."""
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    mantissa, _, power = text.replace("−", "-").rpartition("10") if "⁰" in text or "10⁻" in text else (text, "", "0")
    mantissa = {"": "1", "-": "-1"}.get(mantissa.rstrip("·"), mantissa.rstrip("·")).replace("−", "-")
    return float(mantissa) * 10.0 ** int(power.translate(raised) or 0)


@cache
def computed(exhibit: Explorer) -> Any:
    return exhibit.compute()


def maps(exhibit: Explorer) -> dict[str, Map]:
    found = [panel for panel in exhibit.picture(computed(exhibit)) if isinstance(panel, Map)]
    assert len({panel.label for panel in found}) == len(found)
    return {panel.label: panel for panel in found}


def shown(exhibit: Explorer) -> bytes:
    """The words and the picture, without the settings."""
    return render(exhibit).partition(b'"alt"')[2]


def pictured(exhibit: Explorer) -> bytes:
    """The words and the picture, without the settings and the controls that act."""
    head, tail = (shown(exhibit).partition(mark)[i] for mark, i in ((b'"acting"', 0), (b'"panels"', 2)))
    assert tail
    return head + tail


def said(exhibit: Explorer) -> str:
    return exhibit.alt(exhibit.compute())


# Every operator is offered, and every number of it can be set.


def test_every_operator_of_the_registry_is_offered():
    assert {choice.kind for choice in CHOICES.values()} == set(NORMS.values())


@every_operator
def test_every_number_of_an_operator_is_set_by_a_control_or_has_no_effect(operator):
    choice = CHOICES[operator]
    sets = [field for fields in choice.controls.values() for field in fields]
    assert len(sets) == len(set(sets))
    assert set(choice.kind.hypers()) - WITHOUT_EFFECT == set(sets)
    assert choice.controls.keys() <= Explorer.controls().keys()


@every_operator
def test_a_control_sets_what_it_says(operator):
    usual = asked(operator=operator)
    others = {"eps_power": -2.0, "groups": 2, "size": 3, "strength": 2.5, "power": 1.25, "offset": 0.3, "p": 4.0,
              "r_max": 1.5, "d_max": 0.5, "iterations": 7}  # fmt: skip
    for control, fields in CHOICES[operator].controls.items():
        expected = 0.01 if control == "eps_power" else others[control]
        norm = replace(usual, **{control: others[control]}).norm()
        for field in fields:
            assert getattr(norm, field) == pytest.approx(expected, rel=1e-12), field
            assert getattr(usual.norm(), field) != getattr(norm, field)


def test_groups_become_a_divisor_of_the_channels():
    for groups, expected in ((1, 1), (3, 2), (4, 4), (7, 4), (8, 8), (32, 8)):
        assert asked(operator="group", groups=groups).norm().groups == expected


# Forward: the captions are the textbook's numbers, the block paints who shares.

AXES = {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}


@pytest.mark.parametrize("operator", AXES)
def test_the_captions_of_x_and_y_are_numbers_by_hand(operator):
    x = 0.8 * synthetic(SHAPE, seed=3) + 0.6
    mean, var = (of(x, axis=AXES[operator], keepdims=True) for of in (np.mean, np.var))
    x_hat = (x - mean) / np.sqrt(var + 0.1)
    found = maps(asked(operator=operator, **UNUSUAL))
    assert list(found) == ["*x*", "*x̂*", "*y*"]
    for panel, expected in zip(found.values(), (x, x_hat, 1.5 * x_hat - 0.4), strict=True):
        assert read(panel.note) == pytest.approx(expected[AT], rel=1e-3)
        np.testing.assert_allclose(panel.values, expected[2, 5], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("operator", AXES)
def test_gammas_fan_out_from_the_first_channel_to_the_last(operator):
    x = 0.8 * synthetic(SHAPE, seed=3) + 0.6
    mean, var = (of(x, axis=AXES[operator], keepdims=True) for of in (np.mean, np.var))
    gammas = 1.5 * np.array([0.3, 0.5, 0.7, 0.9, 1.1, 1.3, 1.5, 1.7])
    expected = gammas[5] * ((x - mean) / np.sqrt(var + 0.1))[2, 5] - 0.4
    y = maps(asked(operator=operator, apart=0.7, **UNUSUAL))["*y*"]
    np.testing.assert_allclose(y.values, expected, rtol=1e-12, atol=1e-13)


def test_the_spread_of_gamma_rests_where_there_is_one_gamma_or_none():
    one = keep(np.random.default_rng(2).normal(size=(3, 1, 4, 4)), "one.npy")
    for operator, acts in (
        ("batch", True),
        ("weight", True),
        ("layer", True),
        ("spatial", False),
        ("lp_of_the_sample", False),
    ):
        assert ("apart" in asked(operator=operator).acting()) == acts
    assert "apart" not in asked(operator="batch", source=OWN, own=one).acting()
    assert "apart" in asked(view=COMPARE, operator="spatial").acting()


def test_of_two_quantities_between_x_and_y_the_last_is_shown():
    x = (0.8 * synthetic(SHAPE, seed=3) + 0.6)[2, 5]
    z = 1.5 * x / np.sqrt((x**2).mean() + 0.1) - 0.4
    found = maps(asked(operator="filter_response", **UNUSUAL))
    assert list(found) == ["*x*", "*z*", "*y*"]
    np.testing.assert_allclose(found["*z*"].values, z, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(found["*y*"].values, np.maximum(z, 0.0), rtol=1e-12, atol=1e-13)  # its threshold is 0


def test_the_table_and_the_words_give_the_channel_before_and_after():
    x = 0.8 * synthetic(SHAPE, seed=3)[:, 5] + 0.6
    exhibit = asked(operator="batch", **UNUSUAL)
    y = 1.5 * (x - x.mean()) / np.sqrt(x.var() + 0.1) - 0.4
    (table,) = (panel for panel in exhibit.picture(exhibit.compute()) if isinstance(panel, Table))
    for name, of in (("mean", np.mean), ("sd", np.std), ("least", np.min), ("largest", np.max)):
        (row,) = (row for row in table.rows if row[0] == name)
        assert read(row[1]) == pytest.approx(of(x), abs=0.0051)
        assert read(row[-1]) == pytest.approx(of(y), abs=0.0051)
    before, after = f"{x.mean():.2f}", f"{y.mean():.2f}".replace("-", "−")
    assert f"the mean goes from {before} to {after}" in said(exhibit)


COUNTS = {"batch": 4 * 256, "layer": 8 * 256, "instance": 256, "layer_at_each_position": 8, "group": 2 * 256,
          "root_mean_square_of_the_sample": 8 * 256, "local_response_across_channels": 5, "weight": 8 * 256,
          "mean_variance": 256, "filter_response": 256, "local_response_within_a_channel": 25}  # fmt: skip


@pytest.mark.parametrize(("operator", "cells"), COUNTS.items())
def test_the_words_count_the_cells_that_share_a_statistic(operator, cells):
    assert f" shares its statistics with {cells:,} cells, itself included" in said(asked(operator=operator))


@pytest.mark.parametrize("operator", ["dynamic_tanh", "batch_at_inference"])
def test_the_words_say_where_no_statistic_is_taken(operator):
    assert "has no statistic" in said(asked(operator=operator))


@every_operator
def test_the_block_paints_a_cube_where_any_of_its_cells_is_pooled(operator):
    exhibit = asked(operator=operator)
    (block,) = (panel for panel in exhibit.picture(exhibit.compute()) if isinstance(panel, Block))
    mask = exhibit.norm().pooled(SHAPE, AT)
    expected = np.zeros((4, 4, 8, 2), dtype=bool)  # rows and columns by fours; samples 2 and 3 of 4
    for m, k, i, j in np.argwhere(mask):
        if m in (1, 2):
            expected[i // 4, j // 4, k, m - 1] = True
    np.testing.assert_array_equal(block.painted, expected)
    assert block.chosen == (1, 2, 5, 1)


def test_the_block_of_batch_and_layer_is_painted_as_in_every_textbook():
    for operator, painted_cubes in (("batch", 4 * 4 * 2), ("layer", 4 * 4 * 8), ("instance", 4 * 4)):
        exhibit = asked(operator=operator)
        (block,) = (panel for panel in exhibit.picture(exhibit.compute()) if isinstance(panel, Block))
        assert block.painted.sum() == painted_cubes


@pytest.mark.parametrize("at", [(2, 8, 4, 1), (0, 0, 0, 0), (1, 3, 2, 1)])
def test_one_true_cell_is_one_cube_and_it_is_the_chosen_one(at):
    mask = np.zeros((3, 9, 5, 2), dtype=bool)
    mask[at] = True
    cubes, chosen, by = coarse(mask, Cell(*at))
    assert by == (1, 2, 2, 1)
    assert cubes.shape == (3, 2, 5, 2)  # H, W, K, M
    assert [tuple(map(int, place)) for place in np.argwhere(cubes)] == [chosen]
    assert chosen == (at[2] // 2, at[3], at[1] // 2, 1 if at[0] else 0)


def test_of_many_samples_those_around_the_asked_one_are_shown_and_no_cube_is_painted_of_nothing():
    mask = np.zeros((6, 1, 1, 1), dtype=bool)
    assert not coarse(mask, Cell(5, 0, 0, 0))[0].any()
    mask[3] = True
    for sample, expected in ((3, [False, True]), (4, [True, False]), (5, [False, False]), (0, [False, False])):
        assert coarse(mask, Cell(sample, 0, 0, 0))[0].ravel().tolist() == expected


def test_the_strip_underlines_the_channels_that_share_and_the_arithmetic_ends_in_y():
    exhibit = asked(operator="group", groups=4)
    picture = exhibit.picture(exhibit.compute())
    (strip,) = (panel for panel in picture if isinstance(panel, Strip))
    (words,) = (panel for panel in picture if isinstance(panel, Arithmetic))
    assert (strip.chosen, strip.window) == (5, (4, 5))
    x = synthetic(SHAPE, seed=3) * 0.5 + 1.0
    group = x[2, 4:6]
    y = (x[AT] - group.mean()) / np.sqrt(group.var() + 1e-5)
    assert words.note == "sample 3, channel 6, row 8, column 12"
    assert float(words.lines[-1].numbers.rpartition("=")[2]) == pytest.approx(y, rel=5e-3)
    lit = [cells for term in words.terms.values() for cells in term.cells if term.symbol.startswith(r"\sum")]
    assert lit
    assert {(tuple(c.first), tuple(c.last)) for c in lit} == {((2, 4, 0, 0), (2, 5, 15, 15))}


# Backward: paths add up, to what differences say.

DIFFERED = ["batch", "layer", "instance", "group", "local_response_across_channels", "spatial", "mean_variance",
            "filter_response", "switchable", "dynamic_tanh", "lp_of_the_sample", "batch_renorm", "weight"]  # fmt: skip
LOSS = {
    SQUARES: lambda y: 0.5 * (y * y).sum(),
    SUM: lambda y: y.sum(),
    ONE_CELL: lambda y: y[AT],
}


@pytest.mark.parametrize("operator", DIFFERED)
def test_the_paths_add_up_to_dx_and_dx_is_a_difference_of_the_loss(operator):
    for loss, of in LOSS.items():
        found = asked(view=BACKWARD, operator=operator, upstream=loss, gamma=1.5, beta=0.2).compute()
        dx, scene, h = found.dx, found.scene, 1e-4
        most = max(np.abs(path).max() for path in found.paths.values())
        np.testing.assert_allclose(sum(found.paths.values()), dx, rtol=1e-9, atol=1e-12 * most)
        for cell in (AT, (2, 5, 7, 10), (0, 5, 3, 3), (2, 1, 0, 15)):
            ends = []
            for step in (h, -h):
                x = scene.x.copy()
                x[cell] += step
                ends.append(of(scene.norm.forward(x, **scene.params)[0]))
            assert dx[cell] == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-5, abs=1e-6 * most), loss


def test_the_sum_of_what_is_standardized_has_no_gradient():
    for operator in ("batch", "layer", "instance", "group"):
        found = asked(view=BACKWARD, operator=operator, upstream=SUM).compute()
        assert np.abs(found.paths["direct"]).min() > 0.1
        assert np.abs(found.dx).max() < 1e-12


def test_the_maps_of_the_backward_are_dy_its_paths_and_their_sum():
    exhibit = asked(view=BACKWARD, operator="batch", upstream=RANDOM)
    found = maps(exhibit)
    added = ["*→* direct", "*+* through the mean", "*+* through the variance", "*=* *∂l/∂x*"]
    assert list(found) == ["*dy*", "*x̂*", "*x*", *added]
    up, hat, below, *parts, total = found.values()
    np.testing.assert_allclose(sum(panel.values for panel in parts), total.values, rtol=1e-12, atol=1e-12)
    x = 0.5 * synthetic(SHAPE, seed=3) + 1.0
    dy = exhibit.compute().dy
    np.testing.assert_array_equal(up.values, dy[2, 5])
    channel, back = x[:, 5], dy[:, 5]
    std = np.sqrt(channel.var() + 1e-5)
    x_hat = (channel - channel.mean()) / std
    expected = (back - back.mean() - x_hat * (back * x_hat).mean()) / std
    np.testing.assert_allclose(total.values, expected[2], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(hat.values, x_hat[2], rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(below.values, x[2, 5])


@every_operator
def test_every_term_of_the_closed_form_finds_its_cells_on_a_map(operator):
    exhibit = asked(view=BACKWARD, operator=operator)
    data = exhibit.compute()
    planes = {panel.plane.tensor for panel in maps(exhibit).values() if panel.plane}
    (words,) = (panel for panel in exhibit.picture(data) if isinstance(panel, Arithmetic))
    named = {cells.tensor for term in words.terms.values() for cells in term.cells}
    assert named - planes <= data.scene.params.keys()
    assert planes <= named | {"dy"}


@every_operator
def test_the_maps_of_a_backward_fill_rows_of_four_or_five(operator):
    exhibit = asked(view=BACKWARD, operator=operator)
    panels = exhibit.picture(exhibit.compute())
    shown = [panel for panel in panels if isinstance(panel, Map)]
    (table,) = (panel for panel in panels if isinstance(panel, Table))
    in_a_row = 5 if len(exhibit.compute().paths) == 3 else 4
    assert {panel.span for panel in shown} == {12 // in_a_row}
    room = round(table.span * in_a_row / 12)  # as the style sheet has it
    assert room == in_a_row or (len(shown) + room) % in_a_row == 0
    assert room >= 2


NONE = "0" * 16  # squares of one sign
CORNERS = [
    ("8" + "0" * 15 + NONE, (0, 0), 1),
    ("01" + "0" * 14 + NONE, (0, -1), 1),
    ("0" * 14 + "80" + NONE, (-1, 0), 1),
    ("0" * 15 + "1" + NONE, (-1, -1), 1),
    (NONE + "8" + "0" * 15, (0, 0), -1),
    (NONE + "0" * 15 + "1", (-1, -1), -1),
]


@pytest.mark.parametrize(("paint", "corner", "sign"), CORNERS)
@pytest.mark.parametrize("shape", [(8, 8), (64, 64), (16, 24)])
def test_a_square_in_a_corner_is_painted_there_and_nowhere_else(paint, corner, sign, shape):
    found = painted(paint, shape)
    rows, columns = (n // 8 for n in shape)
    expected = np.zeros(shape)
    expected[slice(rows) if corner[0] == 0 else slice(-rows, None),
             slice(columns) if corner[1] == 0 else slice(-columns, None)] = sign  # fmt: skip
    np.testing.assert_array_equal(found, expected)


def test_both_signs_are_painted_one_square_of_both_is_nothing_and_no_paint_is_nothing():
    found = painted("c" + "0" * 15 + "6" + "0" * 15, (8, 8))
    assert found[0].tolist() == [1, 0, -1, 0, 0, 0, 0, 0]
    assert not found[1:].any()
    assert not painted("", (5, 7)).any()


def test_a_map_that_eight_does_not_divide_is_painted_as_evenly_as_it_goes():
    whole = painted("f" * 16 + "0" * 16, (12, 10))
    assert (whole == 1).all()
    first_column = painted("80" * 8 + "0" * 16, (12, 10))
    assert first_column[0].tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]  # ten columns in eight squares
    assert (first_column == first_column[0]).all()
    row = painted("9" + "0" * 31, (1, 5))  # squares 1 and 4 of the first row; five columns are squares 1, 2, 4, 5, 7
    assert row.tolist() == [[1, 0, 1, 0, 0]]


def test_what_is_painted_is_dy_of_the_asked_map_alone():
    dy = asked(view=BACKWARD, upstream=PAINTED, paint=HALF).compute().dy
    expected = np.zeros(SHAPE)
    expected[2, 5, :8] = 1.0
    np.testing.assert_array_equal(dy, expected)


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


# Graph: a step there and a step back for every node.


@pytest.mark.parametrize("operator", ["batch", "layer", "spatial", "switchable", "filter_response", "dynamic_tanh"])
def test_values_come_one_a_step_and_then_gradients(operator):
    exhibit = asked(view=GRAPH, operator=operator)
    last = graph.steps(exhibit.norm())
    for step in range(1, last + 1):
        now = replace(exhibit, step=step)
        (panel,) = (p for p in now.picture(now.compute()) if isinstance(p, Graph))
        values, gradients = ([bool(getattr(n, name)) for n in panel.nodes] for name in ("value", "gradient"))
        n = len(values)
        assert last == 2 * n
        assert values == [i < step for i in range(n)]
        assert gradients == [i >= last - step for i in range(n)]


@every_operator
def test_the_last_steps_gradient_of_x_is_the_operators_and_beyond_the_end_is_the_end(operator):
    exhibit = asked(view=GRAPH, operator=operator, upstream=RANDOM)
    found = replace(exhibit, step=30).compute()
    scene = found.scene
    y, cache = scene.norm.forward(scene.x, **scene.params)
    dx = scene.norm.backward(found.dy, cache)["x"]
    assert found.graph.nodes[0].name == "x"
    assert found.graph.nodes[0].value == scene.x[AT]
    assert found.graph.nodes[0].gradient == pytest.approx(dx[AT], rel=1e-8, abs=1e-10 * np.abs(dx).max())
    assert found.graph.nodes[-1].value == pytest.approx(y[AT], rel=1e-9)
    assert found.graph.nodes[-1].gradient == found.dy[AT]
    last = replace(exhibit, step=graph.steps(exhibit.norm()))
    assert last.step <= 30
    assert pictured(replace(exhibit, step=30)) == pictured(last)


# Compare: what is chosen twice stands once.


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (("batch", NOBODY, NOBODY, NOBODY), ["batch"]),
        (("batch", "batch", "batch", "batch"), ["batch"]),
        (("layer", NOBODY, "batch", "layer"), ["layer", "batch"]),
        (("layer_at_each_position", "instance", "layer_at_each_position", "batch"),
         ["layer at each position", "instance", "batch"]),
        (("batch", "layer", "instance", "group"), ["batch", "layer", "instance", "group"]),
    ],
)  # fmt: skip
def test_one_to_four_operators_stand_beside_the_input_each_once(chosen, expected):
    exhibit = asked(view=COMPARE, **dict(zip(("operator", "second", "third", "fourth"), chosen, strict=True)))
    picture = exhibit.picture(exhibit.compute())
    labels = ["input *x*", *expected]
    assert [panel.label for panel in picture if isinstance(panel, Map)] == labels
    assert sum(isinstance(panel, Histogram) for panel in picture) == len(labels)
    (table,) = (panel for panel in picture if isinstance(panel, Table))
    assert [row[0] for row in table.rows] == labels
    assert [type(norm) for norm in exhibit.norms()] == [CHOICES[name.replace(" ", "_")].kind for name in expected]


def test_the_table_of_compare_is_by_hand():
    exhibit = asked(view=COMPARE, operator="batch", second="layer", third="instance", fourth=NOBODY)
    (table,) = (panel for panel in exhibit.picture(exhibit.compute()) if isinstance(panel, Table))
    x = 0.5 * synthetic(SHAPE, seed=3) + 1.0
    outputs = [(x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + 1e-5) for axis in AXES.values()]
    for row, values, cells in zip(table.rows, (x, *outputs), ("", "1,024", "2,048", "256"), strict=True):
        assert read(row[1]) == pytest.approx(values[:, 5].mean(), abs=0.0051)
        assert read(row[2]) == pytest.approx(values[:, 5].std(), abs=0.0051)
        assert row[3] == cells


# The script gives the same numbers by itself.

SCRIPTS: list[dict[str, Any]] = [
    {"view": FORWARD, "operator": "batch", "apart": 0.3, **UNUSUAL},
    {"view": FORWARD, "operator": "batch_at_inference", "times": 1.7, "reach": "this channel"},
    {"view": FORWARD, "operator": "spectral", "source": "photographs", "iterations": 2},
    {"view": FORWARD, "operator": "layer", "bug": "variance_not_centred", "upstream": ONE_CELL},
    {"view": FORWARD, "operator": "layer", "bug": "mean_constant"},  # it is wrong on the way back: not in this view
    {"view": BACKWARD, "operator": "layer", "bug": "mean_constant", "upstream": SQUARES, "eps_power": 0.5},
    {"view": BACKWARD, "operator": "group", "groups": 3, "upstream": SUM, "source": "digits", "row": 3, "column": 8},
    {"view": BACKWARD, "operator": "local_response_across_channels", "size": 4, "strength": 2.0, "offset": 0.7},
    {"view": BACKWARD, "operator": "batch_renorm", "upstream": PAINTED, "paint": HALF, "times": 2.0, "r_max": 1.5},
    {"view": GRAPH, "operator": "switchable", "upstream": SQUARES, "bug": "mean_constant", "step": 9},
    {"view": COMPARE, "operator": "weight_standardization", "second": "batch", "bug": "eps_forgotten"},
    {"view": FORWARD, "operator": "instance", "source": OWN, "plus": -0.3},
    {"view": COMPARE, "operator": "lp_at_each_position", "source": OWN, "p": 3.0, "reach": "this sample"},
    {"view": BACKWARD, "operator": "filter_response", "source": OWN, "upstream": PAINTED, "paint": HALF, "beta": 0.5},
]


def expected_numbers(exhibit: Explorer) -> list[float]:
    """The asked cell's x, y, dl/dy and dl/dx in the arrays of the backward, with the bug that the view has, if any."""
    bug = BUGS.get(exhibit.bug)
    acts = exhibit.view == BACKWARD or (exhibit.view == FORWARD and bug is not None and bug.where == "forward")
    data = replace(exhibit, view=BACKWARD, bug=exhibit.bug if acts else RIGHT).compute()
    cell = tuple(min(at, n) - 1 for at, n in zip((exhibit.sample, exhibit.channel, exhibit.row, exhibit.column),
                                                 data.scene.x.shape, strict=True))  # fmt: skip
    found = exhibit.compute()
    scene = found.scenes[exhibit.operator] if exhibit.view == COMPARE else found.scene
    np.testing.assert_array_equal(scene.y, data.scene.y)
    return [float(values[cell]) for values in (scene.x, scene.y, data.dy, data.dx)]


def test_every_script_runs_and_prints_the_numbers_of_the_screen(tmp_path):
    own = keep(np.random.default_rng(5).normal(0.4, 2.0, (2, 3, 9, 6)), "mine.npy")
    exhibits = [asked(**settings, own=own) for settings in SCRIPTS]
    for i, exhibit in enumerate(exhibits):
        folder = tmp_path / f"{i:02}"
        folder.mkdir()
        (folder / "explorer.py").write_text(exhibit.code(), encoding="utf-8")
        if exhibit.source == OWN:
            (folder / "explorer.npz").write_bytes(arrays(exhibit))
    run = (
        "import os, runpy, sys\n"
        "for folder in sys.argv[1:]:\n"
        "    os.chdir(folder)\n"
        "    print(folder)\n"
        "    runpy.run_path('explorer.py')\n"
    )
    folders = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run([sys.executable, "-c", run, *folders], env={**os.environ, "PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = iter(done.stdout.splitlines())
    for folder, exhibit in zip(folders, exhibits, strict=True):
        assert next(lines) == folder
        for name, expected in zip(("x", "y", "dl/dy", "dl/dx"), expected_numbers(exhibit), strict=True):
            said_name, _, value = next(lines).partition(" ")
            assert said_name == name
            assert float(value) == pytest.approx(expected, rel=1e-12, abs=1e-300), (exhibit, name)
    assert not list(lines)


# Numbers that are none are a sentence.


def test_settings_that_divide_nothing_by_nothing_are_refused_in_a_sentence():
    nothing = asked(view=BACKWARD, operator="lp_of_the_sample", times=0.0, plus=0.0)
    with pytest.raises(SettingsError) as refused:
        nothing.compute()
    assert str(refused.value) == (
        "lp of the sample: the numbers must be finite, got 0/0 or more than a number can hold. "
        "Change the input, or raise ε."
    )


def test_the_server_answers_them_with_that_sentence_and_422():
    server = TestClient(app.app, raise_server_exceptions=False)
    settings = {"view": BACKWARD, "operator": "lp_of_the_sample", "times": "0", "plus": "0"}
    reply = server.get("/api/exhibit/explorer", params=settings)
    assert reply.status_code == 422
    assert reply.text.startswith("lp of the sample: the numbers must be finite, got 0/0")
    assert server.get("/api/exhibit/explorer", params=settings | {"plus": "1"}).status_code == 200


@pytest.mark.parametrize("size", [5e-324, 1e-300, 1e-160, 1e16, MAX_VALUE])
@pytest.mark.parametrize("view", VIEWS)
def test_tiny_and_huge_numbers_give_a_picture_or_a_sentence(size, view):
    own = keep(size * np.random.default_rng(1).choice([-1.0, 0.0, 1.0], (2, 2, 3, 4)), "size.npy")
    drawn, refused = 0, set()
    for operator, upstream in zip(CHOICES, (UPSTREAM[i % len(UPSTREAM)] for i in count()), strict=False):
        exhibit = Explorer(view=view, source=OWN, own=own, operator=operator, upstream=upstream, times=1.0, plus=0.0)
        try:
            render(exhibit)
            drawn += 1
        except SettingsError as error:
            refused.add(str(error).partition(": ")[2])
    assert refused <= {
        "the numbers must be finite, got 0/0 or more than a number can hold. Change the input, or raise ε."
    }
    assert drawn > len(CHOICES) / 2


# From an operator of the talk to the same in the explorer.

PRESETS = {
    f"{key}: {name}": norm
    for key, kind in NORMS.items()
    for name, norm in {**kind.presets(), "as it is": kind()}.items()
}
LINKED = {name: norm for name, norm in PRESETS.items() if query(norm)}


def test_every_operator_with_its_own_defaults_has_a_link():
    without = {key for key in NORMS if f"{key}: as it is" not in LINKED}
    assert without == {"cross_channel_norm"}  # its strength, 2·10⁻⁵, is less than a step of the slider


def test_the_link_knows_the_sliders_that_it_sets():
    controls = Explorer.controls()
    assert controls["eps_power"].low == LEAST
    assert controls["strength"].step == STEP
    assert query(CrossChannelNorm(alpha=0.25)) == "operator=cross_channel&size=5&strength=0.25&power=0.75&offset=1.0"
    assert query(CrossChannelNorm(alpha=0.26)) == ""


@pytest.mark.parametrize("name", LINKED)
def test_a_link_leads_to_an_operator_that_computes_the_same(name):
    norm = replace(LINKED[name], layout="NCHW")
    exhibit, notices = Explorer.from_state(dict(parse_qsl(query(norm))))
    assert notices == []
    there = CHOICES[exhibit.operator].norm({**exhibit.state(), "eps_power": 10.0**exhibit.eps_power}, 64)
    assert type(there) is type(norm)
    shape = (3, 64, 4, 5)
    rng = np.random.default_rng(0)
    x = rng.normal(0.7, 1.3, shape)
    own = norm.init(shape)
    params = {name: rng.uniform(0.6, 1.4, p.shape) for name, p in there.init(shape).items()}
    y, _ = there.forward(x, **params)
    expected, _ = norm.forward(x, **{name: params[name] for name in own})
    if own.keys() != params.keys():  # no scale and no shift: the explorer's are then 1 and 0
        y, _ = there.forward(x, **{name: params[name] if name in own else p for name, p in there.init(shape).items()})
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


def test_what_the_explorer_cannot_do_has_no_link():
    assert query(BatchNorm(eps=1e-3)) == "operator=batch&eps_power=-3.0"
    for name in ("mean_variance_norm: OpenCV", "local_response_norm: PyTorch", "weight_standardization: timm"):
        assert name in PRESETS
        assert name not in LINKED
