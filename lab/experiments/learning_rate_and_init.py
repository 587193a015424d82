"""Train one small network per learning rate and initial scale, with and without batch normalization."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.data import digits
from lab.experiment import ARMS, Experiment, Progress
from lab.layers import Array, ReLU
from lab.network import perceptron
from lab.statistics import percent
from lab.training import Sgd, accuracy, train
from normlib.core import Hyper
from normlib.norms.batch_norm import BatchNorm

RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
SCALES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
LEARNED = 0.9  # held-out accuracy from which a run counts as learned


class Result(NamedTuple):
    """Where every run ended; the axis of two is `ARMS`. Not a number: not run yet."""

    steps: int  # of every run
    rates: Array  # (L,)
    scales: Array  # (I,): of the initial weights, 1 being He's
    accuracy: Array  # (2, L, I): held-out, after the last step; a diverged run has chance's
    loss: Array  # (2, L, I): of the last batch; not finite where the run diverged
    diverged: NDArray[np.bool_]  # (2, L, I)

    def verdict(self) -> str:
        runs = int(np.isfinite(self.accuracy[1]).sum())  # so far
        plain, bn = (int((a >= LEARNED).sum()) for a in self.accuracy)
        best = np.nanmax(self.accuracy, axis=(1, 2))
        forgiving = f"the network {ARMS[bn > plain]} bears more of them" if bn != plain else "both bear as many"
        return (
            f"Of {runs} pairs of learning rate and initial scale, {bn} reach {percent(LEARNED, 0)} in {self.steps} "
            f"steps {ARMS[1]} and {plain} {ARMS[0]} ({self.diverged[1].sum()} and {self.diverged[0].sum()} diverged): "
            f"{forgiving}. The best pair of each gives {percent(best[1])} and {percent(best[0])}. One seed per pair."
        )


@dataclass(frozen=True, kw_only=True)
class LearningRateAndInit(Experiment[Result]):
    """A sweep over learning rate × initial scale: short runs, same seed and same batches in every cell."""

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
    seed: Annotated[int, Hyper("", 0, 2**31, "Seed of the weights and of the order of the examples")] = 0

    def run(self) -> Iterator[Progress[Result]]:
        data = digits()
        shape = (2, len(self.rates), len(self.scales))
        right, loss, diverged = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, bool)
        cells = [(i, j) for i in range(shape[1]) for j in range(shape[2])]
        for done, (i, j) in enumerate(cells, start=1):
            for arm, norm in enumerate((None, BatchNorm())):
                network = perceptron(
                    data.shape, depth=self.depth, width=self.width, activation=ReLU(), norm=norm, scale=self.scales[j]
                )
                sgd = Sgd(self.rates[i], self.momentum)
                for step in train(network, data, sgd, steps=self.steps, batch=self.batch, seed=self.seed):
                    last = step
                loss[arm, i, j], diverged[arm, i, j] = last.loss, last.diverged
                right[arm, i, j] = 1 / data.classes if last.diverged else accuracy(network, last.state, data.held_out)
            result = Result(
                self.steps,
                np.array(self.rates),
                np.array(self.scales),
                right.copy(),
                loss.copy(),
                diverged.copy(),
            )
            yield Progress(done / len(cells), result)
