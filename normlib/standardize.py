"""Shift and scale a pooled set to mean 0 and variance 1, and the gradient through that.

How large x may be: up to 1e36 in float32 and 1e153 in float64, whose squares are beyond it. How small its spread,
without eps: 1e-19 in float32 for the gradient, in which 1 / variance stands, and 1e-38, where numbers begin to lose
digits, if only a root mean square is divided by; 1e-102 in float64, for the cube of 1e-102 is nearly its least number.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from normlib.maps import are_units, channel_sums, is_plain, line, map_sums
from normlib.pool import ALL, Array, Pool

NEAR = 4.0  # a mean of at most two standard deviations: the mean of squares less its square then loses three bits
FAR = 16.0  # a gradient's mean of more than four standard deviations: rounded with them, it costs two bits and more
UNITS = (0, 2, 3)  # the axes over which a dense layer's unit is pooled: its examples


class Moments(NamedTuple):
    """Statistics of the pooled sets, in float64 or wider, with 1s on the pooled axes."""

    mean: Array
    var: Array  # biased: divides by the number of cells; without eps


@lru_cache
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


class Shifted(NamedTuple):
    """An array less its mean, not written out where that is not needed: values - offset."""

    values: Array  # (N, C, H, W)
    offset: Array  # in float64 or wider, with 1s on the pooled axes

    @property
    def centred(self) -> Array:
        """The difference, in the dtype of the values."""
        return self.values - self.offset.astype(self.values.dtype)


def moments(x: Array, axes: tuple[int, ...]) -> tuple[Shifted, Moments]:
    """Return what `centre` does, sooner: where the mean is near, one pass gives both moments, and x stays as it is.

    Where it is far the same is done with x less its mean; where that does not help either, `centre` does it.

    >>> x = np.array([1.0, 3.0]).reshape(1, 1, 1, 2)
    >>> (values, offset), _ = moments(x, axes=(2, 3))
    >>> values is x, offset.item()
    (True, 2.0)
    """
    if axes == UNITS and x.dtype == np.float32 and are_units(x):
        return _of_units(x)
    if is_plain(x) and {2, 3} <= set(axes):
        values, taken = x, np.zeros((1, 1, 1, 1))
        for _ in range(2):
            mean, var, exact = _one_pass(values, axes)
            if exact:
                return Shifted(values, mean), Moments(taken + mean, var)
            taken = mean.astype(x.dtype)
            values = line(x, np.ones_like(taken), -taken)
    centred, found = centre(x, axes)
    return Shifted(centred, np.zeros_like(found.mean)), found


def _of_units(x: Array) -> tuple[Shifted, Moments]:
    """Return what `moments` does, for a dense layer of float32: written out in float64, it needs no second look."""
    centred, mean = _centred_units(x)
    var = _share(len(x)) @ np.square(centred).reshape(len(x), -1)
    return Shifted(centred.astype(x.dtype), np.zeros(mean.shape)), Moments(mean, var.reshape(mean.shape))


def _centred_units(x: Array) -> tuple[Array, Array]:
    """Return a dense layer's x less its mean over the examples, and that mean; in float64."""
    n, c, _, _ = x.shape
    wide = x.astype(np.float64)
    mean = (_share(n) @ wide.reshape(n, c)).reshape(1, c, 1, 1)
    wide -= mean
    return wide, mean


@lru_cache
def _share(n: int) -> Array:
    """Return n weights that make a sum a mean."""
    return np.full(n, 1 / n)


