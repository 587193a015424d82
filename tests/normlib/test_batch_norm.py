"""Batch normalization against the paper's definition, written out by loops; and its running statistics."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from normlib import NORMS
from normlib.norms.batch_norm import Running

BatchNorm = NORMS["batch_norm"]


def by_the_paper(x, gamma, beta, eps):
    """Algorithm 1, channel by channel, in Python's own numbers."""
    y = np.empty(x.shape)
    for c in range(x.shape[1]):
        values = [float(v) for v in x[:, c].ravel()]
        mean = sum(values) / len(values)
        var = sum((v - mean) ** 2 for v in values) / len(values)
        scaled = [gamma[c] * (v - mean) / sqrt(var + eps) + beta[c] for v in values]
        y[:, c] = np.reshape(scaled, x[:, c].shape)
    return y


def gradients_by_the_paper(x, dy, gamma, eps):
    """The six equations of section 3, as printed there, channel by channel."""
    dx, dgamma, dbeta = np.empty(x.shape), np.empty(x.shape[1]), np.empty(x.shape[1])
    for c in range(x.shape[1]):
        v, g = x[:, c].ravel(), dy[:, c].ravel()
        m = v.size
        mean = v.sum() / m
        var = ((v - mean) ** 2).sum() / m
        x_hat = (v - mean) / np.sqrt(var + eps)
        dx_hat = g * gamma[c]
        dvar = (dx_hat * (v - mean)).sum() * -0.5 * (var + eps) ** -1.5
        dmean = -dx_hat.sum() / np.sqrt(var + eps) + dvar * (-2 * (v - mean)).sum() / m
        dx[:, c] = (dx_hat / np.sqrt(var + eps) + dvar * 2 * (v - mean) / m + dmean / m).reshape(x[:, c].shape)
        dgamma[c], dbeta[c] = (g * x_hat).sum(), g.sum()
    return {"x": dx, "gamma": dgamma, "beta": dbeta}


@settings(deadline=None, max_examples=60)
@given(array_shapes(min_dims=4, max_dims=4, min_side=1, max_side=4), st.floats(1e-3, 2), st.integers(0, 2**32 - 1))
def test_training_is_algorithm_1_and_its_gradient_is_section_3(shape, eps, seed):
    rng = np.random.default_rng(seed)
    x, dy = rng.normal(1, 3, (2, *shape))
    gamma, beta = rng.normal(size=(2, shape[1]))
    norm = BatchNorm(eps=eps)
    y, cache = norm.forward(x, gamma=gamma, beta=beta)
    np.testing.assert_allclose(y, by_the_paper(x, gamma, beta, eps), rtol=1e-9, atol=1e-9)
    expected = gradients_by_the_paper(x, dy, gamma, eps)
    for name, grad in norm.backward(dy, cache).items():
        np.testing.assert_allclose(grad, expected[name], rtol=1e-9, atol=1e-9, err_msg=name)


def test_inference_uses_the_running_statistics_and_no_other_cell():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 2, 2))
    params = {"gamma": rng.normal(size=3), "beta": rng.normal(size=3)}
    running = Running(rng.normal(size=3), rng.uniform(0.5, 2, 3))
    norm = BatchNorm(training=False, eps=1e-3)
    y, _ = norm.forward(x, **params, running_mean=running.mean, running_var=running.var)
    for n, c, h, w in np.ndindex(x.shape):
        x_hat = (x[n, c, h, w] - running.mean[c]) / sqrt(running.var[c] + 1e-3)
        assert y[n, c, h, w] == pytest.approx(params["gamma"][c] * x_hat + params["beta"][c], rel=1e-12)


def test_the_output_has_the_mean_beta_and_the_spread_gamma():
    x = np.random.default_rng(1).normal(5, 3, (8, 2, 5, 5))
    gamma, beta = np.array([2.0, 0.5]), np.array([-1.0, 4.0])
    y, _ = BatchNorm(eps=0.0).forward(x, gamma=gamma, beta=beta)
    np.testing.assert_allclose(y.mean(axis=(0, 2, 3)), beta, rtol=1e-12)
    np.testing.assert_allclose(y.std(axis=(0, 2, 3)), gamma, rtol=1e-12)


def test_eps_makes_the_variance_fall_short_of_one():
    x = np.random.default_rng(1).normal(0, 0.1, (8, 1, 5, 5))
    y, cache = BatchNorm.caffe().forward(x)
    var = float(cache.var.item())
    assert y.var() == pytest.approx(var / (var + 1e-5))
    assert y.var() < 1


# Running statistics.


def batches(count=6, shape=(3, 2, 2, 2), seed=3):
    rng = np.random.default_rng(seed)
    return [rng.normal(c, 1 + c, shape) for c in range(count)]


def run(norm, xs):
    running = norm.start(xs[0].shape[1])
    for x in xs:
        _, cache = norm.forward(x, **norm.init(x.shape))
        running = norm.update(running, cache)
    return running


