"""One value in many random batches: how far its batch normalization varies, by the size of the batch."""

from __future__ import annotations

import numpy as np

from classroom.quiz.run import Run, Values
from classroom.typeset import number
from normlib.norms.batch_norm import BatchNorm

SIZES = (2, 4, 8, 16, 32)
BATCHES, SEED = 4000, 15
VALUE = 1.0  # one standard deviation above the mean of those that come with it


def compute() -> Values:
    """Normalize the value in batches of standard normal partners: side by side, a batch is a channel."""
    norm = BatchNorm(layout="NC")
    partners = np.random.default_rng(SEED).normal(size=(max(SIZES) - 1, BATCHES))
    spreads = []
    for size in SIZES:
        x = np.concatenate([np.full((1, BATCHES), VALUE), partners[: size - 1]])
        spreads.append(float(norm.forward(x, **norm.init(x.shape))[0][0].std()))
    return tuple(spreads)


def says(values: Values) -> str:
    """Give the ends."""
    return (
        f"Over {BATCHES:,} batches the same value comes out with a standard deviation of {number(values[0])} in "
        f"batches of {SIZES[0]}, where it can only be −1 or +1, and of {number(values[-1])} in batches of {SIZES[-1]}."
    )


RUN = Run(
    points=tuple(map(str, SIZES)),
    each="batch of {}",
    x="values in the batch",
    y="standard deviation of y",
    low=0.0,
    high=1.0,
    compute=compute,
    says=says,
)
