"""Local response normalization in Caffe's two modes, side by side: nearby channels, or nearby pixels of one channel."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classroom.arrange import beyond, box_around, cell_box
from classroom.exhibit import Exhibit, Pick, Range
from classroom.picture import Facts, Histogram, Map, Picture, Strip, Values, signed
from classroom.samples import responses
from classroom.typeset import number
from normlib.norms.local_response_norm import LocalResponseNorm

SCALE = signed(3.0)
ROWS, COLUMNS = 60, 90  # the part of the photograph that the layer sees: large enough cells to show a window

PIXELS = ("strongest edge", "quiet sky", "loudest corner")


class Data(NamedTuple):
    """What the picture shows; channels, rows and columns count from 0."""

    x: Values  # (channels, rows, columns)
    across: Values  # (rows, columns) of channel k
    within: Values
    cell: tuple[int, int, int]  # channel, row, column asked about
    channels: NDArray[np.bool_]  # (channels,): enters the statistic of `cell` across channels
    pixels: NDArray[np.bool_]  # (rows, columns): likewise within the channel

    @property
    def difference(self) -> float:
        """Root of the mean squared difference between the two outputs."""
        return float(np.sqrt(np.mean((self.across - self.within) ** 2)))

    @property
    def correlation(self) -> float:
        """How far the two outputs agree in pattern."""
        return float(np.corrcoef(self.across.ravel(), self.within.ravel())[0, 1])


@dataclass(frozen=True, kw_only=True)
class LrnModes(Exhibit):
    """Give both modes the same size, strength and power; only the neighbours differ."""

    title = "Local response normalization, across channels and within a channel"

    k: Annotated[int, Range("channel", 1, 12, 1, group="window")] = 4
    size: Annotated[int, Range("size n, odd", 1, 11, 2, group="window")] = 5
    alpha: Annotated[float, Range("strength α", 0.0, 5.0, 0.1, group="formula")] = 1.0
    beta: Annotated[float, Range("power β", 0.0, 1.0, 0.05, group="formula")] = 0.75
    pixel: Annotated[str, Pick("pixel", PIXELS, group="formula")] = "strongest edge"

    def norm(self) -> LocalResponseNorm:
        """Return Caffe's default mode at these settings."""
        return LocalResponseNorm(mode="across_channels", size=self.size, alpha=self.alpha, beta=self.beta)

    def norms(self) -> tuple[LocalResponseNorm, ...]:
        """Return both modes."""
        return self.norm(), self.within()

    def within(self) -> LocalResponseNorm:
        """Return Caffe's other mode at these settings."""
        return LocalResponseNorm(mode="within_channel", size=self.size, alpha=self.alpha, beta=self.beta)

    def compute(self) -> Data:
        """Normalize the same responses in both modes; ask both operators for the cells of one statistic."""
        x = responses()[:, :, :ROWS, :COLUMNS]
        k = self.k - 1
        cell = (k, *self._asked(x[0, k]))
        across, _ = self.norm().forward(x)
        within, _ = self.within().forward(x)
        channels = self.norm().pooled(x.shape, (0, *cell))[0, :, cell[1], cell[2]]
        pixels = self.within().pooled(x.shape, (0, *cell))[0, k]
        return Data(x[0], across[0, k], within[0, k], cell, channels, pixels)

    def _asked(self, x: Values) -> tuple[int, int]:
        """Return the row and column of the asked pixel of a map."""
        if self.pixel == "loudest corner":
            return max(product((0, ROWS - 1), (0, COLUMNS - 1)), key=lambda corner: abs(x[corner]))
        inner = np.abs(x)[6:-6, 6:-6]  # the largest window fits around these pixels
        if self.pixel == "quiet sky":
            inner = inner[: ROWS // 4, COLUMNS // 2 :]
            row, column = np.unravel_index(inner.argmin(), inner.shape)
            return int(row) + 6, int(column) + 6 + COLUMNS // 2
        row, column = np.unravel_index(inner.argmax(), inner.shape)
        return int(row) + 6, int(column) + 6

    def picture(self, data: Data) -> Picture:
        """Show the channel axis, x and both outputs on one scale, and what the asked value is divided by."""
        before, cell = data.x[data.cell[0]], cell_box(*data.cell[1:])
        inside = np.flatnonzero(data.channels)
        first, last = int(inside[0]), int(inside[-1])
        sides = (("*x*", before, (box_around(data.pixels), cell)), ("*y* across", data.across, (cell,)),
                 ("*y* within", data.within, (cell,)))  # fmt: skip
        apart = f"{data.difference:.2f} from across"
        top = max(Histogram(values=v, scale=SCALE).shares().max() for _, v, _ in sides)
        return [
            Strip(label="The channel axis", note=f"across: channels {first + 1} to {last + 1}, underlined",
                  maps=data.x, scale=SCALE, chosen=data.cell[0], window=(first, last)),
            *(Map(span=4, label=label, note=f"sd {v.std():.2f}", values=v, scale=SCALE, boxes=boxes)
              for label, v, boxes in sides),
            *(Histogram(span=4, label=label, note=note, values=v, scale=SCALE, top=top)
              for (label, v, _), note in zip(sides, (beyond(before, SCALE), "", apart), strict=True)),
            *(Facts(span=6, items=(fact,)) for fact in self._facts(data)),
        ]  # fmt: skip

    def _facts(self, data: Data) -> tuple[tuple[str, str], ...]:
        """Say for each mode how many cells of the whole window enter, and what the asked value becomes."""
        x, n = number(data.x[data.cell]), self.size
        across, within = (number(y[data.cell[1:]]) for y in (data.across, data.within))
        return (
            (f"{data.channels.sum()} of {n}", f"channels; *x* {x} → {across}"),
            (f"{data.pixels.sum()} of {n * n}", f"pixels; *x* {x} → {within}"),
        )

    def alt(self, data: Data) -> str:
        """Say what enters in each mode, what becomes of the asked value, and how far the outputs differ."""
        x, n = data.x[data.cell], self.size
        across, within = data.across[data.cell[1:]], data.within[data.cell[1:]]
        return (
            f"The value {number(x)} of channel {self.k} becomes {number(across)} across channels, where "
            f"{data.channels.sum()} of {n} channels enter, and {number(within)} within the channel, where "
            f"{data.pixels.sum()} of {n * n} pixels enter. Over the map the standard deviation goes from "
            f"{data.x[data.cell[0]].std():.2f} to {data.across.std():.2f} and {data.within.std():.2f}; the two outputs "
            f"differ by {data.difference:.2f} (root mean square) and correlate by {data.correlation:.3f}."
        )
