"""The backward pictures: sums that are gradients, and three terms that are the gradient of the input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.exhibit import Range
from classroom.exhibits.parameter_gradients import ParameterGradients
from classroom.exhibits.three_paths import CHAIN_RULE, CLOSED_FORM, REMARKS, ThreePaths
from classroom.picture import Facts, Map, Stack
from classroom.samples import responses
from classroom.typeset import number
from classroom.upstream import upstream
from normlib.norms.batch_norm import BatchNorm

SHARES = st.floats(-1, 1)


@settings(max_examples=25, deadline=None)
@given(SHARES, SHARES, st.integers(1, 12))
def test_the_gradients_are_the_sums_of_the_maps_and_the_differences_agree(
    correlation: float, mean: float, channel: int
) -> None:
    data = ParameterGradients(correlation=correlation, mean=mean, channel=channel).compute()
    cells = data.dy.size
    assert data.dbeta == pytest.approx(data.dy.sum(), abs=1e-7)
    assert data.dgamma == pytest.approx((data.dy * data.x_hat).sum(), abs=1e-7)
    assert data.slope_beta == pytest.approx(data.dbeta, abs=1e-8 * cells)
    assert data.slope_gamma == pytest.approx(data.dgamma, abs=1e-8 * cells)


def test_the_controls_say_what_the_sums_become() -> None:
    data = ParameterGradients(correlation=0.5, mean=-0.25).compute()
    assert data.dbeta == pytest.approx(-0.25 * data.dy.size)
    assert data.dgamma == pytest.approx(0.5 * data.dy.size, rel=1e-4)  # x̂'s deviation misses 1 by ε
    assert np.corrcoef(data.dy.ravel(), data.x_hat.ravel())[0, 1] == pytest.approx(0.5)


def test_the_maps_shown_are_all_the_cells_of_the_sum() -> None:
    exhibit = ParameterGradients()
    data = exhibit.compute()
    maps = [panel for panel in exhibit.picture(data) if isinstance(panel, Map)]
    assert maps[2].values.sum() == pytest.approx(data.dgamma)
    assert maps[1].values.sum() == pytest.approx(data.dbeta)
    facts = [panel.items[0][0] for panel in exhibit.picture(data) if isinstance(panel, Facts)]
    assert facts == [number(data.dbeta, 0), number(data.dgamma, 0)]
    assert number(data.dgamma, 1) in exhibit.alt(data)
    assert number(data.dbeta, 1) in exhibit.alt(data)


@settings(max_examples=25, deadline=None)
@given(SHARES, SHARES, st.sampled_from([0.0, 0.05, 0.5, 1.0]))
def test_the_three_terms_add_up_to_the_gradient_that_backward_returns(
    mean: float, correlation: float, eps: float
) -> None:
    data = ThreePaths(mean=mean, correlation=correlation, eps=eps).compute()
    assert np.allclose(data.direct + data.through_mean + data.through_variance, data.dx, rtol=0, atol=1e-12)


def test_the_gradient_is_that_of_the_layer_by_differences() -> None:
    """One cell's gradient, from the layer's output alone: nothing of the exhibit's terms."""
    exhibit = ThreePaths(eps=0.3)
    data, norm = exhibit.compute(), exhibit.norm()
    x = responses()[:, 3:4, 16:58]
    x_hat = norm.forward(x, **norm.init(x.shape))[1].x_hat
    dy = upstream(x_hat, mean=exhibit.mean, correlation=exhibit.correlation)
    for cell in ((0, 0), (20, 77), (41, 134)):
        nudge = np.zeros_like(x)
        nudge[0, 0][cell] = 1e-4
        loss = [float(np.vdot(dy, norm.forward(x + d, **norm.init(x.shape))[0])) for d in (nudge, -nudge)]
        assert (loss[0] - loss[1]) / 2e-4 == pytest.approx(data.dx[cell], abs=1e-6)


def test_each_path_takes_its_part_away() -> None:
    data = ThreePaths(eps=0.0).compute()
    assert np.ptp(data.through_mean) == 0
    assert data.dx.mean() == pytest.approx(0, abs=1e-12)
    assert np.vdot(data.dx, data.x_hat) == pytest.approx(0, abs=1e-8)
    assert data.direct.mean() > 0.1
    assert np.vdot(data.direct, data.x_hat) > 100
    damped = ThreePaths(eps=1.0).compute()
    assert np.vdot(damped.dx, damped.x_hat) > 10  # with ε some of it stays


def test_a_dy_without_mean_and_without_x_hat_passes_as_it_is() -> None:
    data = ThreePaths(mean=0.0, correlation=0.0, eps=0.0).compute()
    assert np.allclose(data.dx, data.direct)


def test_the_last_step_is_the_closed_form_of_the_input() -> None:
    derivation = BatchNorm().derive()
    steps = ThreePaths.controls()["step"]
    assert isinstance(steps, Range)
    assert ThreePaths().step == CLOSED_FORM == steps.high
    assert derivation.steps[CLOSED_FORM - 1].formulas[-1] == derivation.closed_form["x"]


def test_the_remarks_stand_at_the_steps_that_they_are_about() -> None:
    titles = {number: step.title for number, step in enumerate(BatchNorm().derive().steps, start=1)}
    assert titles[CHAIN_RULE] == "Chain rule"
    assert [titles[step] for step in REMARKS] == ["Three paths", "The mean and the variance"]


def test_the_chain_rule_shows_the_sum_alone() -> None:
    exhibit = ThreePaths(step=CHAIN_RULE)
    [stack] = exhibit.picture(exhibit.compute())
    assert isinstance(stack, Stack)
    assert all(np.isnan(row.values).all() and not row.name for row in stack.rows[:3])
    assert np.isfinite(stack.rows[3].values).all()


def test_words_and_rows_give_the_same_numbers() -> None:
    exhibit = ThreePaths(mean=-0.7, correlation=0.9)
    data = exhibit.compute()
    [stack] = exhibit.picture(data)
    assert isinstance(stack, Stack)
    assert [row.term for row in stack.rows] == ["term1", "term2", "term3", ""]
    for row, term in zip(stack.rows, (data.direct, data.through_mean, data.through_variance, data.dx), strict=True):
        assert np.array_equal(row.values, term)
    assert number(data.through_mean[0, 0], plus=True) in stack.rows[1].numbers
    for value in (data.direct.mean(), data.direct.std(), data.through_variance.std(), data.dx.std()):
        assert number(value) in exhibit.alt(data)


def test_upstream_has_the_mean_and_the_correlation_asked_for() -> None:
    x_hat = np.random.default_rng(3).normal(0.3, 2.0, (2, 1, 9, 11))
    for correlation in (-1.0, -0.3, 0.0, 0.6, 1.0):
        dy = upstream(x_hat, mean=0.4, correlation=correlation, seed=2)
        assert dy.mean() == pytest.approx(0.4)
        assert dy.std() == pytest.approx(1.0)
        assert np.corrcoef(dy.ravel(), x_hat.ravel())[0, 1] == pytest.approx(correlation, abs=1e-12)
