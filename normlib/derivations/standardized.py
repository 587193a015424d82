r"""Derive what standardizes: y = gamma x_hat + beta with x_hat = (x - mu) / sqrt(sigma^2 + eps).

The gradient reaches x along three paths: term1 directly, term2 through the mean, term3 through the variance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from normlib.nodes import (
    HERE,
    THERE,
    Partial,
    PoolSize,
    PoolSum,
    Same,
    Tagged,
    add,
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
from normlib.pool import ALL
from normlib.symbolic import Derivation, Formula, Indices, Step

if TYPE_CHECKING:
    from normlib.core import Norm

gamma, beta = sp.IndexedBase("gamma"), sp.IndexedBase("beta")
mean, var, x_hat = sp.IndexedBase("mean"), sp.IndexedBase("var"), sp.IndexedBase("x_hat")
eps = sp.Symbol("epsilon", positive=True)


def standardized(norm: Norm, affine: bool) -> Derivation:
    """Derive a norm that pools whole axes and has eps inside the root; with `affine`, gamma and beta per channel."""
    pooled, there, primed, statistic = pool_indices(norm)
    n = PoolSize(pooled)
    x_, xh, xh_, mu, s2 = (
        x[there],
        x_hat[HERE],
        x_hat[there],
        statistic_of(mean, statistic),
        statistic_of(var, statistic),
    )
    scale = gamma[k] if affine else sp.Integer(1)
    std = root(add(s2, eps))

    definition = (
        Formula(mu, mul(over(1, n), PoolSum(x[HERE], pooled))),
        Formula(s2, mul(over(1, n), PoolSum(add(x[HERE], neg(mu)) ** 2, pooled))),
        Formula(xh, over(add(x[HERE], neg(mu)), std)),
        Formula(y[HERE], add(mul(gamma[k], xh), beta[k]) if affine else xh),
    )

    by = x[HERE]
    delta = Same(tuple(a for a in HERE if a in pooled), primed)
    sums = PoolSum(dy[there], primed), PoolSum(mul(dy[there], xh_), primed)
    d_mu, d_var = Partial(mu, by), Partial(s2, by)
    jacobian = add(
        Tagged(over(delta, std), "term1"),
        Tagged(neg(mul(over(1, std), d_mu)), "term2"),
        Tagged(neg(mul(over(1, 2), add(x_, neg(mu)), sp.Pow(add(s2, eps), -sp.Rational(3, 2)), d_var)), "term3"),
    )
    substituted = add(
        Tagged(delta, "term1"),
        Tagged(neg(over(1, n)), "term2"),
        Tagged(neg(over(mul(xh, xh_), n)), "term3"),
    )
    collected = over(scale, std) if affine else over(1, std)
    dx = Partial(loss, by)
    separate = mul(
        collected,
        add(
            Tagged(dy[HERE], "term1"),
            Tagged(neg(mul(over(1, n), sums[0])), "term2"),
            Tagged(neg(mul(over(xh, n), sums[1])), "term3"),
        ),
    )
    claim = Formula(
        dx,
        mul(
            over(scale, mul(n, std)) if affine else over(1, mul(n, std)),
            add(
                Tagged(mul(n, dy[HERE]), "term1"),
                Tagged(neg(sums[0]), "term2"),
                Tagged(neg(mul(xh, sums[1])), "term3"),
            ),
        ),
    )
    dy_dx = Partial(y[there], by)
    steps = [
        Step(
            "Chain rule",
            "One value moves the mean and the variance, and so every output of its pool: sum over all of them.",
            (Formula(dx, PoolSum(mul(Partial(loss, y[there]), dy_dx), primed)),),
        ),
        Step(
            "Three paths",
            "An output depends on a value directly, through the mean, and through the variance; "
            "delta is 1 where the primed and the unprimed indices agree, else 0.",
            (Formula(dy_dx, mul(scale, jacobian) if affine else jacobian),),
        ),
        Step(
            "The mean and the variance",
            "Each value has one N-th of the mean; the variance moves with the value's distance from the mean, "
            "for the distances sum to zero.",
            (Formula(d_mu, over(1, n)), Formula(d_var, mul(over(2, n), add(x[HERE], neg(mu))))),
        ),
        Step(
            "Substitute",
            "Put both in; the distances over the standard deviation are x-hat again.",
            (Formula(dy_dx, mul(collected, substituted)),),
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
        everywhere = (i, j, m)
        closed_form["gamma"] = Formula(Partial(loss, gamma[k]), PoolSum(mul(dy[HERE], xh), everywhere))
        closed_form["beta"] = Formula(Partial(loss, beta[k]), PoolSum(dy[HERE], everywhere))
        inputs |= {"gamma": (k,), "beta": (k,)}
        steps.append(
            Step(
                "Scale and shift",
                "Every output of the channel carries the same gamma and beta, so each gathers a sum.",
                (closed_form["gamma"], closed_form["beta"]),
            )
        )
    return Derivation(norm, proof_shape(norm), inputs, definition, tuple(steps), closed_form)


def pool_indices(
    norm: Norm,
) -> tuple[Indices, Indices, Indices, Indices]:
    """Return the pooled indices, another cell of the pool, its primed indices, and those that a statistic has."""
    whole = dict(zip((m, k, i, j), (span is ALL for span in norm.pool), strict=True))
    there = tuple(b if whole[a] else a for a, b in zip(HERE, THERE, strict=True))
    return (
        tuple(a for a in HERE if whole[a]),
        there,
        tuple(b for b in there if b not in HERE),
        tuple(a for a in HERE if not whole[a]),
    )


def statistic_of(base: sp.IndexedBase, indices: Indices) -> sp.Expr:
    """Return the statistic at its indices; a plain symbol where everything is pooled and none is left."""
    return base[indices] if indices else base.label


def proof_shape(norm: Norm) -> tuple[int, int, int, int]:
    """Three cells in one pool, along the first axis that is pooled."""
    first = norm.pool.index(ALL)
    lengths = [3 if axis == first else 1 for axis in range(4)]
    return lengths[0], lengths[1], lengths[2], lengths[3]
