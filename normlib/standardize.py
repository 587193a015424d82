"""Shift and scale a pooled set to mean 0 and variance 1, and the gradient through that."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from normlib.pool import ALL, Array, Pool


class Moments(NamedTuple):
    """Statistics of the pooled sets, in float64 or wider, with 1s on the pooled axes."""

    mean: Array
    var: Array  # biased: divides by the number of cells; without eps


def pooled_axes(pool: Pool) -> tuple[int, ...]:
    """Return the axes of N, C, H, W that are pooled whole."""
    return tuple(axis for axis, span in enumerate(pool) if span is ALL)


def mean_over(values: Array, axes: tuple[int, ...]) -> Array:
    """Average over `axes` with accumulators of float64 or wider; keeps the axes, each of length 1."""
    return values.mean(axis=axes, keepdims=True, dtype=np.promote_types(values.dtype, np.float64))


def centre(x: Array, axes: tuple[int, ...]) -> tuple[Array, Moments]:
    """Return x less its mean, and the moments.

    Two passes and a correction: the first mean may be off by rounding, what it leaves is averaged again. A spread of
    1e-3 around a mean of 1e6 survives.

    >>> centred, moments = centre(np.array([[1e6, 1e6 + 1e-3]]), axes=(1,))
    >>> round(float(moments.var[0, 0]) * 1e6, 6)
    0.25
    """
    shift = mean_over(x, axes).astype(x.dtype)
    centred = x - shift  # exact where x is near its mean
    rest = mean_over(centred, axes)
    centred -= rest.astype(x.dtype)
    var = np.square(centred, dtype=rest.dtype).mean(axis=axes, keepdims=True)
    return centred, Moments(shift + rest, var)


def inverse(spread: Array, where: str) -> Array:
    """Return 1 / spread. Raises ValueError where a spread is 0: a constant pool, and no eps."""
    if not np.all(spread):
        raise ValueError(
            f"{where}: eps must be positive where all values of a pool are equal, got eps=0 and a variance of 0. "
            "Choose a larger eps."
        )
    return 1 / spread


def standardize_backward(
    dx_hat: Array, x_hat: Array, inv_std: Array, axes: tuple[int, ...], gain: float | Array = 1.0
) -> Array:
    """Return dl/dx through x_hat = (x - mean) * inv_std: dx_hat less what the mean and the variance absorb.

    gain: 1 / (std * inv_std) where inv_std is not 1 / sqrt(var + eps) but 1 / (std + eps).
    Source: Ioffe & Szegedy 2015, section 3, with the three paths collected.
    """
    through_mean = mean_over(dx_hat, axes).astype(dx_hat.dtype)
    through_variance = (gain * mean_over(dx_hat * x_hat, axes)).astype(dx_hat.dtype)
    return inv_std.astype(dx_hat.dtype) * (dx_hat - through_mean - x_hat * through_variance)
