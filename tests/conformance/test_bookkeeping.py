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


def test_matconvnet_keeps_the_deviation_which_no_average_of_variances_gives():
    """vl_nnbnorm hands out [mean, sqrt(variance + eps)], biased; training averages that, from 0, here with weight 1/2.

    With eps 0: means 1/2, 15/4; deviations 1/2, 7/4. Averaged variances would be 1/2 and 19/4, the root of that 2.18.
    """
    norm = replace(BatchNorm.matconvnet(), momentum=0.5, eps=0.0)
    np.testing.assert_allclose(history(norm, BATCHES[:2]), [(0.5, 0.5**2), (3.75, 1.75**2)], rtol=1e-14)


def test_matconvnets_deviation_holds_eps():
    """(-4, 4) has variance 16; with eps 9 the deviation is 5, a tenth of it 1/2. Inference divides by that."""
    norm = replace(BatchNorm.matconvnet(), eps=9.0)
    x = np.array([-4.0, 4.0]).reshape(2, 1, 1, 1)
    params = norm.init(x.shape)
    running = norm.update(norm.start(1), norm.forward(x, **params)[1])
    inference = replace(norm, training=False)
    given = params | {"running_mean": running.mean, "running_var": running.var}
    y, _ = inference.forward(x, **given)
    np.testing.assert_allclose(y.ravel(), [-8, 8], rtol=1e-14)
