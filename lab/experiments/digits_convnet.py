"""Train a small convolutional network with and without batch normalization, several seeds of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.data import KINDS, Data, named
from lab.experiment import ARMS, Choice, Curve, Experiment, Progress, curves_of, moments
from lab.layers import Array, Conv3x3, Dense, Layer, MaxPool, ReLU
from lab.network import Network
from lab.normalize import Normalize
from lab.race import Arm, race
from lab.statistics import interval
from lab.training import Sgd
from normlib.core import Hyper
from normlib.norms.batch_norm import BatchNorm

PICTURES = tuple(name for name, kind in KINDS.items() if kind == "pictures")


class Result(NamedTuple):
    """Curves of every seed; the axis of two is `ARMS`, and a seed's two runs begin alike and see the same batches."""

    steps: NDArray[np.intp]  # (S,)
    loss: Array  # (2, seeds, S): of that step's batch; not a number at step 0 and where the run diverged
    accuracy: Array  # (2, seeds, S): held-out

    def verdict(self) -> str:
        early = int(np.searchsorted(self.steps, self.steps[-1] / 5))
        seeds = self.accuracy.shape[1]
        said = []
        for at in dict.fromkeys((early, len(self.steps) - 1)):
            plain, bn = (interval(100 * arm[:, at]) for arm in self.accuracy)
            ahead = interval(100 * (self.accuracy[1, :, at] - self.accuracy[0, :, at]))
            clear = "" if ahead.excludes_zero else f", no difference that {seeds} seeds can show"
            said.append(
                f"after {self.steps[at]} steps {bn} % of the held-out pictures are right {ARMS[1]} and {plain} % "
                f"{ARMS[0]} (difference {ahead} points{clear})"
            )
        text = "; ".join(said)
        return f"{text[0].upper()}{text[1:]}. Mean and 95 % interval over {seeds} seeds."

    def curves(self) -> Iterator[Curve]:
        """Yield loss and accuracy of every run."""
        yield from curves_of("held-out accuracy, %", ARMS, self.steps, 100 * self.accuracy)
        yield from curves_of("cross-entropy of the batch", ARMS, self.steps, self.loss)


@dataclass(frozen=True, kw_only=True)
class DigitsConvnet(Experiment[Result]):
    """Blocks of 3×3 convolution, norm, ReLU and max pooling, then the logits.

    Both arms share one learning rate; `faster_not_better` finds each its own.
    """

    title = "A convolutional network, with and without"
    claim = "At larger learning rates, batch normalization makes a small convolutional network learn in fewer steps."
    source = "Trained here, on scikit-learn's digits, MNIST (LeCun et al. 1998) or CIFAR-10 (Krizhevsky 2009)"

    data: Annotated[str, Choice(PICTURES, "What the networks learn")] = "digits"
    channels: Annotated[tuple[int, ...], Hyper("C", 1, 128, "Channels, one number per block")] = (8, 16)
    steps: Annotated[int, Hyper("t", 1, 50_000, "Updates of the weights")] = 150
    rate: Annotated[float, Hyper(r"\eta", 1e-4, 10, "Learning rate")] = 0.05
    momentum: Annotated[float, Hyper(r"\mu", 0, 0.99, "Momentum of gradient descent")] = 0.9
    batch: Annotated[int, Hyper("B", 2, 500, "Examples per update")] = 32
    seeds: Annotated[int, Hyper("", 2, 20, "Seeds")] = 3
    recorded: Annotated[int, Hyper("", 2, 100, "Recorded moments")] = 16
    judged_on: Annotated[int, Hyper("", 10, 10_000, "Held-out pictures that judge the network")] = 500

    def network(self, data: Data, normalized: bool) -> Network:
        blocks: list[Layer] = []
        for channels in self.channels:
            blocks.append(Conv3x3(channels, bias=not normalized))
            blocks += [Normalize(BatchNorm())] if normalized else []
            blocks += [ReLU(), MaxPool()]
        return Network(data.shape, (*blocks, Dense(data.classes)))

    def run(self) -> Iterator[Progress[Result]]:
        data = named(self.data)
        sgd = Sgd(self.rate, self.momentum)
        for moment in race(
            [Arm(self.network(data, normalized), sgd) for normalized in (False, True)], data, steps=self.steps,
            batch=self.batch, seeds=self.seeds, record=moments(self.steps, self.recorded),
            held_out=data.held_out.head(self.judged_on),
        ):  # fmt: skip
            yield Progress(moment.number / self.steps, Result(moment.steps, moment.loss, moment.accuracy))
