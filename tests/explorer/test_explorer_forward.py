"""Forward: every operator is offered, and what is shown is what NumPy says by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classroom.exhibits.explorer import COMPARE, Explorer
from classroom.explorer.operators import CHOICES
from classroom.explorer.panels import Arithmetic
from classroom.explorer.scene import Cell, coarse
from classroom.explorer.tensors import OWN
from classroom.explorer.uploads import keep
from classroom.picture import Block, Strip, Table
from classroom.samples import synthetic
from normlib import NORMS
from tests.explorer.views import AT, AXES, SHAPE, UNUSUAL, WITHOUT_EFFECT, asked, every_operator, maps, read, said

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
