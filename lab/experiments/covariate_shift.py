"""Train the same sigmoid network twice, with and without batch normalization, and watch the last units' inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.data import digits
from lab.experiment import ARMS, Curve, Experiment, Progress, curves_of, moments
from lab.layers import Array, Sigmoid
from lab.network import Network, perceptron
from lab.race import Arm, race
from lab.statistics import interval, percentiles
from lab.training import Sgd
from normlib.core import Hyper
from normlib.norms.batch_norm import BatchNorm


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

    def verdict(self) -> str:
        early = int(np.searchsorted(self.steps, self.steps[-1] / 10))
        seeds = self.accuracy.shape[1]
        said = []
        for at in dict.fromkeys((early, len(self.steps) - 1)):
            plain, bn = (interval(100 * arm[:, at]) for arm in self.accuracy)
            said.append(
                f"After {self.steps[at]} steps {bn} % of the held-out digits are right {ARMS[1]} and {plain} % "
                f"{ARMS[0]}."
            )
        middle = np.median(self.drift(), axis=2)  # of the units: (2, seeds)
        far = [
            f"travelled {interval(d)} widths of its 15–85 % band" if np.isfinite(d).all() else "diverged"
            for d in middle
        ]
        width = self.percentiles.shape[-1]
        said.append(
            f"Meanwhile the median input of the middle one of {width} units {far[1]} {ARMS[1]}; {ARMS[0]} it {far[0]}."
        )
        if np.isfinite(middle).all():
            less = interval(middle[0] - middle[1])
            shown = f"{ARMS[less.mean > 0]} it drifts less" if less.excludes_zero else f"{seeds} seeds show none"
            said.append(f"The difference is {less}: {shown}.")
        return f"{' '.join(said)} Mean and 95 % interval over {seeds} seeds."

    def curves(self) -> Iterator[Curve]:
        """Yield accuracy, loss and the median unit's median of every run."""
        medians = np.median(self.percentiles[:, :, :, 1], axis=3)
        yield from curves_of("held-out accuracy, %", ARMS, self.steps, 100 * self.accuracy)
        yield from curves_of("cross-entropy of the batch", ARMS, self.steps, self.loss)
        yield from curves_of("median input of a last hidden unit, middle unit", ARMS, self.steps, medians)


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
        networks = [self.network(normalized) for normalized in (False, True)]
        last_sigmoid = -2  # of the layers, before the logits
        kept: list[Array] = []
        for moment in race(
            [Arm(network, Sgd(self.rate)) for network in networks], data, steps=self.steps, batch=self.batch,
            seeds=self.seeds, record=moments(self.steps, self.recorded),
        ):  # fmt: skip
            inputs = [
                [network.inputs(step.state, watched)[last_sigmoid] for step in row]
                for network, row in zip(networks, moment.now, strict=True)
            ]
            kept.append(np.array([[percentiles(x) for x in row] for row in inputs]))
            result = Result(moment.steps, moment.loss, moment.accuracy, np.stack(kept, axis=2))
            yield Progress(moment.number / self.steps, result)
