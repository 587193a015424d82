"""Train the same sigmoid network twice, with and without batch normalization, and watch the last units' inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.data import digits
from lab.experiment import ARMS, Experiment, Progress, moments
from lab.layers import Array, Sigmoid
from lab.network import Network, perceptron
from lab.statistics import percent
from lab.training import Sgd, accuracy, in_step, train
from normlib.core import Hyper
from normlib.norms.batch_norm import BatchNorm


class Result(NamedTuple):
    """What was recorded; the axis of two is `ARMS`."""

    steps: NDArray[np.intp]  # (S,)
    loss: Array  # (2, S): of that step's batch; not a number at step 0
    accuracy: Array  # (2, S): held-out
    percentiles: Array  # (2, S, 3, width): 15th, 50th, 85th of each sigmoid's input, held-out examples as one batch

    def drift(self) -> Array:
        """Return how far each unit's median input travelled, in widths of its final 15-85 % band, (2, width)."""
        low, median, high = np.moveaxis(self.percentiles, 2, 0)
        return np.abs(np.diff(median, axis=1)).sum(axis=1) / np.maximum(high[:, -1] - low[:, -1], 1e-12)

    def verdict(self) -> str:
        plain, bn = self.accuracy
        half = int(np.searchsorted(self.steps, self.steps[-1] / 10))
        middle = np.median(self.drift(), axis=1)
        far = [f"travelled {d:.2f} widths of its 15–85 % band" if np.isfinite(d) else "diverged" for d in middle]
        return (
            f"After {self.steps[half]} steps {percent(bn[half])} of the held-out digits are right {ARMS[1]} and "
            f"{percent(plain[half])} {ARMS[0]}; after {self.steps[-1]}, {percent(bn[-1])} and {percent(plain[-1])}. "
            f"Meanwhile the median input of the middle one of {self.percentiles.shape[-1]} units {far[1]} {ARMS[1]}; "
            f"{ARMS[0]} it {far[0]}."
        )


@dataclass(frozen=True, kw_only=True)
class CovariateShift(Experiment[Result]):
    """Figure 1 of the paper on scikit-learn's digits: hidden layers of sigmoid units, plain gradient descent."""

    title = "Internal covariate shift"
    claim = (
        "Batch normalization keeps the distribution of a sigmoid's input stable through training, "
        "and the network learns in fewer steps."
    )
    source = "Ioffe & Szegedy 2015, arXiv 1502.03167, Figure 1 (there MNIST, 50,000 steps)"

    steps: Annotated[int, Hyper("t", 10, 50_000, "Updates of the weights")] = 2000
    rate: Annotated[float, Hyper(r"\eta", 1e-4, 10, "Learning rate")] = 0.3
    batch: Annotated[int, Hyper("B", 2, 500, "Examples per update")] = 60
    width: Annotated[int, Hyper("", 1, 300, "Units per hidden layer")] = 100
    depth: Annotated[int, Hyper("", 1, 8, "Hidden layers")] = 3
    scale: Annotated[float, Hyper("", 1e-3, 10, "Spread of the initial weights, 1 being He's")] = 0.7
    recorded: Annotated[int, Hyper("", 2, 200, "Recorded moments")] = 60
    seed: Annotated[int, Hyper("", 0, 2**31, "Seed of the weights and of the order of the examples")] = 0

    def network(self, normalized: bool) -> Network:
        norm = BatchNorm() if normalized else None
        shape = digits(centred=False).shape
        return perceptron(shape, depth=self.depth, width=self.width, activation=Sigmoid(), norm=norm, scale=self.scale)

    def run(self) -> Iterator[Progress[Result]]:
        data = digits(centred=False)  # ink from 0 to 1, like the paper's binary pictures
        watched, _ = data.held_out.take(slice(None))
        networks = [self.network(normalized) for normalized in (False, True)]
        runs = [train(n, data, Sgd(self.rate), steps=self.steps, batch=self.batch, seed=self.seed) for n in networks]
        record = moments(self.steps, self.recorded)
        loss: list[list[float]] = []
        right: list[list[float]] = []
        percentiles: list[list[Array]] = []
        for number, both in enumerate(in_step(runs)):
            if number not in record:
                continue
            pairs = list(zip(networks, both, strict=True))
            loss.append([step.loss for step in both])
            right.append([accuracy(network, step.state, data.held_out) for network, step in pairs])
            last_sigmoid = -2  # of the layers, before the logits
            inputs = [network.inputs(step.state, watched)[last_sigmoid] for network, step in pairs]
            percentiles.append([np.percentile(x, (15, 50, 85), axis=0) for x in inputs])
            result = Result(
                record[: len(loss)], np.array(loss).T, np.array(right).T, np.array(percentiles).swapaxes(0, 1)
            )
            yield Progress(number / self.steps, result)
