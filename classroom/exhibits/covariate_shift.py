"""Internal covariate shift: what arrives at one unit of a late layer while two networks train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from classroom.exhibit import Range
from classroom.picture import Note, Picture, Plot, Values
from classroom.plots import BN, COLOURS, NAMES, PLAIN, axis, band, dot, end_labels, figure, line, padded
from classroom.trained import Trained
from classroom.typeset import number
from lab.experiments.covariate_shift import CovariateShift as Run
from lab.experiments.covariate_shift import Result
from lab.statistics import Interval, intervals

STEPS = 800
PERCENTILES = ("15 %", "50 %", "85 %")


class Data(NamedTuple):
    """What the picture needs of a run; the first axis is without, with BN."""

    steps: Values  # (S,), of the run so far
    percentiles: Values  # (2, S, 3), of the chosen unit, first seed
    accuracy: Values  # (2, S, 2), in %: mean and half width of the interval over the seeds
    drift: Values  # (2,): way of that unit's median over the whole run, in widths of its final band
    now: int  # index of the last recorded step that is shown
    span: tuple[float, float]  # of the percentiles' axis: one for all units, so that they can be compared
    verdict: str


@dataclass(frozen=True, kw_only=True)
class CovariateShift(Trained[Result]):
    """Scrub through the training of two networks that began alike and saw the same batches."""

    title = "The inputs of one unit of the last hidden layer, while the network trains"

    step: Annotated[int, Range("step", 0, STEPS, 10, play=True, group="look")] = STEPS
    rate: Annotated[float, Range("learning rate η", 0.1, 1.0, 0.1, group="run", slow=True)] = 0.4
    seeds: Annotated[int, Range("seeds", 3, 7, 2, group="run", slow=True)] = 3
    unit: Annotated[int, Range("watched unit", 1, 100, 1, group="look")] = 1

    def run(self) -> Run:
        """Return the training of every seed both ways at this learning rate."""
        return Run(steps=STEPS, rate=self.rate, seeds=self.seeds)

    def seen_in(self, result: Result) -> Data:
        """Take the watched unit out of a run, and the chosen step."""
        unit = self.unit - 1
        return Data(
            result.steps,
            result.percentiles[:, 0, ..., unit],
            intervals(100 * result.accuracy),
            result.drift()[:, 0, unit],
            self.moment(result.steps, self.step),
            padded(result.percentiles[:, 0]),
            result.verdict(),
        )

    def picture(self, data: Data) -> Picture:
        """Show the percentiles of both arms on one axis, and what became of the accuracy."""
        return [
            *(self._percentiles(data, arm) for arm in (PLAIN, BN)),
            self._accuracy(data),
            Note(text=data.verdict, mark="computed"),
            Note(
                text="That less drift is *why* BN helps: with noise put in after BN the distributions are less stable "
                "than without BN, and training stays about as good (Santurkar et al. 2018).",
                mark="contested",
            ),
        ]

    def _percentiles(self, data: Data, arm: int) -> Plot:
        low, high = data.span
        steps, p = data.steps[: data.now + 1], data.percentiles[arm, : data.now + 1]
        traces = [band(steps, p[:, 0], p[:, 2], arm)]
        for i, name in enumerate(PERCENTILES):
            look = {"width": 2.5} if i == 1 else {"width": 1.2}
            traces.append(line(steps, p[:, i], arm, hover=f"{name}: %{{y:.2f}}", dash="solid", **look))
        traces.append(dot(float(steps[-1]), float(p[-1, 1]), arm))
        ends = [(name, float(p[-1, i]), COLOURS[arm]) for i, name in enumerate(PERCENTILES)]
        picture = figure(
            traces,
            axis("step", 0, STEPS, tickvals=[0, STEPS // 2, STEPS]),
            axis("input to the unit", low, high),
            end_labels(ends, float(steps[-1]), low, high, 9),
        )
        note = f"median {number(p[-1, 1])} at step {steps[-1]}; its way: {data.drift[arm]:.2f} bands"
        return Plot(span=6, label=NAMES[arm], note=note, figure=picture, height_rem=13)

    def _accuracy(self, data: Data) -> Plot:
        steps, right = data.steps[: data.now + 1], data.accuracy[:, : data.now + 1]
        traces = []
        for arm in (PLAIN, BN):
            mean, half = right[arm].T
            traces.append(band(steps, np.maximum(mean - half, 0), np.minimum(mean + half, 100), arm))
            traces += [line(steps, mean, arm, hover="%{y:.1f} %"), dot(float(steps[-1]), float(mean[-1]), arm)]
        ends = [(NAMES[arm], float(right[arm, -1, 0]), COLOURS[arm]) for arm in (PLAIN, BN)]
        picture = figure(
            traces,
            axis("step", 0, STEPS, nticks=5),
            axis("right, %", 0, 103, tickvals=[0, 50, 100]),
            end_labels(ends, float(steps[-1]), 0, 103, 4.7),
        )
        now = [Interval(*right[arm, -1].tolist()) for arm in (PLAIN, BN)]
        note = f"{now[BN]} % with BN, {now[PLAIN]} % without; {self.seeds} seeds, 95 % interval"
        return Plot(label="Held-out digits that are right", note=note, figure=picture, height_rem=8.2)

    def alt(self, data: Data) -> str:
        """Say where the percentiles are at the step, and what came of the whole run."""
        said = [
            f"{NAMES[arm]} the 15th, 50th and 85th percentile of the unit's input are "
            f"{', '.join(number(v) for v in data.percentiles[arm, data.now])} and "
            f"{Interval(*data.accuracy[arm, data.now].tolist())} % of the held-out digits are right"
            for arm in (PLAIN, BN)
        ]
        return (
            f"At step {data.steps[data.now]}, {said[PLAIN]}; {said[BN]}. Over the whole run this unit's median "
            f"travelled {data.drift[PLAIN]:.2f} widths of its final 15–85 % band without BN and {data.drift[BN]:.2f} "
            f"with BN. {data.verdict}"
        )
