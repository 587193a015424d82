"""A computation whose outcome can be predicted: points along an axis, a number at each, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Values = tuple[float, ...]


class Run(NamedTuple):
    """What a reader sees of it before it runs, how it runs, and what is to be said of its outcome."""

    points: tuple[str, ...]  # as they stand below the axis
    each: str  # what a point is, with {} for its label: "batch of {}"
    x: str  # titles of the axes
    y: str
    low: float  # ends of the y axis: no prediction and no outcome is beyond
    high: float
    compute: Callable[[], Values]  # pure, through normlib: a number for each point
    says: Callable[[Values], str]  # a sentence with the numbers

    @property
    def step(self) -> float:
        """By how much a handle moves: a hundredth of the axis."""
        return (self.high - self.low) / 100

    def names(self) -> tuple[str, ...]:
        """Return what each point is called."""
        return tuple(self.each.format(point) for point in self.points)
