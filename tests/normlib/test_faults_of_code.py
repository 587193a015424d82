"""The laws can fail: each fault of code that somebody has really made is planted, and a law must catch it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from normlib import ALL, Pool
from normlib.affine import backward, scaled, standardize
from normlib.standardize import mean_over
from normlib.windows import damp, damp_backward, pool_sum
from tests.normlib.catching import (
    CHANNEL,
    BatchNorm,
    DynamicTanh,
    FilterResponseNorm,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    LocalResponseNorm,
    LpNorm,
    MeanVarianceNorm,
    RMSNorm,
    SpatialNorm,
    SpectralNorm,
    WeightNorm,
    WeightStandardization,
    caught_by,
)

# Faults of the code.


@dataclass(frozen=True, kw_only=True)
class NoVariancePath(BatchNorm):
    """dx as if the variance were a constant."""

    def _backward(self, dy, cache):
        grads = super()._backward(dy, cache)
        dx_hat = dy * cache.gamma
        return grads | {"x": cache.inv_std * (dx_hat - mean_over(dx_hat, CHANNEL))}


@dataclass(frozen=True, kw_only=True)
class NoMeanPath(BatchNorm):
    """dx as if the mean were a constant."""

    def _backward(self, dy, cache):
        grads = super()._backward(dy, cache)
        dx_hat = dy * cache.gamma
        return grads | {"x": cache.inv_std * (dx_hat - cache.x_hat * mean_over(dx_hat * cache.x_hat, CHANNEL))}


@dataclass(frozen=True, kw_only=True)
class GammaFromX(BatchNorm):
    """The gradient of gamma summed with y's upstream gradient alone, without x_hat."""

    def _backward(self, dy, cache):
        grads = super()._backward(dy, cache)
        return grads | {"gamma": grads["beta"]}


@dataclass(frozen=True, kw_only=True)
class NoGammaInDx(BatchNorm):
    """dx without the factor gamma."""

    def _backward(self, dy, cache):
        return super()._backward(dy, cache._replace(gamma=np.ones_like(cache.gamma)))


@dataclass(frozen=True, kw_only=True)
class UnbiasedInTraining(BatchNorm):
    """The batch's variance divided by m - 1, in forward and backward alike."""

    def _forward(self, x, gamma, beta):
        _, cache = super()._forward(x, gamma, beta)
        count = x.size // x.shape[1]
        inv_std = 1 / np.sqrt(cache.var * count / (count - 1) + self.eps)
        x_hat = (x - cache.mean) * inv_std
        return cache.gamma * x_hat + beta[None, :, None, None], cache._replace(inv_std=inv_std)


@dataclass(frozen=True, kw_only=True)
class EpsOutside(BatchNorm):
    """Eps added to the standard deviation instead of the variance."""

    def _forward(self, x, gamma, beta):
        _, cache = super()._forward(x, gamma, beta)
        inv_std = 1 / (np.sqrt(cache.var) + self.eps)
        x_hat = (x - cache.mean) * inv_std
        return cache.gamma * x_hat + beta[None, :, None, None], cache._replace(inv_std=inv_std)


@dataclass(frozen=True, kw_only=True)
class HalfEps(BatchNorm):
    """Eps halved in forward and backward alike: consistent, so only the formula disagrees."""

    def _forward(self, *args, **params):
        return replace(BatchNorm(eps=self.eps / 2))._forward(*args, **params)


@dataclass(frozen=True, kw_only=True)
class RunningVarSign(BatchNorm):
    """The gradient of the running variance with the wrong sign."""

    def _backward(self, dy, cache):
        grads = super()._backward(dy, cache)
        return grads | {"running_var": -grads["running_var"]}


@dataclass(frozen=True, kw_only=True)
class AlphaUndivided(LocalResponseNorm):
    """Alpha not divided by the window, in forward and backward alike."""

    @property
    def _weight(self):
        return self.alpha


