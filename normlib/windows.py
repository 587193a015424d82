"""Sums over windows, their adjoint, and the damping that four operators of the talk share.

Cross-channel, spatial and both local response normalizations are one function, y = x * s**-beta with
s = k + a * (sum of x**2 over a window); they differ in the window and in what `a` is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from normlib.maps import empty, empty_like
from normlib.pool import ALL, ONE, Array, Pool, Span

BLOCK = 1 << 18  # bytes; six arrays of a block stay in a core's own cache


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
    y, s = empty_like(x), empty_like(x)
    for at in _blocks(x, pool):
        x_, s_, y_ = x[at], s[at], y[at]
        np.multiply(x_, x_, out=y_)  # y's memory, before y is there
        np.multiply(pool_sum(y_, pool), _part(a, at), out=s_)
        s_ += k
        np.divide(x_, power(s_, beta), out=y_)
    return y, Damped(x, s)


def damp_backward(dy: Array, cache: Damped, pool: Pool, a: float | Array, beta: float) -> Array:
    """Return dl/dx through `damp`: the direct path, less what x does to every s whose window holds it.

    With through = dy / s**beta it is through - x * sum of (2 * a * beta * through * x / s) over the mirrored pool.
    """
    dx = empty(dy.shape, np.result_type(dy, cache.x))
    for at in _blocks(dx, pool):
        x, s, through = cache.x[at], cache.s[at], dx[at]
        np.divide(dy[at], power(s, beta), out=through)
        share = np.multiply(through, x, out=empty_like(through))
        share /= s
        share *= 2 * beta * _part(a, at)
        np.multiply(pool_sum(share, pool.mirrored), x, out=share)
        through -= share
    return dx


def power(s: Array, beta: float) -> Array:
    """Return s ** beta; by products and square roots, which take a fifth of the time, where they give it.

    >>> power(np.array([16.0]), 0.75), power(np.array([16.0]), 1.5)
    (array([8.]), array([64.]))
    """
    quarters = round(4 * beta)
    if quarters != 4 * beta or not 0 < quarters <= 8:
        return s**beta
    wholes, halves, odd = quarters // 4, quarters % 4 // 2, quarters % 2
    factors = [s] * wholes
    if halves or odd:
        root = np.sqrt(s, out=empty_like(s))
        factors += [root] * halves
    if odd:
        factors.append(np.sqrt(root, out=empty_like(s)))
    return reduce(lambda a, b: np.multiply(a, b, out=empty_like(s)), factors)


def pool_sum(values: Array, pool: Pool) -> Array:
    """Sum `values` (N, C, H, W) over the pool of each cell, zero outside; `pool.mirrored` gives the adjoint.

    >>> pool_sum(np.array([1.0, 10.0, 100.0]).reshape(1, 3, 1, 1), Pool(c=Span(0, 1))).ravel()
    array([ 11., 110., 100.])
    """
    if any(isinstance(span, Span) and span != ONE for span in pool):
        sizes = zip(pool, values.shape, strict=True)
        reach = [(min(s.before, n - 1), min(s.after, n - 1)) if isinstance(s, Span) else (0, 0) for s, n in sizes]
        values = _window_sum(values, reach)
    whole = tuple(axis for axis, span in enumerate(pool) if span is ALL)
    return np.broadcast_to(values.sum(whole, keepdims=True), values.shape) if whole else values


def pool_count(shape: tuple[int, ...], pool: Pool) -> Array:
    """Count the cells that each pool really holds, clipped at the borders; broadcasts over `shape`."""
    counts = [pool.matrix(axis, length).sum(axis=1).astype(float) for axis, length in enumerate(shape)]
    ones = [np.ones(1) if span == ONE else count for span, count in zip(pool, counts, strict=True)]
    return reduce(np.multiply.outer, ones)


def _blocks(x: Array, pool: Pool) -> Iterator[tuple[slice, ...]]:
    """Yield blocks that together are x, small enough for the cache, and cut only along axes without windows."""
    high = list(x.shape)
    for axis in (0, 1):  # maps stay whole: a loop for each row would cost more than it saves
        if pool[axis] == ONE:
            high[axis] = min(high[axis], max(1, BLOCK * high[axis] // (prod(high) * x.itemsize)))
    cuts = [[slice(at, at + step) for at in range(0, n, step)] for n, step in zip(x.shape, high, strict=True)]
    return product(*cuts)


def _part(weight: float | Array, at: tuple[slice, ...]) -> float | Array:
    """Return a weight's part for a block; a number, or an array with 1s where it does not vary."""
    if isinstance(weight, float):
        return weight
    return weight[tuple(cut if n > 1 else slice(None) for cut, n in zip(at, weight.shape, strict=True))]


def _window_sum(values: Array, reach: Sequence[tuple[int, int]]) -> Array:
    """Sum over windows that reach so far before and after a cell, along each axis.

    The cells are laid out flat, with zeros between rows, as many as a window reaches on its longer side: they lie after
    one row and before the next. A step along an axis is then a fixed distance in memory, windows do not touch what is
    behind a border, and a sum over them is a few additions of whole arrays.
    """
    shape = [length + max(sides) for length, sides in zip(values.shape, reach, strict=True)]
    steps = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
    cells = tuple(slice(length) for length in values.shape)
    lead = sum(before * step for (before, _), step in zip(reach, steps, strict=True))
    tail = sum(after * step for (_, after), step in zip(reach, steps, strict=True))
    flat = empty((lead + prod(shape) + tail,), values.dtype)
    flat.fill(0)
    flat[lead : lead + prod(shape)].reshape(shape)[cells] = values
    for (before, after), step in zip(reach, steps, strict=True):
        flat = _run_sum(flat, before + 1 + after, step)
    return flat.reshape(shape)[cells]


def _run_sum(flat: Array, number: int, step: int) -> Array:
    """Sum `number` cells from each cell on, `step` apart: first in pairs, then the pairs likewise."""
    if number == 1:
        return flat
    pairs = _run_sum(_plus(flat[:-step], flat[step:]), number // 2, 2 * step)
    if number % 2 == 0:
        return pairs
    last = flat[(number - 1) * step :]
    return _plus(pairs[: last.size], last)


def _plus(a: Array, b: Array) -> Array:
    return np.add(a, b, out=empty(a.shape, a.dtype))
