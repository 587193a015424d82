"""A small convolutional network with and without BN: loss and held-out accuracy over several seeds."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from classroom.exhibit import Pick, Range
from classroom.picture import Note, Picture, Plot, Values
from classroom.plots import BN, COLOURS, NAMES, PLAIN, Trace, axis, band, dot, end_labels, figure, line
from classroom.trained import Trained
from lab.data import FOLDERS, DataError
from lab.experiments.digits_convnet import DigitsConvnet as Run
from lab.experiments.digits_convnet import Result
from lab.statistics import Interval, interval, intervals

log = logging.getLogger(__name__)
STEPS = 150
RECORDED = 20
DIGITS, MNIST, CIFAR10 = "digits", "MNIST", "CIFAR-10"
SETS = {DIGITS: "digits", MNIST: "mnist", CIFAR10: "cifar10"}  # by the lab's names
SEEDS_OF_LARGER = 3


class Data(NamedTuple):
    """Mean and half width of the 95 % interval over the seeds; the first axis is without, with BN."""

    steps: Values  # (S,)
    loss: Values  # (2, S, 2)
    accuracy: Values  # (2, S, 2), in %
    gained: tuple[Interval, ...]  # of every step: accuracy with BN minus without, seed by seed, in points
    now: int  # index of the last recorded step that is shown
    missing: str = ""  # why there is nothing to show, and what to do about it


NOTHING = np.empty((2, 0, 2))


def recorded(result: Result) -> Data:
    """Return what the picture needs of a result, its last step shown."""
    gained = tuple(interval(100 * seeds) for seeds in (result.accuracy[BN] - result.accuracy[PLAIN]).T)
    right = intervals(100 * result.accuracy)
    return Data(result.steps, intervals(result.loss), right, gained, len(result.steps) - 1)


@dataclass(frozen=True, kw_only=True)
class ConvnetTraining(Trained[Result]):
    """Both networks of a seed begin alike and see the same batches; only BN differs."""

    title = "A small convolutional network, with and without batch normalization"

    step: Annotated[int, Range("step", 0, STEPS, 5, play=True, group="look")] = STEPS
    rate: Annotated[float, Range("learning rate η", 0.02, 0.2, 0.03, group="run", slow=True)] = 0.05
    seeds: Annotated[int, Range("seeds", 3, 7, 2, group="run", slow=True)] = 5
    data: Annotated[str, Pick("pictures", tuple(SETS), group="data", slow=True)] = DIGITS

    def run(self) -> Run:
        """Return the training of every seed both ways."""
        if self.data == DIGITS:
            return Run(steps=STEPS, rate=self.rate, seeds=self.seeds, recorded=RECORDED)
        return Run(  # 12 and 16 times the pixels, in the same seconds
            data=SETS[self.data], steps=STEPS, rate=self.rate, seeds=SEEDS_OF_LARGER, channels=(4, 8), batch=24,
            recorded=12, judged_on=100,
        )  # fmt: skip

    def compute(self) -> Data:
        """Train every seed both ways, or take the run at hand; without the files of a set say what is missing."""
        try:
            return super().compute()
        except DataError as error:
            log.warning("%s", error)  # with the whole path, which is none of a reader's business
            return Data(np.empty(0), NOTHING, NOTHING, (), 0, error.public())

    def seen_in(self, result: Result) -> Data:
        """Take mean and interval of every step, and the chosen step."""
        run = recorded(result)
        return run._replace(now=self.moment(run.steps, self.step))

    def picture(self, data: Data) -> Picture:
        """Draw accuracy above loss, with the intervals as bands, up to the chosen step."""
        if data.missing:
            variable, folder = FOLDERS[SETS[self.data]]
            return [
                Note(text=f"The files of {self.data} are not here. {data.missing}", mark="not reproducible"),
                Note(
                    text=f"The deck looks into the folder that the environment variable {variable} names, else into "
                    f"assets/data/{folder.name}. The digits need no files."
                ),
            ]
        top = float(np.nanmax(data.loss[..., 0])) * 1.15
        gained = data.gained[data.now]
        clear = "" if gained.excludes_zero else ", no difference that these seeds can show"
        pictures = "scikit-learn's 8×8 digits, not CIFAR-10"
        if self.data != DIGITS:
            pictures = f"{self.data}, for which the network has half the channels and always {SEEDS_OF_LARGER} seeds"
        return [
            self._curves(data, data.accuracy, "held-out pictures right, %", 102.0, "%{y:.1f} %", 16, "Accuracy"),
            self._curves(data, data.loss, "cross-entropy", top, "%{y:.2f}", 10.5, "Loss of the step's batch"),
            Note(
                text=f"Mean of {self.run().seeds} seeds, band: 95 % interval. Accuracy at step {data.steps[data.now]}, "
                f"with BN minus without: {gained} points{clear}. Pictures: {pictures}.",
                mark="computed",
            ),
        ]

    def _curves(self, data: Data, values: Values, unit: str, top: float, hover: str, rem: float, label: str) -> Plot:
        steps, shown = data.steps[: data.now + 1], values[:, : data.now + 1]
        traces: list[Trace] = []
        ends = []
        for arm in (PLAIN, BN):
            mean, half = shown[arm].T
            traces += [band(steps, np.maximum(mean - half, 0), np.minimum(mean + half, top), arm),
                       line(steps, mean, arm, hover=hover)]  # fmt: skip
            if np.isfinite(mean[-1]):
                traces.append(dot(float(steps[-1]), float(mean[-1]), arm))
                ends.append((NAMES[arm], float(mean[-1]), COLOURS[arm]))
        chart = figure(
            traces,
            axis("step", 0, STEPS, dtick=25),
            axis(unit, 0, top),
            end_labels(ends, float(steps[-1]), 0, top, rem - 3.5),
        )
        now = [(Interval(*shown[arm, -1].tolist()), NAMES[arm]) for arm in (BN, PLAIN)]
        numbers = [f"{value} {name}" for value, name in now if np.isfinite(value.mean)]
        return Plot(label=label, note=", ".join(numbers), figure=chart, height_rem=rem)

    def alt(self, data: Data) -> str:
        """Say the accuracies at the step and their difference."""
        if data.missing:
            return f"No curves: {data.missing}"
        plain, bn = (Interval(*data.accuracy[arm, data.now]) for arm in (PLAIN, BN))
        return (
            f"After {data.steps[data.now]} of {STEPS} steps on {self.data}, {bn} % of the held-out pictures "
            f"are right with BN and {plain} % without (mean and 95 % interval of {self.run().seeds} seeds); the "
            f"difference, seed by seed, is {data.gained[data.now]} points."
        )
