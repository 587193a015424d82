"""How arrays are laid out for the eye: mosaics of samples, frames around pooled cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classroom.picture import Box, Scale, Values


def beyond(values: Values, scale: Scale) -> str:
    """Say how much a scale that is symmetric about zero cuts off.

    >>> beyond(np.array([0.0, 1.0, -4.0, 2.0]), Scale(-3.0, 3.0))
    '25.0 % beyond ±3'
    """
    return f"{100 * np.mean(np.abs(values) > scale.high):.1f} % beyond ±{scale.high:g}"


def mosaic(maps: Values, columns: int) -> NDArray[np.float64]:
    """Lay maps (n, rows, columns) out in a grid, row by row, with a line of NaN between neighbours; NaN is not painted.

    >>> mosaic(np.ones((3, 1, 1)), columns=2)
    array([[ 1., nan,  1.],
           [nan, nan, nan],
           [ 1., nan, nan]])
    """
    n, high, wide = maps.shape
    grid = np.full((-(-n // columns), columns, high + 1, wide + 1), np.nan)
    grid.reshape(-1, high + 1, wide + 1)[:n, :high, :wide] = maps
    return grid.transpose(0, 2, 1, 3).reshape(len(grid) * (high + 1), -1)[:-1, :-1]


def box_around(mask: NDArray[np.bool_]) -> Box:
    """Return the frame of the True cells of a map (rows, columns); an exhibit gets the mask from `norm.pooled`."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return Box(int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1)


def cell_box(row: int, column: int) -> Box:
    """Return the frame of the one cell that is asked about."""
    return Box(row, column, 1, 1, "cell")
