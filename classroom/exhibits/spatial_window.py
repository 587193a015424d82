"""Spatial normalization on a photograph's edges: the window on the map, clipped at the borders, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classroom.arrange import beyond, box_around, cell_box
from classroom.exhibit import Exhibit, Range
from classroom.picture import Box, Facts, Histogram, Map, Picture, Values, signed
from classroom.samples import responses
from classroom.typeset import number
from normlib.norms.spatial_norm import SpatialNorm

SCALE = signed(3.0)
CHANNEL = 3  # edges from the lower left to the upper right
CLOSE = (19, 25)  # rows and columns of the close-up; it holds the largest window


class Data(NamedTuple):
    """What the picture shows; rows and columns count from 0."""

    x: Values  # (rows, columns)
    y: Values
    cell: tuple[int, int]
    inside: NDArray[np.bool_]  # (rows, columns): enters the statistic of `cell`
    mean_square: float  # of x over `inside`

    @property
    def divisor(self) -> float:
        """What the asked value is divided by; 1 where the value itself is 0."""
        x, y = self.x[self.cell], self.y[self.cell]
        return float(x / y) if y else 1.0


@dataclass(frozen=True, kw_only=True)
class SpatialWindow(Exhibit):
    """Choose a window and walk with it from corner to corner; at the borders fewer pixels share the mean."""

    title = "The window on the map, and the channel before and after"

    size: Annotated[int, Range("window H′ = W′", 1, 16, 1, group="window")] = 7
    row: Annotated[int, Range("pixel row", 1, 90, 1, play=True, group="window")] = 42
    alpha: Annotated[float, Range("strength α", 0.0, 10.0, 0.25, group="formula")] = 2.0
    beta: Annotated[float, Range("power β", 0.0, 2.0, 0.05, group="formula")] = 0.75

    def norm(self) -> SpatialNorm:
        """Return the operator at these settings."""
        return SpatialNorm(height=self.size, width=self.size, alpha=self.alpha, beta=self.beta)

    def compute(self) -> Data:
        """Normalize one channel of the responses; ask the operator for the window of one pixel."""
        x = responses()[:, CHANNEL : CHANNEL + 1]
        y, _ = self.norm().forward(x)
        rows, columns = x.shape[2:]
        row = self.row - 1
        column = round(row / (rows - 1) * (columns - 1))  # along the diagonal, from corner to corner
        inside = self.norm().pooled(x.shape, (0, 0, row, column))[0, 0]
        return Data(x[0, 0], y[0, 0], (row, column), inside, float(np.mean(x[0, 0][inside] ** 2)))

    def picture(self, data: Data) -> Picture:
        """Show the map before and after, the window close up, both histograms on one scale, and the numbers."""
        row, column = data.cell
        window, cell = box_around(data.inside), cell_box(row, column)
        near, (top_row, left) = _close_up(data.x, data.cell)
        near_boxes = tuple(Box(b.row - top_row, b.column - left, b.rows, b.columns, b.kind) for b in (window, cell))
        top = max(Histogram(values=v, scale=SCALE).shares().max() for v in (data.x, data.y))
        x, y = data.x[data.cell], data.y[data.cell]
        spreads = [f"sd {v.std():.2f}" for v in (data.x, data.y)]
        return [
            Map(span=6, label="before: *x*", note=spreads[0], values=data.x, scale=SCALE, boxes=(window, cell)),
            Map(span=6, label="after: *y*", note=spreads[1], values=data.y, scale=SCALE, boxes=(cell,)),
            Map(span=4, label="close-up", note=f"({row + 1}, {column + 1})", values=near, scale=SCALE,
                boxes=near_boxes),
            Histogram(span=4, label="*x*", note=beyond(data.x, SCALE), values=data.x, scale=SCALE, top=top),
            Histogram(span=4, label="*y*", note=beyond(data.y, SCALE), values=data.y, scale=SCALE, top=top),
            Facts(span=6, items=((f"{data.inside.sum()} of {self.size**2}", "pixels of the window are on the map"),)),
            Facts(span=6, items=((f"÷ {data.divisor:.2f}", f"since the mean of *x*² is {data.mean_square:.2f}: "
                                                           f"*x* = {number(x)} becomes *y* = {number(y)}"),)),
        ]  # fmt: skip

    def alt(self, data: Data) -> str:
        """Say how many pixels enter, what becomes of the asked value, and how the spread changes."""
        row, column = data.cell
        return (
            f"At row {row + 1}, column {column + 1}, {data.inside.sum()} of the {self.size**2} pixels of the "
            f"{self.size} × {self.size} window lie on the map; their mean square is {data.mean_square:.2f}, so "
            f"{number(data.x[data.cell])} becomes {number(data.y[data.cell])}. "
            f"Over the map the standard deviation goes from {data.x.std():.2f} to {data.y.std():.2f}, the largest "
            f"absolute value from {np.abs(data.x).max():.2f} to {np.abs(data.y).max():.2f}."
        )


def _close_up(x: Values, cell: tuple[int, int]) -> tuple[Values, tuple[int, int]]:
    """Return the pixels around a cell, NaN outside the map, and the row and column of the first one."""
    half = [size // 2 for size in CLOSE]
    padded = np.pad(x, [(h, h) for h in half], constant_values=np.nan)
    row, column = cell
    return padded[row : row + CLOSE[0], column : column + CLOSE[1]], (row - half[0], column - half[1])
