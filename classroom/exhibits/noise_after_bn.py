"""Noise after batch normalization: the distributions are unstable on purpose. Does the network mind?"""

from __future__ import annotations

from dataclasses import dataclass
from math import log10
from typing import Annotated, NamedTuple

import numpy as np

from classroom.exhibit import Pick, Range
from classroom.picture import Note, Picture, Plot, Values
from classroom.plots import BN, COLOURS, NAMES, NOISY, PLAIN, Trace, axis, band, dot, end_labels, figure, line
from classroom.trained import Trained
from lab.experiments.noise_after_bn import NoiseAfterBn as Run
from lab.experiments.noise_after_bn import Result
from lab.statistics import Interval, interval, intervals

STEPS = 300
ARMS = (PLAIN, BN, NOISY)
PLACE, WIDTH = "where they lie", "how wide they are"
SAID = {PLACE: "way of the median, % of the band", WIDTH: "change of the band, % of its width"}
FLOOR, TOP = 0.05, 200.0  # % of the band: the ends of a logarithmic axis


class Data(NamedTuple):
    """What the picture needs of a run; the first axis is without BN, with BN, with noise after BN."""

    steps: Values  # (S,)
    accuracy: Values  # (3, S, 2), in %: mean and half width of the 95 % interval over the seeds
    change: Values  # (3, seeds, S): of the distributions from the step before to this one, in % of the band
    now: int  # index of the last recorded step that is shown
    verdict: str


@dataclass(frozen=True, kw_only=True)
class NoiseAfterBn(Trained[Result]):
    """Three networks of a seed begin alike and see the same batches; one of them has its distributions shaken."""

    title = "Noise after batch normalization: accuracy, and how much the last hidden layer's inputs change in one step"

    step: Annotated[int, Range("step", 0, STEPS, 10, play=True, group="look")] = STEPS
    change: Annotated[str, Pick("change of the inputs", (PLACE, WIDTH), group="look")] = PLACE
    strength: Annotated[float, Range("strength of the noise", 0.0, 3.0, 1.0, group="run", slow=True)] = 1.0
    rate: Annotated[float, Range("learning rate η", 0.01, 0.09, 0.02, group="run", slow=True)] = 0.05
    seeds: Annotated[int, Range("seeds", 3, 7, 2, group="run", slow=True)] = 3

    def run(self) -> Run:
        """Return the training of every seed in three ways."""
        return Run(steps=STEPS, strength=self.strength, rate=self.rate, seeds=self.seeds)

    def seen_in(self, result: Result) -> Data:
        """Take mean and interval of every step, and the chosen step."""
        change = result.moved if self.change == PLACE else result.stretched
        return Data(
            result.steps,
            intervals(100 * result.accuracy),
            100 * change,
            self.moment(result.steps, self.step),
            result.verdict(),
        )

    def picture(self, data: Data) -> Picture:
        """Draw the accuracy above, and below it the change from one step to the next, up to the chosen step."""
        return [
            self._accuracy(data),
            self._change(data),
            Note(text=data.verdict, mark="computed"),
            Note(
                text="Santurkar et al. 2018 saw it of VGG on CIFAR-10, and conclude that stable distributions are not "
                "why BN helps.",
                mark="contested",
            ),
        ]

    def _accuracy(self, data: Data) -> Plot:
        steps, right = data.steps[: data.now + 1], data.accuracy[:, : data.now + 1]
        traces: list[Trace] = []
        for arm in ARMS:
            mean, half = right[arm].T
            traces += [
                band(steps, np.maximum(mean - half, 0), np.minimum(mean + half, 100), arm),
                line(steps, mean, arm, hover="%{y:.1f} %"),
                dot(float(steps[-1]), float(mean[-1]), arm),
            ]
        ends = [(NAMES[arm], float(right[arm, -1, 0]), COLOURS[arm]) for arm in (PLAIN, NOISY, BN)]
        chart = figure(
            traces,
            axis("step", 0, STEPS, dtick=100),
            axis("right, %", 0, 103, tickvals=[0, 25, 50, 75, 100]),
            end_labels(ends, float(steps[-1]), 0, 103, 7.5),
        )
        return Plot(label="Accuracy", note=_numbers(right[:, -1]), figure=chart, height_rem=10.5)

    def _change(self, data: Data) -> Plot:
        steps, change = data.steps[: data.now + 1], np.clip(data.change[..., : data.now + 1], FLOOR, TOP)
        low, high = log10(FLOOR), log10(TOP)
        traces: list[Trace] = []
        ends = []
        for arm in ARMS:
            every = np.pad(change[arm], ((0, 0), (0, 1)), constant_values=np.nan)  # one trace, seeds apart
            x = np.tile(np.append(steps, STEPS).astype(float), len(every))
            thin = line(x, every.ravel(), arm, hover="%{y:.2g} %", width=1, dash="solid")
            mean = _known_mean(change[arm])
            traces += [{**thin, "opacity": 0.35}, line(steps, mean, arm, hover="mean %{y:.2g} %")]
            if np.isfinite(mean[-1]):
                traces.append(dot(float(steps[-1]), float(mean[-1]), arm))
                ends.append((NAMES[arm], log10(float(mean[-1])), COLOURS[arm]))
        chart = figure(
            traces,
            axis("step", 0, STEPS, dtick=100),
            axis("%, log scale", low, high, type="log", tickvals=[0.1, 1, 10, 100], ticktext=["0.1", "1", "10", "100"]),
            end_labels(ends, float(steps[-1]), low, high, 7.5),
        )
        label = "Change of the last layer's inputs in one step"
        return Plot(label=label, note=SAID[self.change], figure=chart, height_rem=10.5)

    def alt(self, data: Data) -> str:
        """Say accuracy and change at the step, and what came of the run so far."""
        at = f"After {data.steps[data.now]} of {STEPS} steps {_numbers(data.accuracy[:, data.now])} are right"
        change = data.change[..., data.now]
        if np.isfinite(change).all():
            at += f"; in that step, {SAID[self.change]}: {_numbers(np.array([interval(seeds) for seeds in change]))}"
        return f"{at} (mean and 95 % interval of {self.seeds} seeds). {data.verdict}"


def _known_mean(values: Values) -> Values:
    """Return the mean over the seeds; not a number where there is none, as at step 0."""
    known = np.isfinite(values)
    total = np.where(known, values, 0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


def _numbers(values: Values) -> str:
    return ", ".join(f"{Interval(*values[arm].tolist())} % {NAMES[arm]}" for arm in (NOISY, BN, PLAIN))
