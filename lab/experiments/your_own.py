"""Train two networks of the reader's choice on the same batches, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.data import KINDS, named
from lab.experiment import Choice, Curve, Experiment, Progress, curves_of, moments
from lab.layers import Array, Layer, ReLU, Sigmoid
from lab.network import Network, State, perceptron
from lab.race import Arm, race
from lab.statistics import first_at, interval, percent
from lab.training import Sgd
from normlib.core import Hyper, Norm
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.dynamic_tanh import DynamicTanh
from normlib.norms.group_norm import GroupNorm
from normlib.norms.layer_norm import LayerNorm
from normlib.norms.rms_norm import RMSNorm

SIDES = ("A", "B")
GRID = 41  # points of the decision map along each axis
REACH = 1.5  # the map runs from -REACH to REACH, along both
NORMS: dict[str, Norm | None] = {
    "none": None,
    "batch": BatchNorm(),
    "layer": LayerNorm(),
    "group": GroupNorm(groups=4),
    "root mean square": RMSNorm(over="sample"),
    "dynamic tanh": DynamicTanh(),
}
ACTIVATIONS: dict[str, Layer] = {"ReLU": ReLU(), "sigmoid": Sigmoid()}
WIDTH = 32


class Result(NamedTuple):
    """How far both sides are; the axis of two is `SIDES`. A seed's two runs see the same batches."""

    target: float
    steps: NDArray[np.intp]  # (S,)
    loss: Array  # (2, seeds, S): of that step's batch; not a number at step 0
    accuracy: Array  # (2, seeds, S): held-out
    decision: Array  # (2, S, GRID, GRID): probability of class 1 by y and x, first seed; (2, S, 0, 0) for pictures

    def steps_to_target(self) -> Array:
        """Return the first recorded step at the target, (2, seeds); not a number where a run never got there."""
        return first_at(self.steps, self.accuracy, self.target)

    def verdict(self) -> str:
        seeds, said = self.accuracy.shape[1], []
        for side, name in enumerate(SIDES):
            met = self.steps_to_target()[side]
            met = met[np.isfinite(met)]
            many = f" ({met.size} of {seeds} seeds)" if 0 < met.size < seeds else ""
            reached = f"after {interval(met)} steps{many}" if met.size else "in no run"
            said.append(f"{name} reached {percent(self.target, 0)} {reached}")
        ahead = interval(100 * (self.accuracy[0, :, -1] - self.accuracy[1, :, -1]))
        better = f"{SIDES[ahead.mean < 0]} is ahead" if ahead.excludes_zero else f"{seeds} seeds show no difference"
        plain, other = (interval(100 * side[:, -1]) for side in self.accuracy)
        return (
            f"{said[0]}, {said[1]}. After {self.steps[-1]} steps {plain} % of the held-out examples are right with A "
            f"and {other} % with B; the difference is {ahead} points: {better}. "
            f"Mean and 95 % interval over {seeds} seeds."
        )

    def curves(self) -> Iterator[Curve]:
        """Yield loss and accuracy of every run."""
        yield from curves_of("held-out accuracy, %", SIDES, self.steps, 100 * self.accuracy)
        yield from curves_of("cross-entropy of the batch", SIDES, self.steps, self.loss)


@dataclass(frozen=True, kw_only=True)
class YourOwn(Experiment[Result]):
    """Two dense networks, A and B, each with layers, norm, learning rate and initial weights of its own."""

    title = "Your own race"
    claim = "Whatever you think of two configurations: name them, and see."
    source = "Trained here"

    data: Annotated[str, Choice(tuple(KINDS), "What both learn")] = "spirals"
    activation: Annotated[str, Choice(tuple(ACTIVATIONS), "Nonlinearity of both")] = "ReLU"
    norms: Annotated[tuple[str, ...], Choice(tuple(NORMS), "Norm after every hidden layer, of A and of B")] = (
        "none", "batch",
    )  # fmt: skip
    depths: Annotated[tuple[int, ...], Hyper("", 1, 8, "Hidden layers of A and of B")] = (4, 4)
    rates: Annotated[tuple[float, ...], Hyper(r"\eta", 1e-4, 100, "Learning rates of A and of B")] = (0.03, 0.03)
    scales: Annotated[tuple[float, ...], Hyper("", 1e-3, 100, "Spread of first weights, 1 being He's")] = (1.0, 1.0)
    momentum: Annotated[float, Hyper(r"\mu", 0, 0.99, "Momentum of gradient descent")] = 0.0
    steps: Annotated[int, Hyper("t", 10, 50_000, "Updates of the weights")] = 600
    batch: Annotated[int, Hyper("B", 2, 500, "Examples per update")] = 32
    recorded: Annotated[int, Hyper("", 2, 100, "Recorded moments")] = 25
    target: Annotated[float, Hyper("", 0.1, 1, "Held-out accuracy to reach")] = 0.9
    seeds: Annotated[int, Hyper("", 2, 20, "Seeds")] = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("norms", "depths", "rates", "scales"):
            if len(getattr(self, name)) != len(SIDES):
                raise ValueError(
                    f"YourOwn: {name} must hold two values, of A and of B, got {getattr(self, name)}. Give two."
                )

    def network(self, side: int) -> Network:
        """Return the network of A (0) or of B (1)."""
        data = named(self.data)
        return perceptron(
            data.shape, depth=self.depths[side], width=WIDTH, activation=ACTIVATIONS[self.activation],
            norm=NORMS[self.norms[side]], scale=self.scales[side], classes=data.classes,
        )  # fmt: skip

    def run(self) -> Iterator[Progress[Result]]:
        data = named(self.data)
        plane = grid() if data.shape == (2, 1, 1) else None
        arms = [Arm(self.network(side), Sgd(self.rates[side], self.momentum)) for side in (0, 1)]
        maps: list[Array] = []
        for moment in race(
            arms, data, steps=self.steps, batch=self.batch, seeds=self.seeds, record=moments(self.steps, self.recorded)
        ):
            firsts = zip(arms, moment.now, strict=True)
            maps.append(np.stack([decided(arm.network, seeds[0].state, plane) for arm, seeds in firsts]))
            result = Result(self.target, moment.steps, moment.loss, moment.accuracy, np.stack(maps, axis=1))
            yield Progress(moment.number / self.steps, result)


def grid() -> Array:
    """Return the points of the decision map, a row of them for each y from below, (GRID * GRID, 2, 1, 1)."""
    at = np.linspace(-REACH, REACH, GRID, dtype=np.float32)
    y, x = np.meshgrid(at, at, indexing="ij")
    return np.stack([x.ravel(), y.ravel()], axis=1)[:, :, None, None]


def decided(network: Network, state: State, plane: Array | None) -> Array:
    """Return the probability of class 1 at every point of the plane; nothing where there is none."""
    if plane is None:
        return np.empty((0, 0), np.float32)
    logits = network.infer(state, plane)
    with np.errstate(all="ignore"):  # of a diverged network not a number
        ahead = logits[:, 1] - logits[:, 0]
        return (0.5 + 0.5 * np.tanh(ahead / 2)).reshape(GRID, GRID)
