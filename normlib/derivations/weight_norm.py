r"""Derive a weight of given length: y = g x / nu with nu the norm of each output channel's weights.

The gradient reaches x along two paths: term1 directly, term2 through the norm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from normlib.derivations.cells import cells_of, proof_shape
from normlib.derivations.standardized import eps
from normlib.nodes import HERE, Partial, Tagged, add, dy, loss, m, mul, neg, over, root, x, y
from normlib.symbolic import Derivation, Formula, Step

if TYPE_CHECKING:
    from normlib.core import Norm

g, nu = sp.IndexedBase("g"), sp.IndexedBase("nu")


def of_length(norm: Norm) -> Derivation:
    """Derive weight normalization: x is the weight whose direction counts, g the length that it is given."""
    cells = cells_of(norm)
    there, length, by = cells.there, nu[m], x[HERE]
    definition = (
        Formula(length, root(add(cells.sum(by**2), eps))),
        Formula(y[HERE], over(mul(g[m], by), length)),
    )
    dx, dy_dx, d_length = (Partial(of, by) for of in (loss, y[there], length))
    along = cells.sum_there(mul(dy[there], x[there]))
    claim = Formula(
        dx,
        mul(
            over(g[m], length),
            add(Tagged(dy[HERE], "term1"), Tagged(neg(mul(over(by, length**2), along)), "term2")),
        ),
    )
    scale = Formula(Partial(loss, g[m]), mul(over(1, length), cells.sum(mul(dy[HERE], by))))
    steps = (
        Step(
            "Chain rule",
            "One weight moves the norm, and so every weight of its output channel: sum over all of them.",
            (Formula(dx, cells.sum_there(mul(Partial(loss, y[there]), dy_dx))),),
        ),
        Step(
            "Two paths",
            "What comes out depends on a weight directly and through the norm; "
            "delta is 1 where the primed and the unprimed indices agree, else 0.",
            (
                Formula(
                    dy_dx,
                    mul(
                        over(g[m], length),
                        add(Tagged(cells.same, "term1"), Tagged(neg(mul(over(x[there], length), d_length)), "term2")),
                    ),
                ),
                Formula(d_length, over(by, length)),
            ),
        ),
        Step(
            "Closed form",
            "What points along the weight is taken off: a step turns the weight, and never shortens it. "
            "dy is short for the derivative of l by y.",
            (claim,),
        ),
        Step("Length", "The length gathers what was taken off.", (scale,)),
    )
    inputs = {"x": HERE, "g": (m,)}
    return Derivation(norm, proof_shape(norm), inputs, definition, steps, {"x": claim, "g": scale})
