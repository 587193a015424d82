"""A network is a tuple of layers; what it has learned is a separate value, the state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from lab.layers import Array, Dense, Layer, Params, Shape
from lab.normalize import Normalize
from normlib.core import Norm


class State(NamedTuple):
    """What training changes, one entry per layer. Never changed in place, so keeping one is keeping that moment."""

    params: tuple[Params, ...]
    running: tuple[Any, ...]  # running statistics; None for layers without


@dataclass(frozen=True)
class Network:
    """Layers in a row, for input examples of one shape.

    >>> from lab.layers import Dense, ReLU
    >>> network = Network((64,), (Dense(100), ReLU(), Dense(10)))
    >>> network.infer(network.init(seed=0), np.zeros((2, 64), np.float32)).shape
    (2, 10)
    """

    shape: Shape
    layers: tuple[Layer, ...]

    def init(self, seed: int) -> State:
        """Draw the initial state. Norms draw nothing: with and without them, a seed gives the same weights."""
        rng, shape = np.random.default_rng([seed, 0]), self.shape
        params, running = [], []
        for layer in self.layers:
            params.append(layer.init(shape, rng))
            running.append(layer.init_running(shape))
            shape = layer.out_shape(shape)
        return State(tuple(params), tuple(running))

    def forward(self, params: tuple[Params, ...], x: Array) -> tuple[Array, list[Any]]:
        """Return the logits and every layer's cache, as in training."""
        caches = []
        for layer, p in zip(self.layers, params, strict=True):
            x, cache = layer.forward(x, **p)
            caches.append(cache)
        return x, caches

    def backward(self, dlogits: Array, caches: list[Any]) -> tuple[Params, ...]:
        """Return the loss's gradient for every parameter, arranged like `State.params`."""
        grads, dy = [], dlogits
        for layer, cache in zip(self.layers[:0:-1], caches[:0:-1], strict=True):
            gradient = layer.backward(dy, cache)
            dy = gradient.pop("x")
            grads.append(gradient)
        return (self.layers[0].gradients(dy, caches[0]), *reversed(grads))

    def update(self, running: tuple[Any, ...], caches: list[Any]) -> tuple[Any, ...]:
        """Return the running statistics after one more training batch."""
        return tuple(layer.update(r, c) for layer, r, c in zip(self.layers, running, caches, strict=True))

    def infer(self, state: State, x: Array) -> Array:
        """Return the logits of the trained network: norms use their running statistics."""
        with np.errstate(all="ignore"):
            for layer, p, r in zip(self.layers, state.params, state.running, strict=True):
                x = layer.infer(x, p, r)
        return x

    def inputs(self, state: State, x: Array) -> list[Array]:
        """Return what each layer is given when `x` is one training batch."""
        given = []
        with np.errstate(all="ignore"):  # a diverged network has no finite answer, and may be asked all the same
            for layer, p in zip(self.layers, state.params, strict=True):
                given.append(x)
                x, _ = layer.forward(x, **p)
        return given


def perceptron(
    shape: Shape, *, depth: int, width: int, activation: Layer, norm: Norm | None, scale: float = 1.0, classes: int = 10
) -> Network:
    """Return hidden layers of equal width: dense, the norm if there is one, activation; then the logits."""
    hidden: list[Layer] = []
    for _ in range(depth):
        hidden.append(Dense(width, scale, bias=norm is None))  # a norm takes the mean away, and the bias with it
        hidden += [Normalize(norm)] if norm else []
        hidden.append(activation)
    return Network(shape, (*hidden, Dense(classes, scale)))
