"""Batch renormalization by hand, between batch normalization's training and its inference."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from normlib import NORMS
from normlib.running import Running
from tests.normlib.catching import caught_by

BatchNorm, BatchRenorm = NORMS["batch_norm"], NORMS["batch_renorm"]
X = np.array([0.0, 4.0]).reshape(2, 1, 1, 1)  # mean 2, deviation 2
RUNNING = Running(np.array([1.0]), np.array([1.0]))


def test_the_corrections_of_two_values_by_hand():
    """Here r is 2 / 1, d is (2 - 1) / 1: the output is (x - 1) / 1."""
    norm = BatchRenorm(eps=0.0)
    found = norm.corrections(X, RUNNING)
    assert (found["r"].item(), found["d"].item()) == (2.0, 1.0)
    y, _ = norm.forward(X, gamma=np.array([1.0]), beta=np.array([0.0]), **found)
    np.testing.assert_allclose(y.ravel(), [-1.0, 3.0])


def test_clipped_corrections_by_hand():
    norm = BatchRenorm(eps=0.0, r_max=1.5, d_max=0.5)
    found = norm.corrections(X, RUNNING)
    assert (found["r"].item(), found["d"].item()) == (1.5, 0.5)
    y, cache = norm.forward(X, gamma=np.array([2.0]), beta=np.array([10.0]), **found)
    np.testing.assert_allclose(y.ravel(), [2 * (-1.5 + 0.5) + 10, 2 * (1.5 + 0.5) + 10])
    grads = norm.backward(np.array([3.0, 1.0]).reshape(X.shape), cache)
    # the sum of dy is 4, and of dy x_hat 1 - 3 = -2
    assert {name: grad.item() for name, grad in grads.items() if name != "x"} == pytest.approx(
        {"gamma": 1.5 * -2 + 0.5 * 4, "beta": 4, "r": 2 * -2, "d": 2 * 4}
    )


@pytest.mark.parametrize(("mean", "var", "r", "d"), [(-100.0, 1e-4, 3, 5), (100.0, 1e4, 1 / 3, -0.98)])
def test_far_corrections_are_held_to_the_papers_bounds_on_both_sides(mean, var, r, d):
    found = BatchRenorm(eps=0.0).corrections(X, Running(np.array([mean]), np.array([var])))
    assert (found["r"].item(), found["d"].item()) == pytest.approx((r, d))


@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "HWKM"])
def test_unclipped_training_gives_what_inference_gives(layout):
    rng = np.random.default_rng(0)
    x = rng.normal(3, 2, (4, 4, 4, 4))
    running = Running(rng.normal(size=4), rng.uniform(0.5, 2, 4))
    gamma, beta = rng.normal(size=(2, 4))
    norm = BatchRenorm(eps=0.3, r_max=100, d_max=100, layout=layout)
    y, _ = norm.forward(x, gamma=gamma, beta=beta, **norm.corrections(x, running))
    inference = BatchNorm(training=False, eps=0.3, layout=layout)
    expected, _ = inference.forward(x, gamma=gamma, beta=beta, running_mean=running.mean, running_var=running.var)
    np.testing.assert_allclose(y, expected, rtol=1e-12)


def test_but_its_gradient_still_goes_through_the_batchs_statistics():
    """Inference would hand dy on by a factor; here the gradient of a channel is centred, as in training."""
    rng = np.random.default_rng(1)
    x, dy = rng.normal(3, 2, (2, 4, 3, 2, 2))
    norm = BatchRenorm(r_max=100, d_max=100)
    _, cache = norm.forward(x, **norm.init(x.shape) | norm.corrections(x, Running(rng.normal(size=3), np.ones(3))))
    dx = norm.backward(dy, cache)["x"]
    np.testing.assert_allclose(dx.sum(axis=(0, 2, 3)), 0, atol=1e-12)
    assert np.abs(dx).max() > 0.1


def test_with_r_held_to_1_and_d_to_0_it_is_batch_normalization():
    rng = np.random.default_rng(2)
    x, dy = rng.normal(3, 2, (2, 4, 3, 2, 2))
    norm, plain = BatchRenorm(r_max=1.0, d_max=0.0), BatchNorm(eps=1e-3)
    params = plain.init(x.shape)
    y, cache = norm.forward(x, **params, **norm.corrections(x, Running(rng.normal(size=3), rng.uniform(0.1, 9, 3))))
    expected, plain_cache = plain.forward(x, **params)
    np.testing.assert_allclose(y, expected, rtol=1e-13)
    np.testing.assert_allclose(norm.backward(dy, cache)["x"], plain.backward(dy, plain_cache)["x"], rtol=1e-12)


def test_the_mean_and_the_deviation_are_averaged_by_hand():
    """The deviation moves from 1 half way to 2: its square is 2.25, where an averaged variance would be 2.5."""
    norm = BatchRenorm(eps=0.0, momentum=0.5)
    _, cache = norm.forward(X, **norm.init(X.shape))
    running = norm.update(norm.start(1), cache)
    assert (running.mean.item(), running.var.item()) == pytest.approx((1.0, 2.25))
    with pytest.raises(ValueError, match=r"^BatchRenorm.update: running must hold 1 channels, got 2. Start from"):
        norm.update(norm.start(2), cache)


def test_running_statistics_of_other_channels_are_refused():
    with pytest.raises(ValueError, match=r"^BatchRenorm.corrections: running must hold 1 channels, got 3. Start from"):
        BatchRenorm().corrections(X, BatchRenorm().start(3))
    with pytest.raises(ValueError, match=r"corrections: x's shape must have 4 axes \(NCHW\), got \(2, 3\)"):
        BatchRenorm().corrections(np.zeros((2, 3)), BatchRenorm().start(3))


# Planted faults.


@dataclass(frozen=True, kw_only=True)
class ShiftForgottenInGamma(BatchRenorm):
    """The gradient of gamma without d."""

    def _backward(self, dy, cache):
        grads = super()._backward(dy, cache)
        return grads | {"gamma": grads["gamma"] - cache.d * grads["beta"]}


@dataclass(frozen=True, kw_only=True)
class UncorrectedGradient(BatchRenorm):
    """dx as batch normalization's, without r."""

    def _backward(self, dy, cache):
        grads = super()._backward(dy, cache)
        return grads | {"x": grads["x"] / cache.r[:, None, None]}


@dataclass(frozen=True, kw_only=True)
class ScaledTwice(BatchRenorm):
    """d multiplied by r too, in forward and backward alike."""

    def _forward(self, x, gamma, beta, r, d):
        return super()._forward(x, gamma, beta, r, r * d)


@pytest.mark.parametrize(
    ("fault", "laws"),
    [
        (BatchRenorm, set()),
        (ShiftForgottenInGamma, {"code", "differences"}),
        (UncorrectedGradient, {"code", "differences"}),
        (ScaledTwice, {"code", "differences"}),
    ],
)
def test_a_fault_is_caught_by_the_laws_that_can_see_it(fault, laws):
    assert caught_by(replace(fault(), eps=0.1)) == laws
