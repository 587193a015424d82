r"""Derive what damps: y = x s^(-beta) with s = kappa + a * (sum of x^2 over a window).

The gradient reaches x along two paths: term1 directly, term2 through every s whose window holds x.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sympy as sp

from normlib.nodes import (
    HERE,
    Inside,
    Partial,
    PoolSize,
    PoolSum,
    Same,
    Tagged,
    add,
    dy,
    i,
    ip,
    j,
    jp,
    k,
    kp,
    loss,
    m,
    mul,
    neg,
    over,
    x,
    y,
)
from normlib.pool import ONE
from normlib.symbolic import Derivation, Formula, Indices, Step

if TYPE_CHECKING:
    from normlib.core import Norm

s = sp.IndexedBase("s")
kappa, alpha, beta = sp.symbols("kappa alpha beta", positive=True)


Divisor = Callable[[Indices], sp.Expr]


def undivided(centre: Indices) -> sp.Expr:
    """Let alpha stand alone."""
    return sp.Integer(1)


def window_area(centre: Indices) -> sp.Expr:
    """Divide by the number of cells that the window of `centre` really holds, clipped at the borders."""
    return PoolSize(centre, centre)


def damped(norm: Norm, constant: sp.Expr, divisor: Divisor = undivided) -> Derivation:
    """Derive a norm that damps by `constant` + alpha / `divisor` * (sum of x^2 over its pool).

    divisor: what a cell divides alpha by, as a function of its indices.
    """
    across = norm.pool.c != ONE
    centre, cells = ((k,), (kp,)) if across else ((i, j), (ip, jp))
    there = (i, j, kp, m) if across else (ip, jp, k, m)
    alone = (m,)

    definition = (
        Formula(
            s[HERE],
            add(constant, mul(_weighted((alpha,), divisor, centre), PoolSum(x[there] ** 2, cells, centre))),
            alone,
        ),
        Formula(y[HERE], over(x[HERE], s[HERE] ** beta), alone),
    )
    by = x[HERE]
    dx, dy_dx, ds_dx = Partial(loss, by), Partial(y[there], by), Partial(s[there], by)
    power = s[there] ** add(neg(beta), -1)
    inside, delta = Inside(centre, cells), Same(centre, cells)
    body = mul(dy[there], x[there], power)
    varies = divisor(centre) != divisor(cells)  # then each term of the sum has its own
    inner, outer = (over(body, divisor(cells)), undivided) if varies else (body, divisor)
    pull = mul(_weighted((2, alpha, beta), outer, centre), x[HERE], PoolSum(inner, cells, centre, adjoint=True))
    claim = Formula(dx, add(Tagged(mul(dy[HERE], s[HERE] ** -beta), "term1"), Tagged(neg(pull), "term2")), alone)
    steps = (
        Step(
            "Chain rule",
            "A value damps every cell whose window holds it: sum over those cells, the mirrored window.",
            (Formula(dx, PoolSum(mul(Partial(loss, y[there]), dy_dx), cells, centre, adjoint=True), alone),),
        ),
        Step(
            "Two paths",
            "An output depends on a value directly, where the two are the same cell, and through its s.",
            (
                Formula(
                    dy_dx,
                    add(
                        Tagged(mul(delta, s[there] ** -beta), "term1"),
                        Tagged(neg(mul(beta, x[there], power, ds_dx)), "term2"),
                    ),
                    alone,
                ),
            ),
        ),
        Step(
            "The sum of squares",
            "One term of the sum is the value's own, if the window holds it: the square bracket is 1 then, else 0.",
            (Formula(ds_dx, mul(_weighted((2, alpha), divisor, cells), x[HERE], inside), alone),),
        ),
        Step(
            "Closed form",
            "Put it in and sum: delta picks one term, and the rest is one more window sum, mirrored; "
            "dy is short for the derivative of l by y.",
            (claim,),
        ),
    )
    shape = (1, 4, 1, 1) if across else (1, 1, 2, 3)
    return Derivation(norm, shape, {"x": HERE}, definition, steps, {"x": claim})


def _weighted(factors: tuple[Any, ...], divisor: Divisor, centre: Indices) -> sp.Expr:
    """Write the product of `factors`, over the divisor if there is one."""
    product = mul(*factors) if len(factors) > 1 else factors[0]
    return product if divisor is undivided else over(product, divisor(centre))
