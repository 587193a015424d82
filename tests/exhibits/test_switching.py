"""Three weights mix means and variances; each alone is one of the three operators."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.chart import Chart, Dots
from classroom.exhibits.switching import CORNERS, PURE, Switching
from classroom.picture import Table
from classroom.typeset import number, percent

WEIGHTS = st.floats(-5, 5)


@given(instance=WEIGHTS, layer=WEIGHTS, batch=WEIGHTS, contrast=st.floats(0.2, 2.0))
def test_the_mixture_standardizes_by_the_mixed_mean_and_variance(
    instance: float, layer: float, batch: float, contrast: float
) -> None:
    data = Switching(instance=instance, layer=layer, batch=batch, contrast=contrast).compute()
    shares = np.exp([instance, layer, batch]) / np.exp([instance, layer, batch]).sum()
    mean, var = shares @ data.means[:3], shares @ np.square(data.deviations[:3])
    np.testing.assert_allclose(data.shares, shares)
    np.testing.assert_allclose(data.mixed, (data.x - mean) / np.sqrt(var + 1e-5), rtol=1e-5, atol=1e-6)
    assert data.means[3] == pytest.approx(mean, abs=1e-9)
    assert data.deviations[3] == pytest.approx(np.sqrt(var), rel=1e-6)


def test_the_three_alone_are_what_their_statistics_say() -> None:
    data = Switching().compute()
    for y, mean, deviation in zip(data.pure, data.means, data.deviations, strict=False):
        np.testing.assert_allclose(y, (data.x - mean) / deviation, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", list(PURE))
def test_one_large_weight_leads_to_its_corner(name: str) -> None:
    low = dict.fromkeys(PURE, -5.0)
    data = Switching(**low | {name: 5.0}).compute()
    np.testing.assert_allclose(data.mixed, data.pure[list(PURE).index(name)], atol=0.01)


@pytest.mark.parametrize("name", list(PURE))
def test_with_all_weight_a_corner_is_met_exactly(name: str) -> None:
    """At equal lambdas but 1000 the softmax gives 1: no divisor may part the mixture from the pure map."""
    data = Switching(**dict.fromkeys(PURE, 0.0) | {name: 1000.0}).compute()
    np.testing.assert_allclose(data.mixed, data.pure[list(PURE).index(name)], rtol=1e-6, atol=1e-9)


def test_only_the_instance_corner_forgets_the_contrast() -> None:
    low = dict.fromkeys(PURE, -5.0)
    for name in PURE:
        faint, full = (Switching(**low | {name: 5.0}, contrast=c).compute().mixed for c in (0.5, 1.5))
        assert np.allclose(faint, full, atol=0.02) == (name == "instance")


def test_equal_weights_give_a_third_each_and_the_middle_of_the_triangle() -> None:
    exhibit = Switching(instance=1.5, layer=1.5, batch=1.5)
    data = exhibit.compute()
    np.testing.assert_allclose(data.shares, 1 / 3)
    [chart] = [panel for panel in exhibit.picture(data) if isinstance(panel, Chart)]
    dots = [mark for mark in chart.marks if isinstance(mark, Dots)]
    assert (dots[-1].x.item(), dots[-1].y.item()) == pytest.approx((0.5, np.sqrt(0.75) / 3))
    np.testing.assert_allclose([np.linalg.norm(CORNERS[a] - CORNERS[b]) for a, b in ((0, 1), (1, 2), (2, 0))], 1)


def test_the_table_and_the_words_give_the_weights() -> None:
    exhibit = Switching(instance=-1.0, batch=2.0)
    data = exhibit.compute()
    [table] = [panel for panel in exhibit.picture(data) if isinstance(panel, Table)]
    assert table.rows[0][1:4] == tuple(percent(share) for share in data.shares)
    assert table.rows[1][4] == number(data.means[3])
    for name, share in zip(PURE, data.shares, strict=True):
        assert f"{name} {percent(share)}" in exhibit.alt(data)
