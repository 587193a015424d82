"""An experiment that a test holds and lets go, also where it runs in another process."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lab.experiment import Experiment, Progress


class Result(NamedTuple):
    """How often a run has been asked to go on, and the process that it is in."""

    value: np.ndarray
    process: int

    def verdict(self) -> str:
        return f"{self.value}"


@dataclass(frozen=True, kw_only=True)
class Gated(Experiment[Result]):
    """Goes on for as long as the file `folder/go` is missing; tells the folder that it has begun."""

    title = claim = source = "for the test"
    folder: str
    name: str = "a"
    fails: bool = False

    def run(self) -> Iterator[Progress[Result]]:
        begun = Path(self.folder, f"begun-{self.name}")
        begun.write_text(begun.read_text() + "x" if begun.exists() else "x")
        for n in range(3000):
            if self.fails and n:
                raise ZeroDivisionError("on purpose")
            yield Progress(n / 3000, Result(np.array([n]), os.getpid()))
            if Path(self.folder, "go").exists():
                break
            time.sleep(0.01)
        yield Progress(1.0, Result(np.array([-1]), os.getpid()))
