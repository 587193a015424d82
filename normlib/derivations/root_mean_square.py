r"""Derive what divides by the root of a mean square: y = gamma x_hat with x_hat = x / sqrt(r^2 + eps).

The gradient reaches x along two paths: term1 directly, term2 through the mean square.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from normlib.derivations.cells import cells_of, proof_shape
from normlib.derivations.standardized import eps, gamma, x_hat
from normlib.nodes import HERE, Partial, PoolSum, Tagged, add, dy, loss, mul, neg, over, root, x, y
from normlib.symbolic import Derivation, Formula, Indices, Step

if TYPE_CHECKING:
    from normlib.core import Norm

r2 = sp.IndexedBase("r2")


def root_mean_square(norm: Norm, affine: Indices) -> Derivation:
    """Derive a norm that pools whole axes; `affine` has the indices of gamma, none where there is none."""
    cells = cells_of(norm)
    n, there, square = cells.size, cells.there, cells.statistic(r2)
    xh, xh_, rms = x_hat[HERE], x_hat[there], root(add(square, eps))
    scale, scale_ = (gamma[affine], gamma[cells.other(affine)]) if affine else (sp.Integer(1), sp.Integer(1))
    varies = scale != scale_  # within a pool; where it does not, gamma stands before the sums
    outer, weight, weight_ = (sp.Integer(1), (scale,), (scale_,)) if varies else (scale, (), ())

    definition = (
        Formula(square, mul(over(1, n), cells.sum(x[HERE] ** 2))),
        Formula(xh, over(x[HERE], rms)),
        Formula(y[HERE], mul(scale, xh) if affine else xh),
    )
    by = x[HERE]
    dx, dy_dx, d_square = (Partial(of, by) for of in (loss, y[there], square))
    paths = add(
        Tagged(over(cells.same, rms), "term1"),
        Tagged(neg(mul(over(1, 2), x[there], sp.Pow(add(square, eps), -sp.Rational(3, 2)), d_square)), "term2"),
    )
    substituted = add(Tagged(cells.same, "term1"), Tagged(neg(over(mul(xh, xh_), n)), "term2"))
    claim = Formula(
        dx,
        mul(
            over(outer, mul(n, rms)),
            add(
                Tagged(mul(n, *weight, dy[HERE]), "term1"),
                Tagged(neg(mul(xh, cells.sum_there(mul(*weight_, dy[there], xh_)))), "term2"),
            ),
        ),
    )
    steps = [
        Step(
            "Chain rule",
            "One value moves the mean square, and so every output of its pool: sum over all of them.",
            (Formula(dx, cells.sum_there(mul(Partial(loss, y[there]), dy_dx))),),
        ),
        Step(
            "Two paths",
            "An output depends on a value directly and through the mean square; "
            "delta is 1 where the primed and the unprimed indices agree, else 0.",
            (Formula(dy_dx, mul(scale_, paths) if affine else paths),),
        ),
        Step(
            "The mean square",
            "It moves with the value itself, not with its distance from a mean.",
            (Formula(d_square, mul(over(2, n), x[HERE])),),
        ),
        Step(
            "Substitute",
            "Put it in; a value over the root is x-hat again.",
            (Formula(dy_dx, mul(over(scale_, rms), substituted)),),
        ),
        Step(
            "Closed form",
            "Under the sum, delta picks one term: one sum for a whole pool, then one pass over its values. "
            "dy is short for the derivative of l by y.",
            (claim,),
        ),
    ]
    inputs: dict[str, Indices] = {"x": HERE}
    closed_form = {"x": claim}
    if affine:
        carriers = tuple(a for a in HERE if a not in affine)
        closed_form["gamma"] = Formula(Partial(loss, gamma[affine]), PoolSum(mul(dy[HERE], xh), carriers))
        inputs["gamma"] = affine
        steps.append(Step("Scale", "Every output with the same gamma adds to its sum.", (closed_form["gamma"],)))
    return Derivation(norm, proof_shape(norm), inputs, definition, tuple(steps), closed_form)
