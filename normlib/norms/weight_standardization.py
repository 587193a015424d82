"""Normalize weights, not activations: give the weights of each output channel mean 0 and variance 1.

- The axes speak of a weight here: N counts the channels that go out of a layer, C those that come in, and H and W the
  kernel. Keras's kernel is H x W x K x M, a dense layer's matrix N x C.
- Meant to go with group normalization: batch normalization's smoother training where batches are too small for it.
- No parameters, no batch: training and inference are the same.
- Who differs: the authors' PyTorch code divides by one weight less than there are, their TensorFlow code by all; both
  add eps to the deviation. timm divides by all, and adds eps to the variance.
- A single weight for an output channel is its own mean, and becomes 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple, Self

import numpy as np

from normlib.core import Array, Hyper, Norm, Paper, preset
from normlib.derivations.mean_variance import eps_outside
from normlib.derivations.standardized import standardized
from normlib.derivations.unbiased import unbiased
from normlib.pool import ALL, Pool
from normlib.standardize import centre, gain_outside, inverse, pooled_axes, standardize_backward
from normlib.symbolic import Derivation


class Cache(NamedTuple):
    """What the backward needs; statistics are (N, 1, 1, 1)."""

    y: Array  # (N, C, H, W)
    var: Array  # without eps
    inv_std: Array  # 1 / (std + eps), or 1 / sqrt(var + eps)


@dataclass(frozen=True, kw_only=True)
class WeightStandardization(Norm):
    """Standardize the weights of each output channel; defaults are the authors'.

    Source: Qiao, Wang, Liu, Shen & Yuille 2019, whose text is biased, and in its later version has eps inside the root.
    The presets follow code, not text; the unbiased deviation is that of the authors' PyTorch code alone.
    """

    title = "Weight standardization"
    paper = Paper("Qiao et al.", 2019, "https://arxiv.org/abs/1903.10520")
    of_weights = True

    eps: Annotated[float, Hyper(r"\epsilon", 0, 10, "Added to the standard deviation, or to the variance")] = 1e-5
    unbiased: bool = True  # the variance divides by the number of weights less 1
    eps_in_root: bool = False  # eps is added to the variance, not to the deviation

    @property
    def pool(self) -> Pool:
        """All weights that lead to one output channel."""
        return Pool(c=ALL, h=ALL, w=ALL)

    def _forward(self, x: Array) -> tuple[Array, Cache]:
        centred, (_, var) = centre(x, pooled_axes(self.pool))
        var = var * self._correction(x)
        std = np.sqrt(var + self.eps) if self.eps_in_root else np.sqrt(var) + self.eps
        inv_std = inverse(std, "WeightStandardization.forward")
        y = centred * inv_std.astype(x.dtype)
        return y.copy(), Cache(y, var, inv_std)

    def _backward(self, dy: Array, cache: Cache) -> dict[str, Array]:
        y, var, inv_std = cache
        gain = self._correction(y) * (1.0 if self.eps_in_root else gain_outside(var, inv_std))
        return {"x": standardize_backward(dy, y, inv_std, pooled_axes(self.pool), gain)}

    def _correction(self, x: Array) -> float:
        weights = x[0].size
        return weights / max(weights - 1, 1) if self.unbiased else 1.0

    def _derive(self) -> Derivation:
        if self.unbiased:
            return unbiased(self, self.eps_in_root)
        return standardized(self, affine=()) if self.eps_in_root else eps_outside(self)

    @classmethod
    @preset("Qiao et al.")
    def authors(cls) -> Self:
        """Return the authors' PyTorch code: unbiased, 1e-5 added to the deviation."""
        return cls()

    @classmethod
    @preset("TensorFlow")
    def tensorflow(cls) -> Self:
        """Return the authors' TensorFlow code: biased, 1e-5 added to the deviation; output channels last."""
        return cls(unbiased=False, layout="HWKM")

    @classmethod
    @preset("timm")
    def timm(cls) -> Self:
        """Return timm's StdConv2d: biased, 1e-6 added to the variance."""
        return cls(unbiased=False, eps_in_root=True, eps=1e-6)

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add every place of eps with one that counts, none, and the other layouts."""
        return super().variants() | {
            "large eps": cls(eps=0.7),
            "large eps, biased": cls(eps=0.7, unbiased=False),
            "large eps in the root": cls(eps=0.7, eps_in_root=True),
            "large eps in the root, biased": cls(eps=0.7, eps_in_root=True, unbiased=False),
            "no eps": cls(eps=0.0),
            "output channels first, input channels last": cls(eps=0.1, layout="NHWC"),
            "kernel of a sequence": cls(eps=0.1, layout="NCL"),
            "matrix": cls(eps=0.1, unbiased=False, eps_in_root=True, layout="NC"),
            "kernel of a volume": cls(eps=0.1, layout="NCDHW"),
        }
