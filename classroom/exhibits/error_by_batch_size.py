"""Error against batch size for four norms: trained here on digits, and as Wu & He measured it on ImageNet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log10
from typing import Annotated, NamedTuple

import numpy as np

from classroom.exhibit import Pick, Range
from classroom.exhibits.batch_size import ERROR, IMAGES
from classroom.picture import Note, Picture, Plot, Values
from classroom.plots import Trace, axis, end_labels, figure
from classroom.trained import Trained
from lab.experiments.error_by_batch_size import BATCH_SIZE, GROUP, NORM_ARMS, Result
from lab.experiments.error_by_batch_size import ErrorByBatchSize as Run
from lab.statistics import Interval, interval

WHOLE, GAP = "error", "minus group norm's"
STATISTICS, EVERYTHING = "the statistics alone", "every update"
FEWER = 1280  # examples, where batches of two make sixteen times the updates of 32
UNIT = {WHOLE: "error, %", GAP: "error minus group's, points"}
QUANTITY = {WHOLE: "Held-out error in percent", GAP: "Held-out error minus group norm's, in points,"}
AT_32 = {"layer norm": 25.3, "instance norm": 28.4}  # Wu & He 2018, table 1: error in %
COLOURS = ("var(--term2)", "var(--ink)", "var(--accent)", "var(--term3)")  # of NORM_ARMS
DASHES = ("solid", "dash", "dot", "dashdot")  # the second mark beside the colour
SYMBOLS = ("circle", "square-open", "diamond-open", "triangle-up-open")
PLACES = (-0.018, -0.006, 0.006, 0.018)  # decades aside, so that the seeds of one norm do not cover another's


class Data(NamedTuple):
    """Held-out errors, or what they differ from group norm's by; not a number: not run yet."""

    sizes: Values  # (B,)
    error: Values  # (4, B, seeds), in %
    verdict: str


@dataclass(frozen=True, kw_only=True)
class ErrorByBatchSize(Trained[Result]):
    """Every dot is a network; all saw as many examples. What is small: the statistics' batch alone, or all of it."""

    title = "Error by images in the batch, for four norms: trained here, and on ImageNet by Wu & He"

    show: Annotated[str, Pick("show", (WHOLE, GAP), group="run")] = WHOLE
    vary: Annotated[str, Pick("small batches for", (STATISTICS, EVERYTHING), group="run", slow=True)] = STATISTICS
    rate: Annotated[float, Range("learning rate η at 32", 0.05, 0.4, 0.05, group="run", slow=True)] = 0.2
    seeds: Annotated[int, Range("seeds", 3, 7, 2, group="run", slow=True)] = 5

    def run(self) -> Run:
        """Return the training of every norm at every batch size."""
        if self.vary == STATISTICS:
            return Run(rate=self.rate, seeds=self.seeds)
        return Run(vary=BATCH_SIZE, examples=FEWER, rate=self.rate, seeds=self.seeds)

    def seen_in(self, result: Result) -> Data:
        """Take the errors that there are, in percent, or their distance from group norm's, seed by seed."""
        error = 100 * result.error
        return Data(result.sizes, error - error[GROUP] if self.show == GAP else error, result.verdict())

    def picture(self, data: Data) -> Picture:
        """Show the runs of here at the left, those of ImageNet at the right, on axes of their own."""
        return [
            self._here(data),
            self._imagenet(),
            Note(text=data.verdict, mark="computed"),
            Note(
                text="Right: Wu & He 2018, ResNet-50, table 2; layer and instance table 1. Group norm with 32 groups.",
                mark="cited",
            ),
        ]

    def _here(self, data: Data) -> Plot:
        known = data.error[np.isfinite(data.error)]
        low, high = (0.0, 14.0) if self.show == WHOLE else (-8.0, 8.0)
        if known.size:
            low, high = min(low, 1.1 * float(known.min())), max(high, 1.1 * float(known.max()))
        traces: list[Trace] = []
        means = {}
        for arm, name in enumerate(NORM_ARMS):
            rows = _intervals(data.error)[arm]
            means[name] = [v.mean for v in rows]
            sizes = np.repeat(data.sizes, data.error.shape[2])
            traces.append(_dots(sizes * 10 ** PLACES[arm], data.error[arm].ravel(), arm))
            traces.append(_line(data.sizes, means[name], arm, [str(v) for v in rows]))
        return Plot(
            span=7,
            label="Here, on digits",
            note="line: mean of the seeds",
            figure=_figure(traces, means, data.sizes, low, high, UNIT[self.show], 15),
            height_rem=19,
        )

    def _imagenet(self) -> Plot:
        base = np.zeros(len(IMAGES)) if self.show == WHOLE else np.array(ERROR[NORM_ARMS[GROUP]])
        means: dict[str, Sequence[float]] = {name: [*(np.array(e) - base)] for name, e in ERROR.items()}
        alone = [float("nan")] * (len(IMAGES) - 1)
        means |= {name: [error - base[0], *alone] for name, error in AT_32.items()}  # IMAGES begins with 32
        traces = [
            _line(np.array(IMAGES), means[name], arm, [f"{v:.1f}" for v in means[name]])
            for arm, name in enumerate(NORM_ARMS)
        ]
        low, high = (22.0, 36.0) if self.show == WHOLE else (-2.0, 12.0)
        return Plot(
            span=5,
            label="On ImageNet",
            note="cited",
            figure=_figure(traces, means, np.array(IMAGES), low, high, UNIT[self.show], 15),
            height_rem=19,
        )

    def alt(self, data: Data) -> str:
        """Read out both figures."""
        rows = zip(NORM_ARMS, _intervals(data.error), strict=True)
        known = [
            (name, [f"{v} at {size}" for v, size in zip(row, data.sizes, strict=True) if np.isfinite(v.mean)])
            for name, row in rows
        ]
        here = "; ".join(f"{name} {', '.join(said)}" for name, said in known if said)
        cited = "; ".join(f"{name} {', '.join(map(str, errors))}" for name, errors in ERROR.items())
        alone = ", ".join(f"{name} {error}" for name, error in AT_32.items())
        return (
            f"{QUANTITY[self.show]} by images in the batch: {here}. {data.verdict} On ImageNet the error in "
            f"percent with {', '.join(map(str, IMAGES))} images per GPU is: {cited}; with 32, {alone} (Wu & He 2018)."
        )


