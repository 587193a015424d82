"""Standardize each pool, scale by gamma, shift by beta: what layer, instance and group normalization share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from normlib.pool import Array, Groups, Pool
from normlib.standardize import centre, inverse, pooled_axes, standardize_backward


class Cache(NamedTuple):
    """What the backward needs; of groups, the statistics have one channel for each."""

    x_hat: Array  # (N, C, H, W)
    mean: Array  # with 1s on the pooled axes
    var: Array  # biased, without eps
    inv_std: Array
    gamma: Array | None  # (C,) or (C, H, W)


def standardize(
    x: Array, pool: Pool, eps: float, gamma: Array | None, beta: Array | None, where: str
) -> tuple[Array, Cache]:
    """Return gamma * x_hat + beta, and the cache; both parameters or none. Raises ValueError, naming `where`."""
    gathered = _gathered(x, pool)
    centred, (mean, var) = centre(gathered, pooled_axes(pool))
    inv_std = inverse(np.sqrt(var + eps), where)
    x_hat = (centred * inv_std.astype(x.dtype)).reshape(x.shape)
    y = scaled(x_hat, gamma)
    return y if beta is None else y + spread(beta).astype(x.dtype), Cache(x_hat, mean, var, inv_std, gamma)


def backward(dy: Array, cache: Cache, pool: Pool) -> dict[str, Array]:
    """Return dl/dx, and dl/dgamma and dl/dbeta where they are."""
    x_hat, _, _, inv_std, gamma = cache
    dx_hat, x_hat_gathered = _gathered(scaled(dy, gamma), pool), _gathered(x_hat, pool)
    dx = standardize_backward(dx_hat, x_hat_gathered, inv_std, pooled_axes(pool)).reshape(dy.shape)
    if gamma is None:
        return {"x": dx}
    return {"x": dx, "gamma": carried(dy * x_hat, gamma), "beta": carried(dy, gamma)}


def spread(parameter: Array) -> Array:
    """Return a parameter per channel or per element so that it multiplies an (N, C, H, W) array."""
    return parameter[None] if parameter.ndim == 3 else parameter[None, :, None, None]


def scaled(values: Array, gamma: Array | None) -> Array:
    """Return values times gamma, in an array of their own and of their dtype."""
    return values.copy() if gamma is None else values * spread(gamma).astype(values.dtype)


def carried(values: Array, parameter: Array) -> Array:
    """Sum what each cell passes to its parameter, with accumulators of float64 or wider."""
    axes = (0,) if parameter.ndim == 3 else (0, 2, 3)
    return values.sum(axis=axes, dtype=np.promote_types(values.dtype, np.float64))


def _gathered(values: Array, pool: Pool) -> Array:
    """Lay the channels of a group below one another, so that a group is a map."""
    if not isinstance(pool.c, Groups):
        return values
    examples, _, _, columns = values.shape
    return values.reshape(examples, pool.c.number, -1, columns)
