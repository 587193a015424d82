"""What floating point leaves of a variance, of eps and of a batch of one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, NamedTuple

import numpy as np

from classroom.chart import Axis, Chart, Dots, Label, Line, Mark, Shade
from classroom.exhibit import Exhibit, Pick, Range
from classroom.picture import Picture, Table, Values
from classroom.samples import synthetic
from classroom.typeset import short
from normlib.norms.batch_norm import BatchNorm
from normlib.variance import exact, textbook, two_passes, welford

COUNT = 128  # values of one feature map
FORMATS: Mapping[str, type[np.floating]] = {"float16": np.float16, "float32": np.float32, "float64": np.float64}
ALGORITHMS: Mapping[str, tuple[Callable[[Values], Values], str]] = {
    "E[x²] − E[x]²": (textbook, "alert"),
    "Welford": (welford, "term2"),
    "two passes": (two_passes, "term3"),
}
OURS = "normlib"
MEANS = np.round(np.arange(-10, 81) / 10, 1)  # powers of ten, as are the two below
SPREADS = np.round(np.arange(-140, 41) / 20, 2)
BELOW, ABOVE = -1.0, 3.0  # errors are drawn from a tenth of an ulp to 1000 times the variance
BESIDE = 2  # means to each side that a line takes its median of: single roundings are a matter of luck
GAMMA, BETA = 1.5, 0.5
VIEWS = ("variance", "ε, one value")


class Variances(NamedTuple):
    """The variance of the same values about ever larger means; the last row of `found` is normlib's."""

    true: tuple[Fraction, ...]  # of the rounded values, by mean; 0 where the format holds no spread
    finite: Values  # (means,), bool: the format holds the values
    found: Values  # (4, means)
    ulps: Values  # (4, means): the error in units in the last place of the true variance
    spread: float  # of x_hat as normlib gives it, at the mean that is set


class Divided(NamedTuple):
    """What eps does to a spread, and what a batch of one and of two values becomes."""

    inside: Values  # (spreads,): of the output, by the input's
    outside: Values
    vanishes: Values  # (spreads,), bool: adding eps changes nothing
    batches: tuple[tuple[Values, Values, Values, Values], ...]  # x, y, dl/dy, dl/dx of one value, and of two


