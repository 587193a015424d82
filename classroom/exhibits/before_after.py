"""The opening picture: the same activations before and after, as maps and as histograms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classroom.arrange import beyond, box_around, mosaic
from classroom.exhibit import Control, Exhibit, Pick, Range
from classroom.picture import Facts, Histogram, Map, Picture, Values, signed
from classroom.samples import batch, digit_responses, synthetic
from classroom.typeset import number, short
from normlib import ALL, ONE, Norm
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.local_response_norm import LocalResponseNorm
from normlib.norms.mean_variance_norm import MeanVarianceNorm
from normlib.norms.spatial_norm import SpatialNorm

SCALE = signed(3.0)
# Defaults, but for MatConvNet's spatial 2 × 2 with α = 10, β = 2: that is made for much smaller activations than these.
OPERATORS: dict[str, Norm] = {
    "batch": BatchNorm(),
    "mean-variance": MeanVarianceNorm(),
    "local response": LocalResponseNorm(),
    "spatial": SpatialNorm(height=5, width=5, alpha=1.0, beta=0.75),
}
SAMPLES = {"photographs": ("photograph", "both photographs"), "digits": ("digit", "all 54 digits"),
           "random": ("random map", "all 16 random maps")}  # fmt: skip
COLUMNS = {"digits": 9, "random": 4}  # how many samples stand side by side; of the photographs the first is shown


class Data(NamedTuple):
    """The activations as a layer might receive them, what the operator makes of them, and whom it compared."""

    x: Values  # (N, C, rows, columns)
    y: Values
    asked: tuple[int, int, int, int]  # sample, channel, row, column
    inside: NDArray[np.bool_]  # like x: enters the statistic of the asked cell


@dataclass(frozen=True, kw_only=True)
class BeforeAfter(Exhibit):
    """Give the activations any mean and spread; the operator undoes what it can."""

    title = "The same activations before and after normalization"

    operator: Annotated[str, Pick("operator", tuple(OPERATORS))] = "batch"
    source: Annotated[str, Pick("input", tuple(SAMPLES))] = "photographs"
    mean: Annotated[float, Range("mean of the input", -2.0, 2.0, 0.1, group="input")] = 1.2
    spread: Annotated[float, Range("its spread (sd)", 0.1, 3.0, 0.1, group="input")] = 0.4
    channel: Annotated[int, Range("channel", 1, 12, 1, group="look")] = 4
    seed: Annotated[int, Range("seed of the random input", 0, 9, 1, group="look")] = 0

    def norm(self) -> Norm:
        """Return the chosen operator."""
        return OPERATORS[self.operator]

    def acting(self) -> Mapping[str, Control]:
        """Leave the seed out where nothing is random."""
        return {n: c for n, c in self.controls().items() if self.source == "random" or n != "seed"}

    def compute(self) -> Data:
        """Give the input its mean and spread, then normalize it; ask the operator about a cell in the middle."""
        base = self._input()
        x = self.mean + self.spread * (base - base.mean()) / base.std()
        y, _ = self.norm().forward(x, **self.norm().init(x.shape))
        sample = len(x) // 2 + COLUMNS[self.source] // 2 if self.source in COLUMNS else 0  # the middle of the sheet
        asked = (sample, self.channel - 1, x.shape[2] // 2, x.shape[3] // 2)
        return Data(x, y, asked, self.norm().pooled(x.shape, asked))

    def _input(self) -> Values:
        if self.source == "random":
            return synthetic((16, 12, 22, 33), seed=self.seed)
        return digit_responses() if self.source == "digits" else batch()

    def picture(self, data: Data) -> Picture:
        """Show one channel as maps and, over all samples, as histograms; frame the cells of one statistic."""
        sides = tuple(v[:, self.channel - 1] for v in (data.x, data.y))
        top = max(Histogram(values=v, scale=SCALE).shares().max() for v in sides)
        frame = box_around(self._sheet(data.inside[:, self.channel - 1]) == 1.0)
        labels = ("before: *x*", "after: *y*")
        return [
            *(Map(span=6, label=label, note=_moments(v), values=self._sheet(v), scale=SCALE,
                  boxes=() if i else (frame,)) for i, (label, v) in enumerate(zip(labels, sides, strict=True))),
            *(Histogram(span=6, values=v, scale=SCALE, top=top, label=f"channel {self.channel}",
                        note=beyond(v, SCALE)) for v in sides),
            Facts(items=((f"{data.inside.sum():,}", f"values enter one statistic: {self._pool(data)}"),)),
        ]  # fmt: skip

    def _sheet(self, maps: Values) -> Values:
        """Return the maps of a channel as one: the first photograph, or all samples as a mosaic."""
        return maps[0] if self.source == "photographs" else mosaic(maps, COLUMNS[self.source])

    def _pool(self, data: Data) -> str:
        """Say which cells share a statistic, from the operator's pool."""
        n, c, h, _ = self.norm().pool
        inside = data.inside
        one, every = SAMPLES[self.source]
        samples = every if n is ALL else f"one {one}"
        channels = f"channel {self.channel}" if c == ONE else f"{inside.any(axis=(0, 2, 3)).sum()} channels"
        if h is ALL:
            return f"{channels} of {samples}"
        sizes = [int(inside.any(axis=axes).sum()) for axes in ((0, 1, 3), (0, 1, 2))]
        pixels = "one pixel" if h == ONE else f"{sizes[0]} × {sizes[1]} pixels"
        return f"{channels} at {pixels} of {samples}"

    def _settings(self) -> str:
        return ", ".join(f"{name} = {short(getattr(self.norm(), name))}" for name in self.norm().hypers())

    def alt(self, data: Data) -> str:
        """Say how mean and spread of the channel change, and which cells share a statistic."""
        x, y = (v[:, self.channel - 1] for v in (data.x, data.y))
        return (
            f"{self.norm().title} ({self._settings()}): over channel {self.channel} of {SAMPLES[self.source][1]}, "
            f"the mean goes from {number(x.mean())} to {number(y.mean())} and the standard deviation from "
            f"{x.std():.2f} to {y.std():.2f}; {beyond(y, SCALE)} afterwards. "
            f"{data.inside.sum():,} values enter one statistic: {self._pool(data)}."
        )


def _moments(values: Values) -> str:
    return f"mean {number(values.mean(), plus=True)}, sd {values.std():.2f}"
