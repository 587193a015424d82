r"""Derive what divides by a p-norm: y = x / max(nu, eps), or eps within the sum and y = x / nu.

The gradient reaches x along two paths: term1 directly, term2 through the norm. A formula is of one p, with its number:
for 2 the squares need no absolute values, and for 1 there is no power.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from normlib.derivations.cells import cells_of, proof_shape
from normlib.derivations.standardized import eps
from normlib.nodes import HERE, Above, Partial, Tagged, add, apply, dy, loss, mul, neg, over, x, y
from normlib.symbolic import Derivation, Formula, Step

if TYPE_CHECKING:
    from normlib.core import Norm

nu = sp.IndexedBase("nu")


def over_p_norm(norm: Norm, p: float, eps_in_sum: bool) -> Derivation:
    """Derive a norm that divides whole axes by their p-norm; eps is added to the powers, or is the least divisor."""
    cells, power = cells_of(norm), sp.Rational(str(p))
    there, length, by = cells.there, cells.statistic(nu), x[HERE]
    size = apply(sp.Abs, by)
    powers = cells.sum(by**2 if power == 2 else size**power)
    summed = add(powers, eps) if eps_in_sum else powers
    slope = _slope(by, size, length, power)
    divisor = length if eps_in_sum else apply(sp.Max, length, eps)
    moves = () if eps_in_sum else (Above(length, eps),)
    definition = (
        Formula(length, sp.Pow(summed, 1 / power, evaluate=False)),
        Formula(y[HERE], over(by, divisor)),
    )
    dx, dy_dx, d_length = (Partial(of, by) for of in (loss, y[there], length))
    claim = Formula(
        dx,
        mul(
            over(1, divisor),
            add(
                Tagged(dy[HERE], "term1"),
                Tagged(neg(mul(*moves, slope, cells.sum_there(mul(dy[there], y[there])))), "term2"),
            ),
        ),
    )
    steps = (
        Step(
            "Chain rule",
            "One value moves the norm, and so every output of its pool: sum over all of them.",
            (Formula(dx, cells.sum_there(mul(Partial(loss, y[there]), dy_dx))),),
        ),
        Step(
            "Two paths",
            "An output depends on a value directly and through the norm; "
            "delta is 1 where the primed and the unprimed indices agree, else 0."
            + ("" if eps_in_sum else " The square bracket is 1 where the norm is the divisor, 0 where eps is."),
            (
                Formula(
                    dy_dx,
                    mul(
                        over(1, divisor),
                        add(Tagged(cells.same, "term1"), Tagged(neg(mul(*moves, y[there], d_length)), "term2")),
                    ),
                ),
            ),
        ),
        Step(
            "The norm",
            "Each value moves it towards its own sign; the larger p, the more the large values count.",
            (Formula(d_length, slope),),
        ),
        Step(
            "Closed form",
            "Under the sum, delta picks one term: one sum for a whole pool, then one pass over its values. "
            "dy is short for the derivative of l by y.",
            (claim,),
        ),
    )
    return Derivation(norm, proof_shape(norm), {"x": HERE}, definition, steps, {"x": claim})


def _slope(by: sp.Expr, size: sp.Expr, length: sp.Expr, power: sp.Rational) -> sp.Expr:
    """Return how the norm moves with a value: the value's sign times the power less one of its share."""
    if power == 1:
        return apply(sp.sign, by)
    if power == 2:
        above = by
    elif power.is_integer:
        above = mul(by, size ** (power - 2))
    else:
        above = mul(apply(sp.sign, by), size ** (power - 1))
    return over(above, length ** (power - 1))
