"""Give every map of every sample mean 0 and variance 1: what is left is its pattern, not its contrast.

- One mean and variance for each sample and channel, over rows and columns.
- Gamma and beta: one pair for each of the K channels. Conditional and adaptive variants let a style choose them.
- Made for style transfer, where the contrast of the photograph should not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np

from normlib.affine import Cache, backward, standardize
from normlib.core import Array, Hyper, Norm, Paper, Shape, preset
from normlib.derivations.standardized import BY_CHANNEL, standardized
from normlib.pool import ALL, Pool
from normlib.symbolic import Derivation


@dataclass(frozen=True, kw_only=True)
class InstanceNorm(Norm):
    """Standardize each channel of each sample, then scale and shift; defaults are ONNX's.

    A map of one pixel gives beta; PyTorch refuses it while training. Source: Ulyanov et al. 2016, equation 4.
    """

    title = "Instance normalization"
    paper = Paper("Ulyanov, Vedaldi & Lempitsky", 2016, "https://arxiv.org/abs/1607.08022")

    eps: Annotated[float, Hyper(r"\epsilon", 0, 10, "Added to the variance, inside the root")] = 1e-5
    affine: bool = True  # gamma and beta

    @property
    def pool(self) -> Pool:
        """All rows and columns of one sample's channel."""
        return Pool(h=ALL, w=ALL)

    def _init(self, shape: Shape) -> dict[str, Array]:
        channels = shape[1]
        return {"gamma": np.ones(channels), "beta": np.zeros(channels)} if self.affine else {}

    def _forward(self, x: Array, gamma: Array | None = None, beta: Array | None = None) -> tuple[Array, Cache]:
        return standardize(x, self.pool, self.eps, gamma, beta, "InstanceNorm.forward")

    def _backward(self, dy: Array, cache: Cache) -> dict[str, Array]:
        return backward(dy, cache, self.pool)

    def _derive(self) -> Derivation:
        return standardized(self, BY_CHANNEL if self.affine else ())

    @classmethod
    @preset("PyTorch")
    def pytorch(cls) -> Self:
        """Return PyTorch's: without gamma and beta, where nobody asks for them."""
        return cls(affine=False)

    @classmethod
    @preset("ONNX")
    def onnx(cls) -> Self:
        """Return ONNX's."""
        return cls()

    @classmethod
    @preset("Flax")
    def flax(cls) -> Self:
        """Return Flax's: eps 1e-6."""
        return cls(eps=1e-6)

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add a large eps, none, and the other layouts."""
        return super().variants() | {
            "large eps": cls(eps=0.7),
            "no eps": cls(eps=0.0),
            "NHWC": cls(eps=0.1, layout="NHWC"),
            "HWKM": cls(eps=0.1, layout="HWKM"),
            "sequence": cls(eps=0.1, layout="NCL"),
            "sequence, channels last": cls(eps=0.1, layout="NLC"),
            "volume": cls(eps=0.1, layout="NCDHW"),
            "volume, channels last": cls(eps=0.1, layout="NDHWC"),
        }
