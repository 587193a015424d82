"""Give every sample mean 0 and variance 1: each of its channels alone, or all of them together.

- `across_channels=False`, Caffe's default: one mean and deviation per sample and channel, over rows and columns.
- `across_channels=True`: one per sample, over channels, rows and columns.
- `normalize_variance=False`: the mean is taken off, and nothing is divided.
- Eps stands outside the root. OpenCV has it inside; ONNX pools over the samples instead of the channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple, Self

import numpy as np

from normlib.core import Array, Hyper, Norm, Paper, preset
from normlib.derivations.mean_variance import eps_outside, mean_only
from normlib.derivations.standardized import standardized
from normlib.maps import line, plane
from normlib.pool import ALL, ONE, Pool
from normlib.standardize import gain_outside, inverse, moments, pooled_axes, received
from normlib.symbolic import Derivation


class Cache(NamedTuple):
    """What the backward needs; statistics have 1s on the pooled axes."""

    values: Array  # (N, C, H, W): x, or x less a number near its mean
    offset: Array  # what is left of the mean in the values
    mean: Array
    var: Array  # biased, without eps
    inv_std: Array  # 1 / (std + eps); 1 where the variance is not normalized

    @property
    def y(self) -> Array:
        """The output, again; the first may have been written to."""
        return line(self.values, self.inv_std, -self.offset * self.inv_std)


@dataclass(frozen=True, kw_only=True)
class MeanVarianceNorm(Norm):
    """Standardize each sample, per channel or over all channels; defaults are Caffe's.

    The gradient is the exact one: Caffe's own drops the factor (std + eps) / std of the variance path.
    """

    title = "Mean-variance normalization"
    paper = Paper("Jia et al. (Caffe)", 2014, "https://arxiv.org/abs/1408.5093")

    across_channels: bool = False  # pools over all channels
    across_samples: bool = False  # pools over all samples
    normalize_variance: bool = True  # divides; else the mean is taken off, and that is all
    eps: Annotated[float, Hyper(r"\epsilon", 0, 10, "Added to the standard deviation, or to the variance")] = 1e-9
    eps_in_root: bool = False  # eps is added to the variance, not to the deviation

    @property
    def pool(self) -> Pool:
        """All rows and columns of a sample's channel; all its channels and all samples where so chosen."""
        return Pool(ALL if self.across_samples else ONE, ALL if self.across_channels else ONE, ALL, ALL)

    def _forward(self, x: Array) -> tuple[Array, Cache]:
        (values, offset), (mean, var) = moments(x, pooled_axes(self.pool))
        inv_std = np.ones_like(var)
        if self.normalize_variance:
            std = np.sqrt(var + self.eps) if self.eps_in_root else np.sqrt(var) + self.eps
            inv_std = inverse(std, "MeanVarianceNorm.forward")
        cache = Cache(values, offset, mean, var, inv_std)
        return cache.y, cache

    def _backward(self, dy: Array, cache: Cache) -> dict[str, Array]:
        values, offset, _, var, inv_std = cache
        dy, _, total, along = received(dy, values, pooled_axes(self.pool))
        cells = dy.size // total.size
        mean = total / cells
        if not self.normalize_variance:
            return {"x": line(dy, inv_std, -mean)}
        gain = 1.0 if self.eps_in_root else gain_outside(var, inv_std)
        # inv_std * (dy - mean of dy - y * gain * mean of dy * y), as a number for dy, one for the values, a constant
        slope = -inv_std * gain * inv_std * inv_std * (along / cells - offset * mean)
        return {"x": plane(dy, inv_std, values, slope, -inv_std * mean - slope * offset)}

    def _derive(self) -> Derivation:
        if not self.normalize_variance:
            return mean_only(self)
        return standardized(self, affine=()) if self.eps_in_root else eps_outside(self)

    @classmethod
    @preset("Caffe")
    def caffe(cls) -> Self:
        """Return Caffe's defaults: per sample and channel, eps 1e-9 outside the root."""
        return cls()

    @classmethod
    @preset("OpenCV")
    def opencv(cls) -> Self:
        """Return OpenCV's: eps inside the root."""
        return cls(eps_in_root=True)

    @classmethod
    @preset("ONNX")
    def onnx(cls, axes: tuple[int, ...] = (0, 2, 3)) -> Self:
        """Return ONNX's for its `axes` of N, C, H, W: by default per channel, over samples, rows and columns.

        Raises ValueError where rows and columns are not both among them.
        """
        counted = {axis % 4 for axis in axes if -4 <= axis < 4}
        if len(counted) != len(axes) or not {2, 3} <= counted:
            raise ValueError(
                f"MeanVarianceNorm.onnx: axes must hold 2 and 3, and of 0 and 1 what you will, each once, got {axes}. "
                "For channels alone take LayerNorm without gamma and beta."
            )
        return cls(across_samples=0 in counted, across_channels=1 in counted)

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add both modes, the mean only, an eps that shows, and the other layouts."""
        return super().variants() | {
            "across channels": cls(across_channels=True),
            "over everything": cls(across_channels=True, across_samples=True, eps=0.1),
            "mean only": cls(normalize_variance=False),
            "mean only, across channels": cls(normalize_variance=False, across_channels=True),
            "large eps": cls(eps=1.0),
            "large eps in the root": cls(eps=1.0, eps_in_root=True, across_channels=True),
            "NHWC": cls(eps=0.5, layout="NHWC"),
            "HWKM": cls(eps=0.5, across_channels=True, layout="HWKM"),
            "sequence": cls(eps=0.5, layout="NCL"),
            "volume": cls(eps=0.5, across_channels=True, layout="NDHWC"),
        }
