"""Softmax cross-entropy, stochastic gradient descent, and the loop that joins them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.data import Data, Split
from lab.layers import Array, Params
from lab.network import Network, State


def cross_entropy(logits: Array, labels: NDArray[np.integer]) -> tuple[float, Array]:
    """Return the mean softmax cross-entropy of N×classes logits, and its gradient for the logits.

    >>> loss, dlogits = cross_entropy(np.zeros((1, 2)), np.array([0]))
    >>> round(loss, 4), dlogits
    (0.6931, array([[-0.5,  0.5]]))
    """
    n = len(labels)
    right = np.arange(n), labels
    shifted = logits - logits.max(axis=1, keepdims=True)
    exp = np.exp(shifted)
    total = exp.sum(axis=1, keepdims=True)
    loss = (np.log(total).sum() - shifted[right].sum()) / n
    exp /= n * total
    exp[right] -= 1 / n
    return float(loss), exp


@dataclass(frozen=True)
class Sgd:
    """Gradient descent: v ← momentum·v + gradient, p ← p − rate·v. Only weights decay, not biases, gamma or beta."""

    rate: float
    momentum: float = 0.0
    weight_decay: float = 0.0

    def step(
        self, params: tuple[Params, ...], grads: tuple[Params, ...], velocity: tuple[Params, ...] | None
    ) -> tuple[tuple[Params, ...], tuple[Params, ...]]:
        """Return new parameters and the new velocity; the old ones are left as they are."""
        if self.weight_decay:
            grads = tuple(
                {k: d + self.weight_decay * p[k] if k == "w" else d for k, d in g.items()}
                for p, g in zip(params, grads, strict=True)
            )
        if self.momentum and velocity is not None:
            grads = tuple(
                {k: self.momentum * v[k] + d for k, d in g.items()} for v, g in zip(velocity, grads, strict=True)
            )
        moved = tuple({k: self._moved(p[k], d) for k, d in g.items()} for p, g in zip(params, grads, strict=True))
        return moved, grads

    def _moved(self, p: Array, d: Array) -> Array:
        new = np.asarray(d * self.rate)  # an array where a parameter is a single number, too
        return np.subtract(p, new, out=new)


class Step(NamedTuple):
    """A moment of training."""

    number: int  # updates made so far
    loss: float  # of the batch that led here, before its update; at 0: not a number
    state: State

    @property
    def diverged(self) -> bool:
        return self.number > 0 and not np.isfinite(self.loss)


def train(network: Network, data: Data, sgd: Sgd, *, steps: int, batch: int, seed: int) -> Iterator[Step]:
    """Yield the untrained network and then every step; stop early where the loss is no longer finite.

    The seed settles the initial weights and, apart from them, the order of the examples.
    """
    return train_scheduled(lambda _: network, lambda _: sgd, data, steps=steps, batch=batch, seed=seed)


def train_scheduled(
    network: Callable[[int], Network],
    sgd: Callable[[int], Sgd],
    data: Data,
    *,
    steps: int,
    batch: int,
    seed: int,
) -> Iterator[Step]:
    """Yield what `train` does, with a network and a descent for each step, numbered from 1.

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
            grads = now.backward(dlogits, caches)
            params, velocity = sgd(number).step(state.params, grads, velocity)
            state = State(params, now.update(state.running, caches))
        step = Step(number, loss, state)
        yield step
        if step.diverged:
            return


def in_step(runs: Sequence[Iterator[Step]]) -> Iterator[list[Step]]:
    """Advance several runs together; one that stopped early stays at its last step while the others go on."""
    now = [next(run) for run in runs]
    yield now
    while True:
        moved = [next(run, step) for run, step in zip(runs, now, strict=True)]
        if all(new is old for new, old in zip(moved, now, strict=True)):
            return
        yield (now := moved)


def batches(examples: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    """Yield the indices of one batch after another for ever: every example once per epoch, short batches dropped."""
    if not 1 <= size <= examples:
        raise ValueError(f"batches: size must be 1 to {examples}, the number of examples, got {size}. Change it.")
    while True:
        order = rng.permutation(examples)
        for start in range(0, examples - size + 1, size):
            yield order[start : start + size]


def accuracy(network: Network, state: State, split: Split, chunk: int = 500) -> float:
    """Return the share of a split's examples that the trained network gets right; chance's where it diverged."""
    right = 0
    for start in range(0, len(split.labels), chunk):
        x, labels = split.take(slice(start, start + chunk))
        logits = network.infer(state, x)
        if not np.isfinite(logits).all():
            return 1 / logits.shape[1]
        right += int((logits.argmax(axis=1) == labels).sum())
    return right / len(split.labels)
