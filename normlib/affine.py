"""Standardize each pool, scale by gamma, shift by beta: what layer, instance and group normalization share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from normlib.maps import crossed_sums, line, map_sums, plane
from normlib.pool import ALL, ONE, Array, Groups, Pool
from normlib.standardize import (
    Shifted,
    inverse,
    is_far,
    mean_square,
    moments,
    pooled_axes,
    received,
    standardize_backward,
)

ONES = np.ones((1, 1, 1, 1))


class Cache(NamedTuple):
    """What the backward needs; of groups, the statistics have one channel for each."""

    values: Array  # (N, C, H, W): x, or x less a number near its mean
    offset: Array  # what is left of the mean in the values; with 1s on the pooled axes
    mean: Array
    var: Array  # biased, without eps
    inv_std: Array
    gamma: Array | None  # (C,) or (C, H, W)

    @property
    def x_hat(self) -> Array:
        """The standardized x, (N, C, H, W)."""
        offset, inv_std = (_of_channels(p, self.values) for p in (self.offset, self.inv_std))
        return Shifted(self.values, offset).centred * inv_std.astype(self.values.dtype)


def standardize(
    x: Array, pool: Pool, eps: float, gamma: Array | None, beta: Array | None, where: str
) -> tuple[Array, Cache]:
    """Return gamma * x_hat + beta, and the cache; both parameters or none. Raises ValueError, naming `where`."""
    (values, offset), (mean, var) = moments(_gathered(x, pool), pooled_axes(pool))
    inv_std = inverse(np.sqrt(var + eps), where)
    cache = Cache(values.reshape(x.shape), offset, mean, var, inv_std, gamma)
    slope, intercept = _of_channels(inv_std, x), _of_channels(-offset * inv_std, x)
    scale, shift = _factor(gamma), 0 * ONES if beta is None else spread(beta)
    if takes_maps(pool) and scale.shape[2:] == (1, 1):
        return line(cache.values, slope * scale, intercept * scale + shift), cache
    return line(cache.values, slope, intercept, scale, shift), cache


def backward(dy: Array, cache: Cache, pool: Pool) -> dict[str, Array]:
    """Return dl/dx, and dl/dgamma and dl/dbeta where they are."""
    values, gamma = cache.values, cache.gamma
    if not takes_maps(pool):
        x_hat, dx_hat = cache.x_hat, scaled(dy, gamma)
        dx = standardize_backward(dx_hat, x_hat, cache.inv_std, pooled_axes(pool))
        return {"x": dx} if gamma is None else {"x": dx, **parameter_gradients(dy, x_hat)}
    if pool.c is ONE:
        return _backward_in_channels(dy, cache, pool)
    if gamma is not None and gamma.ndim == 3:
        return _backward_in_examples(dy, cache, pool)
    scale = _factor(gamma)
    offset, inv_std = _of_channels(cache.offset, dy), _of_channels(cache.inv_std, dy)
    with np.errstate(over="ignore"):
        total, products, squares = map_sums(dy, values, dy)
    along = inv_std * (products - offset * total)  # of dy * x_hat
    grads = {} if gamma is None else {"gamma": along.sum((0, 2, 3)), "beta": total.sum((0, 2, 3))}
    through_mean = _pool_mean(scale * total, dy, pool)
    if is_far(through_mean, _pool_mean(scale * scale * squares, dy, pool)):
        dy, scale = _levelled(dy, gamma, pool), ONES
        total, products = map_sums(dy, values)
        along, through_mean = inv_std * (products - offset * total), _pool_mean(total, dy, pool)
    slope = -inv_std * inv_std * _pool_mean(scale * along, dy, pool)
    return {"x": plane(dy, inv_std * scale, values, slope, -inv_std * through_mean - slope * offset), **grads}


def _backward_in_examples(dy: Array, cache: Cache, pool: Pool) -> dict[str, Array]:
    """Return the gradients where a pool is an example, and each of its elements has a gamma of its own."""
    values, offset, inv_std, gamma = cache.values, cache.offset, cache.inv_std, cache.gamma
    scale, cells, axes = _factor(gamma), dy[0].size, pooled_axes(pool)
    with np.errstate(over="ignore"):
        (total, along), (dbeta, dgamma) = crossed_sums(dy, scale, values, inv_std, -offset * inv_std)
        mean = total / cells
        least = np.square(dy[:, :1] * scale[:, :1]).sum(axes, keepdims=True) / cells  # the first channel's are quick
    if is_far(mean, least) and is_far(mean, mean_square(scaled(dy, gamma), axes)):
        dy, scale = _levelled(dy, gamma, pool), ONES
        total, along = map_sums(dy, values).sum(2, keepdims=True)
    slope = -inv_std * inv_std * (along - offset * total) / cells
    dx = plane(dy, scale, values, slope, -total / cells - slope * offset, inv_std)
    return {"x": dx, "gamma": dgamma, "beta": dbeta}


def _backward_in_channels(dy: Array, cache: Cache, pool: Pool) -> dict[str, Array]:
    """Return the gradients where gamma is one number for all of a pool: sums over pools are all they need."""
    values, offset, inv_std, gamma = cache.values, cache.offset, cache.inv_std, cache.gamma
    dy, taken, total, along = received(dy, values, pooled_axes(pool))
    along, cells = inv_std * (along - offset * total), dy.size // total.size
    gain = _factor(gamma) * inv_std
    slope = -gain * inv_std * along / cells
    dx = plane(dy, gain, values, slope, -gain * total / cells - slope * offset)
    if gamma is None:
        return {"x": dx}
    return {"x": dx, "gamma": along.sum((0, 2, 3)), "beta": (total + cells * taken).sum((0, 2, 3))}


def _levelled(dy: Array, gamma: Array | None, pool: Pool) -> Array:
    """Return dy * gamma less a number for each pool that is near its mean, before anything is rounded with it."""
    scale, sums = _factor(gamma), map_sums(dy)[0]
    taken = _pool_mean(sums, dy, pool).astype(dy.dtype).astype(sums.dtype)
    of_maps = np.broadcast_to(scale.mean((2, 3), keepdims=True) * dy[0, 0].size, sums.shape)
    return line(dy, ONES, -taken, scale, taken * (scale - _pool_mean(of_maps, dy, pool)))


def takes_maps(pool: Pool) -> bool:
    """Return whether a pool takes maps whole: sums over maps then tell all that is needed of it."""
    return pool.h is ALL and pool.w is ALL


def _factor(gamma: Array | None) -> Array:
    return ONES if gamma is None else spread(gamma)


def _pool_mean(sums: Array, x: Array, pool: Pool) -> Array:
    """Return the mean over each pool of what sums up so over each map, for every channel."""
    gathered = _gathered(sums, pool)
    pooled = gathered.sum(pooled_axes(pool), keepdims=True)
    return _of_channels(pooled * (pooled.size / x.size), x)


def _of_channels(statistic: Array, x: Array) -> Array:
    """Return a statistic of groups as one of channels, each with that of its group; any other as it is."""
    own = statistic.shape[1]
    return statistic if own in (1, x.shape[1]) else np.repeat(statistic, x.shape[1] // own, axis=1)


def spread(parameter: Array) -> Array:
    """Return a parameter per channel or per element so that it multiplies an (N, C, H, W) array."""
    return parameter[None] if parameter.ndim == 3 else parameter[None, :, None, None]


def scaled(values: Array, gamma: Array | None) -> Array:
    """Return values times gamma, in an array of their own and of their dtype."""
    return values.copy() if gamma is None else values * spread(gamma).astype(values.dtype)


def parameter_gradients(dy: Array, x_hat: Array) -> dict[str, Array]:
    """Sum dy * x_hat and dy over the cells of a channel, in float64 or wider."""
    dbeta, dgamma = map_sums(dy, x_hat)
    return {"gamma": dgamma.sum((0, 2, 3)), "beta": dbeta.sum((0, 2, 3))}


def _gathered(values: Array, pool: Pool) -> Array:
    """Lay the channels of a group below one another, so that a group is a map."""
    if not isinstance(pool.c, Groups):
        return values
    examples, _, _, columns = values.shape
    return values.reshape(examples, pool.c.number, -1, columns)