@dataclass(frozen=True, kw_only=True)
class Precision(Exhibit):
    """Push the mean away from 0: each algorithm loses digits at its own rate."""

    title = "Variances in floating point, and what eps and a batch of one value do"

    show: Annotated[str, Pick("show", VIEWS, group="look")] = "variance"
    format: Annotated[str, Pick("number format", tuple(FORMATS), group="look")] = "float32"
    mean: Annotated[float, Range("mean: power of 10", -1.0, 8.0, 0.1, group="values")] = 3.5
    spread: Annotated[float, Range("spread: power of 10", -6.0, 1.0, 0.1, group="values")] = 0.0
    eps: Annotated[int, Range("ε: power of 10", -12, 0, 1, group="values")] = -5

    def norm(self) -> BatchNorm:
        """Return batch normalization with this eps."""
        return BatchNorm(eps=10.0**self.eps)

    def compute(self) -> Variances | Divided:
        """Compute in the chosen format: variances by mean, or what eps leaves of a spread."""
        return self._variances() if self.show == VIEWS[0] else self._divided()

    def picture(self, data: Variances | Divided) -> Picture:
        """Show how errors grow with the mean; or the spread that comes out, by the one that goes in."""
        return self._errors(data) if isinstance(data, Variances) else self._spreads(data)

    def alt(self, data: Variances | Divided) -> str:
        """Give each algorithm's error at this mean; or what eps and one value come to."""
        return self._errors_said(data) if isinstance(data, Variances) else self._spreads_said(data)

    # The variance

    def _variances(self) -> Variances:
        curves, at = _curves(self.format, self.spread), self._at()
        x = _values(self.format, MEANS[[at]], self.spread)
        spread = float("nan")
        if curves.finite[at]:
            norm = BatchNorm(eps=10.0**self.eps, affine=False)
            spread = float(norm.forward(x.reshape(-1, 1, 1, 1))[0].astype(float).std())
        return curves._replace(spread=spread)

    def _at(self) -> int:
        return int(np.argmin(np.abs(MEANS - self.mean)))

    def _errors(self, data: Variances) -> Picture:
        digits = np.finfo(FORMATS[self.format]).nmant * np.log10(2)  # of a number that is all wrong, in ulps
        high = float(digits) + ABOVE
        low = BELOW - 0.05 * high
        held = np.logical_and.accumulate([t > 0 for t in data.true])
        with np.errstate(divide="ignore"):
            heights = np.where(held, np.clip(np.log10(data.ulps), BELOW, high), np.nan)
        lines = _medians(heights)
        last = float(MEANS[held][-1]) if held.any() else 0.0
        ends = np.array([np.median(row[held][-3:]) if held.any() else BELOW for row in lines])
        colours = [colour for _, colour in ALGORITHMS.values()] + ["ink"]
        below_0 = (data.found[0] < 0) & held
        at = self._at()
        marks: list[Mark] = [Shade(a, b) for a, b in _runs(MEANS, ~held)]
        marks += [
            Line(MEANS[[0, -1]], np.full(2, digits), "edge", 1.0),
            Label(-0.9, digits + 0.045 * (high - low), "no digit is right", "muted"),
            Line(np.full(2, self.mean), np.array([low, high]), "accent", 1.0),
        ]
        marks += [Line(MEANS, row, colour) for row, colour in zip(lines, colours, strict=True)]
        marks += [Dots(MEANS[below_0], heights[0, below_0], "alert", 7.0)]
        if held[at]:
            here = np.array([self.mean])
            marks += [Dots(here, row[[at]], colour) for row, colour in zip(heights, colours, strict=True)]
        names = [*ALGORITHMS, OURS]
        marks += [
            Label(last + 0.15, float(y), name, colour)
            for y, name, colour in zip(_apart(ends, 0.09 * (high - low), low), names, colours, strict=True)
        ]
        chart = Chart(
            label=f"Error of the variance of {COUNT} values in {self.format}",
            note="small dots: negative; shaded: the values become one number",
            x=Axis(-1.0, 10.0, "mean", _powers(-1, 8)),
            y=Axis(low, high, "error, ulp", _powers(0, int(high), 1 + int(high) // 6)),
            marks=tuple(marks),
            height_rem=15,
        )
        return [chart, self._compared(data)]

    def _compared(self, data: Variances) -> Table:
        at = self._at()
        true, finite = data.true[at], bool(data.finite[at])
        names = [*(f"*{name}*" if name.startswith("E") else name for name in ALGORITHMS), f"{OURS}, sums in float64"]
        after = float(true / (true + Fraction(10.0**self.eps))) ** 0.5
        rows = [
            ("exactly", short(float(true), 7), "0", _written(after, 6)) if finite else ("exactly", "overflow", "–", "–")
        ]
        for row, name in enumerate(names):
            found = data.found[row, at] if finite else np.inf
            error = short(float(f"{data.ulps[row, at]:.2g}")) if true and np.isfinite(data.ulps[row, at]) else "–"
            spread = data.spread if row == len(names) - 1 else self._spread_after(found, float(true))
            rows.append((name, _written(found), error, _written(spread, 6)))
        columns = (f"mean {short(10.0**self.mean, 4)}, spread {short(10.0**self.spread, 4)}", "variance", "error, ulp",
                   f"spread of *x̂*, ε = {short(10.0**self.eps)}")  # fmt: skip
        return Table(columns=columns, rows=tuple(rows), strong=(len(rows) - 1,))

    def _spread_after(self, var: float, true: float) -> float:
        """Return the spread of x less its mean, divided by this variance; the sum and the root in the format."""
        kind = FORMATS[self.format]
        with np.errstate(all="ignore"):
            root = float(np.sqrt(kind(var) + kind(10.0**self.eps)))
            return float(np.float64(true) ** 0.5 / np.float64(root))

    def _errors_said(self, data: Variances) -> str:
        at = self._at()
        where = f"at mean {short(10.0**self.mean, 4)} and spread {short(10.0**self.spread, 4)} in {self.format}"
        if not data.true[at]:
            what = "are all one number" if data.finite[at] else "are too large for the format"
            return f"The {COUNT} values {where} {what}: no spread is left to measure."
        said = "; ".join(
            f"{name} {short(float(f'{ulps:.2g}')) if np.isfinite(ulps) else 'no number'}"
            + (" and negative" if found < 0 else "")
            for name, ulps, found in zip([*ALGORITHMS, OURS], data.ulps[:, at], data.found[:, at], strict=True)
        )
        return f"Error of the variance {where}, in units in the last place of the true one: {said}."

    # Eps, and a batch of one value

    def _divided(self) -> Divided:
        kind = FORMATS[self.format]
        spread, eps = (10.0**SPREADS).astype(kind), kind(10.0**self.eps)
        with np.errstate(all="ignore"):
            var = spread * spread
            total = var + eps
            inside, outside = spread / np.sqrt(total), spread / (np.sqrt(var) + eps)
        batches = tuple(self._batch(x) for x in _small(self.format, self.mean, self.spread))
        return Divided(inside.astype(float), outside.astype(float), total == var, batches)

    def _batch(self, x: Values) -> tuple[Values, Values, Values, Values]:
        dy = np.array([0.8, -0.3])[: len(x)].astype(x.dtype)
        if not np.isfinite(x).all():
            nothing = np.full(len(x), np.nan)
            return x, nothing, dy, nothing
        gamma, beta = (np.array([v]) for v in (GAMMA, BETA))
        y, cache = self.norm().forward(x.reshape(-1, 1, 1, 1), gamma=gamma, beta=beta)
        return x, y.ravel(), dy, self.norm().backward(dy.reshape(-1, 1, 1, 1), cache)["x"].ravel()

    def _spreads(self, data: Divided) -> Picture:
        at = int(np.argmin(np.abs(SPREADS - self.spread)))
        marks: list[Mark] = [Shade(a, b) for a, b in _runs(SPREADS, data.vanishes)]
        marks += [
            Line(np.full(2, self.spread), np.array([0.0, 1.2]), "accent", 1.0),
            Line(SPREADS, data.outside, "term3"),
            Line(SPREADS, data.inside, "ink"),
            *(Dots(np.array([self.spread]), np.array([row[at]]), colour)
              for row, colour in ((data.outside, "term3"), (data.inside, "ink")) if np.isfinite(row[at])),
            Label(max(-5.0, self.eps - 0.3), 0.6, "outside", "term3", "end"),
            Label(min(self.eps / 2 + 0.2, 1.0), 0.4, "inside", "ink"),
        ]  # fmt: skip
        chart = Chart(
            span=6,
            label=f"ε inside the root and outside, {self.format}",
            note="shaded: σ² + ε is σ²",
            x=Axis(-7.0, 2.0, "spread σ of x", _powers(-6, 0, 2)),
            y=Axis(0.0, 1.2, "spread of x̂"),
            marks=tuple(marks),
            height_rem=15,
        )
        return [chart, self._formats(), _batches(data)]

    def _formats(self) -> Table:
        rows: dict[str, list[str]] = {}
        for kind in FORMATS.values():
            with np.errstate(all="ignore"):
                eps, var = kind(10.0**self.eps), kind(10.0**self.spread) ** 2
                parts = {
                    "ε": eps,
                    "σ²": var,
                    "(σ² + ε) − σ²": (var + eps) - var,
                    "σ = 0: 1/√ε": 1 / np.sqrt(eps),
                    "σ = 0: 1/√ε³": (1 / np.sqrt(eps)) ** 3,
                }
            for name, value in parts.items():
                rows.setdefault(name, []).append(_written(float(value), 2))
        return Table(
            span=6,
            label=f"σ = {short(10.0**self.spread, 3)}, ε = {short(10.0**self.eps)}",
            columns=("as held in", *FORMATS),
            rows=tuple((name, *cells) for name, cells in rows.items()),
        )

    def _spreads_said(self, data: Divided) -> str:
        at = int(np.argmin(np.abs(SPREADS - self.spread)))
        inside, outside = (_written(float(row[at]), 3) for row in (data.inside, data.outside))
        one, two = (batch[1] for batch in data.batches)
        outcome = " and ".join(_written(float(v), 3) for v in two)
        return (
            f"In {self.format} with ε = {short(10.0**self.eps)}, a spread of {short(10.0**self.spread, 3)} becomes "
            f"{inside} with ε inside the root and {outside} outside; σ² + ε "
            f"{'is σ²' if data.vanishes[at] else 'differs from σ²'} there. A batch of one value gives "
            f"{_written(float(one[0]), 3)}, which is β; one of two gives {outcome}."
        )


def _batches(data: Divided) -> Table:
    def cells(values: Values, digits: int = 3) -> str:
        return ",  ".join(_written(float(v), digits) for v in values)

    return Table(
        label=f"A batch of one value, and of two: γ = {GAMMA}, β = {BETA}",
        columns=("", "*x*", "*y*", "∂*l*/∂*y*", "∂*l*/∂*x*"),
        rows=tuple(
            (name, cells(x, 7), cells(y), cells(dy), cells(dx))
            for name, (x, y, dy, dx) in zip(("one", "two"), data.batches, strict=True)
        ),
    )


@lru_cache(maxsize=256)
def _curves(format: str, spread: float) -> Variances:
    x = _values(format, MEANS, spread)
    finite = np.all(np.isfinite(x), axis=0)
    x = np.where(finite, x, x.dtype.type(0))
    with np.errstate(all="ignore"):  # overflow is part of the picture
        found = [algorithm(x).astype(float) for algorithm, _ in ALGORITHMS.values()]
        _, cache = BatchNorm(affine=False).forward(x[:, :, None, None])
        found.append(cache.var.ravel())
        true = tuple(exact(x))
        ulp = np.spacing(np.array([float(t) for t in true]).astype(x.dtype)).astype(float)
    errors = np.array([[_in_ulps(*one) for one in zip(row, true, ulp, strict=True)] for row in found])
    curves = Variances(true, finite, np.array(found), errors, np.nan)
    for array in curves[1:4]:
        array.setflags(write=False)
    return curves


def _in_ulps(found: float, true: Fraction, ulp: float) -> float:
    return float(abs(Fraction(found) - true) / Fraction(ulp)) if np.isfinite(found) else np.inf


def _values(format: str, means: Values, spread: float) -> Values:
    """Return the same values about each mean in their format, (COUNT, means)."""
    z = synthetic((COUNT, 1), seed=23)
    with np.errstate(over="ignore"):
        return (10.0**means + 10.0**spread * (z - z.mean()) / z.std()).astype(FORMATS[format])


def _small(format: str, mean: float, spread: float) -> tuple[Values, Values]:
    """Return one value, and two, around the mean."""
    with np.errstate(over="ignore"):
        one = np.array([10.0**mean]).astype(FORMATS[format])
        return one, (10.0**mean + 10.0**spread * np.array([-1.0, 1.0])).astype(FORMATS[format])


def _written(value: float, digits: int = 7) -> str:
    if np.isnan(value):
        return "no number"
    return "overflow" if np.isinf(value) else short(value, digits)


def _powers(low: int, high: int, every: int = 1) -> tuple[tuple[float, str], ...]:
    """Return the ticks of an axis that counts powers of ten."""
    return tuple((float(n), short(10.0**n, 6 if abs(n) < 4 else 1)) for n in range(low, high + 1, every))


def _runs(grid: Values, some: Values) -> list[tuple[float, float]]:
    """Return the intervals of an even grid that hold what is marked, half a step beyond it to each side."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], some, [False]]).astype(int)))
    half = (grid[1] - grid[0]) / 2
    return [(max(grid[0], grid[a] - half), min(grid[-1], grid[b - 1] + half)) for a, b in edges.reshape(-1, 2)]


def _medians(heights: Values) -> Values:
    """Return the median of each point and its neighbours along the last axis; nan where there is no point."""
    padded = np.pad(heights, ((0, 0), (BESIDE, BESIDE)), constant_values=np.nan)
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 2 * BESIDE + 1, axis=1), axis=-1)
    middle = np.maximum(np.isfinite(windows).sum(axis=-1) - 1, 0) // 2  # nan is sorted to the end
    return np.where(np.isnan(heights), np.nan, np.take_along_axis(windows, middle[..., None], axis=-1)[..., 0])


def _apart(heights: Values, gap: float, bottom: float) -> Values:
    """Return the heights moved apart as far as words need, none of them below the bottom."""
    order, moved = np.argsort(-heights, kind="stable"), np.array(heights)
    for above, below in pairwise(order):
        moved[below] = min(moved[below], moved[above] - gap)
    moved[order[-1]] = max(moved[order[-1]], bottom + gap / 2)
    for below, above in pairwise(order[::-1]):
        moved[above] = max(moved[above], moved[below] + gap)
    return moved
