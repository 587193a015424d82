"""Divide each map of each sample by the root of its mean square, and cut it off at a learned threshold.

- As instance normalization, over rows and columns alone; but nothing is centred, and no batch is needed.
- What is not centred may lie far from zero, where a rectifier would pass all or nothing: so the threshold tau takes
  its place, one learned number for each channel beside gamma and beta.
- Where a value is just tau, its gradient goes to tau, as a rectifier passes nothing at 0.
- A map of one pixel comes out near plus or minus gamma unless eps is large: the paper then learns it, here it is fixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple, Self

import numpy as np

from normlib.affine import spread
from normlib.core import Array, Hyper, Norm, Paper, Shape, preset
from normlib.derivations.filter_response import thresholded
from normlib.maps import line, map_sums
from normlib.pool import ALL, Pool
from normlib.standardize import mean_square, pooled_axes
from normlib.symbolic import Derivation


class Cache(NamedTuple):
    """What the backward needs."""

    x_hat: Array  # (N, C, H, W)
    inv_rms: Array  # (N, C, 1, 1)
    passes: Array  # (N, C, H, W), whether a value is above the threshold
    gamma: Array  # (C,)


@dataclass(frozen=True, kw_only=True)
class FilterResponseNorm(Norm):
    """Divide each map by the root of the mean square plus eps, scale, shift and cut off; defaults are the paper's.

    Source: Singh & Krishnan 2019, on the filter response and on the thresholded linear unit.
    """

    title = "Filter response normalization"
    paper = Paper("Singh & Krishnan", 2019, "https://arxiv.org/abs/1911.09737")
    analytic = False  # compares with the threshold

    eps: Annotated[float, Hyper(r"\epsilon", 0, 10, "Added to the mean square, inside the root")] = 1e-6

    @property
    def pool(self) -> Pool:
        """All rows and columns of a sample's channel."""
        return Pool(h=ALL, w=ALL)

    def _init(self, shape: Shape) -> dict[str, Array]:
        channels = shape[1]
        return {"gamma": np.ones(channels), "beta": np.zeros(channels), "tau": np.zeros(channels)}

    def _forward(self, x: Array, gamma: Array, beta: Array, tau: Array) -> tuple[Array, Cache]:
        rms = np.sqrt(mean_square(x, pooled_axes(self.pool)) + self.eps)
        if not np.all(rms):
            raise ValueError(
                "FilterResponseNorm.forward: eps must be positive where all values of a map are 0, got eps=0. "
                "Choose a larger eps."
            )
        inv_rms = 1 / rms
        x_hat = x * inv_rms.astype(x.dtype)
        z, least = line(x_hat, spread(gamma), spread(beta)), spread(tau).astype(x.dtype)
        return np.maximum(z, least), Cache(x_hat, inv_rms, z > least, gamma)

    def _backward(self, dy: Array, cache: Cache) -> dict[str, Array]:
        x_hat, inv_rms, passes, gamma = cache
        dz = dy * passes
        dbeta, dgamma = map_sums(dz, x_hat)  # of each map
        (dtau,) = map_sums(dy - dz)
        through_rms = (dgamma / x_hat[0, 0].size).astype(dy.dtype)
        scale = (spread(gamma) * inv_rms).astype(dy.dtype)
        sums = {"gamma": dgamma, "beta": dbeta, "tau": dtau}
        return {"x": scale * (dz - x_hat * through_rms), **{name: s.sum((0, 2, 3)) for name, s in sums.items()}}

    def _derive(self) -> Derivation:
        return thresholded(self)

    @classmethod
    @preset("timm")
    def timm(cls) -> Self:
        """Return timm's FilterResponseNormTlu2d: the paper's, with eps 1e-5."""
        return cls(eps=1e-5)

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add a large eps, none, and the other layouts."""
        return super().variants() | {
            "large eps": cls(eps=0.7),
            "no eps": cls(eps=0.0),
            "NHWC": cls(eps=0.1, layout="NHWC"),
            "HWKM": cls(eps=0.1, layout="HWKM"),
            "sequence": cls(eps=0.1, layout="NCL"),
            "tokens": cls(eps=0.1, layout="NLC"),
            "matrix": cls(eps=0.5, layout="NC"),
            "volume": cls(eps=0.1, layout="NCDHW"),
            "volume, channels last": cls(eps=0.1, layout="NDHWC"),
        }
