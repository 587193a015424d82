"""Cross-channel normalization on a photograph's filter responses: the window on the channel axis, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from classroom.arrange import beyond
from classroom.exhibit import Exhibit, Range
from classroom.picture import Histogram, Map, Picture, Strip, Values, signed
from classroom.samples import responses
from normlib.norms.cross_channel_norm import CrossChannelNorm

SCALE = signed(3.0)


class Data(NamedTuple):
    """What the picture shows; channels count from 0."""

    x: Values  # (channels, rows, columns)
    y: Values  # (rows, columns) of channel k
    k: int
    window: tuple[int, int]  # first and last channel of G(k)


@dataclass(frozen=True, kw_only=True)
class ChannelWindow(Exhibit):
    """Choose an output channel and its window; watch the map lose its loudest edges."""

    title = "The window on the channel axis, and the channel before and after"

    k: Annotated[int, Range("output channel k", 1, 12, 1, play=True, group="window")] = 4
    size: Annotated[int, Range("window size N", 1, 12, 1, group="window")] = 5
    alpha: Annotated[float, Range("strength α", 0.0, 1.0, 0.05, group="formula")] = 0.2
    beta: Annotated[float, Range("power β", 0.0, 1.0, 0.05, group="formula")] = 0.75

    def norm(self) -> CrossChannelNorm:
        """Return the operator at these settings."""
        return CrossChannelNorm(size=self.size, alpha=self.alpha, beta=self.beta)

    def compute(self) -> Data:
        """Normalize the responses; ask the operator for the window."""
        x = responses()
        y, _ = self.norm().forward(x)
        pooled = self.norm().pooled(x.shape, (0, self.k - 1, 0, 0))[0, :, 0, 0]
        inside = np.flatnonzero(pooled)
        return Data(x[0], y[0, self.k - 1], self.k - 1, (int(inside[0]), int(inside[-1])))

    def picture(self, data: Data) -> Picture:
        """Show the channel axis, then the channel before and after with one scale."""
        before, first, last = data.x[data.k], *data.window
        note = f"12 directions; G({self.k}) = {{{first + 1} … {last + 1}}}, underlined"
        top = max(Histogram(values=v, scale=SCALE).shares().max() for v in (before, data.y))
        return [
            Strip(label="The channel axis", note=note, maps=data.x, scale=SCALE, chosen=data.k, window=data.window),
            Map(span=6, label="before: *x*", note=f"sd {before.std():.2f}", values=before, scale=SCALE),
            Map(span=6, label="after: *y*", note=f"sd {data.y.std():.2f}", values=data.y, scale=SCALE),
            Histogram(span=6, label="before", note=beyond(before, SCALE), values=before, scale=SCALE, top=top),
            Histogram(span=6, label="after", note=beyond(data.y, SCALE), values=data.y, scale=SCALE, top=top),
        ]

    def alt(self, data: Data) -> str:
        """Say which channels enter, and how the spread and the largest value change."""
        before, first, last = data.x[data.k], *data.window
        return (
            f"Channel {self.k} of 12 is divided by the energy of channels {first + 1} to {last + 1} at the same pixel. "
            f"Its standard deviation goes from {before.std():.2f} to {data.y.std():.2f}, "
            f"its largest absolute value from {np.abs(before).max():.2f} to {np.abs(data.y).max():.2f}."
        )
