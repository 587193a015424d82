r"""Derive what divides by the unbiased deviation: sigma^2 with N - 1 under the sum, and eps outside its root or inside.

The gradient reaches x along three paths: term1 directly, term2 through the mean, term3 through the deviation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from normlib.derivations.cells import cells_of, proof_shape
from normlib.derivations.mean_variance import sigma
from normlib.derivations.standardized import eps, mean
from normlib.nodes import HERE, Partial, Tagged, add, dy, loss, mul, neg, over, root, x, y
from normlib.symbolic import Derivation, Formula, Step

if TYPE_CHECKING:
    from normlib.core import Norm


def unbiased(norm: Norm, eps_in_root: bool) -> Derivation:
    """Derive y = (x - mu) / (sigma + eps), or eps within sigma's root and y = (x - mu) / sigma."""
    cells = cells_of(norm)
    n, there, mu, sd = cells.size, cells.there, cells.statistic(mean), cells.statistic(sigma)
    fewer, centred, by = add(n, -1), add(x[HERE], neg(mu)), x[HERE]
    spread = sd if eps_in_root else add(sd, eps)
    var = mul(over(1, fewer), cells.sum(centred**2))
    definition = (
        Formula(mu, mul(over(1, n), cells.sum(by))),
        Formula(sd, root(add(var, eps) if eps_in_root else var)),
        Formula(y[HERE], over(centred, spread)),
    )
    dx, dy_dx, d_mu, d_sd = (Partial(of, by) for of in (loss, y[there], mu, sd))
    total, weighted = cells.sum_there(dy[there]), cells.sum_there(mul(dy[there], y[there]))
    share = over(centred, mul(fewer, sd))
    claim = Formula(
        dx,
        mul(
            over(1, spread),
            add(
                Tagged(dy[HERE], "term1"),
                Tagged(neg(mul(over(1, n), total)), "term2"),
                Tagged(neg(mul(share, weighted)), "term3"),
            ),
        ),
    )
    steps = (
        Step(
            "Chain rule",
            "One value moves the statistics, and so every output of its pool: sum over all of them.",
            (Formula(dx, cells.sum_there(mul(Partial(loss, y[there]), dy_dx))),),
        ),
        Step(
            "Three paths",
            "An output depends on a value directly, through the mean, and through the deviation; "
            "delta is 1 where the primed and the unprimed indices agree, else 0.",
            (
                Formula(
                    dy_dx,
                    mul(
                        over(1, spread),
                        add(
                            Tagged(cells.same, "term1"),
                            Tagged(neg(d_mu), "term2"),
                            Tagged(neg(mul(y[there], d_sd)), "term3"),
                        ),
                    ),
                ),
            ),
        ),
        Step(
            "The mean and the deviation",
            "Each value has one N-th of the mean, but of the deviation one of N - 1 shares.",
            (Formula(d_mu, over(1, n)), Formula(d_sd, share)),
        ),
        Step(
            "Closed form",
            "Under the sum, delta picks one term; two sums for a whole pool, then one pass over its values. "
            "dy is short for the derivative of l by y.",
            (claim,),
        ),
    )
    return Derivation(norm, proof_shape(norm), {"x": HERE}, definition, steps, {"x": claim})
