"""The running variance on its way from its start value to the batches' variance."""

from __future__ import annotations

import numpy as np

from classroom.quiz.run import Run, Values
from classroom.typeset import number, percent
from normlib.running import averaged, start

AFTER = (1, 5, 10, 20, 40)
MOMENTUM, VARIANCE = 0.1, 4.0


def compute() -> Values:
    """Average so many batches, each of mean 0 and this variance."""
    running, found = start(1), {}
    for batch in range(1, max(AFTER) + 1):
        running = averaged(running, np.zeros(1), np.full(1, VARIANCE), MOMENTUM, "running_variance")
        found[batch] = float(running.var[0])
    return tuple(found[batch] for batch in AFTER)


def says(values: Values) -> str:
    """Say how much of the way is left."""
    left = (VARIANCE - values[2]) / (VARIANCE - 1)
    return (
        f"Each batch takes a tenth of the way that is left, so after {AFTER[2]} batches {percent(left)} of the way "
        f"from 1 to {VARIANCE:g} are left: the running variance is {number(values[2])}, after {AFTER[-1]} batches "
        f"{number(values[-1])}."
    )


RUN = Run(
    points=tuple(map(str, AFTER)),
    each="after batch {}",
    x="batches",
    y="running variance",
    low=0.0,
    high=5.0,
    compute=compute,
    says=says,
)
