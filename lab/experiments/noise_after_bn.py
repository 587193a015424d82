"""Put noise in after batch normalization, so that distributions are unstable on purpose, and see whether it trains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.data import digits
from lab.experiment import ARMS, Curve, Experiment, Progress, curves_of
from lab.layers import Array, Dense, Layer, ReLU
from lab.network import Network
from lab.noise import Noise
from lab.normalize import Normalize
from lab.statistics import Interval, interval, percentiles
from lab.training import Sgd, Step, accuracy, in_step, train_scheduled
from normlib.core import Hyper
from normlib.norms.batch_norm import BatchNorm

PLAIN, BN, NOISY = range(3)
NOISY_ARMS = (*ARMS, "noise after BN")


class Result(NamedTuple):
    """Curves of every seed; the axis of three is `NOISY_ARMS`, and a seed's runs begin alike and see the same batches.

    `moved` and `stretched` compare the input of the middle unit of the last hidden layer, over the held-out examples as
    one batch, with that of the step before: its median and its 15-85 % band. Not a number at step 0.
    """

    steps: NDArray[np.intp]  # (S,)
    accuracy: Array  # (3, seeds, S): held-out
    moved: Array  # (3, seeds, S): way of the median, in widths of the band
    stretched: Array  # (3, seeds, S): |ln(new / old width of the band)|

    def unrest(self) -> Array:
        """Return the mean way of the median in a step, (3, seeds), in percent of the band's width."""
        known = np.isfinite(self.moved)
        total = np.where(known, self.moved, 0).sum(axis=2)
        return np.where(known.any(axis=2), 100 * total / np.maximum(known.sum(axis=2), 1), np.nan)

    def ahead(self, of: int, at: int) -> Interval:
        """Return the points of accuracy by which noise after BN is ahead of another arm, seed by seed."""
        return interval(100 * (self.accuracy[NOISY, :, at] - self.accuracy[of, :, at]))

    def verdict(self) -> str:
        seeds = self.accuracy.shape[1]
        said = []
        unrest = self.unrest()
        if np.isfinite(unrest).all():
            plain, bn, noisy = (interval(arm) for arm in unrest)
            more = interval(unrest[NOISY] - unrest[PLAIN])
            clear = f"{'less' if more.mean > 0 else 'more'} stable with noise than {ARMS[0]}"
            said.append(
                f"In one step the median input of the middle unit moves by {noisy} % of its 15–85 % band with "
                f"{NOISY_ARMS[NOISY]}, {plain} % {ARMS[0]} and {bn} % {ARMS[1]}: "
                f"{clear if more.excludes_zero else 'whether noise makes it less stable, they do not show'}"
            )
        elif len(self.steps) > 1:
            said.append("In some run a unit's inputs diverged, so the distributions are not compared")
        early = int(np.searchsorted(self.steps, self.steps[-1] / 5))
        moments = list(dict.fromkeys((early, len(self.steps) - 1)))
        gaps = []
        for arm in (PLAIN, BN):
            points = [self.ahead(arm, at) for at in moments]
            shown = [f"{gap}{'' if gap.excludes_zero else ' (no difference shown)'}" for gap in points]
            gaps.append(f"minus {ARMS[arm]} {', then '.join(shown)}")
        steps = " and ".join(str(self.steps[at]) for at in moments)
        said.append(f"Accuracy after {steps} steps, in points, with noise {'; '.join(gaps)}")
        return f"{'. '.join(said)}. {seeds} seeds, 95 % intervals."

    def curves(self) -> Iterator[Curve]:
        """Yield every seed's accuracy and the unrest of its distributions."""
        for quantity, values in (
            ("held-out accuracy, %", 100 * self.accuracy),
            ("way of the median in one step, % of the band", 100 * self.moved),
            ("change of the band in one step, |ln|", self.stretched),
        ):
            yield from curves_of(quantity, NOISY_ARMS, self.steps, values)


