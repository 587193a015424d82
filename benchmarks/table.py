"""Samples in, one readable table out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


def median(samples: Sequence[float]) -> float:
    """Return the middle sample, the mean of the two middle ones if their number is even; nan of none."""
    return quantile(samples, 0.5)


def p95(samples: Sequence[float]) -> float:
    """Return the value that 95 % of the samples do not exceed, by interpolation; nan of none."""
    return quantile(samples, 0.95)


def quantile(samples: Sequence[float], share: float) -> float:
    """Return a quantile by linear interpolation between the sorted samples.

    >>> quantile([4.0, 1.0, 2.0], 0.5), quantile([0.0, 10.0], 0.95)
    (2.0, 9.5)
    """
    if not samples:
        return math.nan
    ordered = sorted(samples)
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the table: what was measured, its samples in `unit`, and the goal for `judged`, if there is one."""

    what: str
    samples: tuple[float, ...]
    unit: str = "ms"
    below: float | None = None  # the goal: `judged` stays below
    above: float | None = None  # or: reaches at least
    judged: float | None = None  # None: the median
    said: str = ""  # how the goal is said where a number alone would not be understood

    @property
    def met(self) -> bool | None:
        """Return whether the goal is met; None where there is no goal or nothing was measured."""
        value = median(self.samples) if self.judged is None else self.judged
        if math.isnan(value) or (self.below is None and self.above is None):
            return None
        return (self.below is None or value <= self.below) and (self.above is None or value >= self.above)

    def cells(self) -> tuple[str, ...]:
        """Return the line as text."""
        if not self.samples:
            return (self.what, "0", "not measured", "", self.said, "")
        goal = self.said
        if not goal and self.below is not None:
            goal = f"≤ {self.below:g} {self.unit}"
        if not goal and self.above is not None:
            goal = f"≥ {self.above:g} {self.unit}"
        tail = "" if len(self.samples) < 2 else number(p95(self.samples))
        verdict = {True: "met", False: "MISSED", None: ""}[self.met]
        return (self.what, str(len(self.samples)), f"{number(median(self.samples))} {self.unit}", tail, goal, verdict)


HEAD = ("what", "n", "median", "p95", "goal", "")


def ratio(what: str, samples: Sequence[float], floor: Sequence[float], at_most: float) -> Line:
    """Return a line of milliseconds whose goal is a multiple of the floor's median in the same run."""
    share = median(samples) / median(floor) if samples and floor else math.nan
    said = f"≤ {at_most:g} × floor: {share:.2f} ×" if not math.isnan(share) else f"≤ {at_most:g} × floor"
    return Line(what=what, samples=tuple(samples), below=at_most, judged=share, said=said)


def number(value: float) -> str:
    """Write a number with as many digits as a reader needs.

    >>> number(123.4), number(12.34), number(1.234)
    ('123', '12.3', '1.23')
    """
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(sections: Iterable[tuple[str, Sequence[Line]]]) -> str:
    """Return all sections as one table in Markdown, its columns aligned."""
    rows: list[tuple[str, ...]] = []
    for title, lines in sections:
        rows.append((f"**{title}**", "", "", "", "", ""))
        rows.extend(line.cells() for line in lines)
    return markdown([HEAD, *rows])


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Return rows, the first of which is the head, as a table in Markdown with its columns aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def write(row: Sequence[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"

    return "\n".join([write(rows[0]), write(["-" * width for width in widths]), *map(write, rows[1:])])
