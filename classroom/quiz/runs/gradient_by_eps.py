"""The gradient that batch normalization hands down, by the epsilon under its root."""

from __future__ import annotations

import numpy as np

from classroom.quiz.run import Run, Values
from classroom.typeset import number, short
from normlib.norms.batch_norm import BatchNorm

EPSILONS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
CELLS, DEVIATION, SEED = 64, 0.1, 3


def compute() -> Values:
    """Return the length of dx at each epsilon as a share of its length without any."""
    rng = np.random.default_rng(SEED)
    x, dy = rng.normal(size=(2, CELLS, 1))
    x = DEVIATION * (x - x.mean()) / x.std()

    def length(eps: float) -> float:
        norm = BatchNorm(layout="NC", eps=eps)
        _, cache = norm.forward(x, **norm.init(x.shape))
        return float(np.linalg.norm(norm.backward(dy, cache)["x"]))

    return tuple(length(eps) / length(0.0) for eps in EPSILONS)


def says(values: Values) -> str:
    """Give the place where epsilon is as large as the variance."""
    return (
        f"With ε = {short(EPSILONS[1])}, a tenth of the variance, {number(values[1])} of the gradient is left; with ε "
        f"as large as the variance {number(values[2])}; with ε = {EPSILONS[-1]:g} only {number(values[-1])}."
    )


RUN = Run(
    points=tuple(map(short, EPSILONS)),
    each="ε = {}",
    x="ε",
    y="length of dx, by that at ε = 0",
    low=0.0,
    high=1.2,
    compute=compute,
    says=says,
)
