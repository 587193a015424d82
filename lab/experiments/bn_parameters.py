"""Train a network with batch normalization and keep γ, β and the running statistics of every layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.data import digits
from lab.experiment import Curve, Experiment, Progress, moments
from lab.layers import Array, ReLU
from lab.network import State, perceptron
from lab.normalize import Normalize
from lab.statistics import percent
from lab.training import Sgd, accuracy, train
from normlib.core import Hyper
from normlib.norms.batch_norm import BatchNorm


class Result(NamedTuple):
    """The parameters and statistics of S recorded moments, L hidden layers (first to last), `width` units each."""

    steps: NDArray[np.intp]  # (S,)
    accuracy: Array  # (S,): held-out
    gamma: Array  # (S, L, width)
    beta: Array  # (S, L, width)
    running_mean: Array  # (S, L, width)
    running_var: Array  # (S, L, width)

    def verdict(self) -> str:
        gamma, beta = self.gamma[-1], self.beta[-1]
        layers = ", ".join(f"{g.mean():.2f} ± {g.std():.2f}" for g in gamma)
        down = (beta < 0).mean()
        return (
            f"γ starts at 1 and β at 0. After {self.steps[-1]} steps (held-out accuracy {percent(self.accuracy[-1])}) "
            f"the mean and standard deviation of γ over a layer's units are, first layer to last, {layers}; β lies "
            f"between {beta.min():.2f} and {beta.max():.2f}, {percent(down, 0)} of it below 0."
        )

    def curves(self) -> Iterator[Curve]:
        """Yield the accuracy, and each quantity's mean over every layer's units."""
        yield Curve("held-out accuracy, %", "the network", self.steps, 100 * self.accuracy)
        for quantity in ("gamma", "beta", "running_mean", "running_var"):
            for layer, values in enumerate(getattr(self, quantity).mean(axis=2).T, start=1):
                yield Curve(f"{quantity.replace('_', ' ')}, mean of a layer", f"layer {layer}", self.steps, values)


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
    seed: Annotated[int, Hyper("", 0, 2**31, "Seed of the weights and of the order of the examples")] = 0

    def run(self) -> Iterator[Progress[Result]]:
        data = digits()
        network = perceptron(data.shape, depth=self.depth, width=self.width, activation=ReLU(), norm=BatchNorm())
        normalized = [i for i, layer in enumerate(network.layers) if isinstance(layer, Normalize)]
        sgd = Sgd(self.rate, self.momentum, self.weight_decay)
        record = set(moments(self.steps, self.recorded).tolist())
        kept: list[tuple[int, float, State]] = []
        for step in train(network, data, sgd, steps=self.steps, batch=self.batch, seed=self.seed):
            if step.number not in record:
                continue
            kept.append((step.number, accuracy(network, step.state, data.held_out), step.state))
            states = [state for _, _, state in kept]
            yield Progress(
                step.number / self.steps,
                Result(
                    np.array([number for number, _, _ in kept]),
                    np.array([right for _, right, _ in kept]),
                    np.array([[s.params[i]["gamma"] for i in normalized] for s in states]),
                    np.array([[s.params[i]["beta"] for i in normalized] for s in states]),
                    np.array([[s.running[i].mean for i in normalized] for s in states]),
                    np.array([[s.running[i].var for i in normalized] for s in states]),
                ),
            )
