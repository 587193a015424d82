"""Derive batch normalization at inference: the statistics are inputs, so a cell depends on no other cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from normlib.derivations.standardized import beta, eps, gamma, x_hat
from normlib.nodes import HERE, Partial, PoolSum, add, dy, i, j, k, loss, m, mul, neg, over, root, x, y
from normlib.symbolic import Derivation, Formula, Indices, Step

if TYPE_CHECKING:
    from normlib.core import Norm

running_mean, running_var = sp.IndexedBase("running_mean"), sp.IndexedBase("running_var")


def with_running_statistics(norm: Norm, affine: bool) -> Derivation:
    """Derive the affine map that a channel goes through once its statistics are fixed."""
    std = root(add(running_var[k], eps))
    xh, slope = x_hat[HERE], over(gamma[k] if affine else 1, std)
    definition = (
        Formula(xh, over(add(x[HERE], neg(running_mean[k])), std)),
        Formula(y[HERE], add(mul(gamma[k], xh), beta[k]) if affine else xh),
    )
    channel = (i, j, m)
    total, weighted = PoolSum(dy[HERE], channel), PoolSum(mul(dy[HERE], xh), channel)
    halved = over(gamma[k] if affine else 1, mul(2, add(running_var[k], eps)))
    closed_form = {"x": Formula(Partial(loss, x[HERE]), mul(slope, dy[HERE]))}
    inputs: dict[str, Indices] = {"x": HERE}
    if affine:
        closed_form["gamma"] = Formula(Partial(loss, gamma[k]), weighted)
        closed_form["beta"] = Formula(Partial(loss, beta[k]), total)
        inputs |= {"gamma": (k,), "beta": (k,)}
    closed_form["running_mean"] = Formula(Partial(loss, running_mean[k]), neg(mul(slope, total)))
    closed_form["running_var"] = Formula(Partial(loss, running_var[k]), neg(mul(halved, weighted)))
    inputs |= {"running_mean": (k,), "running_var": (k,)}
    others = tuple(claim for name, claim in closed_form.items() if name != "x")
    steps = (
        Step(
            "One path",
            "The running statistics do not move with the input: a straight line through each channel.",
            (Formula(Partial(y[HERE], x[HERE]), slope), closed_form["x"]),
        ),
        Step("Everything else is per channel", "Each gathers a sum over its channel.", others),
    )
    return Derivation(norm, (3, 1, 1, 1), inputs, definition, steps, closed_form)
