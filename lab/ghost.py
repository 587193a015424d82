"""Batch normalization whose statistics are those of a few images: as on many devices that share one update."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from lab.layers import Array, Layer, Params, Shape
from lab.normalize import Normalize
from normlib.norms.batch_norm import BatchNorm, Running


class GhostCache(NamedTuple):
    norm: Any
    ghosts: int  # how many parts the batch has


@dataclass(frozen=True)
class GhostBatchNorm(Layer):
    """Cut the batch into ghosts of so many images and normalize each by itself; gamma and beta are common to all.

    The ghosts stand beside each other as channels, so that one call of the operator does them all. The running
    statistics take the mean of the ghosts' own. Source: Hoffer, Hubara & Soudry 2017, arXiv 1705.08741, algorithm 1.
    """

    images: int  # in a ghost; they divide the batch
    norm: BatchNorm = field(default_factory=BatchNorm)

    def init(self, shape: Shape, rng: np.random.Generator) -> Params:
        return Normalize(self.norm).init(shape, rng)

    def forward(self, x: Array, gamma: Array, beta: Array) -> tuple[Array, GhostCache]:
        if len(x) % self.images:
            raise ValueError(
                f"GhostBatchNorm: images must divide the batch of {len(x)}, got {self.images}. Change one of them."
            )
        ghosts = len(x) // self.images
        y, cache = self.norm.forward(beside(x, self.images), gamma=np.tile(gamma, ghosts), beta=np.tile(beta, ghosts))
        return behind(y, x.shape), GhostCache(cache, ghosts)

    def backward(self, dy: Array, cache: GhostCache) -> Params:
        grads = self.norm.backward(beside(dy, self.images), cache.norm)
        return {
            "x": behind(grads["x"], dy.shape),
            "gamma": grads["gamma"].reshape(cache.ghosts, -1).sum(axis=0),
            "beta": grads["beta"].reshape(cache.ghosts, -1).sum(axis=0),
        }

    def init_running(self, shape: Shape) -> Running:
        return self.norm.start(shape[0])

    def update(self, running: Running, cache: GhostCache) -> Running:
        wide = running._replace(mean=np.tile(running.mean, cache.ghosts), var=np.tile(running.var, cache.ghosts))
        wide = self.norm.update(wide, cache.norm)
        return wide._replace(
            mean=wide.mean.reshape(cache.ghosts, -1).mean(axis=0), var=wide.var.reshape(cache.ghosts, -1).mean(axis=0)
        )

    def infer(self, x: Array, params: Params, running: Running) -> Array:
        return Normalize(self.norm).infer(x, params, running)


def beside(x: Array, images: int) -> Array:
    """Return N×C×H×W maps as images×(ghosts C)×H×W: every ghost's channels beside the others'."""
    _, C, H, W = x.shape
    return x.reshape(-1, images, C, H, W).swapaxes(0, 1).reshape(images, -1, H, W)


def behind(y: Array, shape: Shape) -> Array:
    """Return what `beside` arranged as it was, ghosts behind one another."""
    _, C, H, W = shape
    return y.reshape(len(y), -1, C, H, W).swapaxes(0, 1).reshape(shape)
