"""Give every sample mean 0 and variance 1 by itself, so that neither training nor inference asks for a batch.

- `over="sample"`: one mean and variance for all channels, rows and columns of a sample; gamma and beta for each
  element, so the size of the maps is fixed.
- `over="channels"`: one for each position, over its channels alone; gamma and beta for each channel. Transformers do
  this at every token, ConvNeXt at every pixel; maps and sequences may have any size.
- Train and test are the same: there are no running statistics.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Self

import numpy as np

from normlib.affine import Cache, backward, standardize
from normlib.core import Array, Hyper, Norm, Paper, Shape, preset
from normlib.derivations.standardized import BY_CHANNEL, BY_ELEMENT, standardized
from normlib.pool import ALL, Pool
from normlib.symbolic import Derivation


@dataclass(frozen=True, kw_only=True)
class LayerNorm(Norm):
    """Standardize each sample, or each of its positions, then scale and shift; defaults are PyTorch's.

    Source: Ba, Kiros & Hinton 2016, equations 3 and 4; over channels alone, Vaswani et al. 2017, Liu et al. 2022.
    """

    title = "Layer normalization"
    paper = Paper("Ba, Kiros & Hinton", 2016, "https://arxiv.org/abs/1607.06450")

    over: Literal["sample", "channels"] = "sample"  # what is standardized as one
    eps: Annotated[float, Hyper(r"\epsilon", 0, 10, "Added to the variance, inside the root")] = 1e-5
    affine: bool = True  # gamma and beta

    @property
    def pool(self) -> Pool:
        """All values of a sample, or the channels of one position."""
        return Pool(c=ALL, h=ALL, w=ALL) if self.over == "sample" else Pool(c=ALL)

    def _init(self, shape: Shape) -> dict[str, Array]:
        carriers = shape[1:] if self.over == "sample" else shape[1:2]
        return {"gamma": np.ones(carriers), "beta": np.zeros(carriers)} if self.affine else {}

    def _forward(self, x: Array, gamma: Array | None = None, beta: Array | None = None) -> tuple[Array, Cache]:
        return standardize(x, self.pool, self.eps, gamma, beta, "LayerNorm.forward")

    def _backward(self, dy: Array, cache: Cache) -> dict[str, Array]:
        return backward(dy, cache, self.pool)

    def _derive(self) -> Derivation:
        carriers = BY_ELEMENT if self.over == "sample" else BY_CHANNEL
        return standardized(self, carriers if self.affine else ())

    @classmethod
    @preset("PyTorch")
    def pytorch(cls) -> Self:
        """Return PyTorch's, with a normalized_shape of all axes but the first."""
        return cls()

    @classmethod
    @preset("ONNX")
    def onnx(cls) -> Self:
        """Return ONNX's, with axis=1."""
        return cls()

    @classmethod
    @preset("Keras")
    def keras(cls) -> Self:
        """Return Keras's: over the last axis, which is the channels; eps 1e-3."""
        return cls(over="channels", eps=1e-3)

    @classmethod
    @preset("Flax")
    def flax(cls) -> Self:
        """Return Flax's: over the last axis, which is the channels; eps 1e-6."""
        return cls(over="channels", eps=1e-6)

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add a large eps, none, no gamma and beta, and every layout."""
        return super().variants() | {
            "over channels": cls(over="channels", eps=0.3),
            "large eps": cls(eps=0.7),
            "no eps": cls(eps=0.0),
            "without gamma and beta": cls(affine=False),
            "over channels, without gamma and beta": cls(over="channels", affine=False, eps=0.3),
            "NHWC": cls(layout="NHWC"),
            "HWKM": cls(layout="HWKM"),
            "sequence": cls(layout="NCL"),
            "tokens": cls(over="channels", eps=0.1, layout="NLC"),
            "sequence, per element": cls(layout="NLC"),
            "matrix": cls(layout="NC"),
            "volume": cls(layout="NCDHW"),
            "volume, channels last": cls(layout="NDHWC"),
            "over channels, volume": cls(over="channels", eps=0.1, layout="NDHWC"),
        }
