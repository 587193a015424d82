"""How a variance may be computed, and what is left of it in floating point.

Each algorithm works as a loop in the dtype of x would: every sum adds one value after another, every result is rounded.
Operators do not: `normlib.standardize` takes a shift off first, and sums in float64.

x: (n, ...), of any floating-point dtype; the variance is along the first axis, biased: it divides by n.
kappa = sqrt(1 + mean^2 / var) says how hard that is; the relative errors grow as n kappa^2 u, n u + n^2 kappa^2 u^2 and
n kappa u, where u is the unit roundoff. Source: Chan, Golub & LeVeque 1983.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from normlib.pool import Array


def textbook(x: Array) -> Array:
    """Return the mean of the squares less the square of the mean: one pass, and a difference of large numbers.

    It may be negative. Source: Chan, Golub & LeVeque 1983, whose name for it this is.

    >>> textbook(np.array([4096.0, 4097.0], np.float32)), two_passes(np.array([4096.0, 4097.0], np.float32))
    (np.float32(0.0), np.float32(0.25))
    """
    mean = _mean(x)
    return _mean(x * x) - mean * mean


def two_passes(x: Array) -> Array:
    """Return the mean of the squared deviations from the mean, which is computed first."""
    deviations = x - _mean(x)
    return _mean(deviations * deviations)


def welford(x: Array) -> Array:
    """Return the variance of all values from that of the values before, one value at a time: one pass, never negative.

    Source: Welford 1962.
    """
    mean = squares = np.zeros(x.shape[1:], x.dtype)
    for count, value in enumerate(x, start=1):
        deviation = value - mean
        mean = mean + deviation / x.dtype.type(count)
        squares = squares + deviation * (value - mean)
    return squares / x.dtype.type(len(x))


def exact(x: Array) -> Array:
    """Return the variance of the very numbers, as fractions; x must be finite, and no wider than float64.

    >>> exact(np.array([0.5, 1.0, 1.5]))
    Fraction(1, 6)
    """
    fractions, powers = np.frexp(x.astype(np.float64))
    integers = np.ldexp(fractions, 53).astype(np.int64).astype(object)  # times 2 to the power less 53
    least = powers.min(axis=0)
    integers = integers << (powers - least).astype(object)
    n = len(x)
    scatter = n * (integers * integers).sum(axis=0) - integers.sum(axis=0) ** 2
    fraction = np.frompyfunc(lambda part, power: Fraction(part, n * n) * Fraction(2) ** (2 * (power - 53)), 2, 1)
    return fraction(scatter, least.astype(object))


def _mean(values: Array) -> Array:
    """Return the mean along the first axis; NumPy's own sum would add in pairs, or in a wider dtype."""
    return np.add.accumulate(values)[-1] / values.dtype.type(len(values))
