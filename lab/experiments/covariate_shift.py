"""Train the same sigmoid network twice, with and without batch normalization, and watch the last units' inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.data import digits
from lab.experiment import ARMS, Curve, Experiment, Progress, moments
from lab.layers import Array, Sigmoid
from lab.network import Network, perceptron
from lab.statistics import Interval, interval
from lab.training import Sgd, accuracy, in_step, train
from normlib.core import Hyper
from normlib.norms.batch_norm import BatchNorm

PERCENTILES = (0.15, 0.5, 0.85)


class Result(NamedTuple):
    """What was recorded; the axis of two is `ARMS`, and a seed's two runs begin alike and see the same batches."""

    steps: NDArray[np.intp]  # (S,)
    loss: Array  # (2, seeds, S): of that step's batch; not a number at step 0
    accuracy: Array  # (2, seeds, S): held-out
    percentiles: Array  # (2, seeds, S, 3, width): of each last sigmoid's input, held-out examples as one batch

    def drift(self) -> Array:
        """Return how far each unit's median input travelled, in widths of its last 15-85 % band, (2, seeds, width)."""
        low, median, high = np.moveaxis(self.percentiles, 3, 0)
        way = np.abs(np.diff(median, axis=2)).sum(axis=2)
        return way / np.maximum(high[:, :, -1] - low[:, :, -1], 1e-12)

    def accuracy_at(self, moment: int) -> list[Interval]:
        """Return mean and interval over the seeds at one recorded moment, in %, for each arm."""
        return [interval(100 * arm[:, moment]) for arm in self.accuracy]

    def verdict(self) -> str:
        early = int(np.searchsorted(self.steps, self.steps[-1] / 10))
        seeds = self.accuracy.shape[1]
        said = []
        for at in dict.fromkeys((early, len(self.steps) - 1)):
            plain, bn = self.accuracy_at(at)
            said.append(
                f"After {self.steps[at]} steps {bn} % of the held-out digits are right {ARMS[1]} and {plain} % "
                f"{ARMS[0]}."
            )
        middle = np.median(self.drift(), axis=2)  # of the units: (2, seeds)
        far = [f"travelled {interval(d)} widths" if np.isfinite(d).all() else "diverged" for d in middle]
        width = self.percentiles.shape[-1]
        said.append(
            f"Meanwhile the median input of the middle one of {width} units {far[1]} of its 15–85 % band {ARMS[1]}; "
            f"{ARMS[0]} it {far[0]}."
        )
        if np.isfinite(middle).all():
            less = interval(middle[0] - middle[1])
            shown = f"{ARMS[less.mean > 0]} it drifts less" if less.excludes_zero else f"{seeds} seeds show none"
            said.append(f"The difference is {less}: {shown}.")
        return f"{' '.join(said)} Mean and 95 % interval over {seeds} seeds."

    def curves(self) -> Iterator[Curve]:
        """Yield loss, accuracy and the median unit's median of every run."""
        for arm, name in enumerate(ARMS):
            for seed in range(self.accuracy.shape[1]):
                medians = np.median(self.percentiles[arm, seed, :, 1], axis=1)
                for quantity, y in (
                    ("held-out accuracy, %", 100 * self.accuracy[arm, seed]),
                    ("cross-entropy of the batch", self.loss[arm, seed]),
                    ("median input of a last hidden unit, middle unit", medians),
                ):
                    yield Curve(quantity, name, self.steps, y, seed)


@dataclass(frozen=True, kw_only=True)
class CovariateShift(Experiment[Result]):
    """Figure 1 of the paper on scikit-learn's digits: hidden layers of sigmoid units, plain gradient descent."""

    title = "Internal covariate shift"
    claim = (
        "Batch normalization keeps the distribution of a sigmoid's input stable through training, "
        "and the network learns in fewer steps."
    )
    source = "Ioffe & Szegedy 2015, arXiv 1502.03167, Figure 1 (there MNIST, 50,000 steps)"

    steps: Annotated[int, Hyper("t", 10, 50_000, "Updates of the weights")] = 800
    rate: Annotated[float, Hyper(r"\eta", 1e-4, 10, "Learning rate")] = 0.4
    batch: Annotated[int, Hyper("B", 2, 500, "Examples per update")] = 60
    width: Annotated[int, Hyper("", 1, 300, "Units per hidden layer")] = 100
    depth: Annotated[int, Hyper("", 1, 8, "Hidden layers")] = 3
    scale: Annotated[float, Hyper("", 1e-3, 10, "Spread of the initial weights, 1 being He's")] = 0.7
    recorded: Annotated[int, Hyper("", 2, 200, "Recorded moments")] = 40
    seeds: Annotated[int, Hyper("", 2, 20, "Seeds of the weights and of the order of the examples")] = 3

    def network(self, normalized: bool) -> Network:
        norm = BatchNorm() if normalized else None
        shape = digits(centred=False).shape
        return perceptron(shape, depth=self.depth, width=self.width, activation=Sigmoid(), norm=norm, scale=self.scale)

    def run(self) -> Iterator[Progress[Result]]:
        data = digits(centred=False)  # ink from 0 to 1, like the paper's binary pictures
        watched, _ = data.held_out.take(slice(None))
        networks = [self.network(normalized) for normalized in (False, True) for _ in range(self.seeds)]
        runs = [
            train(network, data, Sgd(self.rate), steps=self.steps, batch=self.batch, seed=number % self.seeds)
            for number, network in enumerate(networks)
        ]
        record = moments(self.steps, self.recorded)
        arms = (2, self.seeds)
        loss, right, percentiles = [], [], []
        for number, now in enumerate(in_step(runs)):
            if number not in record:
                continue
            pairs = list(zip(networks, now, strict=True))
            loss.append(np.array([step.loss for step in now]).reshape(arms))
            right.append(np.array([accuracy(n, step.state, data.held_out) for n, step in pairs]).reshape(arms))
            last_sigmoid = -2  # of the layers, before the logits
            inputs = [network.inputs(step.state, watched)[last_sigmoid] for network, step in pairs]
            percentiles.append(np.stack([percentiles_of(x) for x in inputs]).reshape(*arms, 3, -1))
            result = Result(
                record[: len(loss)], np.stack(loss, axis=2), np.stack(right, axis=2), np.stack(percentiles, axis=2)
            )
            yield Progress(number / self.steps, result)


def percentiles_of(x: Array) -> Array:
    """Return the three percentiles of each column, between two values by interpolation: (3, columns)."""
    # np.percentile takes ten times as long: this sorts rows that lie in one piece
    ordered = np.sort(x.T.copy(), axis=1)
    at = np.array(PERCENTILES) * (len(x) - 1)
    below = at.astype(np.intp)
    above = np.minimum(below + 1, len(x) - 1)
    part = (at - below).astype(x.dtype)
    return (ordered[:, below] * (1 - part) + ordered[:, above] * part).T
