r"""Derive a weight over its largest singular value: y = x / s with s = u^T x v, and u and v given.

The gradient reaches x along two paths: term1 directly, term2 through s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from normlib.derivations.cells import cells_of
from normlib.derivations.standardized import BY_ELEMENT
from normlib.nodes import HERE, Partial, PoolSum, Tagged, add, dy, loss, m, mul, neg, over, x, y
from normlib.symbolic import Derivation, Formula, Step

if TYPE_CHECKING:
    from normlib.core import Norm

s, u, v = sp.Symbol("s"), sp.IndexedBase("u"), sp.IndexedBase("v")


def over_singular_value(norm: Norm) -> Derivation:
    """Derive spectral normalization; the weight is a matrix, of a row for each m and a column for each i, j, k."""
    cells = cells_of(norm)
    there, by, left, right = cells.there, x[HERE], u[m], v[BY_ELEMENT]
    definition = (
        Formula(s, cells.sum(mul(left, by, right))),
        Formula(y[HERE], over(by, s)),
    )
    dx, dy_dx, d_s = (Partial(of, by) for of in (loss, y[there], s))
    along = cells.sum_there(mul(dy[there], y[there]))
    claim = Formula(
        dx,
        mul(
            over(1, s),
            add(Tagged(dy[HERE], "term1"), Tagged(neg(mul(left, right, along)), "term2")),
        ),
    )
    vectors = {
        "u": Formula(Partial(loss, left), neg(mul(over(along, s), PoolSum(mul(by, right), BY_ELEMENT)))),
        "v": Formula(Partial(loss, right), neg(mul(over(along, s), PoolSum(mul(left, by), (m,))))),
    }
    steps = (
        Step(
            "Chain rule",
            "One weight moves the singular value, and so every weight: sum over all of them.",
            (Formula(dx, cells.sum_there(mul(Partial(loss, y[there]), dy_dx))),),
        ),
        Step(
            "Two paths",
            "What comes out depends on a weight directly and through the singular value; "
            "delta is 1 where the primed and the unprimed indices agree, else 0.",
            (
                Formula(
                    dy_dx,
                    mul(over(1, s), add(Tagged(cells.same, "term1"), Tagged(neg(mul(y[there], d_s)), "term2"))),
                ),
            ),
        ),
        Step(
            "The singular value",
            "It is linear in the weight while both vectors stay; at the true singular vectors, where a move of theirs "
            "changes nothing to first order, that is the whole derivative.",
            (Formula(d_s, mul(left, right)),),
        ),
        Step(
            "Closed form",
            "Under the sum, delta picks one term: one sum over all weights, then one pass over them. "
            "dy is short for the derivative of l by y.",
            (claim,),
        ),
        Step(
            "Both vectors",
            "Training leaves these two aside: the power iteration moves the vectors, and no gradient.",
            tuple(vectors.values()),
        ),
    )
    inputs = {"x": HERE, "u": (m,), "v": BY_ELEMENT}
    return Derivation(norm, (2, 2, 1, 1), inputs, definition, steps, {"x": claim, **vectors})
