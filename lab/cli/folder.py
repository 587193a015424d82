"""Where a run's files go: a folder for each configuration, which never takes the place of another's."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from lab.experiment import Experiment

STAMP = "configuration.json"  # says whose files a folder holds


class Folder:
    """The folder of one configuration. Raises ValueError where it cannot be used, before anything is trained."""

    def __init__(self, path: Path | None, name: str, experiment: Experiment[Any]) -> None:
        content = {"experiment": name, **dataclasses.asdict(experiment)}
        self.stamp = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        self.path = path or Path("runs") / f"{name}-{hashlib.sha256(self.stamp.encode()).hexdigest()[:8]}"

    def claim(self, names: list[str]) -> None:
        """Refuse a folder that cannot be written, or in which these names are files of something else."""
        made = next(place for place in (self.path, *self.path.absolute().parents) if os.path.lexists(place))
        if not made.is_dir() or not os.access(made, os.W_OK | os.X_OK):
            raise ValueError(
                f"--out: {self.path} must be a folder that can be written, and {made} is none. Name another folder."
            )
        stamp = self.path / STAMP
        if self._is_own(stamp):
            return
        taken = next((name for name in (STAMP, *names) if os.path.lexists(self.path / name)), None)
        if taken:
            raise ValueError(
                f"--out: {self.path} must be free or hold this very configuration's files, "
                f"and its {taken} is of something else. Name another folder."
            )

    def write(self, name: str, text: str) -> Path:
        """Write a whole file or none, and return its place."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for each, content in ((STAMP, self.stamp), (name, text)):
                part = self.path / f".{each}.part"
                part.write_text(content, encoding="utf-8", newline="")
                part.replace(self.path / each)
        except OSError as error:
            raise ValueError(
                f"--out: {self.path / name} must be writable, got {error.strerror}. Make room, or name another folder."
            ) from error
        return self.path / name

    def _is_own(self, stamp: Path) -> bool:
        try:
            return stamp.read_bytes() == self.stamp.encode()
        except OSError:
            return False
