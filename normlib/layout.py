"""Where the axes of an array stand: each layout as N x C x H x W, and back.

A sequence is a map of one row, a matrix a map of one pixel. The layers of a volume stand below one another as rows,
which is exact for every operator that takes rows and columns whole, or cell by cell.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from normlib.pool import Array

# HWKM is the talk's: row, column, channel, example. D is a volume's depth, L a sequence's length.
Layout = Literal["NCHW", "NHWC", "HWKM", "NCL", "NLC", "NC", "NCDHW", "NDHWC"]

# Which of N, C, H, W each letter counts along; a layout has as many axes as letters.
_PLACE = {"N": 0, "M": 0, "C": 1, "K": 1, "D": 2, "H": 2, "W": 3, "L": 3}

Shape = tuple[int, ...]


def to_nchw(array: Array, layout: str) -> Array:
    """Return `array`, given in `layout`, as N x C x H x W; a view, but where a volume's rows lie too far apart.

    >>> import numpy as np
    >>> to_nchw(np.zeros((2, 5, 3)), "NLC").shape, to_nchw(np.zeros((2, 4, 5, 6, 3)), "NDHWC").shape
    ((2, 3, 1, 5), (2, 3, 20, 6))
    """
    if layout == "NCHW":
        return array
    return array.transpose(_order(layout)).reshape(nchw_shape(array.shape, layout))


def from_nchw(array: Array, layout: str, shape: Shape) -> Array:
    """Return a view of an N x C x H x W `array` in `layout`, where it has the given shape."""
    if layout == "NCHW":
        return array
    order = _order(layout)
    return array.reshape([shape[axis] for axis in order]).transpose(_back(layout))


@lru_cache(maxsize=512)
def nchw_shape(shape: Shape, layout: str) -> tuple[int, int, int, int]:
    """Return the N, C, H, W of a shape in `layout`.

    >>> nchw_shape((2, 4, 5, 6, 3), "NDHWC")
    (2, 3, 20, 6)
    """
    lengths = [1, 1, 1, 1]
    for letter, length in zip(layout, shape, strict=True):
        lengths[_PLACE[letter]] *= length
    n, c, h, w = lengths
    return n, c, h, w


def nchw_cell(cell: Shape, shape: Shape, layout: str) -> tuple[int, int, int, int]:
    """Return where a cell of a shape in `layout` stands in N, C, H, W."""
    at = [0, 0, 0, 0]
    for letter, index, length in zip(layout, cell, shape, strict=True):
        at[_PLACE[letter]] = at[_PLACE[letter]] * length + index
    n, c, h, w = at
    return n, c, h, w


def element_to_chw(parameter: Array, layout: str) -> Array:
    """Return a parameter with one number per element of an example, given in `layout` without N, as C x H x W."""
    return to_nchw(parameter[None], _examples_first(layout))[0]


def element_from_chw(parameter: Array, layout: str, shape: Shape) -> Array:
    """Return a view of a C x H x W parameter in `layout` without N, for x of the given shape."""
    rest = tuple(n for letter, n in zip(layout, shape, strict=True) if _PLACE[letter] != 0)
    return from_nchw(parameter[None], _examples_first(layout), (1, *rest))[0]


def spoken(shape: Shape, layout: str) -> str:
    """Say an N, C, H, W shape in `layout`; of a volume's layers and rows the product alone is known.

    >>> spoken((2, 3, 4, 5), "NHWC"), spoken((2, 3, 20, 6), "NCDHW")
    ('(2, 4, 5, 3)', '(2, 3, D, H, 6) with D * H = 20')
    """
    merged = "DH" if "D" in layout else ""
    lengths = ", ".join(letter if letter in merged else str(shape[_PLACE[letter]]) for letter in layout)
    return f"({lengths})" + (f" with D * H = {shape[2]}" if merged else "")


@lru_cache
def _order(layout: str) -> tuple[int, ...]:
    """Return the axes of `layout` in the order of N, C, H, W, a volume's depth before its rows."""
    return tuple(sorted(range(len(layout)), key=lambda axis: _PLACE[layout[axis]]))


@lru_cache
def _back(layout: str) -> tuple[int, ...]:
    order = _order(layout)
    return tuple(order.index(axis) for axis in range(len(layout)))


@lru_cache
def _examples_first(layout: str) -> str:
    return "N" + "".join(letter for letter in layout if _PLACE[letter] != 0)
