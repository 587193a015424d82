"""The gradient of batch normalization's input as three maps that add up: one for each path to the outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from classroom.exhibit import Exhibit, Range
from classroom.picture import Picture, Row, Stack, Values, signed
from classroom.samples import responses
from classroom.typeset import number
from classroom.upstream import upstream
from normlib.norms.batch_norm import BatchNorm

CHANNEL = 3
ROWS = slice(16, 58)  # of the photograph: four maps below one another fit a slide in their true proportions
SCALE = signed(2.5, "gradient; 0: none")
_DERIVATION = BatchNorm().derive()
# The derivation goes on to γ and β, which have a slide of their own: the steps of this one end with its closed form.
CLOSED_FORM = 1 + next(n for n, s in enumerate(_DERIVATION.steps) if _DERIVATION.closed_form["x"] in s.formulas)

CHAIN_RULE = 1  # the step that knows the sum alone: the paths are not yet told apart
REMARKS = {
    2: ("to its own output alone", "∂μ/∂*x*, to every output", "∂σ²/∂*x*, to every output"),
    3: ("to its own output alone", "∂μ/∂*x* = 1/*N*", "∂σ²/∂*x* = 2(*x* − μ)/*N*"),
}
COLLECTED = ("the upstream gradient, rescaled", "removes its average", "removes its part along *x̂*")


class Data(NamedTuple):
    """The three terms and the gradient that `backward` returned, each (rows, columns)."""

    direct: Values
    through_mean: Values
    through_variance: Values
    dx: Values
    x_hat: Values


@dataclass(frozen=True, kw_only=True)
class ThreePaths(Exhibit):
    """Give dy a mean or a part along x̂: the second and the third path take exactly these away."""

    title = "Three maps add up to the gradient of the input"

    step: Annotated[int, Range("derivation step", 1, CLOSED_FORM, 1, play=True, group="formula")] = CLOSED_FORM
    eps: Annotated[float, Range("ε under the root", 0.0, 1.0, 0.05, group="formula")] = 0.0
    mean: Annotated[float, Range("mean of dy", -1.0, 1.0, 0.05, group="dy")] = 0.4
    correlation: Annotated[float, Range("correlation of dy with x̂", -1.0, 1.0, 0.05, group="dy")] = 0.45

    def norm(self) -> BatchNorm:
        """Return batch normalization with this ε."""
        return BatchNorm(eps=self.eps)

    def compute(self) -> Data:
        """Run the layer forward and backward; γ's and β's gradients are the two sums that the terms need."""
        norm, x = self.norm(), responses()[:, CHANNEL : CHANNEL + 1, ROWS]
        _, cache = norm.forward(x, **norm.init(x.shape))
        dy = upstream(cache.x_hat, mean=self.mean, correlation=self.correlation)
        grads = norm.backward(dy, cache)
        gain, count = cache.gamma * cache.inv_std, dy.size
        direct = gain * dy
        through_mean = np.broadcast_to(-gain * grads["beta"] / count, dy.shape)
        through_variance = -gain * cache.x_hat * grads["gamma"] / count
        return Data(*(term[0, 0] for term in (direct, through_mean, through_variance, grads["x"], cache.x_hat)))

    def picture(self, data: Data) -> Picture:
        """Stack the three maps, once the derivation has told them apart, above their sum, on one scale."""
        names = ("direct", "through the mean", "through the variance")
        terms = (data.direct, data.through_mean, data.through_variance)
        numbers = (_moments(terms[0]), f"constant\n{number(terms[1][0, 0], plus=True)}", _moments(terms[2]))
        remarks = REMARKS.get(self.step, COLLECTED)
        rows = [
            Row("+" if i else "", name, remark, term, text, f"term{i + 1}")
            if self.step > CHAIN_RULE
            else Row("", "", "", np.full_like(term, np.nan), "")
            for i, (name, remark, term, text) in enumerate(zip(names, remarks, terms, numbers, strict=True))
        ]
        along = f"part along *x̂*: {number(_slope(data.dx, data.x_hat))}"
        return [Stack(rows=(*rows, Row("=", "∂*l*/∂*x*", along, data.dx, _moments(data.dx))), scale=SCALE)]

    def alt(self, data: Data) -> str:
        """Give the mean and the spread of each term, and what is left in the sum."""
        whole = (
            f"has mean {number(data.dx.mean())}, standard deviation {number(data.dx.std())}, and a part along x̂ of "
            f"{number(_slope(data.dx, data.x_hat))}."
        )
        if self.step == CHAIN_RULE:
            return f"The gradient of the input, a map of {data.dx.size:,} cells, {whole}"
        return (
            f"Three maps of {data.dx.size:,} cells add up to the gradient of the input. Direct: mean "
            f"{number(data.direct.mean())}, standard deviation {number(data.direct.std())}; through the mean: constant "
            f"{number(data.through_mean[0, 0])}; through the variance: standard deviation "
            f"{number(data.through_variance.std())}. The sum {whole}"
        )


def _moments(values: Values) -> str:
    return f"mean {number(values.mean(), plus=True)}\nsd {number(values.std())}"


def _slope(values: Values, x_hat: Values) -> float:
    """Return how much of x_hat is in the values: 0 if none of it."""
    return float(np.vdot(values, x_hat) / np.vdot(x_hat, x_hat))