def unbiased(x):
    return x.var(axis=(0, 2, 3), ddof=1)


def biased(x):
    return x.var(axis=(0, 2, 3))


@pytest.mark.parametrize(
    ("framework", "old", "var_of"),
    [("PyTorch", 0.9, unbiased), ("ONNX", 0.9, biased), ("Keras", 0.99, biased), ("Flax", 0.99, biased)],
)
def test_a_moving_average_weighs_the_old_value_as_its_framework_does(framework, old, var_of):
    xs = batches()
    mean, var = np.zeros(2), np.ones(2)
    for x in xs:
        mean = old * mean + (1 - old) * x.mean(axis=(0, 2, 3))
        var = old * var + (1 - old) * var_of(x)
    running = run(BatchNorm.presets()[framework], xs)
    np.testing.assert_allclose(running.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(running.var, var, rtol=1e-12)


def test_caffe_divides_fading_sums_by_the_sum_of_their_weights():
    xs = batches()
    sum_mean, sum_var, scale = np.zeros(2), np.zeros(2), 0.0
    for x in xs:
        sum_mean = 0.999 * sum_mean + x.mean(axis=(0, 2, 3))
        sum_var = 0.999 * sum_var + unbiased(x)
        scale = 0.999 * scale + 1
    running = run(BatchNorm.caffe(), xs)
    np.testing.assert_allclose(running.mean, sum_mean / scale, rtol=1e-12)
    np.testing.assert_allclose(running.var, sum_var / scale, rtol=1e-12)
    assert running.weight == pytest.approx(scale)


def test_the_papers_algorithm_2_averages_all_batches_alike():
    xs = batches()
    running = run(BatchNorm.ioffe_szegedy(), xs)
    np.testing.assert_allclose(running.mean, np.mean([x.mean(axis=(0, 2, 3)) for x in xs], axis=0), rtol=1e-12)
    np.testing.assert_allclose(running.var, np.mean([unbiased(x) for x in xs], axis=0), rtol=1e-12)


def test_an_update_is_a_new_value():
    norm, x = BatchNorm(), batches()[1]
    start = norm.start(2)
    _, cache = norm.forward(x, **norm.init(x.shape))
    norm.update(start, cache)
    np.testing.assert_array_equal(start.mean, 0)
    np.testing.assert_array_equal(start.var, 1)
    assert start.weight == 0


def test_of_one_value_per_channel_the_running_variance_takes_zero_and_stays_finite():
    norm = BatchNorm(momentum=1.0)
    x = np.array([[[[3.0]], [[-2.0]]]])
    y, cache = norm.forward(x, gamma=np.array([5.0, 5.0]), beta=np.array([1.0, 2.0]))
    np.testing.assert_array_equal(y.ravel(), [1.0, 2.0])
    running = norm.update(norm.start(2), cache)
    np.testing.assert_array_equal(running.mean, [3.0, -2.0])
    np.testing.assert_array_equal(running.var, [0.0, 0.0])
    np.testing.assert_array_equal(norm.backward(np.ones_like(x), cache)["x"], np.zeros_like(x))


def test_training_then_inference_meet_when_the_running_statistics_are_the_batchs():
    x = batches()[2]
    norm = BatchNorm(momentum=1.0, unbiased=False)
    y, cache = norm.forward(x, **norm.init(x.shape))
    running = norm.update(norm.start(2), cache)
    params = norm.init(x.shape) | {"running_mean": running.mean, "running_var": running.var}
    np.testing.assert_allclose(BatchNorm(training=False).forward(x, **params)[0], y, rtol=1e-10)


def test_inference_cannot_be_averaged_in():
    norm = BatchNorm(training=False)
    _, cache = norm.forward(batches()[0], **norm.init((3, 2, 2, 2)))
    with pytest.raises(ValueError, match=r"BatchNorm.update: .*got training=False"):
        norm.update(norm.start(2), cache)


def test_a_running_value_of_other_channels_is_refused():
    norm = BatchNorm()
    _, cache = norm.forward(batches()[0], **norm.init((3, 2, 2, 2)))
    with pytest.raises(ValueError, match=r"BatchNorm.update: running must hold 2 channels, got 1"):
        norm.update(norm.start(1), cache)


@pytest.mark.parametrize(
    ("framework", "eps"), [("PyTorch", 1e-5), ("ONNX", 1e-5), ("Keras", 1e-3), ("Flax", 1e-5), ("Caffe", 1e-5)]
)
def test_a_preset_has_its_frameworks_eps(framework, eps):
    x = np.random.default_rng(0).normal(0, 0.01, (3, 2, 2, 2))  # so little spread that eps tells
    norm = BatchNorm.presets()[framework]
    y, _ = norm.forward(x, **norm.init(x.shape))
    np.testing.assert_allclose(y, by_the_paper(x, np.ones(2), np.zeros(2), eps), rtol=1e-9)
