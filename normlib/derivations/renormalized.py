r"""Derive batch renormalization: y = gamma (r x_hat + d) + beta, with r and d constant in the gradient."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sympy as sp

from normlib.derivations.cells import cells_of
from normlib.derivations.standardized import BY_CHANNEL, beta, gamma, standardized, x_hat
from normlib.nodes import HERE, Partial, PoolSum, add, dy, k, loss, mul, y
from normlib.symbolic import Derivation, Formula, Step

if TYPE_CHECKING:
    from normlib.core import Norm

r, d = sp.IndexedBase("r"), sp.IndexedBase("d")


def renormalized(norm: Norm) -> Derivation:
    """Derive it as batch normalization with gamma r for gamma; gamma, beta, r and d then have sums of their own."""
    plain = standardized(norm, BY_CHANNEL, scale=mul(gamma[k], r[k]))
    xh, places = x_hat[HERE], cells_of(norm).whole
    corrected = add(mul(r[k], xh), d[k])
    total, weighted = PoolSum(dy[HERE], places), PoolSum(mul(dy[HERE], xh), places)
    sums = {
        "gamma": Formula(Partial(loss, gamma[k]), PoolSum(mul(dy[HERE], corrected), places)),
        "beta": Formula(Partial(loss, beta[k]), total),
        "r": Formula(Partial(loss, r[k]), mul(gamma[k], weighted)),
        "d": Formula(Partial(loss, d[k]), mul(gamma[k], total)),
    }
    last = Step(
        "Scale and shift, and the corrections",
        "Each gathers a sum over its channel; r and d come from earlier batches, so nobody follows their gradients.",
        tuple(sums.values()),
    )
    return replace(
        plain,
        inputs={"x": HERE} | dict.fromkeys(sums, BY_CHANNEL),
        definition=(*plain.definition[:-1], Formula(y[HERE], add(mul(gamma[k], corrected), beta[k]))),
        steps=(*plain.steps[:-1], last),
        closed_form={"x": plain.closed_form["x"], **sums},
    )
