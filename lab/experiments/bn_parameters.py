"""Train a network with batch normalization and keep γ, β and the running statistics of every layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.data import digits
from lab.experiment import Curve, Experiment, Progress, curves_of, moments
from lab.layers import Array, ReLU
from lab.network import perceptron
from lab.normalize import Normalize
from lab.race import Arm, race
from lab.statistics import interval
from lab.training import Sgd
from normlib.core import Hyper
from normlib.norms.batch_norm import BatchNorm


class Result(NamedTuple):
    """Parameters and statistics at S recorded moments of every seed, of L hidden layers of `width` units each."""

    steps: NDArray[np.intp]  # (S,)
    accuracy: Array  # (seeds, S): held-out
    gamma: Array  # (seeds, S, L, width), layers from first to last
    beta: Array  # (seeds, S, L, width)
    running_mean: Array  # (seeds, S, L, width)
    running_var: Array  # (seeds, S, L, width)

    def verdict(self) -> str:
        gamma, beta = self.gamma[:, -1], self.beta[:, -1]
        mean, spread = (", ".join(map(str, map(interval, of.T))) for of in (gamma.mean(axis=2), gamma.std(axis=2)))
        down = interval(100 * (beta < 0).mean(axis=(1, 2)))
        return (
            f"γ starts at 1 and β at 0. After {self.steps[-1]} steps ({interval(100 * self.accuracy[:, -1])} % of the "
            f"held-out digits are right) the mean of γ over a layer's units is, first layer to last, {mean}, its "
            f"standard deviation {spread}; {down} % of β are below 0. Mean and 95 % interval over {len(gamma)} seeds."
        )

    def curves(self) -> Iterator[Curve]:
        """Yield the accuracy, and each quantity's mean over every layer's units."""
        yield from curves_of("held-out accuracy, %", ("the network",), self.steps, 100 * self.accuracy[None])
        layers = [f"layer {number}" for number in range(1, self.gamma.shape[2] + 1)]
        for quantity in ("gamma", "beta", "running_mean", "running_var"):
            means = np.moveaxis(getattr(self, quantity).mean(axis=3), 2, 0)
            yield from curves_of(f"{quantity.replace('_', ' ')}, mean of a layer", layers, self.steps, means)


@dataclass(frozen=True, kw_only=True)
class BnParameters(Experiment[Result]):
    """Rectified hidden layers of equal width on the digits, every one batch-normalized."""

    title = "The parameters of batch normalization in practice"
    claim = "γ and β start equal in every unit, and training spreads them layer by layer."
    source = "Trained here, on scikit-learn's digits; the talk showed a private network, xd_net_12m"

    steps: Annotated[int, Hyper("t", 10, 50_000, "Updates of the weights")] = 1500
    rate: Annotated[float, Hyper(r"\eta", 1e-4, 10, "Learning rate")] = 0.1
    momentum: Annotated[float, Hyper(r"\mu", 0, 0.99, "Momentum of gradient descent")] = 0.9
    weight_decay: Annotated[float, Hyper(r"\lambda", 0, 0.1, "Weight decay, of weights alone")] = 5e-4
    batch: Annotated[int, Hyper("B", 2, 500, "Examples per update")] = 50
    width: Annotated[int, Hyper("", 1, 300, "Units per hidden layer")] = 64
    depth: Annotated[int, Hyper("", 1, 8, "Hidden layers")] = 4
    recorded: Annotated[int, Hyper("", 2, 200, "Recorded moments")] = 50
    seeds: Annotated[int, Hyper("", 2, 20, "Seeds of the weights and of the order of the examples")] = 3

    def run(self) -> Iterator[Progress[Result]]:
        data = digits()
        network = perceptron(data.shape, depth=self.depth, width=self.width, activation=ReLU(), norm=BatchNorm())
        normalized = [i for i, layer in enumerate(network.layers) if isinstance(layer, Normalize)]
        kept: list[Array] = []
        for moment in race(
            [Arm(network, Sgd(self.rate, self.momentum, self.weight_decay))], data, steps=self.steps, batch=self.batch,
            seeds=self.seeds, record=moments(self.steps, self.recorded),
        ):  # fmt: skip
            states = [step.state for step in moment.now[0]]
            kept.append(np.array([[[s.params[i]["gamma"] for i in normalized] for s in states],
                                  [[s.params[i]["beta"] for i in normalized] for s in states],
                                  [[s.running[i].mean for i in normalized] for s in states],
                                  [[s.running[i].var for i in normalized] for s in states]]))  # fmt: skip
            result = Result(moment.steps, moment.accuracy[0], *np.stack(kept, axis=2))
            yield Progress(moment.number / self.steps, result)
