r"""Derive what damps: y = x s^(-beta) with s = kappa + a * (sum of x^2 over a window).

Where a window's mean of squares is what counts, it has its own line: n^2, and s = kappa + alpha n^2.
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
    Window,
    add,
    around,
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
from normlib.pool import Lean
from normlib.symbolic import Derivation, Formula, Indices, Step

if TYPE_CHECKING:
    from normlib.core import Norm

s, n2 = sp.IndexedBase("s"), sp.IndexedBase("n2")
kappa, alpha, beta = sp.symbols("kappa alpha beta", positive=True)


Divisor = Callable[[Indices], sp.Expr]


def undivided(centre: Indices) -> sp.Expr:
    """Let alpha stand alone."""
    return sp.Integer(1)


def window_area(centre: Indices) -> sp.Expr:
    """Divide by the number of cells that the window of `centre` really holds, clipped at the borders."""
    return PoolSize(centre, centre)


def damped(
    norm: Norm,
    constant: sp.Expr,
    sizes: tuple[str, ...],
    divisor: Divisor = undivided,
    lean: Lean = "high",
    written: bool = True,
) -> Derivation:
    """Derive a norm that damps by `constant` + alpha / `divisor` * (sum of x^2 over its pool).

    sizes: the letter for the window's size, in channels, or in rows and in columns.  divisor: what a cell divides alpha
    by, as a function of its indices.  lean: of an even window.  written: whether the window has a line of its own.
    """
    across = len(sizes) == 1
    centre, cells = ((k,), (kp,)) if across else ((i, j), (ip, jp))
    there = (i, j, kp, m) if across else (ip, jp, k, m)
    alone = (m,)
    squares = PoolSum(x[there] ** 2, cells, centre)
    varies = divisor(centre) != divisor(cells)  # then the mean over the window is what the operator speaks of
    energy, weight = (n2, (alpha,)) if varies else (s, ())
    mean, bracketed = _weighted((1,), divisor, centre), _weighted((alpha,), divisor, centre)
    defined = mul(mean, squares) if varies else add(constant, mul(bracketed, squares))

    def bracket(at: Indices) -> sp.Expr:
        return add(constant, mul(alpha, n2[at])) if varies else s[at]

    window = (Formula(around[centre], extent(centre, sizes, lean)),) if written else ()
    definition = (
        Formula(energy[HERE], defined, alone),
        *window,
        Formula(y[HERE], over(x[HERE], bracket(HERE) ** beta), alone),
    )
    by = x[HERE]
    dx, dy_dx, de_dx = Partial(loss, by), Partial(y[there], by), Partial(energy[there], by)
    power = bracket(there) ** add(neg(beta), -1)
    inside, delta = Inside(centre, cells), Same(centre, cells)
    body = mul(dy[there], x[there], power)
    inner, outer = (over(body, divisor(cells)), undivided) if varies else (body, divisor)
    pull = mul(_weighted((2, alpha, beta), outer, centre), x[HERE], PoolSum(inner, cells, centre, adjoint=True))
    claim = Formula(dx, add(Tagged(mul(dy[HERE], bracket(HERE) ** -beta), "term1"), Tagged(neg(pull), "term2")), alone)
    steps = (
        Step(
            "Chain rule",
            "A value damps every cell whose window holds it: sum over those cells, the mirrored window.",
            (Formula(dx, PoolSum(mul(Partial(loss, y[there]), dy_dx), cells, centre, adjoint=True), alone),),
        ),
        Step(
            "Two paths",
            "An output depends on a value directly, where the two are the same cell, "
            "and through the squares of its window.",
            (
                Formula(
                    dy_dx,
                    add(
                        Tagged(mul(delta, bracket(there) ** -beta), "term1"),
                        Tagged(neg(mul(*weight, beta, x[there], power, de_dx)), "term2"),
                    ),
                    alone,
                ),
            ),
        ),
        Step(
            "The sum of squares",
            "One term of the sum is the value's own, if the window holds it: the square bracket is 1 then, else 0.",
            (Formula(de_dx, mul(_weighted((2,) if varies else (2, alpha), divisor, cells), x[HERE], inside), alone),),
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


def extent(centre: Indices, sizes: tuple[str, ...], lean: Lean) -> Window:
    """Write the window of the given sizes around `centre`; an even one has its extra cell on the `lean` side."""
    halves = [over(add(sp.Symbol(size, positive=True), -1), 2) for size in sizes]
    short = tuple(sp.floor(half, evaluate=False) for half in halves)
    long = tuple(sp.ceiling(half, evaluate=False) for half in halves)
    return Window(centre, short, long) if lean == "high" else Window(centre, long, short)


def _weighted(factors: tuple[Any, ...], divisor: Divisor, centre: Indices) -> sp.Expr:
    """Write the product of `factors`, over the divisor if there is one."""
    product = mul(*factors) if len(factors) > 1 else factors[0]
    return product if divisor is undivided else over(product, divisor(centre))
