r"""Derive mean-variance normalization where it is not plain standardization: eps outside the root, or the mean only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from normlib.derivations.cells import Cells, cells_of, proof_shape
from normlib.derivations.standardized import eps, mean
from normlib.nodes import HERE, Partial, Tagged, add, dy, loss, mul, neg, over, root, x, y
from normlib.symbolic import Derivation, Formula, Step

if TYPE_CHECKING:
    from normlib.core import Norm

sigma = sp.IndexedBase("sigma")


def mean_only(norm: Norm) -> Derivation:
    """Derive y = x - mu: the gradient loses its own mean."""
    cells = cells_of(norm)
    n, there, mu = cells.size, cells.there, cells.statistic(mean)
    definition = (
        Formula(mu, mul(over(1, n), cells.sum(x[HERE]))),
        Formula(y[HERE], add(x[HERE], neg(mu))),
    )
    dx, dy_dx, d_mu = (Partial(of, x[HERE]) for of in (loss, y[there], mu))
    delta = cells.same
    claim = Formula(
        dx,
        add(Tagged(dy[HERE], "term1"), Tagged(neg(mul(over(1, n), cells.sum_there(dy[there]))), "term2")),
    )
    steps = (
        _chain_rule(dx, cells, dy_dx),
        Step(
            "Two paths",
            "An output depends on a value directly and through the mean; each value has one N-th of the mean.",
            (Formula(dy_dx, add(Tagged(delta, "term1"), Tagged(neg(d_mu), "term2"))), Formula(d_mu, over(1, n))),
        ),
        Step("Closed form", "The gradient is centred as the values were.", (claim,)),
    )
    return Derivation(norm, proof_shape(norm), {"x": HERE}, definition, steps, {"x": claim})


def eps_outside(norm: Norm) -> Derivation:
    """Derive y = (x - mu) / (sigma + eps)."""
    cells = cells_of(norm)
    n, there, mu, sd = cells.size, cells.there, cells.statistic(mean), cells.statistic(sigma)
    centred, centred_there, spread = add(x[HERE], neg(mu)), add(x[there], neg(mu)), add(sd, eps)
    definition = (
        Formula(mu, mul(over(1, n), cells.sum(x[HERE]))),
        Formula(sd, root(mul(over(1, n), cells.sum(centred**2)))),
        Formula(y[HERE], over(centred, spread)),
    )
    dx, dy_dx, d_mu, d_sd = (Partial(of, x[HERE]) for of in (loss, y[there], mu, sd))
    delta = cells.same
    total, weighted = cells.sum_there(dy[there]), cells.sum_there(mul(dy[there], y[there]))
    claim = Formula(
        dx,
        mul(
            over(1, mul(n, spread)),
            add(
                Tagged(mul(n, dy[HERE]), "term1"),
                Tagged(neg(total), "term2"),
                Tagged(neg(mul(over(centred, sd), weighted)), "term3"),
            ),
        ),
    )
    steps = (
        _chain_rule(dx, cells, dy_dx),
        Step(
            "Three paths",
            "An output depends on a value directly, through the mean, and through the standard deviation; "
            "delta is 1 where the primed and the unprimed indices agree, else 0.",
            (
                Formula(
                    dy_dx,
                    add(
                        Tagged(over(delta, spread), "term1"),
                        Tagged(neg(mul(over(1, spread), d_mu)), "term2"),
                        Tagged(neg(mul(over(centred_there, spread**2), d_sd)), "term3"),
                    ),
                ),
            ),
        ),
        Step(
            "The mean and the standard deviation",
            "Each value has one N-th of the mean; sigma moves with the value's distance from the mean.",
            (Formula(d_mu, over(1, n)), Formula(d_sd, over(centred, mul(n, sd)))),
        ),
        Step(
            "Substitute",
            "Put both in; of the two distances one is over sigma + eps, and so y, the other over sigma alone.",
            (
                Formula(
                    dy_dx,
                    mul(
                        over(1, spread),
                        add(
                            Tagged(delta, "term1"),
                            Tagged(neg(over(1, n)), "term2"),
                            Tagged(neg(over(mul(centred, y[there]), mul(n, sd))), "term3"),
                        ),
                    ),
                ),
            ),
        ),
        Step(
            "Closed form",
            "Under the sum, delta picks one term; two sums for a whole pool, then one pass over its values. "
            "dy is short for the derivative of l by y.",
            (claim,),
        ),
    )
    return Derivation(norm, proof_shape(norm), {"x": HERE}, definition, steps, {"x": claim})


def _chain_rule(dx: sp.Expr, cells: Cells, dy_dx: sp.Expr) -> Step:
    return Step(
        "Chain rule",
        "One value moves the statistics, and so every output of its pool: sum over all of them.",
        (Formula(dx, cells.sum_there(mul(Partial(loss, y[cells.there]), dy_dx))),),
    )
