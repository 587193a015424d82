"""Filter response normalization by hand: the threshold, what passes it, and what lies on it."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from normlib import NORMS

FilterResponseNorm, RMSNorm, InstanceNorm = (
    NORMS[key] for key in ("filter_response_norm", "rms_norm", "instance_norm")
)
X = np.array([3.0, -4.0, 0.0, 5.0]).reshape(1, 1, 2, 2)  # a mean square of 12.5; with eps = 3.5 the root is 4
PARAMS = {"gamma": np.array([2.0]), "beta": np.array([1.0]), "tau": np.array([0.25])}


def test_a_map_by_hand():
    """x_hat is 0.75, -1, 0, 1.25; z is 2.5, -1, 1, 3.5; the second lies below the threshold."""
    norm = FilterResponseNorm(eps=3.5)
    y, cache = norm.forward(X, **PARAMS)
    np.testing.assert_allclose(y.ravel(), [2.5, 0.25, 1.0, 3.5])
    grads = norm.backward(np.array([1.0, 7.0, 2.0, -1.0]).reshape(X.shape), cache)
    np.testing.assert_allclose(grads["gamma"], [0.75 - 1.25])
    np.testing.assert_allclose(grads["beta"], [1 + 2 - 1])
    np.testing.assert_allclose(grads["tau"], [7])
    # of dz = 1, 0, 2, -1 the mean with x_hat is -0.125
    expected = 0.5 * (np.array([1.0, 0.0, 2.0, -1.0]) + 0.125 * np.array([0.75, -1.0, 0.0, 1.25]))
    np.testing.assert_allclose(grads["x"].ravel(), expected)


def test_what_lies_below_the_threshold_moves_with_nothing_but_the_threshold():
    norm, dy = FilterResponseNorm(eps=0.1), np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    x = np.random.default_rng(1).normal(size=dy.shape)
    y, cache = norm.forward(x, gamma=np.ones(3), beta=np.zeros(3), tau=np.full(3, 99.0))
    np.testing.assert_array_equal(y, 99)
    grads = norm.backward(dy, cache)
    np.testing.assert_allclose(grads.pop("tau"), dy.sum((0, 2, 3)), rtol=1e-13)
    assert all(np.all(grad == 0) for grad in grads.values())


def test_what_lies_on_the_threshold_passes_its_gradient_to_the_threshold():
    """As after a rectifier: at the start tau and beta are 0, and zeros lie on the threshold."""
    norm = FilterResponseNorm()
    x = np.array([0.0, 2.0]).reshape(1, 1, 1, 2)
    _, cache = norm.forward(x, **norm.init(x.shape))
    grads = norm.backward(np.array([5.0, 0.0]).reshape(x.shape), cache)
    assert grads["tau"].item() == 5
    assert grads["beta"].item() == 0
    np.testing.assert_array_equal(grads["x"], 0)


def test_without_a_threshold_it_is_root_mean_square_normalization_of_each_map():
    x = np.random.default_rng(0).normal(3, 2, (2, 3, 4, 5))
    y, _ = FilterResponseNorm(eps=0.3).forward(x, gamma=np.ones(3), beta=np.zeros(3), tau=np.full(3, -99.0))
    maps = x.reshape(6, 20, 1, 1)  # as many channels as a map has pixels
    np.testing.assert_allclose(y.reshape(maps.shape), RMSNorm(eps=0.3, affine=False).forward(maps)[0], rtol=1e-13)


def test_of_centred_maps_it_is_instance_normalization_and_a_rectifier():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    x -= x.mean((2, 3), keepdims=True)
    norm = FilterResponseNorm(eps=1e-5)
    expected = np.maximum(InstanceNorm(affine=False).forward(x)[0], 0)
    np.testing.assert_allclose(norm.forward(x, **norm.init(x.shape))[0], expected, rtol=1e-9, atol=1e-13)


def test_each_map_may_be_as_loud_as_it_likes_and_no_sample_sees_another():
    norm, x = FilterResponseNorm(eps=0.0), np.random.default_rng(0).normal(size=(3, 2, 4, 5))
    params = {"gamma": np.array([1.5, -2.0]), "beta": np.array([0.3, 0.0]), "tau": np.array([0.1, -0.4])}
    y, _ = norm.forward(x, **params)
    louder = x * np.random.default_rng(1).uniform(0.01, 100, (3, 2, 1, 1))
    np.testing.assert_allclose(norm.forward(louder, **params)[0], y, rtol=1e-12)
    np.testing.assert_array_equal(norm.forward(x[:1], **params)[0], y[:1])


@pytest.mark.parametrize(("framework", "eps"), [(None, 1e-6), ("timm", 1e-5)])
def test_a_preset_has_its_eps(framework, eps):
    norm = FilterResponseNorm.presets()[framework] if framework else FilterResponseNorm()
    x = np.full((1, 1, 2, 2), 1e-3)  # so little that eps tells
    y, _ = norm.forward(x, **norm.init(x.shape))
    np.testing.assert_allclose(y, 1e-3 / sqrt(1e-6 + eps), rtol=1e-12)


def test_one_pixel_comes_out_near_plus_or_minus_gamma_unless_eps_is_large():
    x, params = np.array([0.3, -7.0]).reshape(1, 2, 1, 1), {"beta": np.zeros(2), "tau": np.full(2, -9.0)}
    y, _ = FilterResponseNorm().forward(x, gamma=np.array([2.0, 2.0]), **params)
    np.testing.assert_allclose(y.ravel(), [2, -2], rtol=1e-4)
    y, _ = FilterResponseNorm(eps=0.16).forward(x, gamma=np.array([2.0, 2.0]), **params)
    assert y[0, 0, 0, 0] == pytest.approx(2 * 0.3 / 0.5)


def test_float32_squares_do_not_overflow():
    x = np.array([3e25, 4e25], dtype=np.float32).reshape(1, 1, 1, 2)
    norm = FilterResponseNorm()
    y, _ = norm.forward(x, **norm.init(x.shape))
    np.testing.assert_allclose(y.ravel(), [3 / sqrt(12.5), 4 / sqrt(12.5)], rtol=1e-6)


def test_without_eps_a_map_of_zeros_is_refused_in_words():
    norm, x = FilterResponseNorm(eps=0.0), np.zeros((1, 2, 3, 3))
    with pytest.raises(ValueError, match=r"FilterResponseNorm.forward: eps must be positive .* got eps=0. Choose a la"):
        norm.forward(x, **norm.init(x.shape))
