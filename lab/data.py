"""The pictures that networks learn: scikit-learn's digits, and CIFAR-10 where the reader has the files."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.layers import Array

HELD_OUT = 500  # of the 1,797 digits
CIFAR10_RECORD = 1 + 3 * 32 * 32  # bytes: the label, then the red, green and blue planes, row by row
CIFAR10_TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
CIFAR10_TEST = "test_batch.bin"
CIFAR10_HELP = "Download the binary version, cifar-10-binary.tar.gz, from https://www.cs.toronto.edu/~kriz/cifar.html"


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

    pictures: NDArray[np.uint8]  # (N, C, H, W)
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


@lru_cache(maxsize=2)
def digits(*, centred: bool = True) -> Data:
    """Return the 1,797 handwritten digits of 8×8 pixels that come with scikit-learn, 500 of them held out.

    Centred: mean 0 and variance 1 over the training set; otherwise ink from 0 to 1. The split never changes.
    Source: Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository.
    """
    from sklearn.datasets import load_digits  # here, for it takes a moment and CIFAR-10 does without

    bunch = load_digits()
    order = np.random.default_rng(0).permutation(len(bunch.target))
    pictures = bunch.images[order, None].astype(np.uint8)  # ink from 0 to 16
    labels = bunch.target[order].astype(np.intp)
    lock(pictures, labels)
    train, test = slice(None, -HELD_OUT), slice(-HELD_OUT, None)
    shift, scale = centring(pictures[train]) if centred else (f32([0.0]), f32([1 / 16]))
    return Data(
        Split(pictures[train], labels[train], shift, scale), Split(pictures[test], labels[test], shift, scale), 10
    )


@lru_cache(maxsize=1)
def cifar10(folder: Path, *, per_file: int = 10_000) -> Data:
    """Read CIFAR-10's binary version: five training files and a test file of 10,000 colour pictures of 32×32 pixels.

    Raises DataError that says which file is missing or corrupt. The Python version is refused: opening a pickle
    runs whatever code is in it. Source: Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images.
    """
    folder = Path(folder)
    if (folder / "cifar-10-batches-bin").is_dir():
        folder = folder / "cifar-10-batches-bin"
    if not folder.is_dir():
        raise DataError(f"cifar10: the folder must exist, got {{place}}. {CIFAR10_HELP} and unpack it there.", folder)
    missing = [name for name in (*CIFAR10_TRAIN, CIFAR10_TEST) if not (folder / name).is_file()]
    if missing:
        pickles = " (the files of the Python version cannot be used)" if (folder / "data_batch_1").exists() else ""
        raise DataError(
            "cifar10: {place} must hold data_batch_1.bin to data_batch_5.bin and test_batch.bin, "
            f"missing {', '.join(missing)}{pickles}. {CIFAR10_HELP} and unpack it there.",
            folder,
        )
    test_pictures, test_labels = read_cifar10(folder / CIFAR10_TEST, per_file)
    train = [read_cifar10(folder / name, per_file) for name in CIFAR10_TRAIN]
    pictures = np.concatenate([p for p, _ in train])
    labels = np.concatenate([n for _, n in train])
    lock(pictures, labels, test_pictures, test_labels)
    shift, scale = centring(pictures)
    return Data(Split(pictures, labels, shift, scale), Split(test_pictures, test_labels, shift, scale), 10)


def read_cifar10(file: Path, count: int) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Read one file: pictures N×3×32×32 and labels."""
    size = file.stat().st_size  # before reading: a wrong file may be of any size
    if size != count * CIFAR10_RECORD:
        raise DataError(
            f"cifar10: {{place}} must be {count * CIFAR10_RECORD:,} bytes ({count:,} pictures of {CIFAR10_RECORD:,}), "
            f"got {size:,}. {CIFAR10_HELP} once more.",
            file,
        )
    records = np.fromfile(file, np.uint8).reshape(count, CIFAR10_RECORD)
    labels = records[:, 0].astype(np.intp)
    if labels.max() > 9:
        at = int(np.argmax(labels > 9))
        raise DataError(
            f"cifar10: every label in {{place}} must be 0 to 9, got {labels[at]} at picture {at}. "
            f"{CIFAR10_HELP} once more.",
            file,
        )
    return records[:, 1:].reshape(count, 3, 32, 32), labels


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
