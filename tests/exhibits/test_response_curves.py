"""The line of filter response normalization tilts with its map; the tanh knows no map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.chart import Chart, Dots, Line
from classroom.exhibits.response_curves import CELL, GRID, ResponseCurves
from classroom.typeset import number

LOUD = st.floats(0.1, 4.0)
OFFSETS = st.floats(-3, 3)


@given(loudness=LOUD, offset=OFFSETS, tau=st.floats(-2, 2), alpha=st.floats(0, 2))
def test_every_cell_lies_on_the_curve(loudness: float, offset: float, tau: float, alpha: float) -> None:
    data = ResponseCurves(loudness=loudness, offset=offset, tau=tau, alpha=alpha).compute()
    rms = np.sqrt(loudness**2 + offset**2 + 1e-6)  # the map has mean 0 and deviation 1
    np.testing.assert_allclose(data.curves["filter response"].y, np.maximum(data.x / rms, tau), atol=1e-9)
    np.testing.assert_allclose(data.curves["filter response"].output, np.maximum(GRID / rms, tau), atol=1e-9)
    np.testing.assert_allclose(data.curves["dynamic tanh"].y, np.tanh(alpha * data.x), atol=1e-12)
    np.testing.assert_allclose(data.curves["dynamic tanh"].output, np.tanh(alpha * GRID), atol=1e-12)


@given(loudness=st.floats(0.2, 2.0))
def test_a_louder_map_leaves_the_output_of_one_and_the_curve_of_the_other(loudness: float) -> None:
    here, there = (ResponseCurves(loudness=times).compute().curves for times in (loudness, 2 * loudness))
    np.testing.assert_allclose(here["filter response"].y, there["filter response"].y, atol=1e-4)
    assert here["filter response"].slope == pytest.approx(2 * there["filter response"].slope, rel=1e-4)
    np.testing.assert_array_equal(here["dynamic tanh"].output, there["dynamic tanh"].output)
    assert there["dynamic tanh"].y.std() > 1.05 * here["dynamic tanh"].y.std()


def test_nothing_is_centred() -> None:
    data = ResponseCurves(offset=3.0, tau=-2.0).compute()
    assert data.curves["filter response"].y.mean() == pytest.approx(3 / np.sqrt(10), abs=1e-5)
    assert data.curves["dynamic tanh"].y.mean() > 0.8


def test_the_threshold_cuts_and_alpha_is_the_slope_at_0() -> None:
    curves = ResponseCurves(tau=0.7, alpha=1.3).compute().curves
    assert curves["filter response"].y.min() == 0.7
    middle = len(GRID) // 2
    step = np.diff(curves["dynamic tanh"].output[middle : middle + 2]) / np.diff(GRID[:2])
    assert step.item() == pytest.approx(curves["dynamic tanh"].slope, rel=5e-3)


def test_alpha_starts_at_a_half() -> None:
    assert ResponseCurves().norm().init((1, 2, 3, 3)).keys() == {"gamma", "beta", "tau"}
    start = ResponseCurves(operator="dynamic tanh").norm().init((1, 2, 3, 3))
    assert start["alpha"] == ResponseCurves().alpha == 0.5


def test_the_dot_is_the_framed_cell_and_the_chosen_curve_is_bold() -> None:
    exhibit = ResponseCurves(operator="dynamic tanh", loudness=1.5)
    data = exhibit.compute()
    charts = [panel for panel in exhibit.picture(data) if isinstance(panel, Chart)]
    for chart, curve in zip(charts, data.curves.values(), strict=True):
        [dot] = [mark for mark in chart.marks if isinstance(mark, Dots)]
        assert (dot.x.item(), dot.y.item()) == (data.x[CELL], curve.y[CELL])
        assert chart.note == f"slope {number(curve.slope)}"
    widths = [max(mark.width for mark in chart.marks if isinstance(mark, Line)) for chart in charts]
    assert widths[0] < widths[1]


def test_a_cell_beyond_the_axis_has_no_dot() -> None:
    exhibit = ResponseCurves(loudness=4.0, offset=3.0)
    for panel in exhibit.picture(exhibit.compute()):
        assert not isinstance(panel, Chart) or not any(isinstance(mark, Dots) for mark in panel.marks)
