"""Ask of a deeper network, over several seeds, what batch normalization changes: the way or the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.data import digits
from lab.experiment import ARMS, Curve, Experiment, Progress, curves_of
from lab.layers import Array, ReLU
from lab.network import Network, perceptron
from lab.race import Arm, race
from lab.statistics import Interval, first_at, interval, percent
from lab.training import Sgd, accuracy, train
from normlib.core import Hyper
from normlib.norms.batch_norm import BatchNorm

RATES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


class Result(NamedTuple):
    """Accuracy of every seed; the axis of two is `ARMS`, and a seed's two runs begin alike and see the same batches."""

    target: float
    rates: Array  # (L,): learning rates tried
    tuning_loss: Array  # (2, L): mean training loss of one more seed's short run; inf: diverged, nan: not tried
    rate: Array  # (2,): of the smallest loss, which every seed then uses; not a number while rates are tried
    steps: NDArray[np.intp]  # (S,)
    accuracy: Array  # (2, seeds, S): held-out

    def steps_to_target(self) -> Array:
        """Return the first recorded step at the target, (2, seeds); not a number where a run never got there."""
        return first_at(self.steps, self.accuracy, self.target)

    def final_accuracy(self) -> Array:
        """Return the accuracy over the last quarter of the recorded steps, its mean, (2, seeds)."""
        return self.accuracy[:, :, self.steps >= 0.75 * self.steps[-1]].mean(axis=2)

    def speed(self) -> tuple[Interval, Interval]:
        """Return mean and interval of the steps to the target over the seeds that got there, for each arm."""
        plain, bn = (interval(arm[np.isfinite(arm)]) for arm in self.steps_to_target())
        return plain, bn

    def saved(self) -> Interval:
        """Return mean and interval of the steps saved by BN, over the seeds that got there both ways."""
        plain, bn = self.steps_to_target()
        difference = plain - bn
        return interval(difference[np.isfinite(difference)])

    def gained(self) -> Interval:
        """Return mean and interval of the points of final accuracy gained by BN, seed by seed."""
        plain, bn = self.final_accuracy()
        return interval(100 * (bn - plain))

    def verdict(self) -> str:
        if not np.isfinite(self.rate).all():
            tried = int((~np.isnan(self.tuning_loss)).sum())
            return f"So far {tried} of {self.tuning_loss.size} short runs have looked for each network's learning rate."
        seeds = self.accuracy.shape[1]
        plain, bn = self.speed()
        rates = f"Each at its own best learning rate ({self.rate[1]:g} {ARMS[1]}, {self.rate[0]:g} {ARMS[0]}), "
        there = np.isfinite(self.steps_to_target()).sum(axis=1)
        said = [
            f"the network {arm} reached {percent(self.target, 0)} "
            + (f"after {speed} steps" if count else "in no run")
            + (f" ({count} of {seeds} seeds)" if 0 < count < seeds else "")
            for arm, speed, count in ((ARMS[1], bn, there[1]), (ARMS[0], plain, there[0]))
        ]
        speed = f"{rates}{said[0]} and {said[1]}"
        if there.min() > 1:
            saved = self.saved()
            who = ARMS[1] if saved.mean > 0 else ARMS[0]
            speed += f": faster {who}" if saved.excludes_zero else f": no difference that {seeds} seeds can show"
        gained = self.gained()
        if not gained.excludes_zero:
            end = f"no difference that {seeds} seeds can show"
        else:
            end = f"better {ARMS[1] if gained.mean > 0 else ARMS[0]}"
        return f"{speed}. Final accuracy, {ARMS[1]} minus {ARMS[0]}: {gained} points, {end}."

    def curves(self) -> Iterator[Curve]:
        """Yield the accuracy of every run, and the loss by which each arm's learning rate was chosen."""
        yield from curves_of("held-out accuracy, %", ARMS, self.steps, 100 * self.accuracy)
        for name, loss in zip(ARMS, self.tuning_loss, strict=True):
            yield Curve("mean training loss of a short run", name, self.rates, loss, along="learning rate")


@dataclass(frozen=True, kw_only=True)
class FasterNotBetter(Experiment[Result]):
    """A plain stack of rectified layers, each arm at the learning rate that suits it best.

    At one shared rate either arm can be made the faster: a small rate favours the plain network, a large one BN.
    So every rate is tried in a short run of one more seed, and the smallest mean training loss decides.
    """

    title = "Faster, or better?"
    claim = "Batch normalization speeds up the training of a deep plain network; it does not improve its accuracy."
    source = "The 2015 talk, on VGG; tested here on a deep network for scikit-learn's digits"

    target: Annotated[float, Hyper("", 0.1, 1, "Held-out accuracy to reach")] = 0.95
    steps: Annotated[int, Hyper("t", 10, 50_000, "Updates of the weights")] = 300
    rates: Annotated[tuple[float, ...], Hyper(r"\eta", 1e-4, 10, "Learning rates to try")] = RATES
    tuning_steps: Annotated[int, Hyper("", 1, 5000, "Updates per learning rate tried")] = 100
    momentum: Annotated[float, Hyper(r"\mu", 0, 0.99, "Momentum of gradient descent")] = 0.0
    batch: Annotated[int, Hyper("B", 2, 500, "Examples per update")] = 50
    width: Annotated[int, Hyper("", 1, 300, "Units per hidden layer")] = 48
    depth: Annotated[int, Hyper("", 1, 16, "Hidden layers")] = 6
    every: Annotated[int, Hyper("", 1, 1000, "Steps between two recorded moments")] = 10
    seeds: Annotated[int, Hyper("", 2, 30, "Seeds")] = 5

    def run(self) -> Iterator[Progress[Result]]:
        data = digits()
        networks = [
            perceptron(data.shape, depth=self.depth, width=self.width, activation=ReLU(), norm=norm)
            for norm in (None, BatchNorm())
        ]
        rates, first = np.array(self.rates), np.zeros(1, np.intp)
        untrained = np.array(
            [[[accuracy(n, n.init(seed), data.held_out)] for seed in range(self.seeds)] for n in networks]
        )
        to_try, to_race = 2 * len(rates) * self.tuning_steps, 2 * self.seeds * self.steps
        share = to_try / (to_try + to_race)
        tuning = np.full((2, len(rates)), np.nan)
        for done, (arm, i) in enumerate(np.ndindex(tuning.shape), start=1):
            tuning[arm, i] = self.tuning_loss(networks[arm], self.rates[i])
            so_far = Result(self.target, rates, tuning.copy(), np.full(2, np.nan), first, untrained)
            yield Progress(share * done / tuning.size, so_far)
        best = rates[tuning.argmin(axis=1)]
        for moment in race(
            [Arm(network, self.sgd(rate)) for network, rate in zip(networks, best.tolist(), strict=True)], data,
            steps=self.steps, batch=self.batch, seeds=self.seeds,
            record={*range(0, self.steps, self.every), self.steps},
        ):  # fmt: skip
            result = Result(self.target, rates, tuning, best, moment.steps, moment.accuracy)
            yield Progress(share + (1 - share) * moment.number / self.steps, result)

    def sgd(self, rate: float) -> Sgd:
        return Sgd(rate, self.momentum)

    def tuning_loss(self, network: Network, rate: float) -> float:
        """Return the mean training loss of a short run with the first seed that the comparison leaves out."""
        run = train(network, digits(), self.sgd(rate), steps=self.tuning_steps, batch=self.batch, seed=self.seeds)
        loss = np.mean([step.loss for step in run][1:])
        return float(loss) if np.isfinite(loss) else float("inf")
