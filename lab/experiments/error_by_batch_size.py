"""Train one small network per norm, batch size and seed, all on as many examples, and compare the errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.data import digits
from lab.experiment import Choice, Curve, Experiment, Progress
from lab.ghost import GhostBatchNorm
from lab.layers import Array, Conv3x3, Dense, MaxPool, ReLU
from lab.network import Network
from lab.normalize import Normalize
from lab.statistics import Interval, interval
from lab.training import Sgd, accuracy, train_scheduled
from normlib.core import Hyper, Norm
from normlib.norms.group_norm import GroupNorm
from normlib.norms.instance_norm import InstanceNorm
from normlib.norms.layer_norm import LayerNorm

NORM_ARMS = ("batch norm", "group norm", "layer norm", "instance norm")
BATCH, GROUP, LAYER, INSTANCE = range(4)
SIZES = (32, 16, 8, 4, 2)
WHOLE = 32  # images in the largest batch, for which `rate` is meant
STATISTICS, BATCH_SIZE = "statistics", "batch"  # what the batch size is of


class Result(NamedTuple):
    """The errors of all runs; the axis of four is `NORM_ARMS`. Not a number: not run yet."""

    examples: int  # that every run saw
    sizes: NDArray[np.intp]  # (B,): images in the batch
    error: Array  # (4, B, seeds): held-out, after the last step; a diverged run has chance's

    def largest(self) -> int:
        """Return the index of the largest batch."""
        return int(self.sizes.argmax())

    def smallest(self) -> int:
        """Return the index of the smallest batch."""
        return int(self.sizes.argmin())

    def means(self) -> list[list[Interval]]:
        """Return mean and 95 % interval, in percent, over the seeds that have run, by norm and batch size."""
        return [[interval(100 * seeds[np.isfinite(seeds)]) for seeds in arm] for arm in self.error]

    def behind(self, size: int) -> Interval:
        """Return batch norm's error minus group norm's at one batch size, in points, seed by seed."""
        return _over_seeds(self.error[BATCH, size] - self.error[GROUP, size])

    def lost(self) -> Interval:
        """Return the points that batch norm loses against group norm from the largest batch to the smallest.

        At each size both made as many updates, so that their number drops out.
        """
        gap = self.error[BATCH] - self.error[GROUP]
        return _over_seeds(gap[self.smallest()] - gap[self.largest()])

    def verdict(self) -> str:
        runs, seeds = int(np.isfinite(self.error).sum()), self.error.shape[2]
        largest, smallest = self.largest(), self.smallest()
        whole = np.isfinite(self.error[[BATCH, GROUP]][:, [largest, smallest]]).all(axis=(0, 1))
        compared = int(whole.sum())
        if largest == smallest or not compared:
            return f"{runs} of {self.error.size} runs so far: not yet enough to compare batch sizes."
        result = self._replace(error=self.error[..., whole])
        none = f"no difference that {compared} {'seed' if compared == 1 else 'seeds'} can show"
        ends = ((largest, self.sizes[largest]), (smallest, self.sizes[smallest]))
        errors = [" and ".join(f"{row[at]} % at {images}" for at, images in ends) for row in result.means()]
        gaps = [
            f"{gap} points at {images}{'' if gap.excludes_zero else f' ({none})'}"
            for at, images in ends
            for gap in [result.behind(at)]
        ]
        lost = result.lost()
        shown = f"it {'loses' if lost.mean > 0 else 'gains'} as the batch gets small" if lost.excludes_zero else none
        return (
            f"Batch norm's error is {errors[BATCH]} images in the batch, group norm's {errors[GROUP]}. Batch norm "
            f"minus group norm: {' and '.join(gaps)}; the change, {lost} points: {shown}. "
            + ("" if compared == seeds else f"So far {compared} of {seeds} seeds, {runs} of {self.error.size} runs. ")
            + f"Every run saw {self.examples:,} examples."
        )

    def curves(self) -> Iterator[Curve]:
        """Yield the error of every norm and seed against the batch size, the smallest first."""
        up = np.argsort(self.sizes)
        for name, arm in zip(NORM_ARMS, self.error, strict=True):
            for seed, y in enumerate(arm.T):
                yield Curve("held-out error, %", name, self.sizes[up], 100 * y[up], seed, "images in the batch")


@dataclass(frozen=True, kw_only=True)
class ErrorByBatchSize(Experiment[Result]):
    """Two convolutions; the second norm sees maps of 2×2, so that of two images a channel has eight numbers.

    `vary` says what the batch size is of. "statistics": every update is of 32 images, and only batch norm's statistics
    are of fewer, as on several devices; nothing else changes, so the other norms need one run for all sizes.
    "batch": of everything. Fewer images are more updates then, and the learning rate is proportional to them, as
    Wu & He's is (0.1·N/32). It falls linearly, to zero with the last update.
    """

    title = "Error by batch size"
    claim = "As the batch gets small, batch normalization's error grows and group normalization's does not."
    source = "Wu & He 2018, arXiv 1803.08494, Figure 1 and Tables 1 and 2 (there ResNet-50 on ImageNet)"

    vary: Annotated[str, Choice((STATISTICS, BATCH_SIZE), "What the size is of")] = STATISTICS
    sizes: Annotated[tuple[int, ...], Hyper("M", 2, 32, "Images in the batch; they divide 32")] = SIZES
    examples: Annotated[int, Hyper("", 128, 100_000, "Examples that every run sees, with repetition")] = 5120
    rate: Annotated[float, Hyper(r"\eta", 1e-4, 10, "Learning rate at the start, for 32 images in the batch")] = 0.2
    momentum: Annotated[float, Hyper(r"\mu", 0, 0.99, "Momentum of gradient descent")] = 0.9
    groups: Annotated[int, Hyper("g", 1, 64, "Groups of group normalization; they divide the channels")] = 4
    channels: Annotated[tuple[int, ...], Hyper("C", 1, 64, "Channels of the two convolutions")] = (8, 16)
    seeds: Annotated[int, Hyper("", 2, 20, "Seeds of the weights and of the order of the examples")] = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        where = "ErrorByBatchSize:"
        if any(WHOLE % size for size in self.sizes):
            raise ValueError(f"{where} sizes must divide {WHOLE}, got {self.sizes}. Leave the others out.")
        if len(self.channels) != 2 or any(count % self.groups for count in self.channels):
            raise ValueError(
                f"{where} channels must be two multiples of the {self.groups} groups, got {self.channels}. Change them."
            )

    def network(self, arm: int, size: int) -> Network:
        """Return the network of an arm whose statistics, if they are of the batch, are of this many images."""
        alone: tuple[Norm, ...] = (GroupNorm(groups=self.groups), LayerNorm(), InstanceNorm())
        norm = GhostBatchNorm(size) if arm == BATCH else Normalize(alone[arm - 1])
        first, second = (Conv3x3(count, bias=False) for count in self.channels)
        return Network(digits().shape, (first, norm, ReLU(), MaxPool(), MaxPool(), second, norm, ReLU(), Dense(10)))

    def updates(self, size: int) -> int:
        """Return how many updates a run makes."""
        return self.examples // (size if self.vary == BATCH_SIZE else WHOLE)

    def run(self) -> Iterator[Progress[Result]]:
        error = np.full((len(NORM_ARMS), len(self.sizes), self.seeds), np.nan)
        same = self.vary == STATISTICS
        cells = [  # one seed of everything, then the next: a picture that only gets sharper
            (seed, i, arm)
            for seed in range(self.seeds)
            for i in range(len(self.sizes))
            for arm in range(len(NORM_ARMS))
            if arm == BATCH or not same or i == 0
        ]
        done, total = 0, sum(self.updates(self.sizes[i]) for _, i, _ in cells)
        for seed, i, arm in cells:
            sizes = slice(None) if same and arm != BATCH else i  # one run for all sizes
            error[arm, sizes, seed] = self.trained_error(arm, self.sizes[i], seed)
            done += self.updates(self.sizes[i])
            yield Progress(done / total, Result(self.examples, np.array(self.sizes), error.copy()))

    def trained_error(self, arm: int, size: int, seed: int) -> float:
        """Return the held-out error of one run."""
        data, network, updates = digits(), self.network(arm, size), self.updates(size)
        batch = size if self.vary == BATCH_SIZE else WHOLE
        start = self.rate * batch / WHOLE
        for step in train_scheduled(
            lambda _: network, lambda number: Sgd(start * (1 - (number - 1) / updates), self.momentum), data,
            steps=updates, batch=batch, seed=seed,
        ):  # fmt: skip
            last = step
        return 1 - (1 / data.classes if last.diverged else accuracy(network, last.state, data.held_out))


def _over_seeds(shares: Array) -> Interval:
    return interval(100 * shares[np.isfinite(shares)])
