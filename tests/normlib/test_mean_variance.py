"""Mean-variance normalization against its definition, written out by loops; its modes; Caffe's own gradient."""

from __future__ import annotations

import numpy as np
import pytest

from normlib import NORMS

MeanVarianceNorm = NORMS["mean_variance_norm"]


def by_definition(x, axes, eps, eps_in_root=False, normalize_variance=True):
    """Standardize each group of cells that agree on the axes that are not pooled."""
    kept = [axis for axis in range(4) if axis not in axes]
    y = np.empty_like(x)
    for group in np.ndindex(*[x.shape[axis] for axis in kept]):
        where = tuple(group[kept.index(axis)] if axis in kept else slice(None) for axis in range(4))
        values = x[where]
        deviations = values - values.sum() / values.size
        var = (deviations**2).sum() / values.size
        spread = np.sqrt(var + eps) if eps_in_root else np.sqrt(var) + eps
        y[where] = deviations / spread if normalize_variance else deviations
    return y


@pytest.fixture
def x():
    return np.random.default_rng(8).normal(3, 2, (3, 4, 2, 5))


MODES = {
    "per sample and channel": (MeanVarianceNorm(eps=0.3), (2, 3), {}),
    "across channels": (MeanVarianceNorm(across_channels=True, eps=0.3), (1, 2, 3), {}),
    "OpenCV": (MeanVarianceNorm(eps=0.3, eps_in_root=True), (2, 3), {"eps_in_root": True}),
    "ONNX": (MeanVarianceNorm(across_samples=True, eps=0.3), (0, 2, 3), {}),
    "mean only": (MeanVarianceNorm(normalize_variance=False), (2, 3), {"normalize_variance": False}),
}


@pytest.mark.parametrize("mode", MODES)
def test_each_mode_standardizes_its_own_groups(x, mode):
    norm, axes, options = MODES[mode]
    np.testing.assert_allclose(norm.forward(x)[0], by_definition(x, axes, 0.3, **options), rtol=1e-12, atol=1e-13)


def test_presets_pool_and_place_eps_as_each_framework_does():
    pooled = {
        name: norm.pooled((2, 2, 1, 2), (0, 0, 0, 0)).ravel() for name, norm in MeanVarianceNorm.presets().items()
    }
    np.testing.assert_array_equal(pooled["Caffe"], [1, 1, 0, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(pooled["OpenCV"], pooled["Caffe"])
    np.testing.assert_array_equal(pooled["ONNX"], [1, 1, 0, 0, 1, 1, 0, 0])
    assert MeanVarianceNorm.opencv().eps_in_root
    assert not MeanVarianceNorm.caffe().eps_in_root


def test_two_values_by_hand():
    x = np.array([1.0, 3.0]).reshape(1, 1, 1, 2)  # mean 2, standard deviation 1
    y, _ = MeanVarianceNorm(eps=1.0).forward(x)
    np.testing.assert_allclose(y.ravel(), [-0.5, 0.5])
    y, _ = MeanVarianceNorm(eps=3.0, eps_in_root=True).forward(x)
    np.testing.assert_allclose(y.ravel(), [-0.5, 0.5])


def test_a_constant_channel_gives_zeros_and_the_exact_gradient():
    x = np.full((1, 2, 2, 3), 0.1)
    dy = np.random.default_rng(0).normal(size=x.shape)
    norm = MeanVarianceNorm(eps=0.5)
    y, cache = norm.forward(x)
    np.testing.assert_array_equal(y, 0)
    centred = dy - dy.mean(axis=(2, 3), keepdims=True)
    np.testing.assert_allclose(norm.backward(dy, cache)["x"], centred / 0.5, rtol=1e-12)


def test_a_channel_of_one_pixel_gives_zero_and_no_gradient():
    x = np.array([5.0, -7.0]).reshape(1, 2, 1, 1)
    norm = MeanVarianceNorm()
    y, cache = norm.forward(x)
    np.testing.assert_array_equal(y, 0)
    np.testing.assert_array_equal(norm.backward(np.ones_like(x), cache)["x"], 0)


def test_caffes_own_gradient_is_not_the_derivative_where_eps_counts(x):
    """Caffe drops the factor (std + eps) / std; ours keeps it, and differences side with ours."""
    norm = MeanVarianceNorm(eps=1.0)
    rng = np.random.default_rng(0)
    dy, direction = rng.normal(size=(2, *x.shape))
    _, cache = norm.forward(x)
    dx = norm.backward(dy, cache)["x"]
    slope = (norm.forward(x + 1e-6 * direction)[0] - norm.forward(x - 1e-6 * direction)[0]) / 2e-6
    assert (dx * direction).sum() == pytest.approx((dy * slope).sum(), rel=1e-6)
    axes = {"axis": (2, 3), "keepdims": True}
    spread = x.std(**axes) + 1.0
    y = (x - x.mean(**axes)) / spread
    caffe = (dy - dy.mean(**axes) - y * (dy * y).mean(**axes)) / spread
    assert np.abs(caffe - dx).max() > 0.01


@pytest.mark.parametrize(
    ("framework", "axes", "in_root"), [("Caffe", (2, 3), False), ("OpenCV", (2, 3), True), ("ONNX", (0, 2, 3), False)]
)
def test_a_preset_has_its_frameworks_eps(framework, axes, in_root):
    x = np.random.default_rng(0).normal(0, 1e-6, (3, 2, 4, 4))  # so little spread that eps = 1e-9 tells
    y, _ = MeanVarianceNorm.presets()[framework].forward(x)
    np.testing.assert_allclose(y, by_definition(x, axes, 1e-9, eps_in_root=in_root), rtol=1e-9)