@dataclass(frozen=True, kw_only=True)
class WindowNotMirrored(LocalResponseNorm):
    """The backward sums over the forward's window; the same for an odd one."""

    def _backward(self, dy, cache):
        return {"x": damp_backward(dy, cache, self.pool.mirrored, self._weight, self.beta)}


@dataclass(frozen=True, kw_only=True)
class NoWindowPath(LocalResponseNorm):
    """dx as if the bracket were a constant."""

    def _backward(self, dy, cache):
        return {"x": dy * cache.s**-self.beta}


@dataclass(frozen=True, kw_only=True)
class AreaNotClipped(SpatialNorm):
    """Divided by H'W' at the borders too."""

    def _weight(self, x):
        return np.full((1, 1, 1, 1), self.alpha / (self.height * self.width))


@dataclass(frozen=True, kw_only=True)
class AreaOfTheWrongCell(SpatialNorm):
    """The backward divides by the area of the cell that receives, not of the cell whose window it is."""

    def _backward(self, dy, cache):
        value, s = cache
        pull = self._weight(value) * pool_sum(dy * value * s ** (-self.beta - 1), self.pool.mirrored)
        return {"x": dy * s**-self.beta - 2 * self.beta * value * pull}


@dataclass(frozen=True, kw_only=True)
class RowTooHigh(SpatialNorm):
    """The talk's erratum: without its -1 the window is off centre by one row."""

    def _forward(self, x):
        shifted = np.roll(x, -1, axis=2)
        return x * damp(shifted, self.pool, 1.0, self._weight(x), self.beta)[1].s ** -self.beta, damp(
            x, self.pool, 1.0, self._weight(x), self.beta
        )[1]


@dataclass(frozen=True, kw_only=True)
class CaffesGradient(MeanVarianceNorm):
    """Caffe's backward, without the factor (std + eps) / std."""

    def _backward(self, dy, cache):
        axes = (2, 3)
        return {"x": cache.inv_std * (dy - mean_over(dy, axes) - cache.y * mean_over(dy * cache.y, axes))}


@dataclass(frozen=True, kw_only=True)
class NotCentred(MeanVarianceNorm):
    """The talk's erratum: a denominator of the plain sum of squares."""

    def _forward(self, x):
        _, cache = super()._forward(x)
        y = (x - cache.mean) / (self.eps + np.sqrt((x**2).sum(axis=(2, 3), keepdims=True)))
        return y, cache


@dataclass(frozen=True, kw_only=True)
class InterleavedGroups(GroupNorm):
    """Every g-th channel is of one group, as if neighbours were far apart; forward and backward alike."""

    def _forward(self, x, gamma, beta):
        order = self._order(x)
        y, cache = super()._forward(x[:, order], gamma[order], beta[order])
        return y[:, np.argsort(order)], cache

    def _backward(self, dy, cache):
        order = self._order(dy)
        grads = super()._backward(dy[:, order], cache)
        back = np.argsort(order)
        return {"x": grads["x"][:, back], "gamma": grads["gamma"][back], "beta": grads["beta"][back]}

    def _order(self, x):
        return np.arange(x.shape[1]).reshape(-1, self.groups).T.ravel()


@dataclass(frozen=True, kw_only=True)
class GammaOutsideTheSums(LayerNorm):
    """dx as of a gamma that all cells of a pool share: right for batch normalization, wrong for layer."""

    def _backward(self, dy, cache):
        plain = super()._backward(dy, cache._replace(gamma=None))["x"]
        return super()._backward(dy, cache) | {"x": cache.gamma * plain}


@dataclass(frozen=True, kw_only=True)
class GammaOfTheWrongSample(LayerNorm):
    """The gradient of gamma averaged over the samples instead of summed."""

    def _backward(self, dy, cache):
        grads = super()._backward(dy, cache)
        return grads | {"gamma": grads["gamma"] / len(dy)}


