"""An erratum, and the search for the smallest input that convicts it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from classroom.typeset import short

Array = NDArray[np.float64]
TOLERANCE = 1e-6  # below it, two results are called equal; the smallest gap of an erratum is 4e-5, that of ε


@dataclass(frozen=True, eq=False)
class Failure:
    """One input, what the printed formula makes of it, what is right, and all of it in words."""

    input: str
    printed: Array
    right: Array
    sentence: str

    @property
    def gap(self) -> float:
        """The largest difference between printed and right."""
        return float(np.max(np.abs(self.printed - self.right)))


class Case(NamedTuple):
    """One small input: x as (1, channels, rows, columns), the same of dy where it is needed, and whole settings."""

    x: Array
    dy: Array
    settings: Mapping[str, int]


Formula = Callable[[Case], Array]


class Evidence(Protocol):
    """Whatever can be computed against what was printed; hashable, so that it is computed once."""

    def failure(self) -> Failure: ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class Search:
    """Try small inputs in order; the first on which `printed` and `right` disagree is the failure."""

    cases: Callable[[], Iterable[Case]]
    printed: Formula
    right: Formula
    say: Callable[[Case], tuple[str, str]]  # the input in words, and why the two differ there

    def failure(self) -> Failure:
        for case in self.cases():
            printed, right = self.printed(case), self.right(case)
            if differ(printed, right):
                where, reason = self.say(case)
                values = f"as printed {show(printed)}, right {show(right)}"
                return Failure(where, printed, right, f"{where[0].upper()}{where[1:]}: {values}. {reason}")
        raise LookupError("an erratum's printed formula must fail on a case, got none. Search larger inputs.")


@dataclass(frozen=True)
class Erratum:
    """One thing to correct on one slide of the talk."""

    id: str
    slide: str
    title: str
    printed: str  # LaTeX, as are its corrections
    right: str
    why: str
    evidence: Evidence | None = field(default=None, repr=False)  # None where no number can exist; `why` says so

    def failure(self) -> Failure | None:
        """Compute the smallest failure; None where the erratum is one of words alone."""
        return _failure(self.evidence) if self.evidence else None


@lru_cache
def _failure(evidence: Evidence) -> Failure:
    return evidence.failure()


def differ(printed: Array, right: Array) -> bool:
    """Tell two results apart; where one has more numbers than the other, each is held against it."""
    return bool(np.any(np.abs(printed - right) > TOLERANCE))


def small(
    shapes: Sequence[tuple[int, int, int]], *, gradient: bool = False, top: int = 2, **settings: Sequence[int]
) -> Iterator[Case]:
    """Yield inputs of whole numbers from 0 to `top`: shape by shape, setting by setting, small numbers first.

    shapes: (channels, rows, columns), in the order to try them. gradient: vary dy too, or leave it 0.
    """
    for shape in shapes:
        size = int(np.prod(shape))
        for values in product(*settings.values()):
            for numbers in integers(size * (1 + gradient), top):
                x = np.array(numbers[:size], float).reshape(1, *shape)
                dy = np.array(numbers[size:] or [0.0] * size, float).reshape(1, *shape)
                yield Case(x, dy, dict(zip(settings, values, strict=True)))


@lru_cache
def integers(length: int, top: int) -> list[tuple[int, ...]]:
    """Return all tuples of whole numbers from 0 to `top`: the largest entry small first, then the sum.

    >>> integers(2, 1)
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
    return sorted(product(range(top + 1), repeat=length), key=lambda n: (max(n), sum(n), n))


def show(value: Any) -> str:
    """Write numbers as one reads them, to five digits.

    >>> show(np.array([-1.0, 1 / 3])), show(np.array(0.25))
    ('(−1, 0.33333)', '0.25')
    """
    numbers = [short(round(number, 12), 5) for number in np.ravel(value).tolist()]
    return numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"
