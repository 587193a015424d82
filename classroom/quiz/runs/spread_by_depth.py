"""The spread of activations, layer by layer, in a deep network of rectifiers without normalization."""

from __future__ import annotations

from functools import cache

import numpy as np

from classroom.quiz.run import Run, Values
from classroom.typeset import number, short
from normlib.norms.batch_norm import BatchNorm
from normlib.pool import Array

LAYERS = (1, 2, 4, 8, 12)
WIDTH, SAMPLES, SEED = 256, 64, 7


def compute() -> Values:
    """Return the standard deviation of what enters the rectifier, at these layers."""
    return tuple(_spreads(normalized=False)[layer - 1] for layer in LAYERS)


@cache
def _spreads(normalized: bool) -> Values:
    """Send random samples down: weights of variance 1/width, then batch normalization or none, then a rectifier."""
    rng, norm = np.random.default_rng(SEED), BatchNorm(layout="NC")
    x: Array = rng.normal(size=(SAMPLES, WIDTH))
    spreads = []
    for _ in range(max(LAYERS)):
        x = x @ rng.normal(scale=WIDTH**-0.5, size=(WIDTH, WIDTH))
        if normalized:
            x, _ = norm.forward(x, **norm.init(x.shape))
        spreads.append(float(x.std()))
        x = np.maximum(x, 0)
    return tuple(spreads)


def says(values: Values) -> str:
    """Give both last layers: as they are, and with batch normalization."""
    kept = _spreads(normalized=True)[LAYERS[-1] - 1]
    return (
        f"Each rectifier takes half of the mean square away, so the spread falls by √2 a layer, from "
        f"{number(values[0])} to {short(values[-1], 2)} at layer {LAYERS[-1]}. With batch normalization it is "
        f"{number(kept)} there too."
    )


RUN = Run(
    points=tuple(map(str, LAYERS)),
    each="layer {}",
    x="layer",
    y="standard deviation",
    low=0.0,
    high=2.0,
    compute=compute,
    says=says,
)
