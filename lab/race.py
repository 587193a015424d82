"""Several networks trained side by side from several seeds, and how far they are at the recorded moments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.data import Data, Split
from lab.layers import Array
from lab.network import Network
from lab.training import Sgd, Step, accuracy, in_step, train


class Arm(NamedTuple):
    """A network, and how it is trained."""

    network: Network
    sgd: Sgd


class Moment(NamedTuple):
    """All arms at one recorded moment, and what was recorded until then."""

    number: int  # of the step
    now: list[list[Step]]  # by arm and seed
    steps: NDArray[np.intp]  # (S,)
    loss: Array  # (arms, seeds, S): of that step's batch; not a number at step 0
    accuracy: Array  # (arms, seeds, S): held-out


def race(
    arms: Sequence[Arm],
    data: Data,
    *,
    steps: int,
    batch: int,
    seeds: int,
    record: Iterable[int],
    held_out: Split | None = None,
) -> Iterator[Moment]:
    """Train every arm from every seed in step, and yield each moment to record; a seed's arms see the same batches."""
    judges, wanted = held_out or data.held_out, {int(number) for number in record}
    runs = [
        train(arm.network, data, arm.sgd, steps=steps, batch=batch, seed=seed) for arm in arms for seed in range(seeds)
    ]
    numbers: list[int] = []
    loss: list[Array] = []
    right: list[Array] = []
    for number, all_now in enumerate(in_step(runs)):
        if number not in wanted:
            continue
        now = [all_now[first : first + seeds] for first in range(0, len(runs), seeds)]
        numbers.append(number)
        loss.append(np.array([[step.loss for step in row] for row in now]))
        right.append(np.array([[accuracy(arm.network, step.state, judges) for step in row]
                               for arm, row in zip(arms, now, strict=True)]))  # fmt: skip
        yield Moment(number, now, np.array(numbers), np.stack(loss, axis=2), np.stack(right, axis=2))
