"""Running statistics of Caffe and MatConvNet, which cannot be run here: counted by hand, in fractions.

One channel, three batches: (0, 2) has mean 1 and variance 1, unbiased 2; (4, 10) has 7, 9 and 18; (5,) has 5, 0 and,
nothing being left to divide by, 0.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from normlib import NORMS

BatchNorm = NORMS["batch_norm"]
BATCHES = [np.array(values, dtype=float).reshape(-1, 1, 1, 1) for values in ((0, 2), (4, 10), (5,))]


def history(norm, batches=BATCHES):
    """Return the running mean and variance after each batch."""
    running, found = norm.start(1), []
    for x in batches:
        _, cache = norm.forward(x, **norm.init(x.shape))
        running = norm.update(running, cache)
        found.append((float(running.mean[0]), float(running.var[0])))
    return found


def test_caffe_keeps_fading_sums_and_the_sum_of_their_weights():
    """BatchNormLayer, moving_average_fraction 1/2: S = S / 2 + statistic, scale = scale / 2 + 1, and S / scale is used.

    Means: S = 1, 15/2, 35/4; unbiased variances: S = 2, 19, 19/2; scale = 1, 3/2, 7/4.
    """
    expected = [(1, 2), (5, Fraction(38, 3)), (5, Fraction(38, 7))]
    found = history(replace(BatchNorm.caffe(), momentum=0.5))
    np.testing.assert_allclose(found, np.array(expected, dtype=float), rtol=1e-14)


def test_caffes_own_fraction_is_999_of_1000():
    """Means: S = 1, 7.999, 12.991001; scale = 1, 1.999, 2.997001."""
    found = history(BatchNorm.caffe())
    expected = [1, Fraction(7999, 1999), Fraction(12991001, 2997001)]
    np.testing.assert_allclose([mean for mean, _ in found], np.array(expected, dtype=float), rtol=1e-14)


def test_caffes_first_batch_is_used_whole_and_the_start_value_never():
    """PyTorch would still be at 9/10 of its start value, 1."""
    assert history(BatchNorm.caffe())[0] == pytest.approx((1, 2), rel=1e-14)
    assert history(BatchNorm.pytorch())[0] == pytest.approx((0.1, 1.1), rel=1e-14)


def test_matconvnet_averages_the_deviation_which_no_average_of_variances_gives():
    """vl_nnbnorm hands out [mean, sqrt(variance + eps)], biased; training averages that, here with weight 1/2 from 0.

    With eps 0: means 1/2, 15/4; deviations 1/2, 7/4. Averaged variances, from a start of 1, would be 1 and 5.
    """
    half = replace(BatchNorm.matconvnet(), momentum=0.5, eps=0.0)
    np.testing.assert_allclose(history(half, BATCHES[:2]), [(0.5, 1 / 4), (15 / 4, 49 / 16)], rtol=1e-14)
    averaged = history(replace(half, averages="variance"), BATCHES[:2])
    np.testing.assert_allclose(averaged, [(0.5, 1), (15 / 4, 5)], rtol=1e-14)


def test_matconvnets_inference_divides_by_the_averaged_deviation_alone():
    """Of (0, 2), with eps 3, the deviation is 2 and its average 1: less than the root of eps, which is in it."""
    norm = replace(BatchNorm.matconvnet(), momentum=0.5, eps=3.0)
    _, cache = norm.forward(BATCHES[0], **norm.init((2, 1, 1, 1)))
    running = norm.update(norm.start(1), cache)
    inference, x = replace(norm, training=False), np.full((1, 1, 1, 1), 11.0)
    params = inference.init(x.shape) | {"running_mean": running.mean, "running_var": running.var}
    assert inference.forward(x, **params)[0].item() == pytest.approx(10.5, rel=1e-14)  # (11 - 1/2) / 1


def test_matconvnets_own_weight_is_a_tenth_and_its_eps_1e_4():
    """Of (0, 2) the mean is 1 and the deviation sqrt(1.0001)."""
    ((mean, var), *_) = history(BatchNorm.matconvnet())
    assert mean == pytest.approx(0.1, rel=1e-14)
    assert var == pytest.approx(0.01 * 1.0001 - 1e-4, rel=1e-12)


def test_before_any_batch_matconvnets_inference_has_nothing_to_divide_by():
    norm = replace(BatchNorm.matconvnet(), training=False)
    x = np.ones((1, 1, 1, 1))
    with pytest.raises(ValueError, match=r"running_var must be more than -eps, got -0.0001 .*Average a batch in first"):
        norm.forward(x, **norm.init(x.shape))


# ONNX's mean-variance normalization over the axes of its attribute.


@pytest.mark.parametrize("axes", [(0, 2, 3), (2, 3), (1, 2, 3), (0, 1, 2, 3), (-1, -2, 0)])
def test_onnx_mean_variance_normalization_pools_over_the_axes_it_is_told(axes):
    x = np.random.default_rng(0).normal(2, 3, (2, 3, 4, 5))
    y, _ = NORMS["mean_variance_norm"].onnx(axes).forward(x)
    expected = (x - x.mean(axes, keepdims=True)) / (x.std(axes, keepdims=True) + 1e-9)
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("axes", [(1,), (0, 2), (2, 2, 3), (2, -2, 3), (2, 3, 4), ()])
def test_axes_without_rows_and_columns_are_refused_in_words(axes):
    with pytest.raises(ValueError, match=r"^MeanVarianceNorm.onnx: axes must hold 2 and 3, .*, got \(.*LayerNorm"):
        NORMS["mean_variance_norm"].onnx(axes)
