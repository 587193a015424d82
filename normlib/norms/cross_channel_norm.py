"""Damp a channel whose neighbour channels at the same position are loud: MatConvNet's `vl_nnnormalize`.

- The window holds N of the D channels and is clipped at the ends; an even one leans to the higher channels.
- The sum of squares over it is weighed by alpha, added to kappa, raised to beta: each value is divided by that.
- Alpha is not divided by N. With N times this alpha it is Caffe's local response normalization across channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self

from normlib.core import Array, Hyper, Norm, Paper, preset
from normlib.derivations.damped import damped, kappa
from normlib.pool import Pool, Span
from normlib.symbolic import Derivation
from normlib.windows import Damped, damp, damp_backward


@dataclass(frozen=True, kw_only=True)
class CrossChannelNorm(Norm):
    """Damp each value by the squares of nearby channels; defaults are MatConvNet's [5 1 1e-4/5 0.75]."""

    title = "Cross-channel normalization"
    paper = Paper("Vedaldi & Lenc (MatConvNet)", 2015, "https://arxiv.org/abs/1412.4564")

    size: Annotated[int, Hyper("N", 1, 64, "The number of channels in the window")] = 5
    k: Annotated[float, Hyper(r"\kappa", 1e-3, 10, "The constant that bounds the gain")] = 1.0
    alpha: Annotated[float, Hyper(r"\alpha", 0, 100, "The weight of the sum of squares")] = 1e-4 / 5
    beta: Annotated[float, Hyper(r"\beta", 0, 5, "The power of the bracket")] = 0.75

    @property
    def pool(self) -> Pool:
        """A window of channels at one position."""
        return Pool(c=Span.of(self.size))

    def _forward(self, x: Array) -> tuple[Array, Damped]:
        return damp(x, self.pool, self.k, self.alpha, self.beta)

    def _backward(self, dy: Array, cache: Damped) -> dict[str, Array]:
        return {"x": damp_backward(dy, cache, self.pool, self.alpha, self.beta)}

    def _derive(self) -> Derivation:
        return damped(self, kappa, ("N",))

    @classmethod
    @preset("MatConvNet")
    def matconvnet(cls) -> Self:
        """Return MatConvNet's defaults."""
        return cls()

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add strong damping, an even window, and one wider than the channels."""
        return super().variants() | {
            "strong": cls(size=3, k=2.0, alpha=0.5, beta=0.75),
            "even window": cls(size=4, alpha=0.3, beta=0.5),
            "window wider than the channels": cls(size=15, alpha=0.1, beta=1.5),
            "one channel": cls(size=1, alpha=1.0),
            "NHWC": cls(size=2, alpha=0.4, layout="NHWC"),
            "HWKM": cls(size=3, alpha=0.4, layout="HWKM"),
            "sequence": cls(size=3, alpha=0.4, layout="NCL"),
        }
