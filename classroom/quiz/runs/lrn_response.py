"""One loud cell under local response normalization: the output against the input."""

from __future__ import annotations

import numpy as np

from classroom.quiz.run import Run, Values
from classroom.typeset import number
from normlib.norms.local_response_norm import LocalResponseNorm

INPUTS = (0, 1, 2, 4, 8, 16)
NORM = LocalResponseNorm(size=5, k=1.0, alpha=1.0, beta=0.75)  # AlexNet's exponent, and an α that shows


def compute() -> Values:
    """Return the output of a cell whose neighbours are 0, for each input."""
    x = np.zeros((len(INPUTS), 5, 1, 1))
    x[:, 2, 0, 0] = INPUTS
    return tuple(float(y) for y in NORM.forward(x)[0][:, 2, 0, 0])


def says(values: Values) -> str:
    """Name the turn."""
    top = max(range(len(values)), key=values.__getitem__)
    return (
        f"Up to about {INPUTS[top]} the output rises, to {number(values[top])}; then it falls, to {number(values[-1])} "
        f"at {INPUTS[-1]}: for a loud cell alone the denominator grows like x to the power 2β = 1.5, faster than x."
    )


RUN = Run(
    points=tuple(map(str, INPUTS)),
    each="x = {}",
    x="input x",
    y="output y",
    low=0.0,
    high=4.0,
    compute=compute,
    says=says,
)
