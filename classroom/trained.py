"""Exhibits of the lab: a picture that grows while a network trains."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from classroom.exhibit import Exhibit
from classroom.training import finished
from lab.experiment import Experiment

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Trained(Exhibit, Generic[R]):
    """A picture of a run's result: of the whole one, or of what there is so far."""

    @abstractmethod
    def run(self) -> Experiment[R] | None:
        """Return the run that the picture needs at its settings; None where it needs none."""

    @abstractmethod
    def seen_in(self, result: R) -> Any:
        """Return the arrays of the picture from a result, which need not be the whole one."""

    @staticmethod
    def moment(steps: Any, step: int) -> int:
        """Return the index of the last recorded step that is no later than the chosen one."""
        return int(np.searchsorted(steps, step, side="right")) - 1

    def compute(self) -> Any:
        """Train, or take the run at hand."""
        run = self.run()
        if run is None:
            raise TypeError(f"{type(self).__name__}.compute: must have a run at these settings, got none. Override it.")
        return self.seen_in(finished(run))