@dataclass(frozen=True, kw_only=True)
class PerSampleForPerMap(InstanceNorm):
    """Pooled over the channels too, in forward and backward alike."""

    def _forward(self, x, gamma, beta):
        return standardize(x, Pool(c=ALL, h=ALL, w=ALL), self.eps, gamma, beta, "")

    def _backward(self, dy, cache):
        return backward(dy, cache, Pool(c=ALL, h=ALL, w=ALL))


@dataclass(frozen=True, kw_only=True)
class NoSquarePath(RMSNorm):
    """dx as if the mean square were a constant."""

    def _backward(self, dy, cache):
        return super()._backward(dy, cache) | {"x": cache.inv_rms * scaled(dy, cache.gamma)}


@dataclass(frozen=True, kw_only=True)
class Centred(RMSNorm):
    """The mean taken off first, as layer normalization does; the gradient is its own."""

    def _forward(self, x, gamma):
        y, cache = standardize(x, self.pool, self.eps, gamma, None, "")
        return y, super()._forward(x, gamma)[1]._replace(x_hat=cache.x_hat, inv_rms=cache.inv_std)


@dataclass(frozen=True, kw_only=True)
class RootOfTheSum(RMSNorm):
    """The norm for the root mean square: larger by the root of the number of channels, consistently."""

    def _forward(self, x, gamma):
        inv_norm = 1 / np.sqrt((x**2).sum(axis=1, keepdims=True) + self.eps)
        return scaled(x * inv_norm, gamma), super()._forward(x, gamma)[1]._replace(x_hat=x * inv_norm, inv_rms=inv_norm)

    def _backward(self, dy, cache):
        dx_hat = scaled(dy, cache.gamma)
        pull = (dx_hat * cache.x_hat).sum(axis=1, keepdims=True)
        return super()._backward(dy, cache) | {"x": cache.inv_rms * (dx_hat - cache.x_hat * pull)}


@dataclass(frozen=True, kw_only=True)
class NoNormPath(LpNorm):
    """dx as if the norm were a constant."""

    def _backward(self, dy, cache):
        return {"x": dy / cache.divisor}


@dataclass(frozen=True, kw_only=True)
class LeastNormMoves(LpNorm):
    """dx as if the divisor were always the norm, where it is eps too."""

    def _backward(self, dy, cache):
        return super()._backward(dy, cache._replace(moves=np.ones_like(cache.moves)))


@dataclass(frozen=True, kw_only=True)
class SignLost(LpNorm):
    """A power of |x| in dx without the sign of x: right for positive values alone."""

    def _backward(self, dy, cache):
        y = cache.x / cache.divisor
        along = (dy * y).sum(axis=1, keepdims=True)
        return {"x": (dy - np.abs(y) ** (self.p - 1) * along) / cache.divisor}


@dataclass(frozen=True, kw_only=True)
class EpsAdded(LpNorm):
    """Eps added to the norm, in forward and backward alike, where the norm shall not fall below it."""

    def _forward(self, x):
        _, cache = super()._forward(x)
        length = self._length(x)
        return x / (length + self.eps), cache._replace(divisor=length + self.eps, moves=length)

    def _backward(self, dy, cache):
        x, divisor, length = cache
        along = (dy * x / divisor).sum(axis=1, keepdims=True)
        return {"x": (dy - x / length * along) / divisor}


@dataclass(frozen=True, kw_only=True)
class LengthOfTheWholeWeight(WeightNorm):
    """One norm for all output channels, in forward and backward alike."""

    def _forward(self, x, g):
        inv_norm = np.full((len(x), 1, 1, 1), 1 / np.sqrt((x**2).sum()))
        return x * g[:, None, None, None] * inv_norm, super()._forward(x, g)[1]._replace(inv_norm=inv_norm)

    def _backward(self, dy, cache):
        x, inv_norm, g = cache
        along = (dy * g * x).sum() * inv_norm**2
        return {"x": inv_norm * (g * dy - x * along), "g": (inv_norm * dy * x).sum(axis=(1, 2, 3))}


