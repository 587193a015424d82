"""Squash every value by itself, with a learned steepness: what a trained layer normalization looks like, without one.

- No statistics: a cell depends on no other cell, and there is nothing to average, wait for or keep.
- One learned number alpha says how steep the curve is at 0; gamma and beta are of each channel.
- As in a normalized network, large values are reined in and small ones pass in a straight line.
- Scale the input and the output changes: what layer normalization undoes, alpha has to learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple, Self

import numpy as np

from normlib.affine import spread
from normlib.core import Array, Hyper, Norm, Paper, Shape
from normlib.derivations.dynamic_tanh import squashed
from normlib.maps import map_sums
from normlib.pool import NONE, Pool
from normlib.symbolic import Derivation


class Cache(NamedTuple):
    """What the backward needs."""

    x: Array  # (N, C, H, W)
    x_hat: Array  # (N, C, H, W), the hyperbolic tangent
    alpha: Array  # ()
    gamma: Array  # (C,)


@dataclass(frozen=True, kw_only=True)
class DynamicTanh(Norm):
    """Take the hyperbolic tangent of alpha x, then scale and shift; defaults are the paper's.

    Source: Zhu, Chen, He, LeCun & Liu 2025, where alpha starts at 0.5 but in language models.
    """

    title = "Dynamic tanh"
    paper = Paper("Zhu, Chen, He, LeCun & Liu", 2025, "https://arxiv.org/abs/2503.10622")

    alpha_start: Annotated[float, Hyper(r"\alpha_0", 0, 10, "Alpha before training")] = 0.5

    @property
    def pool(self) -> Pool:
        """No cell: there is no statistic."""
        return Pool(NONE, NONE, NONE, NONE)

    def _init(self, shape: Shape) -> dict[str, Array]:
        channels = shape[1]
        return {"alpha": np.array(self.alpha_start), "gamma": np.ones(channels), "beta": np.zeros(channels)}

    def _forward(self, x: Array, alpha: Array, gamma: Array, beta: Array) -> tuple[Array, Cache]:
        x_hat = np.tanh(alpha.astype(x.dtype) * x)
        y = x_hat * spread(gamma).astype(x.dtype) + spread(beta).astype(x.dtype)
        return y, Cache(x, x_hat, alpha, gamma)

    def _backward(self, dy: Array, cache: Cache) -> dict[str, Array]:
        x, x_hat, alpha, gamma = cache
        slope = dy * spread(gamma).astype(dy.dtype) * (1 - x_hat) * (1 + x_hat)  # 1 - x_hat^2 near 1 loses digits
        dbeta, dgamma = map_sums(dy, x_hat)
        return {
            "x": alpha.astype(dy.dtype) * slope,
            "alpha": map_sums(slope, x)[1].sum(),
            "gamma": dgamma.sum((0, 2, 3)),
            "beta": dbeta.sum((0, 2, 3)),
        }

    def _derive(self) -> Derivation:
        return squashed(self)

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add another start, and every layout."""
        return super().variants() | {
            "steep at the start": cls(alpha_start=3.0),
            "NHWC": cls(layout="NHWC"),
            "HWKM": cls(layout="HWKM"),
            "sequence": cls(layout="NCL"),
            "tokens": cls(layout="NLC"),
            "matrix": cls(layout="NC"),
            "volume": cls(layout="NCDHW"),
            "volume, channels last": cls(layout="NDHWC"),
        }
