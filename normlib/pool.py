"""Which cells share a statistic, as data: pictures, quizzes, sums and proofs all ask this."""

from __future__ import annotations

from functools import reduce
from math import prod
from types import EllipsisType
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # of one floating-point dtype

ALL = ...  # the whole axis

Lean = Literal["high", "low"]


class Span(NamedTuple):
    """A window along an axis, from `-before` to `+after`, clipped to the axis.

    >>> Span(1, 2).mirrored
    Span(before=2, after=1)
    """

    before: int
    after: int

    @property
    def mirrored(self) -> Span:
        """The window of the adjoint: the cells whose window holds this one."""
        return Span(self.after, self.before)

    @classmethod
    def of(cls, size: int, lean: Lean = "high") -> Span:
        """Return the window of `size` cells; an even one has its extra cell on the `lean` side.

        >>> Span.of(5), Span.of(4), Span.of(4, lean="low")
        (Span(before=2, after=2), Span(before=1, after=2), Span(before=2, after=1))
        """
        short, long = (size - 1) // 2, size // 2
        return cls(short, long) if lean == "high" else cls(long, short)


ONE = Span(0, 0)  # this index only
NONE = Span(0, -1)  # no index: the statistic is given, not taken from x


class Groups(NamedTuple):
    """Contiguous groups along an axis, all as long: a cell's statistic is taken over its own group.

    >>> Pool(c=Groups(2)).mask((1, 4, 1, 1), cell=(0, 1, 0, 0)).ravel()
    array([ True,  True, False, False])
    """

    number: int

    @property
    def mirrored(self) -> Groups:
        """The same groups: who is in my group has me in its own."""
        return self


Axis = EllipsisType | Span | Groups


class Pool(NamedTuple):
    """The cells that enter a cell's statistic: along each axis all of it, a window around the cell, or its group.

    >>> Pool(n=ALL, h=ALL, w=ALL).mask((2, 3, 1, 1), cell=(0, 1, 0, 0)).ravel()
    array([False,  True, False, False,  True, False])
    """

    n: Axis = ONE
    c: Axis = ONE
    h: Axis = ONE
    w: Axis = ONE

    @property
    def mirrored(self) -> Pool:
        """The cells into whose statistic a cell enters."""
        return Pool(*(a if a is ALL else a.mirrored for a in self))

    @property
    def small(self) -> Pool:
        """The pool for a proof on a small tensor: two groups are enough to tell one from another."""
        return Pool(*(Groups(min(a.number, 2)) if isinstance(a, Groups) else a for a in self))

    def fit(self, shape: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        """Return the least (N, C, H, W) shape, no axis shorter than in `shape`, that the groups divide.

        >>> Pool(c=Groups(4)).fit((2, 5, 3, 3))
        (2, 8, 3, 3)
        """
        n, c, h, w = (m + -m % a.number if isinstance(a, Groups) else m for a, m in zip(self, shape, strict=True))
        return n, c, h, w

    def matrix(self, axis: int, length: int) -> NDArray[np.bool_]:
        """Along one axis of N, C, H, W: True at [a, b] where index b enters the statistic of index a."""
        at = np.arange(length)
        match self[axis]:
            case Span(before, after):
                offset = at - at[:, None]
                return (-before <= offset) & (offset <= after)
            case Groups(number):
                group = at // (length // number)
                return group == group[:, None]
            case _:
                return np.ones((length, length), dtype=bool)

    def mask(self, shape: tuple[int, ...], cell: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return True, over an (N, C, H, W) `shape`, where a cell enters the statistic of `cell`."""
        along = [self.matrix(axis, length)[at] for axis, (length, at) in enumerate(zip(shape, cell, strict=True))]
        return reduce(np.multiply.outer, along)

    def size(self, shape: tuple[int, ...], cell: tuple[int, ...]) -> int:
        """Count the cells that enter the statistic of `cell`, in an (N, C, H, W) `shape`."""
        along = enumerate(zip(shape, cell, strict=True))
        return prod(int(self.matrix(axis, length)[at].sum()) for axis, (length, at) in along)
