"""Train one small network per learning rate and initial scale, with and without batch normalization."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.data import digits
from lab.experiment import ARMS, Curve, Experiment, Progress
from lab.layers import Array, ReLU
from lab.network import perceptron
from lab.statistics import interval, percent
from lab.training import Sgd, accuracy, train
from normlib.core import Hyper
from normlib.norms.batch_norm import BatchNorm

RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
SCALES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
QUANTITY = "held-out accuracy, %"
LEARNED = 0.9  # held-out accuracy from which a run counts as learned


class Result(NamedTuple):
    """Where every run ended; the axis of two is `ARMS`. Not a number: not run yet."""

    steps: int  # of every run
    rates: Array  # (L,)
    scales: Array  # (I,): of the initial weights, 1 being He's
    accuracy: Array  # (2, L, I, seeds): held-out, after the last step; a diverged run has chance's
    loss: Array  # (2, L, I, seeds): of the last batch; not finite where the run diverged
    diverged: NDArray[np.bool_]  # (2, L, I, seeds)

    def learned(self) -> NDArray[np.intp]:
        """Return how many pairs of rate and scale learn, of each seed that has been through all of them: (2, seeds)."""
        whole = np.isfinite(self.accuracy).all(axis=(0, 1, 2))
        return (self.accuracy[..., whole] >= LEARNED).sum(axis=(1, 2))

    def verdict(self) -> str:
        pairs, reached = self.rates.size * self.scales.size, f"reach {percent(LEARNED, 0)} in {self.steps} steps"
        plain, bn = self.learned()
        if not bn.size:
            run = int(np.isfinite(self.accuracy[1]).sum())
            plain, bn = (self.accuracy >= LEARNED).sum(axis=(1, 2, 3))
            return (
                f"So far, of {run} of {pairs} pairs of learning rate and initial scale, {bn} {reached} {ARMS[1]} and "
                f"{plain} {ARMS[0]}."
            )
        more, seeds = interval(bn - plain), bn.size
        shown = (
            f"the network {ARMS[more.mean > 0]} bears more of them"
            if more.excludes_zero
            else f"{seeds} seeds show none"
        )
        best = np.nanmax(np.nanmean(self.accuracy, axis=3), axis=(1, 2))
        text = (
            f"Of {pairs} pairs of learning rate and initial scale, {interval(bn)} {reached} {ARMS[1]} and "
            f"{interval(plain)} {ARMS[0]}"
        )
        if seeds < 2:
            text += ", with one seed so far"
        else:
            text += f"; the difference is {more}: {shown} (mean and 95 % interval over {seeds} seeds)"
        return f"{text}. The best pair of each gives {percent(best[1])} and {percent(best[0])}."

    def curves(self) -> Iterator[Curve]:
        """Yield the accuracy along the learning rates, a curve for each initial scale and seed."""
        for arm, name in enumerate(ARMS):
            for column, scale in enumerate(self.scales):
                for seed in range(self.accuracy.shape[3]):
                    right = 100 * self.accuracy[arm, :, column, seed]
                    yield Curve(QUANTITY, f"{name}, initial scale {scale:g}", self.rates, right, seed, "learning rate")


@dataclass(frozen=True, kw_only=True)
class LearningRateAndInit(Experiment[Result]):
    """A sweep over learning rate × initial scale: short runs; a seed has the same batches in every cell."""

    title = "Learning rate and initialization"
    claim = "Batch normalization widens the range of learning rates and initial weights from which a network learns."
    source = "Ioffe & Szegedy 2015, arXiv 1502.03167, section 3.3; Bjorck et al. 2018, arXiv 1806.02375"

    rates: Annotated[tuple[float, ...], Hyper(r"\eta", 1e-6, 1e3, "Learning rates")] = RATES
    scales: Annotated[tuple[float, ...], Hyper("", 1e-4, 1e3, "Spreads of the initial weights, He's being 1")] = SCALES
    steps: Annotated[int, Hyper("t", 1, 5000, "Updates of the weights")] = 80
    batch: Annotated[int, Hyper("B", 2, 500, "Examples per update")] = 64
    width: Annotated[int, Hyper("", 1, 300, "Units per hidden layer")] = 48
    depth: Annotated[int, Hyper("", 1, 8, "Hidden layers")] = 3
    momentum: Annotated[float, Hyper(r"\mu", 0, 0.99, "Momentum of gradient descent")] = 0.0
    seeds: Annotated[int, Hyper("", 2, 20, "Seeds of the weights and of the order of the examples")] = 3

    def run(self) -> Iterator[Progress[Result]]:
        data = digits()
        shape = (2, len(self.rates), len(self.scales), self.seeds)
        right, loss, diverged = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, bool)
        cells = [(i, j, seed) for seed in range(self.seeds) for i in range(shape[1]) for j in range(shape[2])]
        for done, (i, j, seed) in enumerate(cells, start=1):
            for arm, norm in enumerate((None, BatchNorm())):
                network = perceptron(
                    data.shape, depth=self.depth, width=self.width, activation=ReLU(), norm=norm, scale=self.scales[j]
                )
                sgd = Sgd(self.rates[i], self.momentum)
                *_, last = train(network, data, sgd, steps=self.steps, batch=self.batch, seed=seed)
                at = arm, i, j, seed
                loss[at], diverged[at] = last.loss, last.diverged
                right[at] = 1 / data.classes if last.diverged else accuracy(network, last.state, data.held_out)
            rates, scales = np.array(self.rates), np.array(self.scales)
            result = Result(self.steps, rates, scales, right.copy(), loss.copy(), diverged.copy())
            yield Progress(done / len(cells), result)
