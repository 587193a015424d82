"""Give every group of neighbouring channels of a sample mean 0 and variance 1; the batch does not matter.

- One mean and variance for each sample and group, over the group's channels, rows and columns.
- One group is all channels of a sample, as in layer normalization; as many groups as channels is instance
  normalization. The number of groups must divide the number of channels.
- Gamma and beta: one pair for each of the K channels, not for each group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
import sympy as sp

from normlib.affine import Cache, backward, standardize
from normlib.core import Array, Hyper, Norm, Paper, Shape, preset
from normlib.derivations.standardized import BY_CHANNEL, standardized
from normlib.nodes import GroupOf, around, k
from normlib.pool import ALL, Groups, Pool
from normlib.symbolic import Derivation, Formula


@dataclass(frozen=True, kw_only=True)
class GroupNorm(Norm):
    """Standardize each group of channels of each sample, then scale and shift; defaults are the paper's.

    Source: Wu & He 2018, section 3.
    """

    title = "Group normalization"
    paper = Paper("Wu & He", 2018, "https://arxiv.org/abs/1803.08494")

    groups: Annotated[int, Hyper("g", 1, 4096, "The number of groups; it divides the number of channels")] = 32
    eps: Annotated[float, Hyper(r"\epsilon", 0, 10, "Added to the variance, inside the root")] = 1e-5
    affine: bool = True  # gamma and beta

    @property
    def pool(self) -> Pool:
        """All rows and columns of the channels of one group, in one sample."""
        return Pool(c=Groups(self.groups), h=ALL, w=ALL)

    def _init(self, shape: Shape) -> dict[str, Array]:
        channels = shape[1]
        return {"gamma": np.ones(channels), "beta": np.zeros(channels)} if self.affine else {}

    def _forward(self, x: Array, gamma: Array | None = None, beta: Array | None = None) -> tuple[Array, Cache]:
        return standardize(x, self.pool, self.eps, gamma, beta, "GroupNorm.forward")

    def _backward(self, dy: Array, cache: Cache) -> dict[str, Array]:
        return backward(dy, cache, self.pool)

    def _derive(self) -> Derivation:
        group = Formula(around[k], GroupOf(k, sp.Symbol("g", positive=True)))
        return standardized(self, BY_CHANNEL if self.affine else (), group)

    @classmethod
    @preset("Wu & He")
    def wu_he(cls) -> Self:
        """Return the paper's: 32 groups."""
        return cls()

    @classmethod
    @preset("PyTorch")
    def pytorch(cls) -> Self:
        """Return PyTorch's: eps 1e-5; it has no default number of groups, here the paper's."""
        return cls()

    @classmethod
    @preset("ONNX")
    def onnx(cls) -> Self:
        """Return ONNX's GroupNormalization: eps 1e-5; it has no default number of groups, here the paper's."""
        return cls()

    @classmethod
    @preset("Keras")
    def keras(cls) -> Self:
        """Return Keras's: 32 groups, eps 1e-3."""
        return cls(eps=1e-3)

    @classmethod
    @preset("Flax")
    def flax(cls) -> Self:
        """Return Flax's: 32 groups, eps 1e-6."""
        return cls(eps=1e-6)

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add one group, two and three, a large eps, none, and the other layouts."""
        return super().variants() | {
            "one group": cls(groups=1, eps=0.1),
            "two groups": cls(groups=2),
            "three groups": cls(groups=3, eps=0.7),
            "without gamma and beta": cls(groups=2, affine=False),
            "no eps": cls(groups=2, eps=0.0),
            "NHWC": cls(groups=2, layout="NHWC"),
            "HWKM": cls(groups=3, layout="HWKM"),
            "sequence": cls(groups=2, layout="NCL"),
            "sequence, channels last": cls(groups=2, layout="NLC"),
            "matrix": cls(groups=2, eps=0.1, layout="NC"),
            "volume": cls(groups=2, layout="NCDHW"),
            "volume, channels last": cls(groups=3, layout="NDHWC"),
        }
