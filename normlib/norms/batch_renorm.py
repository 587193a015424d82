"""Correct a batch's statistics towards the running ones while training, so that inference finds what training used.

- The standardized batch is scaled by r and shifted by d: with r the batch's deviation over the running one, and d the
  distance of the means over the running deviation, what comes out is what inference gives.
- Both are clipped: r to [1 / r_max, r_max], d to [-d_max, d_max]. With r_max = 1 and d_max = 0 it is batch
  normalization, and that is how training begins; the paper then loosens them to 3 and 5.
- Both count as constants in the gradient: it still goes through the batch's own mean and variance.
- Gamma and beta: one pair for each of the K channels, as in batch normalization, whose inference is used as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple, Self

import numpy as np

from normlib import affine
from normlib.core import Array, Hyper, Norm, Paper, Shape, preset
from normlib.derivations.renormalized import renormalized
from normlib.layout import to_nchw
from normlib.pool import ALL, Pool
from normlib.running import Running, averaged_deviations, start
from normlib.standardize import moments, pooled_axes
from normlib.symbolic import Derivation


class Cache(NamedTuple):
    """What the backward and the running statistics need."""

    values: Array  # (N, C, H, W): x, or x less a number near its mean
    line: affine.Cache  # of x_hat * (gamma * r) + (gamma * d + beta)
    gamma: Array  # (C,)
    r: Array  # (C,)
    d: Array  # (C,)


@dataclass(frozen=True, kw_only=True)
class BatchRenorm(Norm):
    """Standardize each channel over the batch, correct by r and d, scale by gamma, shift by beta.

    r and d are inputs, for they come from what was before the batch; `corrections` computes them. They have gradients
    like any input, and nothing is to be learned from those. Source: Ioffe 2017, algorithm 1.
    """

    title = "Batch renormalization"
    paper = Paper("Ioffe", 2017, "https://arxiv.org/abs/1702.03275")

    eps: Annotated[float, Hyper(r"\epsilon", 0, 10, "Added to the variance, inside the root")] = 1e-3
    momentum: Annotated[float, Hyper(r"\rho", 0, 1, "The weight of the new batch in the running statistics")] = 0.01
    r_max: Annotated[float, Hyper(r"r_{\max}", 1, 100, "How far r may lie from 1, as a factor")] = 3.0
    d_max: Annotated[float, Hyper(r"d_{\max}", 0, 100, "How far d may lie from 0")] = 5.0

    @property
    def pool(self) -> Pool:
        """All examples and positions of a channel."""
        return Pool(n=ALL, h=ALL, w=ALL)

    def _init(self, shape: Shape) -> dict[str, Array]:
        channels = shape[1]
        return {"gamma": np.ones(channels), "beta": np.zeros(channels), "r": np.ones(channels), "d": np.zeros(channels)}

    def _forward(self, x: Array, gamma: Array, beta: Array, r: Array, d: Array) -> tuple[Array, Cache]:
        y, line = affine.standardize(x, self.pool, self.eps, gamma * r, gamma * d + beta, "BatchRenorm.forward")
        return y, Cache(line.values, line, gamma, r, d)

    def _backward(self, dy: Array, cache: Cache) -> dict[str, Array]:
        _, line, gamma, r, d = cache
        grads = affine.backward(dy, line, self.pool)
        along, total = grads["gamma"], grads["beta"]  # the sums of dy x_hat and of dy
        return {
            "x": grads["x"],
            "gamma": along * r + total * d,
            "beta": total,
            "r": gamma * along,
            "d": gamma * total,
        }

    def start(self, channels: int) -> Running:
        """Return the running statistics before any batch: mean 0, variance 1."""
        return start(channels)

    def corrections(self, x: Array, running: Running) -> dict[str, Array]:
        """Return r and d, each (C,), of a batch x in the operator's layout beside the statistics before it.

        Raises ValueError for another number of channels.
        """
        x = self._floating("x", x)
        self._check_shape("corrections: x's shape", x.shape)
        wide = to_nchw(x, self.layout).astype(np.promote_types(x.dtype, np.float32), copy=False)
        _, (mean, var) = moments(wide, pooled_axes(self.pool))
        if running.mean.shape != (mean.size,):
            raise ValueError(
                f"BatchRenorm.corrections: running must hold {mean.size} channels, got {running.mean.size}. "
                f"Start from start({mean.size})."
            )
        std = np.sqrt(running.var + self.eps)
        return {
            "r": np.clip(np.sqrt(var.ravel() + self.eps) / std, 1 / self.r_max, self.r_max),
            "d": np.clip((mean.ravel() - running.mean) / std, -self.d_max, self.d_max),
        }

    def update(self, running: Running, cache: Cache) -> Running:
        """Average a batch's mean and deviation in; returns a new value and leaves `running` alone.

        Source: Ioffe 2017, algorithm 1, which averages sqrt(var + eps), biased.
        """
        mean, var = cache.line.mean, cache.line.var
        return averaged_deviations(running, mean, var, self.eps, self.momentum, "BatchRenorm.update")

    def _derive(self) -> Derivation:
        return renormalized(self)

    @classmethod
    @preset("Ioffe")
    def ioffe(cls) -> Self:
        """Return the paper's, once it has loosened r and d: 3 and 5; .01 for the new batch. Eps is TensorFlow's."""
        return cls()

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add a large eps, none, and the other layouts."""
        return super().variants() | {
            "large eps": cls(eps=0.7),
            "no eps": cls(eps=0.0),
            "NHWC": cls(layout="NHWC"),
            "HWKM": cls(layout="HWKM"),
            "sequence": cls(layout="NCL"),
            "matrix": cls(layout="NC"),
            "volume": cls(layout="NDHWC"),
        }
