"""Divide every position, or every sample, by its length: all vectors come out as long as one another.

- The length is a p-norm: with p = 2 the root of the sum of squares, with p = 1 the sum of the absolute values.
- It is a sum, not a mean: root mean square normalization is the same but for the root of the number of values.
- `over="channels"`: the channels of one position; so layers of unlike scale are joined, and embeddings compared.
- `over="sample"`: all channels, rows and columns of a sample.
- A vector of zeros has no direction. PyTorch never divides by less than eps; MatConvNet adds eps to the sum of the
  powers; ONNX answers with zeros, and so does an eps of 0 here, with a gradient of zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, Self

import numpy as np

from normlib.core import Array, Hyper, Norm, Paper, preset
from normlib.derivations.lp import over_p_norm
from normlib.pool import ALL, Pool
from normlib.standardize import FAR, holds_squares, pooled_axes, sum_product, sum_square
from normlib.symbolic import Derivation


class Cache(NamedTuple):
    """What the backward needs; statistics have 1s on the pooled axes."""

    x: Array  # (N, C, H, W)
    divisor: Array  # inf where there is nothing to divide by
    moves: Array  # whether the divisor is the norm, and so moves with x


@dataclass(frozen=True, kw_only=True)
class LpNorm(Norm):
    """Divide by the p-norm; defaults are PyTorch's.

    Source: Liu, Rabinovich & Berg 2015, on the L2 normalization layer: across channels, p = 2, no eps. Theirs
    then scales each channel by a learned number, which is left out here, as in the frameworks.
    """

    title = "Lp normalization"
    paper = Paper("Liu, Rabinovich & Berg", 2015, "https://arxiv.org/abs/1506.04579")
    analytic = False  # takes |x|

    over: Literal["sample", "channels"] = "channels"  # what is a vector
    p: Annotated[float, Hyper("p", 1, 64, "The power of each value in the sum, and the root of the sum")] = 2.0
    eps: Annotated[float, Hyper(r"\epsilon", 0, 10, "The least number to divide by, or added to the powers")] = 1e-12
    eps_in_sum: bool = False  # eps is added to the sum of the powers, and no least norm

    @property
    def pool(self) -> Pool:
        """All values of a sample, or the channels of one position."""
        return Pool(c=ALL, h=ALL, w=ALL) if self.over == "sample" else Pool(c=ALL)

    def _forward(self, x: Array) -> tuple[Array, Cache]:
        length, limits = self._length(x), np.finfo(x.dtype)
        divisor = np.maximum(length, self._least)
        divisor = np.where(divisor == 0, np.inf, divisor)
        if self.p == 2 and ((divisor >= limits.tiny) & (divisor <= limits.max)).all():
            divisor = divisor.astype(x.dtype)
        return x / divisor, Cache(x, divisor, length > self._least)

    def _backward(self, dy: Array, cache: Cache) -> dict[str, Array]:
        x, divisor, moves = cache
        y = x / divisor
        along = moves * sum_product(dy, y, pooled_axes(self.pool))
        if y.dtype == np.float32 and self._cancels(dy, along, cache):
            return self._backward(dy.astype(np.float64), self._forward(x.astype(np.float64))[1])
        powers = y if self.p == 2 else np.sign(y) * np.abs(y) ** (self.p - 1)
        return {"x": (dy - powers * along.astype(np.result_type(dy, y))) / divisor}

    def _cancels(self, dy: Array, along: Array, cache: Cache) -> bool:
        """Return whether p = 2 takes so much off dy that what float32 rounded would be seen in what stays of it."""
        with np.errstate(over="ignore", invalid="ignore"):
            across = cache.moves * (sum_product(dy, dy, pooled_axes(self.pool)) - along**2)
            taken, left = (float((squares / cache.divisor / cache.divisor).max()) for squares in (along**2, across))
        return not taken <= FAR * left < np.inf

    @property
    def _least(self) -> float:
        """The least number to divide by."""
        return 0.0 if self.eps_in_sum else self.eps

    def _length(self, x: Array) -> Array:
        """Return the p-norm of each pool, in float64 or wider; of any size."""
        if self.p == 2 and x.dtype.char in "fd":
            with np.errstate(over="ignore"):
                squares = sum_square(x, pooled_axes(self.pool)) + (self.eps if self.eps_in_sum else 0.0)
            if holds_squares(np.maximum(squares, self._least**2)):
                return np.sqrt(squares)
        return self._length_by_ratios(x)

    def _length_by_ratios(self, x: Array) -> Array:
        """Return what `_length` does, more slowly: powers are of ratios to the largest size, and so in range."""
        axes, wide = pooled_axes(self.pool), np.promote_types(x.dtype, np.float64)
        sizes, added = np.abs(x, dtype=wide), self.eps ** (1 / self.p) if self.eps_in_sum else 0.0
        largest = np.maximum(sizes.max(axes, keepdims=True), added)
        unit = np.where(largest == 0, 1, largest)
        powers = ((sizes / unit) ** self.p).sum(axes, keepdims=True) + (added / unit) ** self.p
        return unit * powers ** (1 / self.p)

    def _derive(self) -> Derivation:
        return over_p_norm(self, self.p, self.eps_in_sum)

    @classmethod
    @preset("PyTorch")
    def pytorch(cls) -> Self:
        """Return PyTorch's functional.normalize: across channels, never divided by less than 1e-12."""
        return cls()

    @classmethod
    @preset("TensorFlow")
    def tensorflow(cls) -> Self:
        """Return TensorFlow's l2_normalize: the least sum of squares is 1e-12, so the least norm 1e-6."""
        return cls(eps=1e-6)

    @classmethod
    @preset("MatConvNet")
    def matconvnet(cls) -> Self:
        """Return MatConvNet's vl_nnnormalizelp: .01 is added to the sum of the powers."""
        return cls(eps=0.01, eps_in_sum=True)

    @classmethod
    @preset("ONNX")
    def onnx(cls) -> Self:
        """Return ONNX's LpNormalization: no eps, and a norm of zero gives zeros."""
        return cls(eps=0.0)

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add other powers, a sample, an eps that counts, and the other layouts."""
        return super().variants() | {
            "p 1": cls(p=1.0),
            "p 3": cls(p=3.0),
            "p 1.5, over a sample": cls(p=1.5, over="sample"),
            "least norm that counts": cls(eps=5.0),
            "p 1, least norm that counts": cls(p=1.0, eps=8.0),
            "shorter than eps": cls(eps=9.9, p=8.0),
            "p 1, eps in the sum": cls(p=1.0, eps=0.7, eps_in_sum=True),
            "p 3, eps in the sum, over a sample": cls(p=3.0, eps=0.7, eps_in_sum=True, over="sample"),
            "NHWC": cls(layout="NHWC"),
            "HWKM": cls(over="sample", layout="HWKM"),
            "sequence": cls(over="sample", layout="NCL"),
            "tokens": cls(layout="NLC"),
            "matrix": cls(layout="NC"),
            "volume": cls(over="sample", layout="NCDHW"),
            "volume, channels last": cls(layout="NDHWC"),
        }