@dataclass(frozen=True, kw_only=True)
class LengthIsConstant(WeightNorm):
    """dx as if the norm were a constant, so with a part along the weight."""

    def _backward(self, dy, cache):
        return super()._backward(dy, cache) | {"x": cache.g * cache.inv_norm * dy}


@dataclass(frozen=True, kw_only=True)
class BiasedWeights(WeightStandardization):
    """The variance of all N weights for that of N - 1, in forward and backward alike."""

    def _correction(self, x):
        return 1.0


@dataclass(frozen=True, kw_only=True)
class NoGain(WeightStandardization):
    """dx as if eps stood inside the root."""

    def _backward(self, dy, cache):
        return replace(WeightStandardization(eps_in_root=True))._backward(dy, cache)


@dataclass(frozen=True, kw_only=True)
class SingularValueIsConstant(SpectralNorm):
    """dx as if the singular value were a constant."""

    def _backward(self, dy, cache):
        return super()._backward(dy, cache) | {"x": dy / cache.s}


@dataclass(frozen=True, kw_only=True)
class StepWithin(SpectralNorm):
    """u and v moved within the forward, so that they are no inputs any more."""

    def _forward(self, x, u, v):
        return (
            super()._forward(x, **self.power_iteration(x, u, v)) if x.dtype.kind == "f" else super()._forward(x, u, v)
        )


@dataclass(frozen=True, kw_only=True)
class FrobeniusNorm(SpectralNorm):
    """The root of the sum of squares for the singular value, with the gradient that belongs to it."""

    def _forward(self, x, u, v):
        _, cache = super()._forward(x, u, v)
        s = np.sqrt((x**2).sum())
        return x / s, cache._replace(s=s)

    def _backward(self, dy, cache):
        x, u, v, s, _ = cache
        return {"x": (dy - x * (dy * x).sum() / s**2) / s, "u": np.zeros_like(u), "v": np.zeros_like(v)}


@dataclass(frozen=True, kw_only=True)
class SlopeOfTheSigmoid(DynamicTanh):
    """x_hat (1 - x_hat) for 1 - x_hat^2."""

    def _backward(self, dy, cache):
        slope = dy * cache.gamma[None, :, None, None] * cache.x_hat * (1 - cache.x_hat)
        return super()._backward(dy, cache) | {"x": cache.alpha * slope, "alpha": (slope * cache.x).sum()}


@dataclass(frozen=True, kw_only=True)
class AlphaOfTheMean(DynamicTanh):
    """The gradient of alpha averaged over the samples instead of summed."""

    def _backward(self, dy, cache):
        grads = super()._backward(dy, cache)
        return grads | {"alpha": grads["alpha"] / len(dy)}


@dataclass(frozen=True, kw_only=True)
class CutCellsCounted(FilterResponseNorm):
    """The path through the mean square as if the cells below the threshold passed too."""

    def _backward(self, dy, cache):
        passing = super()._backward(dy, cache._replace(passes=np.ones_like(cache.passes)))["x"]
        return super()._backward(dy, cache) | {"x": passing * cache.passes}


@dataclass(frozen=True, kw_only=True)
class ThresholdOfAll(FilterResponseNorm):
    """The gradient of tau summed over all cells."""

    def _backward(self, dy, cache):
        return super()._backward(dy, cache) | {"tau": dy.sum(axis=CHANNEL)}


@dataclass(frozen=True, kw_only=True)
class ThresholdFirst(FilterResponseNorm):
    """Cut off before the scale and shift, with the gradient of the right order."""

    def _forward(self, x, gamma, beta, tau):
        _, cache = super()._forward(x, gamma, beta, tau)
        scale, shift, least = (p[None, :, None, None] for p in (gamma, beta, tau))
        return scale * np.maximum(cache.x_hat, least) + shift, cache


