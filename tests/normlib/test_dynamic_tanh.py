"""Dynamic tanh by hand: a curve, no statistics, and what it does not undo."""

from __future__ import annotations

from math import cosh, tanh

import numpy as np
import pytest

from normlib import NORMS

DynamicTanh, LayerNorm = NORMS["dynamic_tanh"], NORMS["layer_norm"]


def test_three_values_by_hand():
    x = np.array([[1.0, -2.0, 0.0]])
    params = {"alpha": np.array(0.5), "gamma": np.array([3.0, 1.0, 2.0]), "beta": np.array([0.0, 10.0, 7.0])}
    norm = DynamicTanh(layout="NC")
    y, cache = norm.forward(x, **params)
    np.testing.assert_allclose(y, [[3 * tanh(0.5), 10 - tanh(1.0), 7.0]], rtol=1e-15)
    grads = norm.backward(np.array([[2.0, 5.0, -1.0]]), cache)
    slopes = [1 / cosh(0.5) ** 2, 1 / cosh(1.0) ** 2, 1.0]
    np.testing.assert_allclose(grads["x"], [[0.5 * 3 * 2 * slopes[0], 0.5 * 5 * slopes[1], -0.5 * 2]], rtol=1e-14)
    np.testing.assert_allclose(grads["alpha"], 3 * 2 * 1 * slopes[0] + 5 * -2 * slopes[1], rtol=1e-14)
    np.testing.assert_allclose(grads["gamma"], [2 * tanh(0.5), 5 * tanh(-1.0), 0.0], rtol=1e-14)
    np.testing.assert_allclose(grads["beta"], [2.0, 5.0, -1.0])


@pytest.mark.parametrize("start", [0.5, 2.0])
def test_training_starts_with_the_given_steepness(start):
    params = DynamicTanh(alpha_start=start).init((2, 3, 4, 5))
    assert params["alpha"].shape == ()
    assert params["alpha"] == start
    assert DynamicTanh().init((2, 3, 4, 5))["alpha"] == 0.5
    np.testing.assert_array_equal(params["gamma"], np.ones(3))
    np.testing.assert_array_equal(params["beta"], np.zeros(3))


def test_no_cell_is_pooled():
    assert not DynamicTanh().pooled((2, 3, 4, 5), (1, 2, 3, 4)).any()


def test_a_scale_of_the_input_is_not_undone_but_by_alpha():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    norm, params = DynamicTanh(), DynamicTanh().init(x.shape)
    y, _ = norm.forward(x, **params)
    assert np.abs(norm.forward(10 * x, **params)[0] - y).max() > 0.1
    undone, _ = norm.forward(10 * x, **params | {"alpha": params["alpha"] / 10})
    np.testing.assert_allclose(undone, y, rtol=1e-13)
    layer = LayerNorm(affine=False, eps=0.0)
    np.testing.assert_allclose(layer.forward(10 * x)[0], layer.forward(x)[0], rtol=1e-11)


def test_large_values_saturate_and_pass_on_next_to_nothing():
    x = np.array([[1e30, -1e30, 20.0]], dtype=np.float32)
    norm = DynamicTanh(layout="NC")
    y, cache = norm.forward(x, **norm.init(x.shape))
    np.testing.assert_allclose(y, [[1, -1, 1]], rtol=1e-6)
    np.testing.assert_allclose(norm.backward(np.ones_like(x), cache)["x"], 0, atol=1e-7)


def test_a_steepness_in_float64_does_not_widen_a_float32_input():
    x = np.zeros((1, 2, 3, 4), dtype=np.float32)
    y, cache = DynamicTanh().forward(x, **DynamicTanh().init(x.shape))
    assert cache.x_hat.dtype == y.dtype == np.float32


@pytest.mark.parametrize("alpha", [np.array([0.5]), np.full(3, 0.5)])
def test_more_than_one_steepness_is_refused(alpha):
    x = np.zeros((2, 3, 4, 5))
    with pytest.raises(ValueError, match=r"alpha must have shape \(\) for x \(2, 3, 4, 5\) \(NCHW\), got \("):
        DynamicTanh().forward(x, **DynamicTanh().init(x.shape) | {"alpha": alpha})
