"""Derive what squashes cell by cell: y = gamma tanh(alpha x) + beta; a cell depends on no other cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from normlib.derivations.standardized import beta, gamma, x_hat
from normlib.nodes import HERE, INDICES, Partial, PoolSum, add, apply, dy, i, j, k, loss, m, mul, neg, x, y
from normlib.symbolic import Derivation, Formula, Indices, Step

if TYPE_CHECKING:
    from normlib.core import Norm

alpha = sp.Symbol("alpha")


def squashed(norm: Norm) -> Derivation:
    """Derive dynamic tanh: alpha is one number for all cells, gamma and beta are of each channel."""
    by, xh, channel = x[HERE], x_hat[HERE], (i, j, m)
    flat = add(1, neg(xh**2))  # what is left of a slope of 1
    definition = (
        Formula(xh, apply(sp.tanh, mul(alpha, by))),
        Formula(y[HERE], add(mul(gamma[k], xh), beta[k])),
    )
    closed_form = {
        "x": Formula(Partial(loss, by), mul(alpha, gamma[k], flat, dy[HERE])),
        "alpha": Formula(Partial(loss, alpha), PoolSum(mul(gamma[k], by, flat, dy[HERE]), INDICES)),
        "gamma": Formula(Partial(loss, gamma[k]), PoolSum(mul(dy[HERE], xh), channel)),
        "beta": Formula(Partial(loss, beta[k]), PoolSum(dy[HERE], channel)),
    }
    steps = (
        Step(
            "One path",
            "The slope of a hyperbolic tangent is 1 less its square: large values pass on almost nothing.",
            (Formula(Partial(xh, by), mul(alpha, flat)), closed_form["x"]),
        ),
        Step("One steepness for all", "Every cell adds to the sum of alpha.", (closed_form["alpha"],)),
        Step(
            "Scale and shift",
            "Every output of the channel carries the same gamma and beta, so each gathers a sum.",
            (closed_form["gamma"], closed_form["beta"]),
        ),
    )
    inputs: dict[str, Indices] = {"x": HERE, "alpha": (), "gamma": (k,), "beta": (k,)}
    return Derivation(norm, (2, 1, 1, 1), inputs, definition, steps, closed_form)
