"""CIFAR-10, where the files are at hand: 60,000 colour pictures of ten kinds of things."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lab.data.dataset import Data, DataError, Split, centring, lock

CIFAR10_RECORD = 1 + 3 * 32 * 32  # bytes: the label, then the red, green and blue planes, row by row
CIFAR10_TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
CIFAR10_TEST = "test_batch.bin"
CIFAR10_HELP = "Download the binary version, cifar-10-binary.tar.gz, from https://www.cs.toronto.edu/~kriz/cifar.html"


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