def mean_product(a: Array, b: Array, axes: tuple[int, ...]) -> Array:
    """Return the mean of a * b, in float64 or wider; keeps the axes, each of length 1."""
    total = sum_product(a, b, axes)
    return total / (a.size // total.size)


def mean_square(x: Array, axes: tuple[int, ...]) -> Array:
    """Return the mean of squares, in float64 or wider; keeps the axes. A square may be beyond float32."""
    total = sum_square(x, axes)
    return total / (x.size // total.size)


def sum_product(a: Array, b: Array, axes: tuple[int, ...]) -> Array:
    """Return the sum of a * b, in float64 or wider; keeps the axes. It may be beyond float32, a product not."""
    total = _summed(a, b, axes)
    if total is not None and np.isfinite(total).all():
        return total
    return (a * b).sum(axes, np.result_type(a, b, np.float64), keepdims=True)


def sum_square(x: Array, axes: tuple[int, ...]) -> Array:
    """Return the sum of squares, in float64 or wider; keeps the axes. A square may be beyond float32."""
    total = _summed(x, x, axes)
    if total is not None and holds_squares(total, x.dtype):
        return total
    return np.square(x, dtype=np.promote_types(x.dtype, np.float64)).sum(axes, keepdims=True)


def holds_squares(total: Array, dtype: DTypeLike = np.float64) -> bool:
    """Return whether sums of squares are of a size that kept all digits of squares taken in the dtype."""
    least, most = _squares(np.dtype(dtype))
    return bool(((total >= least) & (total <= most)).all())


def _summed(a: Array, b: Array, axes: tuple[int, ...]) -> Array | None:
    """Return the sum of a * b as taken in the arrays' own dtype, and inf beyond it; None where that is not quicker."""
    if not is_plain(a, b):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        if axes == (1,):
            return channel_sums(a, b)
        return map_sums(a, b)[1].sum(axes, keepdims=True) if {2, 3} <= set(axes) else None


def shifted(x: Array, mean: Array, square: Array) -> Shifted:
    """Return x less a mean that is given, of which a float32 x keeps what a float64 mean tells.

    square: of the spread that x will be measured by; a mean that is far from 0 by it is taken off at once.
    """
    if np.all(mean.real**2 <= NEAR * square.real):
        return Shifted(x, mean)
    taken = mean.astype(x.dtype)
    return Shifted(line(x, np.ones_like(taken), -taken), mean - taken)


def inverse(spread: Array, where: str) -> Array:
    """Return 1 / spread. Raises ValueError where a spread is 0: a constant pool, and no eps."""
    if not spread.all():
        raise ValueError(
            f"{where}: eps must be positive where all values of a pool are equal, got eps=0 and a variance of 0. "
            "Choose a larger eps."
        )
    return 1 / spread


def gain_outside(var: Array, inv_std: Array) -> Array:
    """Return (std + eps) / std, and 0 where std is 0: there y is 0 too, and its path through the deviation with it."""
    std = np.sqrt(var)
    return np.divide(1.0, std * inv_std, out=np.zeros_like(std), where=std != 0)


def is_far(mean: Array, square: Array) -> bool:
    """Return whether a mean of a gradient is so far from 0, by its mean square, that it must be taken off first.

    It would cancel later, but then what it was rounded to stays.
    """
    return bool((mean * mean * (1 + 1 / FAR) > square).any())


class Received(NamedTuple):
    """A gradient less a number for each pool, 0 where its mean is near, and sums of what is left."""

    dy: Array  # (N, C, H, W)
    taken: Array  # in float64 or wider, with 1s on the pooled axes; of four 1s where it is 0
    total: Array  # the sum over each pool
    along: Array  # that of the products with the values


def received(dy: Array, values: Array, axes: tuple[int, ...]) -> Received:
    """Take the mean over `axes`, rows and columns among them, off a dy whose mean is far from 0; x's gradient stays.

    >>> dy = np.array([1e6, 1e6 + 1]).reshape(1, 1, 1, 2)
    >>> found = received(dy, dy, axes=(2, 3))
    >>> found.dy.ravel().tolist(), found.taken.item()
    ([-0.5, 0.5], 1000000.5)
    """
    if axes == UNITS and dy.dtype == np.float32 and are_units(dy, values):  # taken off in float64, near or far
        wide, mean = _centred_units(dy)
        rows = wide.reshape(len(dy), -1)
        along = np.einsum("nc,nc->c", rows, values.reshape(rows.shape).astype(rows.dtype))
        return Received(wide.astype(dy.dtype), mean, np.zeros(mean.shape), along.reshape(mean.shape))
    with np.errstate(over="ignore"):
        total, along, squares = _sums(dy, values, dy, axes=axes)
        cells = dy.size // total.size
        far = is_far(total / cells, squares / cells)
    if not far:
        return Received(dy, np.zeros((1, 1, 1, 1)), total, along)
    taken = (total / cells).astype(dy.dtype)
    dy = line(dy, np.ones_like(taken), -taken)
    total, along = _sums(dy, values, axes=axes)
    return Received(dy, taken.astype(total.dtype), total, along)


def _sums(a: Array, *others: Array, axes: tuple[int, ...]) -> Array:
    """Return the sums over pools of a, and of a times each other array: (1 + number of others, N, C, 1, 1)."""
    sums = map_sums(a, *others)
    over = tuple([axis + 1 for axis in axes if axis < 2])
    return np.add.reduce(sums, over, keepdims=True) if over else sums


def standardize_backward(
    dx_hat: Array, x_hat: Array, inv_std: Array, axes: tuple[int, ...], gain: float | Array = 1.0
) -> Array:
    """Return dl/dx through x_hat = (x - mean) * inv_std: dx_hat less what the mean and the variance absorb.

    gain: 1 / (std * inv_std) where inv_std is not 1 / sqrt(var + eps) but 1 / (std + eps).
    Source: Ioffe & Szegedy 2015, section 3, with the three paths collected.
    """
    level = dx_hat - mean_over(dx_hat, axes).astype(dx_hat.dtype)
    level -= mean_over(level, axes).astype(dx_hat.dtype)  # of a large mean, what rounding left
    through_variance = (gain * mean_over(level * x_hat, axes)).astype(dx_hat.dtype)
    return inv_std.astype(dx_hat.dtype) * (level - x_hat * through_variance)


def _one_pass(values: Array, axes: tuple[int, ...]) -> tuple[Array, Array, bool]:
    """Return the mean, the mean of squares less its square, and whether that is exact to the values' own precision.

    It is not where the two cancel, and where a square is too large or too small for the dtype.
    """
    least, most = _squares(values.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        sums = _sums(values, values, axes=axes)
        mean, mean_square = sums / (values.size // sums[0].size)
        square = mean * mean
        var = mean_square - square
        exact = (square <= NEAR * var) & (var >= least) & (var <= most)
    if exact.all():
        return mean, var, True
    return mean, var, bool((exact | ~values.any(axes, keepdims=True)).all())  # 0 of zeros, not of tiny values


@lru_cache
def _squares(dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return between which sizes a dtype's squares keep all its digits."""
    limits = np.finfo(dtype)
    return float(limits.tiny / limits.eps), float(limits.max)
