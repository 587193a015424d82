"""Every training set by its name.

The folders of MNIST and CIFAR-10 are named by whoever starts the program, in the environment: no reader of the talk can
make it open a folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from lab.data.bundled import digits
from lab.data.cifar import cifar10
from lab.data.dataset import Data, DataError
from lab.data.idx import mnist
from lab.data.toy import TOYS, points

Kind = Literal["pictures", "points"]

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "data"
FOLDERS: Mapping[str, tuple[str, Path]] = MappingProxyType(
    {  # the variable that names a folder, and where the files are looked for without it
        "mnist": ("MNIST_FOLDER", ASSETS / "mnist"),
        "cifar10": ("CIFAR10_FOLDER", ASSETS / "cifar-10-batches-bin"),
    }
)
KINDS: Mapping[str, Kind] = MappingProxyType(
    {"digits": "pictures", "mnist": "pictures", "cifar10": "pictures", **dict.fromkeys(TOYS, "points")}
)


def named(name: str) -> Data:
    """Return a training set by its name in `KINDS`. Raises DataError where its files cannot be used."""
    if name == "digits":
        return digits()
    if name in TOYS:
        return points(name)
    if name in FOLDERS:
        variable, folder = FOLDERS[name]
        place = Path(os.environ.get(variable) or folder)
        try:
            return mnist(place) if name == "mnist" else cifar10(place)
        except OSError as error:  # no right to read, a broken disk: its own sentence holds the whole path
            raise DataError(
                f"{name}: {{place}} must be readable, got {(error.strerror or 'an error').lower()}. Let whoever starts "
                f"the program read it, or name another folder in {variable}.",
                Path(error.filename or place),
            ) from error
    raise ValueError(f"named: the data must be one of {', '.join(KINDS)}, got {name!r}. Choose one of these.")
