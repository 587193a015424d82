"""One sample: its offset goes with the mean or stays with it, and no other sample matters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.chart import Chart, Dots
from classroom.exhibits.with_and_without_mean import WithAndWithoutMean
from classroom.picture import Table
from classroom.typeset import number

OFFSETS = st.floats(-4, 4)


@given(offset=OFFSETS)
def test_over_a_sample_layer_takes_the_offset_off_and_rms_keeps_its_share(offset: float) -> None:
    outputs = WithAndWithoutMean(offset=offset).compute().outputs
    unmoved = WithAndWithoutMean(offset=0.0).compute().outputs["layer"]
    np.testing.assert_allclose(outputs["layer"], unmoved, atol=1e-9)
    length = np.hypot(offset, 1.0)  # the sample has deviation 1
    assert outputs["RMS"].mean() == pytest.approx(offset / length, abs=1e-5)
    assert outputs["RMS"].std() == pytest.approx(1 / length, abs=1e-5)


@given(offset=OFFSETS)
def test_at_each_position_layer_takes_the_offset_off_too(offset: float) -> None:
    y, unmoved = (WithAndWithoutMean(over="each position", offset=o).compute().outputs for o in (offset, 0.0))
    np.testing.assert_allclose(y["layer"], unmoved["layer"], atol=1e-7)
    assert np.abs(y["layer"].mean(axis=0)).max() < 1e-9
    np.testing.assert_allclose(np.mean(y["RMS"] ** 2, axis=0).max(), 1, atol=1e-4)


@pytest.mark.parametrize("over", ["the whole sample", "each position"])
@given(offset=OFFSETS, other=st.floats(0, 4))
def test_the_other_sample_moves_batch_alone(over: str, offset: float, other: float) -> None:
    moved = WithAndWithoutMean(over=over, offset=offset, other=other).compute().moved
    assert (moved["layer"], moved["RMS"], moved["L2"]) == pytest.approx((0, 0, 0), abs=1e-12)
    assert moved["batch"] > 0.05


@given(offset=OFFSETS, other=st.floats(0, 4))
def test_another_other_sample_changes_the_output_of_batch_alone(offset: float, other: float) -> None:
    here, there = (WithAndWithoutMean(offset=offset, other=o).compute().outputs for o in (other, other / 2 + 2.1))
    assert {name for name in here if not np.allclose(here[name], there[name], atol=1e-12)} == {"batch"}


@pytest.mark.parametrize("over", ["the whole sample", "each position"])
def test_l2_times_the_root_of_the_count_is_rms(over: str) -> None:
    outputs = WithAndWithoutMean(over=over).compute().outputs
    np.testing.assert_allclose(outputs["L2"], outputs["RMS"], rtol=1e-4)


def test_the_dot_of_rms_stays_on_the_circle_of_root_mean_square_1() -> None:
    for offset in (-4.0, -1.0, 0.0, 2.5):
        exhibit = WithAndWithoutMean(offset=offset)
        [chart] = [panel for panel in exhibit.picture(exhibit.compute()) if isinstance(panel, Chart)]
        dots = {mark.colour: np.hypot(mark.x, mark.y).item() for mark in chart.marks if isinstance(mark, Dots)}
        assert (dots["term1"], dots["term2"]) == pytest.approx((1, 1), abs=1e-4)


def test_the_chosen_operator_stands_out_in_the_table_and_the_formula_is_its_own() -> None:
    for operator, title in (("layer", "Layer"), ("RMS", "Root mean square"), ("L2", "Lp")):
        exhibit = WithAndWithoutMean(operator=operator)
        [table] = [panel for panel in exhibit.picture(exhibit.compute()) if isinstance(panel, Table)]
        assert table.rows[table.strong[0]][0].startswith(operator)
        assert exhibit.norm().title == f"{title} normalization"


def test_the_words_give_what_the_table_shows() -> None:
    exhibit = WithAndWithoutMean(offset=2.0, other=0.5)
    data = exhibit.compute()
    for name in ("layer", "RMS", "batch"):
        y = data.outputs[name]
        assert f"{name} {number(y.mean())} and {number(y.std())}" in exhibit.alt(data)
