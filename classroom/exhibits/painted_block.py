"""The talk's H×W×K×M block, with the cells painted that share a statistic, for every operator of the talk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classroom.exhibit import Exhibit, Pick, Range
from classroom.picture import Block, Facts, Note, Picture
from normlib import Norm
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.cross_channel_norm import CrossChannelNorm
from normlib.norms.local_response_norm import LocalResponseNorm
from normlib.norms.mean_variance_norm import MeanVarianceNorm
from normlib.norms.spatial_norm import SpatialNorm

SHAPE = (4, 4, 6, 3)  # H, W, K, M
ROW = 1  # of the outlined cell
OPERATORS: dict[str, Norm] = {
    "batch": BatchNorm(layout="HWKM"),
    "mean-variance, per channel": MeanVarianceNorm(layout="HWKM"),
    "… across channels": MeanVarianceNorm(layout="HWKM", across_channels=True),
    "cross-channel": CrossChannelNorm(layout="HWKM", size=3),
    "spatial": SpatialNorm(layout="HWKM"),
    "local response, across channels": LocalResponseNorm(layout="HWKM", size=3),
    "… within a channel": LocalResponseNorm(layout="HWKM", size=3, mode="within_channel"),
}

NOTE = (
    "A dot: shares a statistic with the outlined cell. H = W = 4, K = 6, M = 3. "
    "Drag to turn the blocks, or use the arrow keys; a double click turns them back."
)


class Data(NamedTuple):
    """Which cells are painted, and how the whole block divides into such sets."""

    painted: NDArray[np.bool_]  # (H, W, K, M)
    chosen: tuple[int, int, int, int]
    sets: int  # different ones, over all cells
    overlap: bool  # whether a cell lies in several of them


@dataclass(frozen=True, kw_only=True)
class PaintedBlock(Exhibit):
    """Choose an operator and see which cells of the block enter the statistic of the outlined one."""

    title = "The H × W × K × M block: which cells share a statistic"

    operator: Annotated[str, Pick("operator", tuple(OPERATORS))] = "batch"
    channel: Annotated[int, Range("feature map k", 1, SHAPE[2], 1, group="cell")] = 3
    column: Annotated[int, Range("column j", 1, SHAPE[1], 1, group="cell")] = 1
    sample: Annotated[int, Range("sample m", 1, SHAPE[3], 1, group="cell")] = 1
    gap: Annotated[float, Range("pull the maps apart", 0.0, 2.0, 0.1, group="cell")] = 0.0

    def norm(self) -> Norm:
        """Return the chosen operator, in the layout of the talk."""
        return OPERATORS[self.operator]

    def compute(self) -> Data:
        """Ask the operator which cells enter the statistic of the outlined cell, and of every other one."""
        cell = (ROW, self.column - 1, self.channel - 1, self.sample - 1)
        return Data(self.norm().pooled(SHAPE, cell), cell, *_sets(self.norm()))

    def picture(self, data: Data) -> Picture:
        """Draw the block of each sample, then the two numbers."""
        count = int(data.painted.sum())
        total = np.prod(SHAPE)
        relation = (
            "one window for each cell, and windows overlap"
            if data.overlap
            else f"{data.sets} × {count} = {total}: every cell lies in exactly one"
        )
        facts = (
            (str(count), f"cells share one statistic: {_extent(data.painted)}"),
            (str(data.sets), f"such sets in the block: {relation}"),
        )
        return [
            Block(painted=data.painted, chosen=data.chosen, gap=self.gap, height_rem=13),
            *(Facts(span=4, items=(fact,)) for fact in facts),
            Note(span=4, text=NOTE),
        ]

    def alt(self, data: Data) -> str:
        """Describe the painted set: its extent along each axis, its size, and the number of such sets."""
        cells = described(data.painted, data.chosen)
        return f"{self.norm().title} ({self.operator}). {cells} The block holds {data.sets} such sets."


def described(painted: NDArray[np.bool_], chosen: tuple[int, int, int, int]) -> str:
    """Say which cells of the block are painted."""
    h, w, k, m = (at + 1 for at in chosen)
    rows, columns, maps, samples = SHAPE
    return (
        f"A block of {rows} rows, {columns} columns, {maps} feature maps and {samples} samples. The cell at row {h}, "
        f"column {w} of feature map {k} in sample {m} is outlined; {int(painted.sum())} of {painted.size} cells are "
        f"painted: {_extent(painted)}."
    )


def _extent(painted: NDArray[np.bool_]) -> str:
    """Say along each axis which indices are painted; a painted set is a box."""
    words = []
    for axis, name in enumerate(("row", "column", "feature map", "sample")):
        along = np.flatnonzero(painted.any(axis=tuple(a for a in range(4) if a != axis)))
        first, last = along[0] + 1, along[-1] + 1
        if len(along) == painted.shape[axis]:
            words.append(f"every {name}")
        else:
            words.append(f"{name} {first}" if first == last else f"{name}s {first} to {last}")
    return ", ".join(words)


@lru_cache(maxsize=len(OPERATORS))
def _sets(norm: Norm) -> tuple[int, bool]:
    """Count the different pooled sets of the block, and tell whether they overlap."""
    sets = {norm.pooled(SHAPE, cell).tobytes() for cell in np.ndindex(*SHAPE)}
    times = sum(np.frombuffer(one, dtype=np.bool_).astype(int) for one in sets)
    return len(sets), bool(np.max(times) > 1)
