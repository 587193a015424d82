"""Intervals over a handful of seeds, by Student's t."""

from __future__ import annotations

from functools import lru_cache
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


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


@lru_cache
def t_quantile(p: float, dof: int) -> float:
    """Return the p-quantile of Student's t.

    >>> round(t_quantile(0.975, 4), 3)
    2.776
    """
    from scipy.special import stdtrit  # here, for it takes a third of a second

    return float(stdtrit(dof, p))
