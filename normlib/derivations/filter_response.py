r"""Derive filter response normalization: z = gamma x_hat + beta with x_hat = x / sqrt(r^2 + eps), and y = max(z, tau).

The gradient reaches x along two paths: term1 directly, term2 through the mean square; from cells above tau alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from normlib.derivations.cells import cells_of, proof_shape
from normlib.derivations.root_mean_square import r2
from normlib.derivations.standardized import beta, eps, gamma, x_hat
from normlib.nodes import (
    HERE,
    Above,
    Partial,
    PoolSum,
    Tagged,
    add,
    apply,
    dy,
    i,
    j,
    k,
    loss,
    m,
    mul,
    neg,
    over,
    root,
    x,
    y,
)
from normlib.symbolic import Derivation, Formula, Indices, Step

if TYPE_CHECKING:
    from normlib.core import Norm

z, tau = sp.IndexedBase("z"), sp.IndexedBase("tau")


def thresholded(norm: Norm) -> Derivation:
    """Derive the filter response and its threshold; gamma, beta and tau are of each channel."""
    cells = cells_of(norm)
    n, there, square, by = cells.size, cells.there, cells.statistic(r2), x[HERE]
    xh, xh_, rms = x_hat[HERE], x_hat[there], root(add(square, eps))
    passes, passes_ = Above(z[HERE], tau[k]), Above(z[there], tau[k])
    definition = (
        Formula(square, mul(over(1, n), cells.sum(by**2))),
        Formula(xh, over(by, rms)),
        Formula(z[HERE], add(mul(gamma[k], xh), beta[k])),
        Formula(y[HERE], apply(sp.Max, z[HERE], tau[k])),
    )
    dx, dy_dx, dz_dx = (Partial(of, by) for of in (loss, y[there], z[there]))
    jacobian = add(Tagged(cells.same, "term1"), Tagged(neg(over(mul(xh, xh_), n)), "term2"))
    closed_form = {
        "x": Formula(
            dx,
            mul(
                over(gamma[k], mul(n, rms)),
                add(
                    Tagged(mul(n, passes, dy[HERE]), "term1"),
                    Tagged(neg(mul(xh, cells.sum_there(mul(passes_, dy[there], xh_)))), "term2"),
                ),
            ),
        ),
        "gamma": Formula(Partial(loss, gamma[k]), PoolSum(mul(passes, dy[HERE], xh), (i, j, m))),
        "beta": Formula(Partial(loss, beta[k]), PoolSum(mul(passes, dy[HERE]), (i, j, m))),
        "tau": Formula(Partial(loss, tau[k]), PoolSum(mul(Above(tau[k], z[HERE]), dy[HERE]), (i, j, m))),
    }
    steps = (
        Step(
            "Chain rule",
            "One value moves the mean square, and so every output of its pool: sum over all of them.",
            (Formula(dx, cells.sum_there(mul(Partial(loss, y[there]), dy_dx))),),
        ),
        Step(
            "The threshold",
            "The square bracket is 1 where it holds, else 0: an output below tau does not move with its value.",
            (Formula(dy_dx, mul(passes_, dz_dx)),),
        ),
        Step(
            "Two paths",
            "Above it, as for the root mean square: directly and through the mean square; "
            "delta is 1 where the primed and the unprimed indices agree, else 0.",
            (Formula(dz_dx, mul(over(gamma[k], rms), jacobian)),),
        ),
        Step(
            "Closed form",
            "Under the sum, delta picks one term: one sum for a whole pool, then one pass over its values. "
            "dy is short for the derivative of l by y.",
            (closed_form["x"],),
        ),
        Step(
            "Scale, shift and threshold",
            "A cell above the threshold adds to gamma and beta, one below it to tau.",
            (closed_form["gamma"], closed_form["beta"], closed_form["tau"]),
        ),
    )
    inputs: dict[str, Indices] = {"x": HERE, "gamma": (k,), "beta": (k,), "tau": (k,)}
    return Derivation(norm, proof_shape(norm), inputs, definition, steps, closed_form)
