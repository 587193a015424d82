"""The idea: mean 0 and variance σ²/(σ²+ε) afterwards, and what the nonlinearity's flat parts swallow."""

from __future__ import annotations

import numpy as np
import pytest

from classroom.chart import Chart, Shade
from classroom.exhibits.centre_and_scale import COUNT, FLAT, CentreAndScale
from classroom.picture import Facts
from classroom.typeset import number, percent


@pytest.mark.parametrize(
    ("mean", "spread", "eps"), [(3.5, 2.0, 0.0), (-6.0, 0.1, 2.0), (6.0, 4.0, 0.05), (0.0, 1.0, 1.0)]
)
def test_the_cloud_is_centred_and_epsilon_keeps_its_variance_below_1(mean: float, spread: float, eps: float) -> None:
    data = CentreAndScale(mean=mean, spread=spread, eps=eps).compute()
    var = data.before.x.var()
    assert data.after.x.mean() == pytest.approx(0.0, abs=1e-12)
    assert data.after.x.var() == pytest.approx(var / (var + eps), rel=1e-9)


def test_a_tenth_of_the_sigmoids_slope_is_where_p_times_1_minus_p_is_a_fortieth() -> None:
    cloud = CentreAndScale(mean=3.5, spread=3.0).compute().before
    p = 1 / (1 + np.exp(-cloud.x))
    assert np.allclose(cloud.output, p)
    assert 0 < cloud.flat.sum() < COUNT
    assert np.array_equal(cloud.flat, p * (1 - p) < FLAT / 4)


def test_about_half_of_a_centred_cloud_is_dead_under_a_relu() -> None:
    data = CentreAndScale(mean=-6.0, spread=1.0, unit="ReLU").compute()
    assert data.before.flat.all()
    assert np.array_equal(data.after.flat, data.after.x <= 0)
    assert 0.4 < data.after.flat.mean() < 0.6


def test_every_activation_on_the_axis_is_drawn_once_above_the_curve_and_once_on_it() -> None:
    exhibit = CentreAndScale(mean=6.0, spread=4.0)
    data = exhibit.compute()
    charts = [panel for panel in exhibit.picture(data) if isinstance(panel, Chart)]
    for chart, cloud in zip(charts, (data.before, data.after), strict=True):
        _, hollow, filled, *strokes = (mark for mark in chart.marks if not isinstance(mark, Shade))
        on_axis = np.abs(cloud.x) <= 8
        for columns, some in ((filled, ~cloud.flat), (hollow, cloud.flat)):
            corners = columns.y.reshape(-1, 5)
            assert (corners[:, 1] - corners[:, 0]).sum() == np.sum(on_axis & some)
        ends = np.concatenate([np.stack([trace.x, trace.y]).reshape(2, -1, 3) for trace in strokes], axis=1)
        assert sorted(ends[0, :, 0]) == sorted(ends[0, :, 1]) == sorted(cloud.x[on_axis])
        np.testing.assert_allclose(np.sort(ends[1, :, :2].mean(axis=1)), np.sort(cloud.output[on_axis]), atol=1e-12)


def test_facts_and_words_tell_the_same_shares() -> None:
    exhibit = CentreAndScale(mean=-4.0)
    data = exhibit.compute()
    shares = [percent(float(cloud.flat.mean())) for cloud in (data.before, data.after)]
    assert shares[0] != shares[1]
    facts = [panel.items[0][0] for panel in exhibit.picture(data) if isinstance(panel, Facts)]
    assert facts == shares
    assert all(share in exhibit.alt(data) for share in shares)
    assert number(data.before.x.mean()) in exhibit.alt(data)