def _intervals(error: Values) -> list[list[Interval]]:
    return [[interval(seeds[np.isfinite(seeds)]) for seeds in arm] for arm in error]


def _line(x: Values, y: Sequence[float], arm: int, said: Sequence[str]) -> Trace:
    ink = COLOURS[arm]
    return {
        "type": "scatter", "mode": "lines+markers", "x": x, "y": np.asarray(y, float), "cliponaxis": False,
        "line": {"color": ink, "dash": DASHES[arm], "width": 2.5},
        "marker": {"color": ink, "symbol": SYMBOLS[arm], "size": 9, "line": {"color": ink, "width": 2}},
        "customdata": [[one] for one in said],
        "hovertemplate": f"%{{x}} images: %{{customdata[0]}}<extra>{NORM_ARMS[arm]}</extra>",
    }  # fmt: skip


def _dots(x: Values, y: Values, arm: int) -> Trace:
    ink = COLOURS[arm]
    return {
        "type": "scatter", "mode": "markers", "x": x, "y": y, "hoverinfo": "skip", "opacity": 0.5, "cliponaxis": False,
        "marker": {"color": ink, "symbol": SYMBOLS[arm], "size": 5, "line": {"color": ink, "width": 1}},
    }  # fmt: skip


def _figure(
    traces: Sequence[Trace], means: Mapping[str, Sequence[float]], sizes: Values, low: float, high: float,
    quantity: str, rem: float,
) -> object:  # fmt: skip
    """Return lines over a logarithmic axis of batch sizes, each named at its right end, at the largest batch."""
    largest = int(np.argmax(sizes))
    ends = [
        (name.removesuffix(" norm"), float(means[name][largest]), COLOURS[arm])
        for arm, name in enumerate(NORM_ARMS)
        if np.isfinite(means[name][largest])
    ]
    ticks = sorted(int(size) for size in sizes)
    return figure(
        traces,
        axis("images (log scale)", log10(1.8), log10(36), type="log", tickvals=ticks,
             ticktext=[str(size) for size in ticks]),
        axis(quantity, low, high),
        end_labels(ends, log10(ticks[-1]), low, high, rem),
    )  # fmt: skip
