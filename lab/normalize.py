"""normlib's operators as layers: the one place where training meets them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lab.layers import Array, Layer, Params, Shape
from normlib.core import Norm
from normlib.norms.batch_norm import BatchNorm, Running


@dataclass(frozen=True)
class Normalize(Layer):
    """Normalize with one of normlib's operators; D dense activations are D channels of 1×1 maps."""

    norm: Norm

    def __post_init__(self) -> None:
        if self.norm.layout != "NCHW":
            raise ValueError(f"Normalize: norm must have layout NCHW, got {self.norm.layout}. Leave the layout out.")
        if isinstance(self.norm, BatchNorm) and not self.norm.training:
            raise ValueError("Normalize: norm must have training=True, got False. `infer` switches by itself.")

    def init(self, shape: Shape, rng: np.random.Generator) -> Params:
        return {k: v.astype(np.float32) for k, v in self.norm.init(nchw(1, shape)).items()}

    def forward(self, x: Array, *args: Any, **params: Any) -> tuple[Array, Any]:
        y, cache = self.norm.forward(x.reshape(nchw(len(x), x.shape[1:])), **params)
        return y.reshape(x.shape), cache

    def backward(self, dy: Array, cache: Any) -> Params:
        grads = self.norm.backward(dy.reshape(nchw(len(dy), dy.shape[1:])), cache)
        return {**grads, "x": grads["x"].reshape(dy.shape)}

    def init_running(self, shape: Shape) -> Running | None:
        # every other operator computes the same when it is used as when it is trained
        return self.norm.start(shape[0]) if isinstance(self.norm, BatchNorm) else None

    def update(self, running: Running | None, cache: Any) -> Running | None:
        return self.norm.update(running, cache) if running and isinstance(self.norm, BatchNorm) else None

    def infer(self, x: Array, params: Params, running: Running | None) -> Array:
        if running is None or not isinstance(self.norm, BatchNorm):
            return self.forward(x, **params)[0]
        trained = replace(self.norm, training=False)
        y, _ = trained.forward(
            x.reshape(nchw(len(x), x.shape[1:])), **params, running_mean=running.mean, running_var=running.var
        )
        return y.reshape(x.shape)


def nchw(examples: int, shape: Shape) -> Shape:
    return (examples, *shape, *(1,) * (3 - len(shape)))
