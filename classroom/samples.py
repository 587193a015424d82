"""Real input: photographs through a small fixed bank of filters, handwritten digits, and tensors made to order.

scikit-learn ships the photographs and the digits; it is imported only when they are asked for.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Photo = Literal["china", "flower"]
PHOTOS: tuple[Photo, ...] = ("china", "flower")
DIRECTIONS = 12
SHRINK = 4  # photographs are averaged over SHRINK × SHRINK pixels
SIDE = 64  # rows and columns of a square picture
SQUARES: dict[Photo, tuple[int, int]] = {"china": (10, 8), "flower": (0, 128)}  # row and column where they begin


def _read_only(array: Floats) -> Floats:
    array.setflags(write=False)
    return array


def filter_bank(directions: int = DIRECTIONS, size: int = 9, period: float = 5.0) -> Floats:
    """Return oriented edge filters, (directions, size, size): odd Gabor functions, zero mean, unit absolute sum."""
    half = size // 2
    rows, columns = np.mgrid[-half : half + 1, -half : half + 1]
    filters = np.empty((directions, size, size))
    for i in range(directions):
        angle = np.pi * i / directions
        across = columns * np.cos(angle) + rows * np.sin(angle)
        gabor = np.exp(-(rows**2 + columns**2) / 8.0) * np.sin(2 * np.pi * across / period)
        gabor -= gabor.mean()
        filters[i] = gabor / np.abs(gabor).sum()
    return _read_only(filters)


@cache
def colours(name: Photo = "flower") -> Floats:
    """Return a bundled photograph as red, green and blue, (1, 3, 90, 135), from 0 to 1."""
    from sklearn.datasets import load_sample_image

    pixels = load_sample_image(f"{name}.jpg").astype(np.float64)[40:400, 60:600] / 255.0
    shrunk = pixels.reshape(90, SHRINK, 135, SHRINK, 3).mean(axis=(1, 3))
    return _read_only(np.ascontiguousarray(shrunk.transpose(2, 0, 1))[None])


@cache
def photo(name: Photo = "china") -> Floats:
    """Return a bundled photograph in grey, 90 × 135, from 0 to 1."""
    return _read_only(colours(name)[0].mean(axis=0))


@cache
def responses(name: Photo = "china") -> Floats:
    """Return a photograph through the filter bank, (1, 12, 90, 135), scaled to standard deviation 1 over all."""
    maps = filtered((photo(name) - photo(name).mean())[None], filter_bank())
    return _read_only(maps / maps.std())


@cache
def squares() -> Floats:
    """Return the bundled photographs as grey squares, (2, 64, 64), from 0 to 1: averages over 6 × 6 pixels."""
    from sklearn.datasets import load_sample_image

    found = []
    for name, (row, column) in SQUARES.items():
        pixels = load_sample_image(f"{name}.jpg")[row : row + 6 * SIDE, column : column + 6 * SIDE] / 255.0
        found.append(pixels.reshape(SIDE, 6, SIDE, 6, 3).mean(axis=(1, 3, 4)))
    return _read_only(np.stack(found))


@cache
def _square_scale() -> float:
    return float(filtered(squares(), filter_bank(8)).std())


def edges(images: Floats) -> Floats:
    """Return grey images (n, rows, columns) through eight filters, (n, 8, rows, columns).

    All are on one scale: the one that gives the squares of the bundled photographs standard deviation 1.
    """
    return _read_only(filtered(images, filter_bank(8)) / _square_scale())


def filtered(images: Floats, filters: Floats) -> Floats:
    """Return (n, filters, rows, columns): images (n, rows, columns) through filters, mirrored at borders."""
    half = filters.shape[1] // 2
    padded = np.pad(images, ((0, 0), (half, half), (half, half)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, filters.shape[1:], axis=(1, 2))
    return np.einsum("nijab,kab->nkij", windows, filters, optimize=True)


@cache
def batch(count: int = 2) -> Floats:
    """Return the responses of the first photographs as a batch, (count, 12, 90, 135), on one common scale."""
    return _read_only(np.concatenate([responses(name) for name in PHOTOS[:count]]))


@cache
def digits(count: int = 64) -> Floats:
    """Return handwritten digits, (count, 1, 8, 8), from 0 to 1."""
    from sklearn.datasets import load_digits

    return _read_only((load_digits().images[:count] / 16.0)[:, None])


@cache
def digit_responses(count: int = 54, directions: int = DIRECTIONS) -> Floats:
    """Return handwritten digits as 12 channels (or as many as directions), (count, 12, 8, 8), of standard deviation 1.

    Each channel is the digit plus its slope in one direction: larger filters would leave nothing of 8 × 8 pixels.
    """
    pixel = np.zeros((3, 3))
    pixel[1, 1] = 1.0
    rows, columns = np.mgrid[-1:2, -1:2]
    turns = 2 * np.pi * np.arange(directions) / directions
    slopes = np.stack([columns * np.cos(turn) + rows * np.sin(turn) for turn in turns]) / 6.0  # over three pixels each
    images = digits(count)[:, 0]
    maps = filtered(images - images.mean(), pixel + slopes)
    return _read_only(maps / maps.std())


@lru_cache(maxsize=16)
def synthetic(shape: tuple[int, ...], mean: float = 0.0, spread: float = 1.0, seed: int = 0) -> Floats:
    """Return normal random numbers with this mean and standard deviation."""
    return _read_only(np.random.default_rng(seed).normal(mean, spread, shape))
