"""MNIST, where the files are at hand: 70,000 handwritten digits of 28×28 pixels, as IDX files."""

from __future__ import annotations

import gzip
import zlib
from functools import lru_cache
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lab.data.dataset import Data, DataError, Split, centring, lock

SIDE = 28  # pixels
COUNTS = (60_000, 10_000)  # to learn from, held out
NAMES = tuple(f"{part}-{kind}" for part in ("train", "t10k") for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"))


def address(name: str) -> str:
    """Return where a file can be had: of the mirror only whole addresses open, and the original page has no files."""
    return f"https://ossci-datasets.s3.amazonaws.com/mnist/{name}.gz"


@lru_cache(maxsize=1)
def mnist(folder: Path, *, counts: tuple[int, int] = COUNTS) -> Data:
    """Read MNIST's four IDX files, as they are or compressed with gzip.

    Raises DataError that says which file is missing or corrupt, and OSError where one may not be read. Source: LeCun,
    Cortes & Burges 1998, The MNIST Database of Handwritten Digits.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(
            f"mnist: the folder must exist, got {{place}}. Make it and download into it {', '.join(NAMES)}, "
            f"each from {address('NAME')}.",
            folder,
        )
    files = [next((f for f in (folder / name, folder / f"{name}.gz") if f.is_file()), None) for name in NAMES]
    missing = [name for name, file in zip(NAMES, files, strict=True) if file is None]
    if missing:
        raise DataError(
            f"mnist: {{place}} must hold {', '.join(NAMES)}, as they are or with .gz, missing {', '.join(missing)}. "
            f"Download each of these from {address('NAME')}.",
            folder,
        )
    found = []
    for count, images, labels in zip(counts, files[::2], files[1::2], strict=True):
        if images is None or labels is None:
            raise AssertionError  # said above
        pictures = read_idx(images, (count, SIDE, SIDE))[:, None]
        numbers = read_idx(labels, (count,)).astype(np.intp)
        if numbers.max() > 9:
            at = int(np.argmax(numbers > 9))
            raise DataError(
                f"mnist: every label in {{place}} must be 0 to 9, got {numbers[at]} at picture {at}. {again(labels)}",
                labels,
            )
        lock(pictures, numbers)
        found.append((pictures, numbers))
    shift, scale = centring(found[0][0])
    train, held_out = (Split(*each, shift, scale) for each in found)
    return Data(train, held_out, 10)


def read_idx(file: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read an IDX file of bytes: two zeros, the type 8, the number of axes, each axis' length, then the values.

    What is compressed is unpacked no further than its shape allows: a small file may hold any number of bytes.
    """
    head = bytes((0, 0, 8, len(shape))) + b"".join(n.to_bytes(4, "big") for n in shape)
    size = len(head) + prod(shape)
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            raw = stream.read(size + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:  # no gzip, or broken off
        raise DataError(f"mnist: {{place}} must be a gzip file, got a broken one. {again(file)}", file) from error
    if not raw.startswith(head):
        raise DataError(
            f"mnist: {{place}} must begin as an IDX file of {' × '.join(map(str, shape))} bytes, {head.hex(' ')}, "
            f"got {raw[: len(head)].hex(' ') or 'nothing'}. {again(file)}",
            file,
        )
    if len(raw) != size:
        got = f"{len(raw):,}" if len(raw) < size else "more"
        raise DataError(f"mnist: {{place}} must be {size:,} bytes when unpacked, got {got}. {again(file)}", file)
    return np.frombuffer(raw, np.uint8, offset=len(head)).reshape(shape)


def again(file: Path) -> str:
    return f"Download it once more from {address(file.name.removesuffix('.gz'))}."
