"""The layers, each a forward and a backward side by side, under the contract of normlib's operators.

`y, cache = layer.forward(x, **params)`, and `layer.backward(dy, cache)` returns one gradient for each input of
forward, under the same name and with the same shape. A layer is a frozen value: its fields are its configuration,
its parameters are handed to it. Activations are N×D or N×C×H×W; the dtype that comes in goes out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Params = dict[str, Array]
Shape = tuple[int, ...]  # of one example: (D,) or (C, H, W)


@dataclass(frozen=True)
class Layer(ABC):
    """One layer. Only `Normalize` has running statistics; every other layer leaves the last three methods alone."""

    def out_shape(self, shape: Shape) -> Shape:
        """Return the shape of one output example, given that of one input example."""
        return shape

    def init(self, shape: Shape, rng: np.random.Generator) -> Params:
        """Draw the parameters for input examples of this shape, float32; `{}` if there are none."""
        return {}

    @abstractmethod
    def forward(self, x: Array, *args: Any, **params: Any) -> tuple[Array, Any]:
        """Return `y` and what `backward` will need."""

    @abstractmethod
    def backward(self, dy: Array, cache: Any) -> Params:
        """Return the loss's gradient for each input of `forward`, given that for `y`."""

    def gradients(self, dy: Array, cache: Any) -> Params:
        """Return what `backward` does but x's, which nobody wants of the data."""
        return {name: gradient for name, gradient in self.backward(dy, cache).items() if name != "x"}

    def init_running(self, shape: Shape) -> Any:
        """Return the running statistics as they are before training."""
        return None

    def update(self, running: Any, cache: Any) -> Any:
        """Return the running statistics after one more training batch."""
        return running

    def infer(self, x: Array, params: Params, running: Any) -> Array:
        """Return `y` as the trained network computes it, one example at a time."""
        return self.forward(x, **params)[0]


class DenseCache(NamedTuple):
    x: Array  # (N, D)
    w: Array  # (D, units)
    shape: tuple[int, ...]  # of x before it was flattened


@dataclass(frozen=True)
class Dense(Layer):
    """Multiply by a matrix and add a bias; maps are flattened first. A norm that follows makes the bias idle."""

    units: int
    scale: float = 1.0  # 1: He et al. 2015, standard deviation sqrt(2 / fan-in)
    bias: bool = True

    def out_shape(self, shape: Shape) -> Shape:
        return (self.units,)

    def init(self, shape: Shape, rng: np.random.Generator) -> Params:
        w = gaussian(rng, (prod(shape), self.units), fan_in=prod(shape), scale=self.scale)
        return {"w": w, "b": np.zeros(self.units, np.float32)} if self.bias else {"w": w}

    def forward(self, x: Array, w: Array, b: Array | None = None) -> tuple[Array, DenseCache]:
        flat = x.reshape(len(x), -1)
        y = flat @ w
        if b is not None:
            y += b
        return y, DenseCache(flat, w, x.shape)

    def backward(self, dy: Array, cache: DenseCache) -> Params:
        return {"x": (dy @ cache.w.T).reshape(cache.shape), **self.gradients(dy, cache)}

    def gradients(self, dy: Array, cache: DenseCache) -> Params:
        w = cache.x.T @ dy
        return {"w": w, "b": dy.sum(axis=0)} if self.bias else {"w": w}


class ConvCache(NamedTuple):
    columns: Array  # (N, 9 C, H W): the nine neighbours of every position
    w: Array  # (channels, 9 C)
    shape: tuple[int, ...]  # of x