@dataclass(frozen=True, kw_only=True)
class NoiseAfterBn(Experiment[Result]):
    """Rectified hidden layers of equal width on the digits: without BN, with BN, and with BN and then noise.

    The noise has the form of the paper's appendix A, at `strength` 1: shifts up to 0.5, scales up to 1.25, which are
    drawn anew for every unit at every step, and a tenth of it anew for every example.
    """

    title = "Noise after batch normalization"
    claim = (
        "With noise put in after batch normalization the distributions are less stable than without it, "
        "and the network trains about as well as with it."
    )
    source = "Santurkar et al. 2018, arXiv 1805.11604, section 2.2 and Figure 2 (there VGG on CIFAR-10)"

    steps: Annotated[int, Hyper("t", 10, 50_000, "Updates of the weights")] = 300
    rate: Annotated[float, Hyper(r"\eta", 1e-4, 10, "Learning rate")] = 0.05
    strength: Annotated[float, Hyper("", 0, 10, "Of the noise, 1 being the paper's and 0 none")] = 1.0
    batch: Annotated[int, Hyper("B", 2, 500, "Examples per update")] = 60
    width: Annotated[int, Hyper("", 1, 300, "Units per hidden layer")] = 64
    depth: Annotated[int, Hyper("", 1, 8, "Hidden layers")] = 4
    scale: Annotated[float, Hyper("", 1e-3, 10, "Spread of the initial weights, 1 being He's")] = 0.7
    every: Annotated[int, Hyper("", 1, 1000, "Steps between two recorded moments")] = 10
    seeds: Annotated[int, Hyper("", 2, 20, "Seeds of the weights, of the order of the examples and of the noise")] = 3

    def network(self, arm: int, seed: int, step: int) -> Network:
        """Return an arm's network of one step, which differs from the next step's in its noise alone."""
        layers: list[Layer] = []
        for place in range(self.depth):
            layers.append(Dense(self.width, self.scale, bias=arm == PLAIN))
            layers += [Normalize(BatchNorm())] if arm != PLAIN else []
            if arm == NOISY:
                k = self.strength
                layers.append(Noise(seed, place, shift=0.5 * k, scale=1 + 0.25 * k, jitter=0.1 * k, step=step))
            layers.append(ReLU())
        return Network(digits(centred=False).shape, (*layers, Dense(10, self.scale)))

    def run(self) -> Iterator[Progress[Result]]:
        data = digits(centred=False)  # ink from 0 to 1
        watched, _ = data.held_out.take(slice(None))
        cells = [(arm, seed) for arm in (PLAIN, BN, NOISY) for seed in range(self.seeds)]
        runs = [
            train_scheduled(
                partial(self.network, *cell), lambda _: Sgd(self.rate), data,
                steps=self.steps, batch=self.batch, seed=cell[1],
            )
            for cell in cells
        ]  # fmt: skip
        steps: list[int] = []
        rows: list[Array] = []
        before: list[Step] = []
        for number, now in enumerate(in_step(runs)):
            if number % self.every == 0 or number == self.steps:
                steps.append(number)
                row = []
                for i, (cell, step) in enumerate(zip(cells, now, strict=True)):
                    right = accuracy(self.network(*cell, step.number), step.state, data.held_out)
                    change = (np.nan, np.nan)
                    if before and not step.diverged:
                        change = _change(self._bands(*cell, before[i], watched), self._bands(*cell, step, watched))
                    row.append((right, *change))
                rows.append(np.array(row).reshape(3, self.seeds, 3))
                right, moved, stretched = np.moveaxis(np.stack(rows, axis=2), 3, 0)
                yield Progress(number / self.steps, Result(np.array(steps), right, moved, stretched))
            before = now

    def _bands(self, arm: int, seed: int, step: Step, watched: Array) -> Array:
        last_hidden = -2  # of the layers: the activation before the logits
        x = self.network(arm, seed, step.number).inputs(step.state, watched)[last_hidden]
        return percentiles(x)


def _change(old: Array, new: Array) -> tuple[float, float]:
    with np.errstate(all="ignore"):
        narrow = np.maximum([old[2] - old[0], new[2] - new[0]], 1e-12)
        return (
            float(np.median(np.abs(new[1] - old[1]) / narrow[1])),
            float(np.median(np.abs(np.log(narrow[1] / narrow[0])))),
        )
