"""Normalize weights, not activations: keep the direction of each output channel's weights, and learn their length.

- The axes speak of a weight here: N counts the channels that go out of a layer, C those that come in, and H and W the
  kernel. Keras's kernel is H x W x K x M, a dense layer's matrix N x C.
- Each output channel's weights are divided by their Euclidean norm, and multiplied by one learned number g.
- No batch and no statistics: training and inference are the same, and recurrent networks may have it too.
- The gradient is orthogonal to the weight, so that a step never shortens it.
- A weight of zeros has no direction: it stays zero, with a gradient of zeros. PyTorch gives nan there; Flax adds eps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple, Self

import numpy as np

from normlib.core import Array, Hyper, Norm, Paper, Shape, preset
from normlib.derivations.weight_norm import of_length
from normlib.pool import ALL, Pool
from normlib.symbolic import Derivation


class Cache(NamedTuple):
    """What the backward needs; statistics are (N, 1, 1, 1)."""

    x: Array  # (N, C, H, W)
    inv_norm: Array  # 0 where the norm is 0
    g: Array


@dataclass(frozen=True, kw_only=True)
class WeightNorm(Norm):
    """Give the weights of each output channel the length g; eps is PyTorch's default, none.

    g starts at 1, where PyTorch's starts at the norm of the weight, so that wrapping a layer changes nothing at first.
    Source: Salimans & Kingma 2016, equations 2 and 3, which have no eps.
    """

    title = "Weight normalization"
    paper = Paper("Salimans & Kingma", 2016, "https://arxiv.org/abs/1602.07868")
    of_weights = True

    eps: Annotated[float, Hyper(r"\epsilon", 0, 10, "Added to the sum of squares, inside the root")] = 0.0

    @property
    def pool(self) -> Pool:
        """All weights that lead to one output channel."""
        return Pool(c=ALL, h=ALL, w=ALL)

    def _init(self, shape: Shape) -> dict[str, Array]:
        return {"g": np.ones(shape[:1])}

    def _forward(self, x: Array, g: Array) -> tuple[Array, Cache]:
        norm = np.sqrt(_along(x, x) + self.eps)
        inv_norm = np.divide(1, norm, out=np.zeros_like(norm), where=norm != 0)
        cache = Cache(x, inv_norm, g[:, None, None, None])
        return x * (cache.g * inv_norm).astype(x.dtype), cache

    def _backward(self, dy: Array, cache: Cache) -> dict[str, Array]:
        x, inv_norm, g = cache
        dg = inv_norm * _along(dy, x)
        direction = x * inv_norm
        return {"x": g * inv_norm * (dy - direction * dg), "g": dg[:, 0, 0, 0]}

    def _derive(self) -> Derivation:
        return of_length(self)

    @classmethod
    @preset("PyTorch")
    def pytorch(cls) -> Self:
        """Return PyTorch's, with dim=0: the norm of each output channel, no eps."""
        return cls()

    @classmethod
    @preset("Flax")
    def flax(cls) -> Self:
        """Return Flax's: 1e-12 is added to the sum of squares; its kernels have the output channels last."""
        return cls(eps=1e-12, layout="HWKM")

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add an eps that counts, and the other layouts."""
        return super().variants() | {
            "large eps": cls(eps=0.7),
            "output channels first, input channels last": cls(layout="NHWC"),
            "kernel of a sequence": cls(layout="NCL"),
            "matrix": cls(layout="NC"),
            "kernel of a volume": cls(layout="NCDHW"),
        }


def _along(a: Array, b: Array) -> Array:
    """Return the scalar product of each output channel's values, in float64 or wider."""
    wide = np.result_type(a.dtype, b.dtype, np.float64)
    return np.multiply(a, b, dtype=wide).sum((1, 2, 3), keepdims=True)
