"""What every training set is: examples to learn from and examples to be judged by, locked and scaled."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.layers import Array


class DataError(ValueError):
    """Training data that cannot be used, in a few words to the person who can put it right.

    `sentence` says {place} where a folder or file is named.
    """

    def __init__(self, sentence: str, place: Path) -> None:
        super().__init__(sentence, place)
        self.sentence, self.place = sentence, place

    def __str__(self) -> str:
        return self.sentence.format(place=self.place)

    def public(self) -> str:
        """Say the same with the last name of the place alone: readers learn nothing of the machine's folders."""
        return self.sentence.format(place=self.place.name or "the folder")


class Split(NamedTuple):
    """Pictures kept as bytes, so that CIFAR-10 takes 150 MB and not 600; `take` makes numbers of a few at a time."""

    pictures: NDArray[Any]  # (N, C, H, W): bytes, or float32 for points
    labels: NDArray[np.intp]  # (N,)
    shift: Array  # (C, 1, 1), float32: x = (picture - shift) * scale
    scale: Array  # (C, 1, 1), float32

    def take(self, index: slice | NDArray[np.intp]) -> tuple[Array, NDArray[np.intp]]:
        """Return some examples, float32 N×C×H×W, and their labels."""
        return (self.pictures[index] - self.shift) * self.scale, self.labels[index]

    def head(self, count: int) -> Split:
        """Return the first examples."""
        return self._replace(pictures=self.pictures[:count], labels=self.labels[:count])


class Data(NamedTuple):
    """What a network learns from, and what it is judged by."""

    train: Split
    held_out: Split
    classes: int

    @property
    def shape(self) -> tuple[int, ...]:
        return self.train.pictures.shape[1:]


def lock(*arrays: Array) -> None:
    """Make arrays read-only: every experiment of the process is given these same ones."""
    for array in arrays:
        array.setflags(write=False)


def centring(pictures: NDArray[np.uint8]) -> tuple[Array, Array]:
    """Return the shift and scale that give each channel mean 0 and variance 1."""
    # from counts of the 256 values: exact, and without a float copy of all pictures
    values = np.arange(256)
    counts = np.zeros((pictures.shape[1], 256))
    for start in range(0, len(pictures), 1000):  # bincount makes eight bytes of every one
        for channel, planes in enumerate(pictures[start : start + 1000].swapaxes(0, 1)):
            counts[channel] += np.bincount(planes.ravel(), minlength=256)
    mean = counts @ values / counts.sum(axis=1)
    var = (counts * (values - mean[:, None]) ** 2).sum(axis=1) / counts.sum(axis=1)
    return f32(mean), f32(1 / np.sqrt(np.maximum(var, 1e-12)))


def f32(per_channel: Array | list[float]) -> Array:
    return np.asarray(per_channel, np.float32)[:, None, None]
