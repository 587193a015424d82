"""Training whose network or learning rate changes from step to step."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from lab.data import Data
from lab.network import Network, State
from lab.training import Sgd, Step, batches, cross_entropy


def train_scheduled(
    network: Callable[[int], Network],
    sgd: Callable[[int], Sgd],
    data: Data,
    *,
    steps: int,
    batch: int,
    seed: int,
) -> Iterator[Step]:
    """Yield what `lab.training.train` would, from the network and the descent of each step, numbered from 1.

    The networks of all steps must have the same parameters; that of step 0 draws them.
    """
    state = network(0).init(seed)
    velocity = None
    yield Step(0, float("nan"), state)
    order = batches(len(data.train.labels), batch, np.random.default_rng([seed, 1]))
    for number, index in zip(range(1, steps + 1), order, strict=False):
        x, labels = data.train.take(index)
        now = network(number)
        with np.errstate(all="ignore"):  # a diverging run overflows on its way; its loss tells
            logits, caches = now.forward(state.params, x)
            loss, dlogits = cross_entropy(logits, labels)
            params, velocity = sgd(number).step(state.params, now.backward(dlogits, caches), velocity)
            state = State(params, now.update(state.running, caches))
        step = Step(number, loss, state)
        yield step
        if step.diverged:
            return
