"""Which cells share a statistic, operator beside operator: the picture of the group normalization paper, computed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classroom.exhibit import Exhibit, Pick, Range
from classroom.picture import Block, Picture
from normlib import Norm
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.batch_renorm import BatchRenorm
from normlib.norms.cross_channel_norm import CrossChannelNorm
from normlib.norms.dynamic_tanh import DynamicTanh
from normlib.norms.filter_response_norm import FilterResponseNorm
from normlib.norms.group_norm import GroupNorm
from normlib.norms.instance_norm import InstanceNorm
from normlib.norms.layer_norm import LayerNorm
from normlib.norms.local_response_norm import LocalResponseNorm
from normlib.norms.lp_norm import LpNorm
from normlib.norms.mean_variance_norm import MeanVarianceNorm
from normlib.norms.rms_norm import RMSNorm
from normlib.norms.spatial_norm import SpatialNorm
from normlib.norms.switchable_norm import SwitchableNorm
from normlib.pool import Span

SHAPE = (4, 6, 4)  # samples, feature maps, positions: for every operator but two, another number of cells in a set
POSITION = 1  # of the outlined cell
LETTERS = ("M", "K", "H·W")  # how long each axis is, in the letters of the block
EQUAL, UNEQUAL, NEAR = (f"test {sign} training".replace(" ", "\N{NO-BREAK SPACE}") for sign in "=≠≈")
GROUPED = "group"
FIRST, MORE = "1–8", "9–16"
RENORMALIZED = "renormalized"
EIGHT: dict[str, Norm] = {
    "batch": BatchNorm(layout="NCL"),
    "layer": LayerNorm(layout="NCL"),
    "instance": InstanceNorm(layout="NCL"),
    GROUPED: GroupNorm(layout="NCL"),
    "layer, channels": LayerNorm(layout="NCL", over="channels"),
    "root mean square": RMSNorm(layout="NCL"),
    "filter response": FilterResponseNorm(layout="NCL"),
    "switchable": SwitchableNorm(layout="NCL"),
}
EIGHT_MORE: dict[str, Norm] = {
    "local response": LocalResponseNorm(layout="NCL", size=3),
    "within a channel": LocalResponseNorm(layout="NCL", mode="within_channel", size=3),
    "cross-channel": CrossChannelNorm(layout="NCL", size=3),
    "spatial": SpatialNorm(layout="NCL"),
    "mean-variance": MeanVarianceNorm(layout="NCL"),
    "Lp": LpNorm(layout="NCL"),
    RENORMALIZED: BatchRenorm(layout="NCL"),
    "dynamic tanh": DynamicTanh(layout="NCL"),
}


class Shared(NamedTuple):
    """The cells that share the outlined cell's statistic, and how many different such sets the block holds."""

    painted: NDArray[np.bool_]  # (samples, feature maps, positions)
    sets: int
    in_window: bool = False  # some cells of an axis, as many around each cell; else all of it, or a group

    @property
    def cells(self) -> int:
        """Count the cells of the set."""
        return int(self.painted.sum())

    @property
    def of_others(self) -> bool:
        """Say whether another sample's cells are among them."""
        return self._along(0) > 1

    @property
    def extent(self) -> str:
        """Write the number of cells in the letters of the block, `H·W·K/G`; empty where they are no product of axes."""
        along = [self._along(axis) for axis in range(3)]
        if self.cells != np.prod(along):
            return ""
        return "·".join(self._length(axis, along[axis]) for axis in (2, 1, 0) if along[axis] > 1)

    def _length(self, axis: int, count: int) -> str:
        if count == SHAPE[axis]:
            return LETTERS[axis]
        return f"{count} of {LETTERS[axis]}" if self.in_window else f"{LETTERS[axis]}/G"

    def _along(self, axis: int) -> int:
        return int(self.painted.any(axis=tuple(a for a in range(3) if a != axis)).sum())


class Data(NamedTuple):
    """What each operator pools for the outlined cell, by the operator's name."""

    shared: dict[str, Shared]
    chosen: tuple[int, int, int]  # sample, feature map, position


