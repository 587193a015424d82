"""normlib's operators as layers: the one place where training meets them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lab.layers import Array, Layer, Params, Shape
from normlib.norms.batch_norm import BatchNorm, Running


@dataclass(frozen=True)
class Normalize(Layer):
    """Normalize with one of normlib's operators; D dense activations are D channels of 1×1 maps."""

    norm: Any

    def init(self, shape: Shape, rng: np.random.Generator) -> Params:
        return {k: v.astype(np.float32) for k, v in self.norm.init(nchw(1, shape)).items()}

    def forward(self, x: Array, *args: Any, **params: Any) -> tuple[Array, Any]:
        y, cache = self.norm.forward(x.reshape(nchw(len(x), x.shape[1:])), **params)
        return y.reshape(x.shape), cache

    def backward(self, dy: Array, cache: Any) -> Params:
        grads = self.norm.backward(dy.reshape(nchw(len(dy), dy.shape[1:])), cache)
        return {**grads, "x": grads["x"].reshape(dy.shape)}

    def init_running(self, shape: Shape) -> Running | None:
        if not isinstance(self.norm, BatchNorm):
            return None  # every other operator computes the same when it is used as when it is trained
        return Running(np.zeros(shape[0], np.float32), np.ones(shape[0], np.float32))

    def update(self, running: Running | None, cache: Any) -> Running | None:
        return running if running is None else self.norm.update(running, cache)

    def infer(self, x: Array, params: Params, running: Running | None) -> Array:
        if running is None:
            return self.forward(x, **params)[0]
        trained = replace(self, norm=replace(self.norm, training=False))
        return trained.forward(x, **params, running_mean=running.mean, running_var=running.var)[0]


def nchw(examples: int, shape: Shape) -> Shape:
    return (examples, *shape, *(1,) * (3 - len(shape)))
