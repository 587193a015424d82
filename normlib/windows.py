"""Sums over windows, their adjoint, and the damping that four operators of the talk share.

Cross-channel, spatial and both local response normalizations are one function, y = x * s**-beta with
s = k + a * (sum of x**2 over a window); they differ in the window and in what `a` is.
"""

from __future__ import annotations

from functools import reduce
from typing import NamedTuple

import numpy as np

from normlib.pool import ONE, Array, Axis, Pool, Span


class Damped(NamedTuple):
    """What the backward of a damping needs."""

    x: Array  # (N, C, H, W)
    s: Array  # (N, C, H, W), the bracket before the power


def damp(x: Array, pool: Pool, k: float, a: float | Array, beta: float) -> tuple[Array, Damped]:
    """Divide x by (k + a * sum of x**2 over its pool) ** beta.

    >>> y, cache = damp(np.array([1.0, 2.0]).reshape(1, 2, 1, 1), Pool(c=Span(1, 1)), k=1.0, a=1.0, beta=1.0)
    >>> cache.s.ravel()
    array([6., 6.])
    """
    s = k + a * pool_sum(x * x, pool)
    return x * s**-beta, Damped(x, s)


def damp_backward(dy: Array, cache: Damped, pool: Pool, a: float | Array, beta: float) -> Array:
    """Return dl/dx through `damp`: the direct path, less what x does to every s whose window holds it."""
    x, s = cache
    through = dy * s**-beta
    pull = pool_sum(a * through * x / s, pool.mirrored)
    return through - 2 * beta * x * pull


def pool_sum(values: Array, pool: Pool) -> Array:
    """Sum `values` (N, C, H, W) over the pool of each cell, zero outside; `pool.mirrored` gives the adjoint.

    >>> pool_sum(np.array([1.0, 10.0, 100.0]).reshape(1, 3, 1, 1), Pool(c=Span(0, 1))).ravel()
    array([ 11., 110., 100.])
    """
    for axis, span in enumerate(pool):
        if span != ONE:
            values = _window_sum(values, span, axis)
    return values


def pool_count(shape: tuple[int, ...], pool: Pool) -> Array:
    """Count the cells that each pool really holds, clipped at the borders; broadcasts over `shape`."""
    counts = [pool.matrix(axis, length).sum(axis=1).astype(float) for axis, length in enumerate(shape)]
    ones = [np.ones(1) if span == ONE else count for span, count in zip(pool, counts, strict=True)]
    return reduce(np.multiply.outer, ones)


def _window_sum(values: Array, span: Axis, axis: int) -> Array:
    if not isinstance(span, Span):
        return np.broadcast_to(values.sum(axis=axis, keepdims=True), values.shape)
    length = values.shape[axis]
    before, after = min(span.before, length - 1), min(span.after, length - 1)
    pad = [(0, 0)] * values.ndim
    pad[axis] = (before, after)
    block = np.moveaxis(np.pad(values, pad), axis, 0)  # block[i]: sum of `width` cells from i on
    total, start, width, left = np.zeros_like(block[:length]), 0, 1, before + after + 1
    while left:  # a window is a sum of blocks of 1, 2, 4, ... cells: log(size) additions, not size
        if left & 1:
            total += block[start : start + length]
            start += width
        left >>= 1
        if left:
            block = block[:-width] + block[width:]
            width *= 2
    return np.moveaxis(total, 0, axis)
