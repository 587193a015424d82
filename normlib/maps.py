"""Passes over whole maps: their sums, and what is linear in their values.

A map is the H x W values of one example and channel. The statistics of a standardizing operator are sums over maps; its
output is x * slope + intercept, with numbers that are the same all over a map, and its gradient is linear in dy and x.

The line under "Return" is what a function computes. The rest is there for speed: NumPy alone would write every
intermediate result to main memory and read it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np

from normlib.pool import Array

BLOCK = 1 << 19  # bytes of an operand in one block: four of them stay in a core's own cache
STRETCH = 2048  # values summed in their own dtype, before float64 takes the sum over
EXAMPLES = 64  # the same, for sums over examples
CHANNELS = 32  # the same, for sums over channels: each value is rounded into the last, so fewer
SHORT = 1024  # values; for shorter maps, a number is written out for each value: a loop for each map would cost more
TINY = 16  # values; for a sum over so few, BLAS takes longer than NumPy, and may warn of numbers that are none of ours
LINE = 64  # bytes of a cache line
LARGE = 1 << 18  # bytes; below, finding the line takes longer than it saves


def is_plain(*arrays: Array) -> bool:
    """Return whether the arrays are real, of one dtype, and without gaps in memory: their blocks are flat then."""
    first = arrays[0].dtype
    return first.char in "fd" and all(a.dtype == first and a.flags.c_contiguous for a in arrays)


def map_sums(a: Array, *others: Array) -> Array:
    """Return the sums over every map of a, and of a times each other array, in float64 or wider.

    a, others: (N, C, H, W); result: (1 + number of others, N, C, 1, 1).
    """
    n, c, h, w = a.shape
    if h * w < TINY or not is_plain(a, *others):
        wide = np.result_type(a.dtype, np.float64, *(b.dtype for b in others))
        if h * w == 1:  # nothing to sum
            found = np.empty((1 + len(others), n, c, 1, 1), wide)
            found[0] = a
            for row, b in enumerate(others, start=1):
                np.multiply(a, b, out=found[row], dtype=wide)
            return found
        products = (np.multiply(a, b, dtype=wide).sum((2, 3), keepdims=True) for b in others)
        return np.stack([a.sum((2, 3), wide, keepdims=True), *products])
    a, *flat = [b.reshape(n * c, h * w) for b in (a, *others)]
    ones = np.ones(min(h * w, STRETCH), a.dtype)
    found = np.zeros((1 + len(flat), n * c))
    if a.nbytes <= BLOCK and h * w <= STRETCH:
        found[0] = a @ ones
        for row, b in enumerate(flat, start=1):
            found[row] = np.vecdot(a, b)
        return found.reshape(-1, n, c, 1, 1)
    for at in _tiles(a, STRETCH):
        part, rows = a[at], at[0]
        found[0, rows] += part @ ones[: part.shape[1]]
        for products, b in zip(found[1:], flat, strict=True):
            products[rows] += np.vecdot(part, b[at])
    return found.reshape(-1, n, c, 1, 1)


def are_units(*arrays: Array) -> bool:
    """Return whether the arrays are a dense layer's, of more than a few units: plain, with maps of a single value."""
    return arrays[0].shape[2:] == (1, 1) and arrays[0].shape[1] >= TINY and is_plain(*arrays)


def channel_sums(a: Array, b: Array) -> Array:
    """Return the sums over the channels of a times b, in float64 or wider.

    a, b: (N, C, H, W); result: (N, 1, H, W).
    """
    n, c, h, w = a.shape
    if h * w < TINY or not is_plain(a, b):
        wide = np.result_type(a.dtype, b.dtype, np.float64)
        return np.multiply(a, b, dtype=wide).sum(1, keepdims=True)
    found = np.zeros((n, 1, h, w))
    for at in range(0, c, CHANNELS):
        few = slice(at, at + CHANNELS)
        found[:, 0] += np.einsum("nchw,nchw->nhw", a[:, few], b[:, few])
    return found