@dataclass(frozen=True, kw_only=True)
class SharedCells(Exhibit):
    """Move the outlined cell and change the number of groups: the sets of the operators follow, in the same block."""

    title = "The cells that share a statistic with the outlined one, for each operator"

    channel: Annotated[int, Range("feature map k", 1, SHAPE[1], 1)] = 3
    sample: Annotated[int, Range("sample m", 1, SHAPE[0], 1)] = 1
    groups: Annotated[str, Pick("groups G", ("1", "2", "3", "6"))] = "2"
    operators: Annotated[str, Pick("operators", (FIRST, MORE))] = FIRST

    def norms(self) -> tuple[Norm, ...]:
        """Return all operators, group normalization with this many groups."""
        return (*self._eight().values(), *EIGHT_MORE.values())

    def _eight(self) -> dict[str, Norm]:
        return EIGHT | {GROUPED: GroupNorm(layout="NCL", groups=int(self.groups))}

    def compute(self) -> Data:
        """Ask the operators shown which cells enter the statistic of the outlined cell, and of every other one."""
        cell = (self.sample - 1, self.channel - 1, POSITION)
        shown = self._eight() if self.operators == FIRST else EIGHT_MORE
        shared = {
            name: Shared(norm.pooled(SHAPE, cell), _sets(norm), _has_window(norm)) for name, norm in shown.items()
        }
        return Data(shared, cell)

    def picture(self, data: Data) -> Picture:
        """Draw the same block for every operator, with its two numbers, its extent and what follows for the test."""
        sample, channel, position = data.chosen
        return [
            Block(
                span=3,
                label=name,
                note=_count(shared),
                below=_meaning(name, data),
                axes=("H, W", "M", "K"),
                painted=shared.painted.transpose(2, 0, 1)[..., None],
                chosen=(position, sample, channel, 0),
                height_rem=7.9,
            )
            for name, shared in data.shared.items()
        ]

    def alt(self, data: Data) -> str:
        """Give the two numbers of every operator, and whether other samples take part."""
        sample, channel, position = (at + 1 for at in data.chosen)
        samples, maps, positions = SHAPE
        said = "; ".join(f"{name} {_count(shared)}, {_meaning(name, data)}" for name, shared in data.shared.items())
        return (
            f"The same block of {samples} samples, {maps} feature maps and {positions} positions for every operator; "
            f"position {position} of feature map {channel} in sample {sample} is outlined, and the cells that share "
            f"its statistic are painted, with {self.groups} groups for group normalization. "
            f"Cells in a set and number of sets: {said}."
        )


def _earlier(name: str, data: Data) -> str:
    """Return the first operator that pools the same cells; empty where that is the one of this name."""
    own = data.shared[name]
    same = (n for n, s in data.shared.items() if s.sets == own.sets and np.array_equal(s.painted, own.painted))
    return "" if (first := next(same)) == name else first


def _count(shared: Shared) -> str:
    return f"{shared.cells} cells × {shared.sets} sets" if shared.cells else "no cells"


def _meaning(name: str, data: Data) -> str:
    """Say over what the statistic is taken, and whether the test can compute what training does."""
    shared, earlier = data.shared[name], _earlier(name, data)
    if shared.of_others:  # renormalization corrects a batch's statistics to those of the test, up to its clips
        return f"{shared.extent or 'mixed'}, across samples: {NEAR if name == RENORMALIZED else UNEQUAL}"
    if not shared.cells:
        return f"no statistic: {EQUAL}"
    return f"{f'as in {earlier}' if earlier else f'{shared.extent} of one sample'}: {EQUAL}"


def _has_window(norm: Norm) -> bool:
    return any(
        isinstance(axis, Span) and axis.before + axis.after > 0 for axis in (norm.pool.c, norm.pool.h, norm.pool.w)
    )


@lru_cache(maxsize=len(EIGHT) + len(EIGHT_MORE) + 4)
def _sets(norm: Norm) -> int:
    """Count the different pooled sets of the block."""
    return len({norm.pooled(SHAPE, cell).tobytes() for cell in np.ndindex(*SHAPE)})
