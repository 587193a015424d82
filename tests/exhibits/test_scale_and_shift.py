"""Forward: the mean afterwards is β, the standard deviation |γ| σ/√(σ²+ε)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.exhibits.scale_and_shift import ScaleAndShift
from classroom.picture import Table
from classroom.typeset import number


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-3, 3), st.floats(-3, 3), st.sampled_from([0.0, 0.01, 0.3, 1.0]), st.integers(1, 12)
)  # fmt: skip
def test_the_mean_is_beta_and_the_spread_is_gammas(gamma: float, beta: float, eps: float, channel: int) -> None:
    data = ScaleAndShift(gamma=gamma, beta=beta, eps=eps, channel=channel).compute()
    assert data.x_hat.mean() == pytest.approx(0.0, abs=1e-12)
    assert data.y.mean() == pytest.approx(beta, abs=1e-12)
    assert data.y.std() == pytest.approx(abs(gamma) * np.sqrt(data.x.var() / (data.x.var() + eps)), abs=1e-12)


def test_the_statistics_are_those_of_both_photographs_and_not_of_one() -> None:
    data = ScaleAndShift().compute()
    assert len(data.x) == 2
    assert (data.mean, data.var) == pytest.approx((data.x.mean(), data.x.var()))
    assert abs(data.x_hat[0].std() - 1) > 1e-3  # a photograph alone is off: the batch shares its statistics


def test_gamma_sqrt_var_and_beta_mean_undo_the_normalization() -> None:
    x = ScaleAndShift().compute()
    undone = ScaleAndShift(gamma=float(np.sqrt(x.var)), beta=x.mean).compute()
    assert np.allclose(undone.y, x.x)


def test_the_table_predicts_what_it_measures() -> None:
    exhibit = ScaleAndShift(gamma=-2.1, beta=0.7, eps=0.25, channel=9)
    data = exhibit.compute()
    [table] = [panel for panel in exhibit.picture(data) if isinstance(panel, Table)]
    for row, measured in zip(table.rows, (data.y.mean(), data.y.var(), data.y.std()), strict=True):
        assert row[3] == number(measured)
        assert row[4].endswith(f"= {row[3]}")
    assert number(data.y.mean()) in exhibit.alt(data)
    assert number(data.y.std()) in exhibit.alt(data)