def crossed_sums(a: Array, weights: Array, b: Array, slope: Array, intercept: Array) -> tuple[Array, Array]:
    """Return sums over each example and sums over all examples, from one pass, in float64 or wider.

    The first, (2, N, 1, 1, 1), are of a * weights and of a * weights * b; the others, (2, C, H, W), of a and of
    a * (b * slope + intercept). a, b: (N, C, H, W); weights: (1, C, H, W); slope, intercept: (N, 1, 1, 1).
    """
    weights = weights.astype(a.dtype)
    if weights.size < TINY or not is_plain(a, b):
        wide = np.result_type(a.dtype, b.dtype, np.float64)
        of_examples = map_sums(a * weights, b).sum(2, keepdims=True)
        return of_examples, np.stack([a.sum(0, wide), (a * line(b, slope, intercept)).sum(0, wide)])
    n, c, h, w = a.shape
    a, b, weights = a.reshape(n, -1), b.reshape(n, -1), weights.reshape(-1)
    terms = np.ones((2, n), a.dtype)
    terms[1], factors = intercept.ravel(), slope.ravel().astype(a.dtype)
    of_examples, of_elements = np.zeros((2, n)), np.zeros((2, c * h * w))
    product = None
    for rows, columns in _tiles(a, STRETCH, EXAMPLES):
        part, weight = a[rows, columns], weights[columns]
        product = empty_like(part) if product is None or product.shape != part.shape else product
        np.multiply(part, b[rows, columns], out=product)
        of_elements[:, columns] += terms[:, rows] @ part
        of_elements[1, columns] += factors[rows] @ product
        of_examples[0, rows] += part @ weight
        of_examples[1, rows] += product @ weight
    return of_examples.reshape(2, n, 1, 1, 1), of_elements.reshape(2, c, h, w)


def line(x: Array, slope: Array, intercept: Array, *further: Array) -> Array:
    """Return x * slope + intercept, new, in the dtype of x; a further slope and intercept are applied to that.

    x: (N, C, H, W); slopes, intercepts: four axes that broadcast against it.
    """
    numbers = [p.astype(x.dtype) for p in (slope, intercept, *further)]
    if x.shape[2:] == (1, 1) and x.nbytes <= BLOCK:  # a row is an example, as long as can be
        return _apply(x, numbers)
    with _short_buffer():
        if not _needs_blocks(x, numbers=numbers):
            return _apply(x, _written(numbers, x))
        out = empty_like(x)
        (flat, flat_out), numbers = _matrices((x, out), numbers)
        for at in _tiles(flat):
            _apply(flat[at], [_cut(p, at) for p in numbers], flat_out[at])
        return out


def plane(a: Array, slope_a: Array, b: Array, slope_b: Array, intercept: Array, *factor: Array) -> Array:
    """Return a * slope_a + b * slope_b + intercept, new, in the dtype of a; times a factor, if there is one.

    a, b: (N, C, H, W); slopes, intercept, factor: four axes that broadcast against them.
    """
    numbers: Sequence[Array] = [p.astype(a.dtype) for p in (slope_a, slope_b, intercept, *factor)]
    if a.shape[2:] == (1, 1) and a.nbytes <= BLOCK:
        return _combine(a, b, numbers)
    with _short_buffer():
        if not _needs_blocks(a, b, numbers=numbers):
            return _combine(a, b, _written(numbers, a))
        out, spare = empty_like(a), None
        (flat_a, flat_b, flat_out), numbers = _matrices((a, b, out), numbers)
        for at in _tiles(flat_a):
            part = flat_out[at]
            spare = empty_like(part) if spare is None or spare.shape != part.shape else spare
            _combine(flat_a[at], flat_b[at], [_cut(p, at) for p in numbers], part, spare)
        return out


def empty_like(x: Array) -> Array:
    """Return an array of the shape and dtype of x, without values; its memory as in `empty`."""
    return empty(x.shape, x.dtype)


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return an array without values that begins with a cache line, if it is large.

    A large array of NumPy's own begins 16 bytes behind one: every store of 64 bytes then touches two lines, and takes
    twice as long.
    """
    size = prod(shape) * dtype.itemsize
    if size < LARGE:
        return np.empty(shape, dtype)
    raw = np.empty(size + LINE, np.uint8)
    return np.ndarray(shape, dtype, raw, -raw.ctypes.data % LINE)


def _apply(x: Array, numbers: Sequence[Array], out: Array | None = None) -> Array:
    """Multiply by the first number, add the second, multiply by the third, and so on, in `out`'s or in new memory."""
    slope, intercept, *further = numbers
    out = np.multiply(x, slope, out=out)
    out += intercept
    return _apply(out, further, out) if further else out