CODE_FAULTS = {
    "no variance path": (NoVariancePath(), {"code", "differences"}),
    "no mean path": (NoMeanPath(), {"code", "differences"}),
    "gamma's gradient without x_hat": (GammaFromX(), {"code", "differences"}),
    "dx without gamma": (NoGammaInDx(), {"code", "differences"}),
    "variance of m - 1": (UnbiasedInTraining(), {"code", "differences"}),
    "eps outside the root": (EpsOutside(eps=0.1), {"code", "differences"}),
    "eps halved consistently": (HalfEps(eps=0.1), {"code"}),
    "running variance's sign": (RunningVarSign(training=False), {"code", "differences"}),
    "alpha undivided consistently": (AlphaUndivided(), {"code"}),
    "even window not mirrored": (WindowNotMirrored(size=4), {"code", "differences"}),
    "no window path": (NoWindowPath(), {"code", "differences"}),
    "border area not clipped": (AreaNotClipped(), {"code"}),
    "border area of the wrong cell": (AreaOfTheWrongCell(), {"code", "differences"}),
    "window a row too high": (RowTooHigh(height=3, width=3), {"code", "differences"}),
    "Caffe's gradient at a large eps": (CaffesGradient(eps=1.0), {"code", "differences"}),
    "denominator not centred": (NotCentred(eps=0.5), {"code", "differences"}),
    "groups interleaved consistently": (InterleavedGroups(groups=2), {"code"}),
    "gamma outside the sums": (GammaOutsideTheSums(), {"code", "differences"}),
    "gamma's gradient averaged": (GammaOfTheWrongSample(), {"code", "differences"}),
    "channels pooled consistently": (PerSampleForPerMap(), {"code"}),
    "no path through the mean square": (NoSquarePath(), {"code", "differences"}),
    "centred first": (Centred(), {"code", "differences"}),
    "a sum for the mean consistently": (RootOfTheSum(), {"code"}),
    "no path through the norm": (NoNormPath(), {"code", "differences"}),
    "the least norm moves": (LeastNormMoves(eps=5.0), {"code", "differences"}),
    "the sign of x lost": (SignLost(p=1.0), {"code", "differences"}),
    "eps added to the norm consistently": (EpsAdded(eps=0.5), {"code"}),
    "length of the whole weight consistently": (LengthOfTheWholeWeight(), {"code"}),
    "length of a weight constant": (LengthIsConstant(), {"code", "differences"}),
    "weights' variance biased consistently": (BiasedWeights(), {"code"}),
    "weights' gradient for eps in the root": (NoGain(eps=0.5), {"code", "differences"}),
    "singular value constant": (SingularValueIsConstant(), {"code", "differences"}),
    "power iteration within the forward": (StepWithin(), {"code", "differences"}),
    "root of the squares for the singular value consistently": (FrobeniusNorm(), {"code"}),
    "a sigmoid's slope": (SlopeOfTheSigmoid(), {"code", "differences"}),
    "alpha's gradient averaged": (AlphaOfTheMean(), {"code", "differences"}),
    "cells below the threshold counted": (CutCellsCounted(), {"code", "differences"}),
    "tau's gradient of all cells": (ThresholdOfAll(), {"code", "differences"}),
    "threshold before scale and shift": (ThresholdFirst(), {"code", "differences"}),
}


@pytest.mark.parametrize("fault", CODE_FAULTS)
def test_a_fault_of_the_code_is_caught_by_the_laws_that_can_see_it(fault):
    norm, laws = CODE_FAULTS[fault]
    assert caught_by(norm) == laws


def test_with_dy_of_ones_a_missing_variance_path_would_pass():
    """Why the laws take a random dy: with ones the faulty and the right gradient are both zero."""
    x = np.random.default_rng(0).normal(size=(3, 2, 4, 5))
    for norm in (BatchNorm(), NoVariancePath()):
        _, cache = norm.forward(x, **norm.init(x.shape))
        np.testing.assert_allclose(norm.backward(np.ones_like(x), cache)["x"], 0, atol=1e-12)


def test_an_odd_window_is_its_own_mirror_so_only_even_ones_can_tell():
    assert caught_by(WindowNotMirrored(size=3)) == set()
