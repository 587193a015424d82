"""Damp a value whose neighbours are loud: nearby channels at the same position, or nearby pixels in the same channel.

- `across_channels`: a window of n channels at one position. `within_channel`: n x n pixels of one channel.
- Alpha is divided by the size of the whole window, also where a border clips it; TensorFlow and the paper do not
  divide. A sequence is a map of one row, and alpha is still divided by n squared.
- Kappa is 1 by default; the paper has 2. Within a channel Caffe fixes it at 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Self

import sympy as sp

from normlib.core import Array, Hyper, Norm, Paper, preset
from normlib.derivations.damped import damped, kappa, undivided
from normlib.pool import Lean, Pool, Span
from normlib.symbolic import Derivation
from normlib.windows import Damped, damp, damp_backward

n = sp.Symbol("n", positive=True)


@dataclass(frozen=True, kw_only=True)
class LocalResponseNorm(Norm):
    """Damp each value by the squares of its neighbours, across channels or within one; defaults are Caffe's.

    Source: Krizhevsky, Sutskever & Hinton 2012, section 3.3; within a channel, Caffe's LRNLayer.
    """

    title = "Local response normalization"
    paper = Paper("Krizhevsky, Sutskever & Hinton", 2012, "https://papers.nips.cc/paper/4824")

    mode: Literal["across_channels", "within_channel"] = "across_channels"  # what a neighbour is: a channel, or a pixel
    size: Annotated[int, Hyper("n", 1, 64, "The number of channels, or of rows and of columns, in the window")] = 5
    k: Annotated[float, Hyper(r"\kappa", 1e-3, 10, "The constant that bounds the gain")] = 1.0
    alpha: Annotated[float, Hyper(r"\alpha", 0, 100, "The weight of the sum of squares")] = 1.0
    beta: Annotated[float, Hyper(r"\beta", 0, 5, "The power of the bracket")] = 0.75
    divide: bool = True  # alpha by the number of cells in a whole window
    lean: Lean = "high"  # where an even window has its extra cell

    @property
    def pool(self) -> Pool:
        """A window of channels at one position, or of rows and columns in one channel."""
        window = Span.of(self.size, self.lean)
        return Pool(c=window) if self.mode == "across_channels" else Pool(h=window, w=window)

    def _forward(self, x: Array) -> tuple[Array, Damped]:
        return damp(x, self.pool, self.k, self._weight, self.beta)

    def _backward(self, dy: Array, cache: Damped) -> dict[str, Array]:
        return {"x": damp_backward(dy, cache, self.pool, self._weight, self.beta)}

    @property
    def _weight(self) -> float:
        """What multiplies the sum of squares."""
        cells = self.size if self.mode == "across_channels" else self.size**2
        return self.alpha / cells if self.divide else self.alpha

    def _derive(self) -> Derivation:
        across = self.mode == "across_channels"
        cells, sizes = (n, ("n",)) if across else (n**2, ("n", "n"))
        divisor = (lambda centre: cells) if self.divide else undivided
        return damped(self, kappa, sizes, divisor, self.lean, written=across)  # two axes alike: words are shorter

    @classmethod
    @preset("Caffe")
    def caffe(cls) -> Self:
        """Return Caffe's default mode: across channels, alpha over n."""
        return cls()

    @classmethod
    @preset("Caffe, within a channel")
    def caffe_within(cls) -> Self:
        """Return Caffe's other mode: alpha over n squared, also at the border."""
        return cls(mode="within_channel")

    @classmethod
    @preset("PyTorch")
    def pytorch(cls) -> Self:
        """Return PyTorch's: alpha over n; an even window has its extra cell on the lower channels."""
        return cls(alpha=1e-4, lean="low")

    @classmethod
    @preset("ONNX")
    def onnx(cls) -> Self:
        """Return ONNX's: alpha over n; an even window has its extra cell on the higher channels."""
        return cls(alpha=1e-4)

    @classmethod
    @preset("TensorFlow")
    def tensorflow(cls) -> Self:
        """Return TensorFlow's: a radius of 5, alpha 1 undivided, beta 0.5."""
        return cls(size=11, alpha=1.0, beta=0.5, divide=False)

    @classmethod
    @preset("Krizhevsky et al.")
    def krizhevsky(cls) -> Self:
        """Return the paper's: k = 2, alpha 1e-4 undivided."""
        return cls(k=2.0, alpha=1e-4, divide=False)

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add even windows on both sides, oversized ones, and the other layouts."""
        return super().variants() | {
            "even, high": cls(size=4, alpha=0.5),
            "even, low": cls(size=4, alpha=0.5, lean="low"),
            "wider than the channels": cls(size=23, alpha=2.0),
            "within, even, high": cls(mode="within_channel", size=2, alpha=3.0, beta=1.0),
            "within, even, low": cls(mode="within_channel", size=4, alpha=3.0, lean="low", k=2.0),
            "within, wider than the map": cls(mode="within_channel", size=15, alpha=20.0),
            "within, undivided": cls(mode="within_channel", size=3, alpha=0.2, divide=False),
            "NHWC": cls(size=2, layout="NHWC"),
            "within, HWKM": cls(mode="within_channel", size=3, layout="HWKM"),
            "within, sequence": cls(mode="within_channel", size=3, layout="NCL"),
            "volume": cls(size=3, layout="NDHWC"),
            "matrix": cls(size=3, layout="NC"),
        }
