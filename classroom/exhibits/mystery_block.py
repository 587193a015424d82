"""The block of the quiz: painted cells, and no word that names the operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classroom.exhibit import Exhibit
from classroom.exhibits.painted_block import SHAPE, described
from classroom.picture import Block, Picture
from normlib.norms.batch_norm import BatchNorm

CHOSEN = (1, 0, 3, 1)  # h, w, k, m


class Data(NamedTuple):
    """Which cells are painted."""

    painted: NDArray[np.bool_]  # (H, W, K, M)


@dataclass(frozen=True, kw_only=True)
class MysteryBlock(Exhibit):
    """Show the cells that share statistics; the reader says whose picture this is."""

    title = "Which cells share their statistics with the outlined one?"

    def compute(self) -> Data:
        """Ask the operator that the quiz is about."""
        return Data(BatchNorm(layout="HWKM").pooled(SHAPE, CHOSEN))

    def picture(self, data: Data) -> Picture:
        """Draw the block of each sample, and nothing else."""
        return [Block(painted=data.painted, chosen=CHOSEN, height_rem=10.0)]

    def alt(self, data: Data) -> str:
        """Describe the painted cells, so that the question can be answered without seeing them."""
        return described(data.painted, CHOSEN)
