r"""Derive what standardizes: y = gamma x_hat + beta with x_hat = (x - mu) / sqrt(sigma^2 + eps).

The gradient reaches x along three paths: term1 directly, term2 through the mean, term3 through the variance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from normlib.derivations.cells import cells_of, proof_shape
from normlib.nodes import HERE, Partial, PoolSum, Tagged, add, dy, k, loss, mul, neg, over, root, x, y
from normlib.symbolic import Derivation, Formula, Indices, Step

if TYPE_CHECKING:
    from normlib.core import Norm

gamma, beta = sp.IndexedBase("gamma"), sp.IndexedBase("beta")
mean, var, x_hat = sp.IndexedBase("mean"), sp.IndexedBase("var"), sp.IndexedBase("x_hat")
eps = sp.Symbol("epsilon", positive=True)

BY_CHANNEL: Indices = (k,)
BY_ELEMENT: Indices = HERE[:3]


def standardized(norm: Norm, affine: Indices, group: Formula | None = None, scale: sp.Expr | None = None) -> Derivation:
    """Derive a norm that pools whole axes, or groups, and has eps inside the root.

    affine: the indices of gamma and beta; none where there are none.  group: what G is, where there are groups.
    scale: what x_hat is multiplied by, the same for a whole pool; gamma where not given.
    """
    cells = cells_of(norm)
    n, here, there, inner = cells.size, HERE, cells.there, cells.inner
    xh, xh_ = x_hat[here], x_hat[there]
    (mu, mu_), (s2, s2_) = ((cells.statistic(base), cells.statistic(base, there=True)) for base in (mean, var))
    std, std_ = root(add(s2, eps)), root(add(s2_, eps))
    own, own_ = (gamma[affine], gamma[cells.other(affine)]) if affine else (sp.Integer(1), sp.Integer(1))
    scale, scale_ = (scale, scale) if scale else (own, own_)
    varies = scale != scale_  # within a pool; where it does not, gamma stands before the sums
    outer, weight, weight_ = (sp.Integer(1), (scale,), (scale_,)) if varies else (scale, (), ())

    definition = (
        Formula(mu, mul(over(1, n), cells.sum(x[inner]))),
        *((group,) if group else ()),
        Formula(s2, mul(over(1, n), cells.sum(add(x[inner], neg(mu)) ** 2))),
        Formula(xh, over(add(x[here], neg(mu)), std)),
        Formula(y[here], add(mul(scale, xh), beta[affine]) if affine else xh),
    )

    by = x[here]
    delta = cells.same
    total, weighted = (cells.sum_there(mul(*weight_, dy[there], *rest)) for rest in ((), (xh_,)))
    d_mu, d_var = Partial(mu_, by), Partial(s2_, by)
    jacobian = add(
        Tagged(over(delta, std_), "term1"),
        Tagged(neg(mul(over(1, std_), d_mu)), "term2"),
        Tagged(
            neg(mul(over(1, 2), add(x[there], neg(mu_)), sp.Pow(add(s2_, eps), -sp.Rational(3, 2)), d_var)), "term3"
        ),
    )
    substituted = add(
        Tagged(delta, "term1"),
        Tagged(neg(cells.within(over(1, n))), "term2"),
        Tagged(neg(cells.within(over(mul(xh, xh_), n))), "term3"),
    )
    dx = Partial(loss, by)
    separate = mul(
        over(outer, std),
        add(
            Tagged(mul(*weight, dy[here]), "term1"),
            Tagged(neg(mul(over(1, n), total)), "term2"),
            Tagged(neg(mul(over(xh, n), weighted)), "term3"),
        ),
    )
    claim = Formula(
        dx,
        mul(
            over(outer, mul(n, std)),
            add(
                Tagged(mul(n, *weight, dy[here]), "term1"),
                Tagged(neg(total), "term2"),
                Tagged(neg(mul(xh, weighted)), "term3"),
            ),
        ),
    )
    dy_dx = Partial(y[there], by)
    steps = [
        Step(
            "Chain rule",
            "One value moves the mean and the variance, and so every output of its pool: sum over all of them.",
            (Formula(dx, cells.sum_there(mul(Partial(loss, y[there]), dy_dx))),),
        ),
        Step(
            "Three paths",
            "An output depends on a value directly, through the mean, and through the variance; "
            "delta is 1 where the primed and the unprimed indices agree, else 0.",
            (Formula(dy_dx, mul(scale_, jacobian) if affine else jacobian),),
        ),
        Step(
            "The mean and the variance",
            "Each value has one N-th of the mean; the variance moves with the value's distance from the mean, "
            "for the distances sum to zero."
            + (" The square bracket is 1 within a group, else 0." if cells.grouped else ""),
            (
                Formula(d_mu, cells.within(over(1, n))),
                Formula(d_var, cells.within(mul(over(2, n), add(x[here], neg(mu))))),
            ),
        ),
        Step(
            "Substitute",
            "Put both in; the distances over the standard deviation are x-hat again.",
            (Formula(dy_dx, mul(over(scale_, std), substituted)),),
        ),
        Step(
            "Sum",
            "Under the sum, delta picks one term and the others become two sums over the pool; "
            "from here dy is short for the derivative of l by y.",
            (Formula(dx, separate),),
        ),
        Step("Closed form", "Take N out: two sums for a whole pool, then one pass over its values.", (claim,)),
    ]
    inputs: dict[str, Indices] = {"x": HERE}
    closed_form = {"x": claim}
    if affine:
        carriers = tuple(a for a in HERE if a not in affine)
        closed_form["gamma"] = Formula(Partial(loss, gamma[affine]), PoolSum(mul(dy[HERE], xh), carriers))
        closed_form["beta"] = Formula(Partial(loss, beta[affine]), PoolSum(dy[HERE], carriers))
        inputs |= {"gamma": affine, "beta": affine}
        steps.append(
            Step(
                "Scale and shift",
                f"Every output of the {'channel' if affine == BY_CHANNEL else 'place'} carries the same gamma and "
                "beta, so each gathers a sum.",
                (closed_form["gamma"], closed_form["beta"]),
            )
        )
    return Derivation(norm, proof_shape(norm), inputs, definition, tuple(steps), closed_form)
