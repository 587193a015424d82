"""The gradients of gamma and beta: two sums over a feature map, beside the differences that they must equal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from classroom.exhibit import Exhibit, Range
from classroom.picture import Facts, Histogram, Map, Picture, Table, Values, signed
from classroom.samples import responses
from classroom.typeset import number, tiny
from classroom.upstream import upstream
from normlib.gradcheck import central_difference
from normlib.norms.batch_norm import BatchNorm

CLOSE = 1e-6  # what is below is rounding, and differs from machine to machine

SCALE = signed(3.0, "value of a cell")
GAMMA, BETA = 1.0, 0.0  # where the differences are taken; both gradients are the same everywhere


class Data(NamedTuple):
    """One feature map, and the two gradients by both ways."""

    x_hat: Values  # (rows, columns)
    dy: Values
    dgamma: float
    dbeta: float
    slope_gamma: float  # central differences of l = sum of dy * y
    slope_beta: float


@dataclass(frozen=True, kw_only=True)
class ParameterGradients(Exhibit):
    """Turn dy towards x̂ and watch γ's gradient grow; give dy a mean and watch β's."""

    title = "Gradients of γ and β as sums over one feature map"

    correlation: Annotated[float, Range("correlation of dy with x̂", -1.0, 1.0, 0.05, group="dy")] = 0.4
    mean: Annotated[float, Range("mean of dy", -1.0, 1.0, 0.05, group="dy")] = 0.2
    channel: Annotated[int, Range("feature map k", 1, 12, 1, group="look")] = 4

    def norm(self) -> BatchNorm:
        """Return batch normalization with its defaults."""
        return BatchNorm()

    def compute(self) -> Data:
        """Run the layer forward and backward, and forward again with γ and β a little to either side."""
        norm, x = self.norm(), responses()[:, self.channel - 1 : self.channel]
        point = np.array([GAMMA, BETA])
        _, cache = norm.forward(x, gamma=point[:1], beta=point[1:])
        dy = upstream(cache.x_hat, mean=self.mean, correlation=self.correlation)
        grads = norm.backward(dy, cache)

        def loss(at: Values) -> float:
            return float(np.vdot(dy, norm.forward(x, gamma=at[:1], beta=at[1:])[0]))

        slopes = [central_difference(loss, point, direction, step=1e-3) for direction in np.eye(2)]
        return Data(cache.x_hat[0, 0], dy[0, 0], float(grads["gamma"][0]), float(grads["beta"][0]), *slopes)

    def picture(self, data: Data) -> Picture:
        """Show the two factors and their product on one scale, then what the maps sum to."""
        maps = (("*x̂*", data.x_hat), ("*dy*", data.dy), ("*dy · x̂*", data.dy * data.x_hat))
        top = max(Histogram(values=v, scale=SCALE).shares().max() for _, v in maps[:2])
        rows = ((name, number(sum_, 1), number(slope, 1), tiny(abs(slope - sum_)))
                for name, sum_, slope in self._gradients(data))  # fmt: skip
        return [
            *(Map(span=4, label=label, note=f"mean {number(v.mean())}", values=v, scale=SCALE) for label, v in maps),
            *(Histogram(span=4, label=label, values=v, scale=SCALE, top=top) for label, v in maps),
            Facts(span=6, items=((number(data.dbeta, 0), "∂*l*/∂β = Σ *dy*"),)),
            Facts(span=6, items=((number(data.dgamma, 0), "∂*l*/∂γ = Σ *dy · x̂*"),)),
            Table(
                columns=("at γ = 1, β = 0", f"sum over {data.dy.size:,} cells", "central difference", "apart by"),
                rows=tuple(rows),
            ),
        ]

    def _gradients(self, data: Data) -> tuple[tuple[str, float, float], ...]:
        return ("∂*l*/∂β", data.dbeta, data.slope_beta), ("∂*l*/∂γ", data.dgamma, data.slope_gamma)

    def alt(self, data: Data) -> str:
        """Give both sums, and how far the differences are from them."""
        apart = max(abs(slope - sum_) for _, sum_, slope in self._gradients(data))
        agree = f"agree to within {tiny(CLOSE)}" if apart < CLOSE else f"are {tiny(apart)} apart"
        return (
            f"Feature map {self.channel}: x̂, the upstream gradient dy, and their product, on one scale. "
            f"Over {data.dy.size:,} cells dy sums to {number(data.dbeta, 1)}, the gradient of β, and the product to "
            f"{number(data.dgamma, 1)}, the gradient of γ; central differences {agree}."
        )
