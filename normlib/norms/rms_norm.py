"""Divide every sample, or every position, by the root of its mean square: scale without centring.

- The mean is neither taken off nor wanted; a constant input comes out as plus or minus gamma.
- `over="channels"`: over the channels of one position, gamma for each channel; what large language models do.
- `over="sample"`: over all channels, rows and columns of a sample, gamma for each element.
- No beta: what is not centred needs no shift back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, Self

import numpy as np

from normlib.affine import parameter_gradients, scaled, spread
from normlib.core import Array, Hyper, Norm, Paper, Shape, preset
from normlib.derivations.root_mean_square import root_mean_square
from normlib.derivations.standardized import BY_CHANNEL, BY_ELEMENT
from normlib.maps import crossed_sums, plane
from normlib.pool import ALL, Pool
from normlib.standardize import mean_product, mean_square, pooled_axes
from normlib.symbolic import Derivation


class Cache(NamedTuple):
    """What the backward needs."""

    x_hat: Array  # (N, C, H, W)
    inv_rms: Array  # with 1s on the pooled axes
    gamma: Array | None  # (C,) or (C, H, W)


@dataclass(frozen=True, kw_only=True)
class RMSNorm(Norm):
    """Divide by the root of the mean square plus eps, then scale; defaults are Keras's and Flax's.

    Source: Zhang & Sennrich 2019, equation 4, which has no eps.
    """

    title = "Root mean square normalization"
    paper = Paper("Zhang & Sennrich", 2019, "https://arxiv.org/abs/1910.07467")

    over: Literal["sample", "channels"] = "channels"  # what is divided as one
    eps: Annotated[float, Hyper(r"\epsilon", 0, 10, "Added to the mean square, inside the root")] = 1e-6
    affine: bool = True  # gamma

    @property
    def pool(self) -> Pool:
        """All values of a sample, or the channels of one position."""
        return Pool(c=ALL, h=ALL, w=ALL) if self.over == "sample" else Pool(c=ALL)

    def _init(self, shape: Shape) -> dict[str, Array]:
        carriers = shape[1:] if self.over == "sample" else shape[1:2]
        return {"gamma": np.ones(carriers)} if self.affine else {}

    def _forward(self, x: Array, gamma: Array | None = None) -> tuple[Array, Cache]:
        rms = np.sqrt(mean_square(x, pooled_axes(self.pool)) + self.eps)
        if not np.all(rms):
            raise ValueError(
                "RMSNorm.forward: eps must be positive where all values of a pool are 0, got eps=0. "
                "Choose a larger eps."
            )
        inv_rms = 1 / rms
        x_hat = x * inv_rms.astype(x.dtype)
        return scaled(x_hat, gamma), Cache(x_hat, inv_rms, gamma)

    def _backward(self, dy: Array, cache: Cache) -> dict[str, Array]:
        x_hat, inv_rms, gamma = cache
        if gamma is not None and gamma.ndim == 3:
            scale, ones, zeros = spread(gamma), np.ones_like(inv_rms), np.zeros_like(inv_rms)
            (_, along), (_, dgamma) = crossed_sums(dy, scale, x_hat, ones, zeros)
            return {"x": plane(dy, scale, x_hat, -along / dy[0].size, zeros, inv_rms), "gamma": dgamma}
        dx_hat = scaled(dy, gamma)
        through_rms = mean_product(dx_hat, x_hat, pooled_axes(self.pool))
        dx = plane(dx_hat, inv_rms, x_hat, -inv_rms * through_rms, np.zeros((1, 1, 1, 1)))
        return {"x": dx} if gamma is None else {"x": dx, "gamma": parameter_gradients(dy, x_hat)["gamma"]}

    def _derive(self) -> Derivation:
        carriers = BY_ELEMENT if self.over == "sample" else BY_CHANNEL
        return root_mean_square(self, carriers if self.affine else ())

    @classmethod
    @preset("PyTorch")
    def pytorch(cls) -> Self:
        """Return PyTorch's for float32: its eps of None is the type's own, 2**-23; float64 would have 2**-52."""
        return cls(eps=2.0**-23)

    @classmethod
    @preset("ONNX")
    def onnx(cls) -> Self:
        """Return ONNX's: over the last axis, which is the channels; eps 1e-5."""
        return cls(eps=1e-5)

    @classmethod
    @preset("Keras")
    def keras(cls) -> Self:
        """Return Keras's: over the last axis, which is the channels; eps 1e-6."""
        return cls()

    @classmethod
    @preset("Flax")
    def flax(cls) -> Self:
        """Return Flax's: over the last axis, which is the channels; eps 1e-6."""
        return cls()

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add both extents, a large eps, none, no gamma, and the other layouts."""
        return super().variants() | {
            "over a sample": cls(over="sample", eps=0.1),
            "large eps": cls(eps=0.7),
            "no eps": cls(eps=0.0),
            "without gamma": cls(affine=False),
            "over a sample, without gamma": cls(over="sample", affine=False),
            "NHWC": cls(over="sample", layout="NHWC"),
            "HWKM": cls(over="sample", layout="HWKM"),
            "sequence": cls(over="sample", layout="NCL"),
            "tokens": cls(layout="NLC"),
            "matrix": cls(layout="NC"),
            "volume": cls(over="sample", layout="NCDHW"),
            "volume, channels last": cls(over="sample", layout="NDHWC"),
        }
