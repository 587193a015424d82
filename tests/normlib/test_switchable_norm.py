"""Switchable normalization by hand, and as each of the three that it mixes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
import pytest

from normlib import NORMS
from tests.normlib.catching import caught_by

SwitchableNorm = NORMS["switchable_norm"]
KINDS = ("in", "ln", "bn")
AXES = {"in": (2, 3), "ln": (1, 2, 3), "bn": (0, 2, 3)}


def weighing(shape, means, variances):
    """Parameters whose softmax has the given logs of weights."""
    norm = SwitchableNorm()
    weights = {
        f"{name}_weight_{kind}": np.array(float(value))
        for name, values in (("mean", means), ("var", variances))
        for kind, value in zip(KINDS, values, strict=True)
    }
    return norm.init(shape) | weights


def only(kind):
    return [0.0 if each == kind else -1e4 for each in KINDS]


def test_two_maps_of_one_sample_by_hand():
    """0, 2 and 4, 8 have means 1 and 6, unbiased variances 2 and 8; their sample has 3.5 and 5 + 2.5^2."""
    x = np.array([0.0, 2.0, 4.0, 8.0]).reshape(1, 2, 1, 2)
    y, _ = SwitchableNorm(eps=0.0).forward(x, **weighing(x.shape, (7, 7, 7), (7, 7, 7)))
    first, second = sqrt((2 + 11.25 + 2) / 3), sqrt((8 + 11.25 + 8) / 3)
    expected = [-5.5 / 3 / first, 0.5 / 3 / first, -3.5 / 3 / second, 8.5 / 3 / second]
    np.testing.assert_allclose(y.ravel(), expected, rtol=1e-13)


def test_unequal_weights_by_hand():
    """Weights 1/2, 1/4, 1/4 of the means 1, 3.5, 1 and, the other way round, 1/4, 1/4, 1/2 of variances 1, 8.75, 1."""
    x = np.array([0.0, 2.0, 4.0, 8.0]).reshape(1, 2, 1, 2)
    params = weighing(x.shape, np.log([2, 1, 1]), np.log([1, 1, 2]))
    y, _ = SwitchableNorm(eps=0.0, unbiased=False).forward(x, **params)
    np.testing.assert_allclose(y[0, 0, 0], np.array([-1.625, 0.375]) / sqrt(0.75 + 8.75 / 4), rtol=1e-13)


@pytest.mark.parametrize("mean_of", KINDS)
@pytest.mark.parametrize("var_of", KINDS)
def test_with_all_weight_on_one_pool_each_statistic_is_that_pools(mean_of, var_of):
    x = np.random.default_rng(0).normal(3, 2, (4, 3, 5, 6))
    params = weighing(x.shape, only(mean_of), only(var_of))
    y, _ = SwitchableNorm(eps=0.3, unbiased=False).forward(x, **params)
    mean, var = x.mean(AXES[mean_of], keepdims=True), x.var(AXES[var_of], keepdims=True)
    np.testing.assert_allclose(y, (x - mean) / np.sqrt(var + 0.3), rtol=1e-12)


def test_the_authors_code_divides_by_one_less_in_each_map_and_so_everywhere():
    x = np.random.default_rng(1).normal(3, 2, (4, 3, 5, 6))
    own = x.var((2, 3), ddof=1, keepdims=True)
    means = x.mean((2, 3), keepdims=True)
    expected = {"in": own, "ln": own.mean(1, keepdims=True) + means.var(1, keepdims=True)}
    expected["bn"] = own.mean(0, keepdims=True) + means.var(0, keepdims=True)
    for kind, var in expected.items():
        y, _ = SwitchableNorm(eps=0.3).forward(x, **weighing(x.shape, only("in"), only(kind)))
        np.testing.assert_allclose(y, (x - means) / np.sqrt(var + 0.3), rtol=1e-12)


@pytest.mark.parametrize("norm", [SwitchableNorm(eps=0.5), SwitchableNorm(eps=0.5, unbiased=False)])
def test_a_map_of_one_value_has_no_variance_of_its_own(norm):
    """0 and 4 in one sample: its mean is 2, its variance 4; a third of that is left, and two thirds of the way."""
    x = np.array([0.0, 4.0]).reshape(1, 2, 1, 1)
    y, cache = norm.forward(x, **norm.init(x.shape))
    np.testing.assert_allclose(y.ravel(), np.array([-2 / 3, 2 / 3]) / sqrt(4 / 3 + 0.5), rtol=1e-13)
    assert np.isfinite(norm.backward(np.array([1.0, 5.0]).reshape(x.shape), cache)["x"]).all()


def test_what_a_weight_gains_the_others_lose():
    rng = np.random.default_rng(2)
    x, dy = rng.normal(3, 2, (2, 4, 3, 5, 6))
    norm = SwitchableNorm()
    _, cache = norm.forward(x, **weighing(x.shape, (0.1, 2, -1), (1, 0, 0.5)))
    grads = norm.backward(dy, cache)
    for name in ("mean", "var"):
        gains = [grads[f"{name}_weight_{kind}"] for kind in KINDS]
        assert abs(sum(gains)) < 1e-11
        assert max(map(abs, gains)) > 0.1


def test_a_cell_sees_its_sample_and_its_channel_and_no_others():
    mask = SwitchableNorm().pooled((3, 4, 2, 2), (1, 2, 0, 1))
    for n, c, _, _ in np.argwhere(mask):
        assert n == 1 or c == 2
    assert mask.sum() == (3 + 4 - 1) * 4


def test_a_small_spread_of_float32_around_a_large_mean_survives():
    x = np.random.default_rng(3).normal(-1e6, 1.0, (4, 3, 16, 16)).astype(np.float32)
    y, _ = SwitchableNorm(eps=0.0).forward(x, **SwitchableNorm().init(x.shape))
    y_wide, _ = SwitchableNorm(eps=0.0).forward(x - np.float64(-1e6), **SwitchableNorm().init(x.shape))
    np.testing.assert_allclose(y, y_wide, atol=1e-5)


# Inference.


def at_inference(norm, running, params):
    return replace(norm, training=False), params | {"running_mean": running.mean, "running_var": running.var}


def test_at_inference_by_hand():
    """0, 2 and 4, 8 have means 1, 6 and variances 1, 4; their sample has 3.5 and 2.5 + 2.5^2.

    The running means are 4, 5 and variances 3, 6. With equal weights the mixed means are 8.5 / 3 and 14.5 / 3, the
    mixed variances 12.75 / 3 and 18.75 / 3.
    """
    x = np.array([0.0, 2.0, 4.0, 8.0]).reshape(1, 2, 1, 2)
    norm = SwitchableNorm(eps=0.0, unbiased=False, training=False)
    running = {"running_mean": np.array([4.0, 5.0]), "running_var": np.array([3.0, 6.0])}
    y, _ = norm.forward(x, **weighing(x.shape, (7, 7, 7), (7, 7, 7)) | running)
    expected = [-8.5 / 3 / sqrt(4.25), -2.5 / 3 / sqrt(4.25), -2.5 / 3 / 2.5, 9.5 / 3 / 2.5]
    np.testing.assert_allclose(y.ravel(), expected, rtol=1e-13)


def test_a_batch_and_its_own_statistics_give_at_inference_what_they_gave_in_training():
    rng = np.random.default_rng(4)
    x = rng.normal(3, 2, (4, 3, 5, 6))
    params = weighing(x.shape, (0.1, 2, -1), (1, 0, 0.5))
    norm = SwitchableNorm(momentum=1.0)
    y, cache = norm.forward(x, **params)
    inference, given = at_inference(norm, norm.update(norm.start(3), cache), params)
    np.testing.assert_allclose(inference.forward(x, **given)[0], y, rtol=1e-12, atol=1e-13)


def test_at_inference_a_sample_depends_on_no_other():
    x = np.random.default_rng(5).normal(3, 2, (4, 3, 5, 6))
    norm = SwitchableNorm(training=False)
    given = norm.init(x.shape) | {"running_mean": np.array([3.0, 2.0, 4.0]), "running_var": np.array([4.0, 5.0, 3.0])}
    alone = np.concatenate([norm.forward(sample[None], **given)[0] for sample in x])
    np.testing.assert_allclose(norm.forward(x, **given)[0], alone, rtol=1e-13)
    assert not np.allclose(SwitchableNorm().forward(x, **SwitchableNorm().init(x.shape))[0], alone, atol=1e-2)


def test_a_small_spread_of_float32_around_a_large_mean_survives_at_inference():
    x = np.random.default_rng(3).normal(-1e6, 1.0, (4, 3, 16, 16)).astype(np.float32)
    norm = SwitchableNorm(eps=0.0, training=False)
    mean, var = x.mean((0, 2, 3), dtype=float), x.var((0, 2, 3), dtype=float)
    given = norm.init(x.shape) | {"running_mean": mean, "running_var": var}
    near = given | {"running_mean": mean + 1e6}
    np.testing.assert_allclose(norm.forward(x, **given)[0], norm.forward(x + np.float64(1e6), **near)[0], atol=1e-5)


def test_running_statistics_by_hand():
    """Batches (0, 2 / 4, 8) and twice that, of one channel: means 3.5 and 7; variances 8.75 and 35, biased.

    The code's variance is that of maps, 2 and 8 unbiased, whose mean is 5, and 2.5^2 of their means.
    """
    x = np.array([0.0, 2.0, 4.0, 8.0]).reshape(2, 1, 1, 2)
    for norm, mean, var in (
        (SwitchableNorm.authors_code(), 0.003 * 0.997 * 3.5 + 0.003 * 7, 0.003 * 0.997 * 11.25 + 0.003 * 45),
        (SwitchableNorm.luo(), (3.5 + 7) / 2, (8.75 + 35) / 2),
    ):
        running = norm.start(1)
        for batch in (x, 2 * x):
            running = norm.update(running, norm.forward(batch, **norm.init(batch.shape))[1])
        assert (running.mean.item(), running.var.item()) == pytest.approx((mean, var), rel=1e-12)


def test_a_negative_running_variance_and_an_update_at_inference_are_refused():
    x = np.ones((1, 2, 1, 2))
    norm = SwitchableNorm(training=False)
    with pytest.raises(ValueError, match=r"SwitchableNorm.forward: running_var must not be negative, got -1\. "):
        norm.forward(x, **norm.init(x.shape) | {"running_var": np.array([1.0, -1.0])})
    _, cache = norm.forward(x, **norm.init(x.shape))
    with pytest.raises(ValueError, match=r"SwitchableNorm.update: the cache must come from training"):
        norm.update(norm.start(2), cache)
    with pytest.raises(ValueError, match=r"SwitchableNorm.update: running must hold 2 channels, got 3\. "):
        SwitchableNorm().update(norm.start(3), SwitchableNorm().forward(x, **SwitchableNorm().init(x.shape))[1])


# Planted faults.


@dataclass(frozen=True, kw_only=True)
class BiasedMaps(SwitchableNorm):
    """The paper's variance where the code's is displayed, in forward and backward alike."""

    def _divisor(self, x):
        return x[0, 0].size


@dataclass(frozen=True, kw_only=True)
class NoBatchPath(SwitchableNorm):
    """dx as if the batch's statistics were constants."""

    def _backward(self, dy, cache):
        without = cache._replace(mean_shares=cache.mean_shares * [1, 1, 0], var_shares=cache.var_shares * [1, 1, 0])
        return super()._backward(dy, cache) | {"x": super()._backward(dy, without)["x"]}


