"""Damp a pixel whose neighbourhood in the same channel is loud: MatConvNet's `vl_nnspnorm`.

- What counts is the mean of squares over a window of H' x W' pixels; an even one leans down and to the right.
- At a border it is the mean over the pixels really in the window, not over H' W'.
- A sequence is a map of one row: the mean is over its W' places at most.
- In the interior it is Caffe's local response normalization within a channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self

import sympy as sp

from normlib.core import Array, Hyper, Norm, Paper, preset
from normlib.derivations.damped import damped, window_area
from normlib.pool import Pool, Span
from normlib.symbolic import Derivation
from normlib.windows import Damped, damp, damp_backward, pool_count


@dataclass(frozen=True, kw_only=True)
class SpatialNorm(Norm):
    """Damp each value by the mean square around it in its channel; defaults are MatConvNet's [2 2 10 2]."""

    title = "Spatial normalization"
    paper = Paper("Vedaldi & Lenc (MatConvNet)", 2015, "https://arxiv.org/abs/1412.4564")

    height: Annotated[int, Hyper("H'", 1, 64, "The number of rows in the window")] = 2
    width: Annotated[int, Hyper("W'", 1, 64, "The number of columns in the window")] = 2
    alpha: Annotated[float, Hyper(r"\alpha", 0, 100, "The weight of the mean square")] = 10.0
    beta: Annotated[float, Hyper(r"\beta", 0, 5, "The power of the bracket")] = 2.0

    @property
    def pool(self) -> Pool:
        """A window of rows and columns in one channel."""
        return Pool(h=Span.of(self.height), w=Span.of(self.width))

    def _forward(self, x: Array) -> tuple[Array, Damped]:
        return damp(x, self.pool, 1.0, self._weight(x), self.beta)

    def _backward(self, dy: Array, cache: Damped) -> dict[str, Array]:
        return {"x": damp_backward(dy, cache, self.pool, self._weight(cache.x), self.beta)}

    def _weight(self, x: Array) -> Array:
        """Divide alpha by the area that each pixel's window really has; (1, 1, H, W)."""
        return (self.alpha / pool_count(x.shape, self.pool)).astype(x.dtype)

    def _derive(self) -> Derivation:
        return damped(self, sp.Integer(1), ("H'", "W'"), window_area)

    @classmethod
    @preset("MatConvNet")
    def matconvnet(cls) -> Self:
        """Return MatConvNet's defaults."""
        return cls()

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add odd, oblong and oversized windows, and the other layouts."""
        return super().variants() | {
            "3 x 3": cls(height=3, width=3, alpha=1.0, beta=0.75),
            "oblong": cls(height=1, width=4, alpha=0.5, beta=1.0),
            "window wider than the map": cls(height=9, width=12, alpha=0.8, beta=0.5),
            "one pixel": cls(height=1, width=1),
            "NHWC": cls(layout="NHWC"),
            "HWKM": cls(height=3, width=2, layout="HWKM"),
            "sequence": cls(height=3, width=3, alpha=1.0, layout="NLC"),
        }
