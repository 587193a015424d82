"""An operator taken apart into statistics and paths, so that a twin can put it together with one of them changed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from classroom.explorer.bugs.bug import Gradients, Params
from normlib.affine import spread
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.batch_renorm import BatchRenorm
from normlib.norms.cross_channel_norm import CrossChannelNorm
from normlib.norms.filter_response_norm import FilterResponseNorm
from normlib.norms.group_norm import GroupNorm
from normlib.norms.instance_norm import InstanceNorm
from normlib.norms.layer_norm import LayerNorm
from normlib.norms.local_response_norm import LocalResponseNorm
from normlib.norms.lp_norm import LpNorm
from normlib.norms.mean_variance_norm import MeanVarianceNorm
from normlib.norms.rms_norm import RMSNorm
from normlib.norms.spatial_norm import SpatialNorm
from normlib.norms.spectral_norm import SpectralNorm
from normlib.norms.switchable_norm import SwitchableNorm
from normlib.norms.weight_norm import WeightNorm
from normlib.norms.weight_standardization import WeightStandardization
from normlib.pool import ALL, Array, Groups, Pool
from normlib.windows import power

POOLED = (BatchNorm, BatchRenorm, InstanceNorm, LayerNorm, GroupNorm, MeanVarianceNorm, WeightStandardization)
DAMPED = (CrossChannelNorm, SpatialNorm, LocalResponseNorm)
LENGTHS = (LpNorm, WeightNorm, SpectralNorm)


def centres(norm: Any) -> bool:
    """Return whether an operator takes off the mean of one pool of x."""
    return isinstance(norm, POOLED) and getattr(norm, "training", True)


def by_variance(norm: Any) -> bool:
    """Return whether an operator divides by the deviation of that pool too."""
    return centres(norm) and getattr(norm, "normalize_variance", True)


def by_mean_square(norm: Any) -> bool:
    """Return whether an operator divides by the root of the mean square of a pool."""
    return isinstance(norm, (RMSNorm, FilterResponseNorm))


def mixes(norm: Any) -> bool:
    """Return whether an operator standardizes by a mixture of pools."""
    return isinstance(norm, SwitchableNorm)


class Parts(NamedTuple):
    """max(scale * (x - mean) / std + shift, least), in arrays that broadcast over x, (N, C, H, W)."""

    x: Array
    mean: Array  # 0 where none is taken off
    square: Array  # of the distances from it: the variance, or the mean square; without eps
    std: Array  # what is divided by
    scale: Array
    shift: Array
    least: Array
    cells: int  # in a pool

    @property
    def x_hat(self) -> Array:
        """The standardized x; 0 / 0 where a twin forgets its eps and a pool is constant."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return (self.x - self.mean) / self.std

    @property
    def y(self) -> Array:
        """The output."""
        return np.maximum(self.scale * self.x_hat + self.shift, self.least)


def parts(norm: Any, x: Array, params: Params, pool: Pool | None = None) -> Parts:
    """Take a standardizing operator apart; its statistics are over another pool where one is given."""
    if mixes(norm):
        cache = norm.forward(x, **params)[1]
        centred = cache.values - cache.offset + cache.from_mixture
        mean, square, cells = (x - centred)[:, :, :1, :1], cache.var, x.size
    else:
        pool = pool or norm.pool
        mean = pool_mean(x, pool) if centres(norm) else np.zeros((1, 1, 1, 1))
        square = pool_mean((x - mean) ** 2, pool)
        cells = pool.size(x.shape, (0, 0, 0, 0))
        if isinstance(norm, WeightStandardization) and norm.unbiased:
            square = square * (cells / max(cells - 1, 1))
    one, none = np.ones((1, 1, 1, 1)), np.zeros((1, 1, 1, 1))
    scale, shift = (spread(params[n]) if n in params else p for n, p in (("gamma", one), ("beta", none)))
    if isinstance(norm, BatchRenorm):
        scale, shift = scale * spread(params["r"]), scale * spread(params["d"]) + shift
    least = spread(params["tau"]) if "tau" in params else none - np.inf
    return Parts(x, mean, square, divisor(norm, square), scale, shift, least, cells)


def divisor(norm: Any, square: Array) -> Array:
    """Return what the operator would divide by, had the pool this variance or mean square."""
    if not getattr(norm, "normalize_variance", True):
        return np.ones_like(square)
    return np.sqrt(square + norm.eps) if getattr(norm, "eps_in_root", True) else np.sqrt(square) + norm.eps


def pool_mean(values: Array, pool: Pool) -> Array:
    """Average over pools of whole axes or groups; 1s on the pooled axes, but one number for each channel of groups.

    >>> pool_mean(np.arange(4.0).reshape(1, 4, 1, 1), Pool(c=Groups(2))).ravel()
    array([0.5, 0.5, 2.5, 2.5])
    """
    n, c, h, w = values.shape
    groups = pool.c.number if isinstance(pool.c, Groups) else 1 if pool.c is ALL else c
    axes = tuple(axis for axis, span in zip((0, 3, 4), (pool.n, pool.h, pool.w), strict=True) if span is ALL)
    means = values.reshape(n, groups, c // groups, h, w).mean(axis=(2, *axes), keepdims=True)[:, :, 0]
    return means if groups in (1, c) else np.repeat(means, c // groups, axis=1)


class Paths(NamedTuple):
    """The gradients, and that of x as a sum over the paths by which x reaches the outputs; each (N, C, H, W)."""

    gradients: Gradients
    direct: Array  # the statistics held fast
    through_mean: Array
    through_spread: Array  # the variance, the mean square, the length or the window's energy

    def with_dx(self, dx: Array) -> Gradients:
        """Return the gradients with another one of x."""
        return self.gradients | {"x": dx}


def paths(norm: Any, x: Array, params: Params, dy: Array) -> Paths:
    """Tell the paths of an operator with statistics apart."""
    cache = norm.forward(x, **params)[1]
    gradients = norm.backward(dy, cache)
    dx = gradients["x"]
    if isinstance(norm, FilterResponseNorm):
        dy = dy * cache.passes
    direct = dy * _slope(norm, x, params, cache)
    through_mean = np.zeros((1, 1, 1, 1))
    if mixes(norm):
        through_mean = dx - norm.backward(dy, cache._replace(mean_shares=0 * cache.mean_shares))["x"]
    elif centres(norm):
        through_mean = -pool_mean(direct, norm.pool)
    through_mean = np.broadcast_to(through_mean, dx.shape)
    return Paths(gradients, direct, through_mean, dx - direct - through_mean)


def _slope(norm: Any, x: Array, params: Params, cache: Any) -> Array:
    """Return dy/dx of a cell by itself, as if no statistic moved with it."""
    if isinstance(norm, DAMPED):
        return 1 / power(cache.s, norm.beta)
    if isinstance(norm, LpNorm):
        return 1 / cache.divisor
    if isinstance(norm, WeightNorm):
        return cache.g * cache.inv_norm
    if isinstance(norm, SpectralNorm):
        return 1 / cache.s
    found = parts(norm, x, params)
    return found.scale / found.std