@dataclass(frozen=True, kw_only=True)
class SharesSwapped(SwitchableNorm):
    """The weights of layer and batch changed for one another, consistently."""

    def _forward(self, x, **params):
        swapped = {"ln": "bn", "bn": "ln"}
        return super()._forward(x, **{name[:-2] + swapped.get(name[-2:], name[-2:]): p for name, p in params.items()})

    def _backward(self, dy, cache):
        swapped = {"ln": "bn", "bn": "ln"}
        grads = super()._backward(dy, cache)
        return {name[:-2] + swapped.get(name[-2:], name[-2:]): grad for name, grad in grads.items()}


@dataclass(frozen=True, kw_only=True)
class BatchPathAtInference(SwitchableNorm):
    """dx at inference as if the running statistics were the batch's own."""

    def _backward(self, dy, cache):
        return super()._backward(dy, cache) | {"x": SwitchableNorm(eps=self.eps)._backward(dy, cache)["x"]}


@dataclass(frozen=True, kw_only=True)
class RunningVarianceUnhalved(SwitchableNorm):
    """The gradient of the running variance without the half of the root."""

    def _backward(self, dy, cache):
        grads = super()._backward(dy, cache)
        return grads | {"running_var": 2 * grads["running_var"]}


@pytest.mark.parametrize("fault", [BatchPathAtInference, RunningVarianceUnhalved])
def test_a_fault_of_inference_is_caught(fault):
    assert caught_by(SwitchableNorm(eps=0.1, training=False)) == set()
    assert caught_by(fault(eps=0.1, training=False)) == {"code", "differences"}


@pytest.mark.parametrize(
    ("fault", "laws"),
    [
        (SwitchableNorm, set()),
        (BiasedMaps, {"code"}),
        (NoBatchPath, {"code", "differences"}),
        (SharesSwapped, {"code"}),
    ],
)
def test_a_fault_is_caught_by_the_laws_that_can_see_it(fault, laws):
    assert caught_by(fault(eps=0.1)) == laws