@dataclass(frozen=True)
class Conv3x3(Layer):
    """Correlate with 3×3 kernels at stride 1, zeros outside the map, so that H and W stay."""

    channels: int
    scale: float = 1.0
    bias: bool = True

    def out_shape(self, shape: Shape) -> Shape:
        return (self.channels, *shape[1:])

    def init(self, shape: Shape, rng: np.random.Generator) -> Params:
        fan_in = 9 * shape[0]
        w = gaussian(rng, (self.channels, fan_in), fan_in=fan_in, scale=self.scale)
        return {"w": w, "b": np.zeros(self.channels, np.float32)} if self.bias else {"w": w}

    def forward(self, x: Array, w: Array, b: Array | None = None) -> tuple[Array, ConvCache]:
        N, C, H, W = x.shape
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        patches = np.empty((N, C, 3, 3, H, W), x.dtype)
        for i in range(3):
            for j in range(3):
                patches[:, :, i, j] = padded[:, :, i : i + H, j : j + W]
        columns = patches.reshape(N, 9 * C, H * W)
        y = w @ columns
        if b is not None:
            y += b[:, None]
        return y.reshape(N, -1, H, W), ConvCache(columns, w, x.shape)

    def backward(self, dy: Array, cache: ConvCache) -> Params:
        N, C, H, W = cache.shape
        flat = dy.reshape(N, -1, H * W)
        dcolumns = (cache.w.T @ flat).reshape(N, C, 3, 3, H, W)
        dpadded = np.zeros((N, C, H + 2, W + 2), dy.dtype)
        for i in range(3):
            for j in range(3):
                dpadded[:, :, i : i + H, j : j + W] += dcolumns[:, :, i, j]
        return {"x": dpadded[:, :, 1:-1, 1:-1], **self.gradients(dy, cache)}

    def gradients(self, dy: Array, cache: ConvCache) -> Params:
        flat = dy.reshape(len(dy), self.channels, -1)
        w = (flat @ cache.columns.swapaxes(1, 2)).sum(axis=0)
        return {"w": w, "b": flat.sum(axis=(0, 2))} if self.bias else {"w": w}


class MaxCache(NamedTuple):
    winner: Array  # (N, C, H/2, W/2, 4): one-hot, the first of equals
    shape: tuple[int, ...]


class MaxPool(Layer):
    """Keep the greatest of each 2×2 tile; an odd last row or column is dropped."""

    def out_shape(self, shape: Shape) -> Shape:
        if min(shape[1:]) < 2:
            raise ValueError(f"MaxPool: maps must be at least 2×2, got {shape}. Pool less often.")
        return (shape[0], shape[1] // 2, shape[2] // 2)

    def forward(self, x: Array) -> tuple[Array, MaxCache]:
        tiles = to_tiles(x)
        first = tiles.argmax(axis=-1, keepdims=True)
        return np.take_along_axis(tiles, first, axis=-1)[..., 0], MaxCache(first == np.arange(4), x.shape)

    def backward(self, dy: Array, cache: MaxCache) -> Params:
        return {"x": from_tiles(cache.winner * dy[..., None], cache.shape)}


class ReLU(Layer):
    """Cut at zero."""

    def forward(self, x: Array) -> tuple[Array, Array]:
        y = np.maximum(x, 0)
        return y, y

    def backward(self, dy: Array, cache: Array) -> Params:
        return {"x": dy * (cache > 0)}


class Sigmoid(Layer):
    """Squash into (0, 1)."""

    def forward(self, x: Array) -> tuple[Array, Array]:
        y = x * 0.5  # the logistic function, without its overflow: (tanh(x / 2) + 1) / 2, in one piece of memory
        np.tanh(y, out=y)
        y += 1
        y *= 0.5
        return y, y

    def backward(self, dy: Array, cache: Array) -> Params:
        dx = 1 - cache
        dx *= cache
        dx *= dy
        return {"x": dx}


def gaussian(rng: np.random.Generator, shape: Shape, *, fan_in: int, scale: float) -> Array:
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(scale * (2 / fan_in) ** 0.5)


def to_tiles(x: Array) -> Array:
    """Gather the 2×2 tiles of N×C×H×W maps: N×C×H/2×W/2×4."""
    N, C, H, W = x.shape
    tiles = x[:, :, : H // 2 * 2, : W // 2 * 2].reshape(N, C, H // 2, 2, W // 2, 2)
    return tiles.swapaxes(3, 4).reshape(N, C, H // 2, W // 2, 4)


def from_tiles(tiles: Array, shape: tuple[int, ...]) -> Array:
    """Put tiles back where `to_tiles` took them, zeros where an odd row or column was dropped."""
    N, C, h, w, _ = tiles.shape
    x = np.zeros(shape, tiles.dtype)
    x[:, :, : 2 * h, : 2 * w] = tiles.reshape(N, C, h, w, 2, 2).swapaxes(3, 4).reshape(N, C, 2 * h, 2 * w)
    return x