def _combine(
    a: Array, b: Array, numbers: Sequence[Array], out: Array | None = None, spare: Array | None = None
) -> Array:
    """Do what `plane` does, in the memory of `out`, or in new memory."""
    slope_a, slope_b, intercept, *factor = numbers
    spare = np.multiply(b, slope_b, out=spare)
    if intercept.any():
        spare += intercept
    out = np.multiply(a, slope_a, out=out)
    out += spare
    for each in factor:
        out *= each
    return out


Tile = tuple[slice, slice]


def _tiles(matrix: Array, columns: int | None = None, rows: int | None = None) -> Iterator[Tile]:
    """Yield blocks that together are the matrix, of BLOCK bytes and of so many columns and rows at most."""
    height, width = matrix.shape
    wide = min(width, columns or width, BLOCK // matrix.itemsize)
    high = min(height, rows or height, max(1, BLOCK // (wide * matrix.itemsize)))
    for top in range(0, height, high):
        for left in range(0, width, wide):
            yield slice(top, min(top + high, height)), slice(left, min(left + wide, width))


def _needs_blocks(*arrays: Array, numbers: Sequence[Array]) -> bool:
    """Return whether arrays are too large for the cache, and they and the numbers can be cut into flat blocks.

    Numbers that vary inside of maps must be the same for all examples, or for all of an example.
    """
    if arrays[0].nbytes <= BLOCK or not is_plain(*arrays):
        return False
    varied = any(p.shape[2:] != (1, 1) for p in numbers)
    return not varied or all(p.shape[0] == 1 or p.size == p.shape[0] for p in numbers)


def _written(numbers: Sequence[Array], x: Array) -> Sequence[Array]:
    """Return the numbers, those of channels with one for each value of a map, where maps are short."""
    _, c, h, w = x.shape
    if h * w >= SHORT or not is_plain(x):
        return numbers
    return [np.repeat(p, h * w, axis=3).reshape(1, c, h, w) if p.shape == (1, c, 1, 1) else p for p in numbers]


def _cut(numbers: Array, at: Tile) -> Array:
    """Return what belongs to a block, of a matrix that is one row or one column."""
    rows, columns = at
    if numbers.shape[1] > 1:
        return numbers[:, columns]
    column = numbers[rows] if numbers.shape[0] > 1 else numbers
    width = columns.stop - columns.start
    return np.repeat(column, width, axis=1) if width < SHORT and column.size > 1 else column


def _matrices(arrays: tuple[Array, ...], numbers: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    """Return views of the arrays as matrices, a map or an example a row, and the numbers as one row or one column.

    A row is an example where numbers vary inside of maps, or where maps are short: a number for each of its values is
    then written out once, and serves all examples.
    """
    n, c, h, w = arrays[0].shape
    varied = any(p.shape[2:] != (1, 1) for p in numbers)
    if varied or (h * w < SHORT and all(p.shape[0] == 1 or p.shape[1] == 1 for p in numbers)):
        columns = [
            p.reshape(-1, 1) if p.size == p.shape[0] else np.broadcast_to(p, (1, c, h, w)).reshape(1, -1)
            for p in numbers
        ]
        return [a.reshape(n, c * h * w) for a in arrays], columns
    return [a.reshape(n * c, h * w) for a in arrays], [np.broadcast_to(p, (n, c, 1, 1)).reshape(-1, 1) for p in numbers]


@contextmanager
def _short_buffer() -> Iterator[None]:
    """Keep NumPy from copying a broadcast operand through its buffer, as it does for rows shorter than that."""
    before = np.setbufsize(4096)
    try:
        yield
    finally:
        np.setbufsize(before)
