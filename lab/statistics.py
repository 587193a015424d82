"""What is told of a handful of seeds: intervals by Student's t, first arrivals, percentiles."""

from __future__ import annotations

from functools import lru_cache
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


def percent(share: float, places: int = 1) -> str:
    """Write a share of 1 as the pictures do, with the space that the SI asks for.

    >>> percent(0.956), percent(0.95, 0)
    ('95.6 %', '95 %')
    """
    return f"{100 * share:.{places}f} %"


class Interval(NamedTuple):
    """A mean and half the width of its interval."""

    mean: float
    half: float  # not a number where fewer than two values were at hand

    def __str__(self) -> str:
        """Round both to the same place: two digits of the half width below 10, whole numbers above.

        >>> str(Interval(120.3, 21.7)), str(Interval(-0.31, 0.523)), str(Interval(-0.01, 2.0))
        ('120 ± 22', '−0.31 ± 0.52', '0.0 ± 2.0')
        """
        if not np.isfinite(self.half):
            return f"{self.mean:.3g}".replace("-", "−")
        places = 0 if self.half >= 10 else 1 if self.half >= 1 or self.half == 0 else 2
        mean = round(self.mean, places) + 0.0  # + 0.0 turns −0.0 into 0.0
        return f"{mean:.{places}f} ± {self.half:.{places}f}".replace("-", "−")

    @property
    def excludes_zero(self) -> bool:
        return abs(self.mean) > self.half


def interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the mean of independent values and the half width of its t interval.

    >>> str(interval([1.0, 2.0, 3.0]))
    '2.0 ± 2.5'
    """
    v = np.asarray(values, np.float64)
    if v.size < 2:
        return Interval(float(v.mean()) if v.size else float("nan"), float("nan"))
    half = t_quantile((1 + confidence) / 2, v.size - 1) * v.std(ddof=1) / sqrt(v.size)
    return Interval(float(v.mean()), float(half))


def intervals(values: ArrayLike) -> NDArray[np.float64]:
    """Return mean and half width over the seeds, (arms, S, 2), of numbers (arms, seeds, S).

    >>> intervals([[[1.0, 5.0], [1.0, 5.0]]]).tolist()
    [[[1.0, 0.0], [5.0, 0.0]]]
    """
    return np.array([[interval(seeds) for seeds in arm.T] for arm in np.asarray(values)])


def first_at(steps: ArrayLike, values: ArrayLike, target: ArrayLike) -> NDArray[np.float64]:
    """Return the first step at which each curve, along the last axis, is at the target; not a number: never.

    >>> first_at([0, 10, 20], [[0.1, 0.9, 0.8], [0.1, 0.2, 0.3]], 0.9).tolist()
    [10.0, nan]
    """
    there = np.asarray(values) >= target
    return np.where(there.any(axis=-1), np.asarray(steps)[there.argmax(axis=-1)], np.nan)


def percentiles(x: NDArray[Any], shares: tuple[float, ...] = (0.15, 0.5, 0.85)) -> NDArray[Any]:
    """Return percentiles of each column, between two values by interpolation: (shares, columns).

    >>> percentiles(np.array([[0.0], [10.0], [20.0]]), (0.25, 0.5)).tolist()
    [[5.0], [10.0]]
    """
    # np.percentile takes ten times as long: this sorts rows that lie in one piece
    ordered = np.sort(x.T.copy(), axis=1)
    at = np.array(shares) * (len(x) - 1)
    below = at.astype(np.intp)
    above = np.minimum(below + 1, len(x) - 1)
    part = (at - below).astype(x.dtype)
    return (ordered[:, below] * (1 - part) + ordered[:, above] * part).T


@lru_cache
def t_quantile(p: float, dof: int) -> float:
    """Return the p-quantile of Student's t.

    >>> round(t_quantile(0.975, 4), 3)
    2.776
    """
    from scipy.special import stdtrit  # here, for it takes a third of a second

    return float(stdtrit(dof, p))
