"""Write the golden files anew: `python -m tests.conformance.golden`, where the frameworks are installed.

`tests/conformance/requirements.txt` names them. A framework that is missing keeps the file it has.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from importlib.metadata import packages_distributions, version
from pathlib import Path

import numpy as np

from .case import Array
from .frameworks import Framework, flax, keras, papers, pytorch, tensorflow, timm

FRAMEWORKS: Mapping[str, Framework] = {
    "pytorch": pytorch.FRAMEWORK,
    "keras": keras.FRAMEWORK,
    "tensorflow": tensorflow.FRAMEWORK,
    "flax": flax.FRAMEWORK,
    "timm": timm.FRAMEWORK,
    "papers": papers.FRAMEWORK,
}
VERSIONS = "versions"  # the array of a file that says in JSON what wrote it


def path(name: str) -> Path:
    """Return where a framework's numbers lie."""
    return Path(__file__).parent / "golden" / f"{name}.npz"


def committed(name: str) -> Mapping[str, Array]:
    """Read a framework's numbers; the versions apart."""
    with np.load(path(name)) as file:
        return {key: file[key] for key in file.files if key != VERSIONS}


def versions(framework: Framework) -> dict[str, str]:
    """Return what computes the numbers here."""
    sold_as = packages_distributions()
    packages = {package: version(sold_as[package][0]) for package in (*framework.packages, "numpy")}
    return {"python": platform.python_version(), **packages}


def write(name: str) -> str:
    """Compute a framework's numbers, write its file, and say so."""
    framework = FRAMEWORKS[name]
    if not framework.is_here:
        return f"{path(name).name}: kept, {' and '.join(framework.packages)} is not installed"
    numbers, by = framework.compute(), versions(framework)
    np.savez_compressed(path(name), **{VERSIONS: np.array(json.dumps(by))}, **numbers)
    return f"{path(name).name}: {len(numbers)} arrays, {path(name).stat().st_size:,} bytes, by {by}"


if __name__ == "__main__":
    for each in FRAMEWORKS:
        print(write(each))
