"""Backward: paths add up to what differences say, and dy is what was painted."""

from __future__ import annotations

import numpy as np
import pytest

from classroom.exhibits.explorer import BACKWARD
from classroom.explorer.panels import Arithmetic
from classroom.explorer.scene import ONE_CELL, PAINTED, RANDOM, SQUARES, SUM, painted
from classroom.picture import Map, Table
from classroom.samples import synthetic
from tests.explorer.views import AT, HALF, SHAPE, asked, every_operator, maps

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
