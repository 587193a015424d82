"""Batch normalization's two steps on one feature map: x-hat takes the statistics away, gamma and beta set new ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, NamedTuple

import numpy as np

from classroom.exhibit import Exhibit, Pick, Range
from classroom.picture import Histogram, Map, Picture, Table, Values, signed
from classroom.samples import batch
from classroom.typeset import number
from normlib.norms.batch_norm import BatchNorm

SCALE = signed(4.0)
EVERY, INPUT = "of every stage", "of x alone"  # the latter for a guess before the numbers are seen
LOUDNESS, OFFSET = 0.5, 1.0  # what a layer before might have made of the responses: they come off centre


class Data(NamedTuple):
    """One feature map of both photographs at its three stages, each (samples, rows, columns)."""

    x: Values
    x_hat: Values
    y: Values
    mean: float
    var: float  # biased, without eps


@dataclass(frozen=True, kw_only=True)
class ScaleAndShift(Exhibit):
    """Set γ and β: the mean follows β, the spread |γ|, the shape of the histogram neither."""

    title = "One feature map before, between and after the two steps of batch normalization"

    gamma: Annotated[float, Range("scale γ", -3.0, 3.0, 0.1, group="parameters")] = 1.5
    beta: Annotated[float, Range("shift β", -3.0, 3.0, 0.1, group="parameters")] = -0.5
    eps: Annotated[float, Range("ε under the root", 0.0, 1.0, 0.01, group="look")] = 0.0
    channel: Annotated[int, Range("feature map k", 1, 12, 1, group="look")] = 4
    numbers: Annotated[str, Pick("numbers", (EVERY, INPUT), group="look")] = EVERY

    def norm(self) -> BatchNorm:
        """Return batch normalization with this ε."""
        return BatchNorm(eps=self.eps)

    def compute(self) -> Data:
        """Normalize the chosen feature map over all pixels of both photographs."""
        x = _maps()[:, self.channel - 1 : self.channel]
        y, cache_ = self.norm().forward(x, gamma=np.array([self.gamma]), beta=np.array([self.beta]))
        return Data(x[:, 0], cache_.x_hat[:, 0], y[:, 0], float(cache_.mean.item()), float(cache_.var.item()))

    def picture(self, data: Data) -> Picture:
        """Show the first photograph's map at each stage; histograms and table hold both photographs."""
        stages = (("*x*", data.x), ("*x̂*", data.x_hat), ("*y* = γ *x̂* + β", data.y))
        top = max(Histogram(values=v, scale=SCALE).shares().max() for _, v in stages)
        return [
            *(Map(span=4, label=label, values=v[0], scale=SCALE) for label, v in stages),
            *(Histogram(span=4, label=label, values=v, scale=SCALE, top=top) for label, v in stages),
            self._table(data),
        ]

    def _table(self, data: Data) -> Table:
        """Return mean and spread of the stages whose numbers are asked for."""
        names, stages = ("mean", "variance", "standard deviation"), (data.x, data.x_hat, data.y)
        if self.numbers == INPUT:
            rows = zip(names, _spread(data.x), strict=True)
            return Table(columns=("over both photographs", "*x*"), rows=tuple(rows))
        shrunk = data.var / (data.var + self.eps)
        law = (
            f"β = {number(self.beta)}",
            f"γ² σ²/(σ² + ε) = {number(self.gamma**2 * shrunk)}",
            f"|γ| σ/√(σ² + ε) = {number(abs(self.gamma) * shrunk**0.5)}",
        )
        return Table(
            columns=("over both photographs", "*x*", "*x̂*", "*y*", "which is"),
            rows=tuple(zip(names, *map(_spread, stages), law, strict=True)),
        )

    def measures(self, data: Data) -> Mapping[str, float]:
        """Return the output's mean and standard deviation over both photographs."""
        return {"mean of y": float(data.y.mean()), "standard deviation of y": float(data.y.std())}

    def alt(self, data: Data) -> str:
        """Give the mean and the spread at the stages whose numbers are asked for."""
        if self.numbers == INPUT:
            return (
                f"Feature map {self.channel} of two photographs has mean {number(data.x.mean())}, standard deviation "
                f"{number(data.x.std())} and variance {number(data.x.var())}; it is normalized with ε "
                f"{number(self.eps)}, scaled by {number(self.gamma)} and shifted by {number(self.beta)}."
            )
        return (
            f"Feature map {self.channel} of two photographs. Its mean goes from {number(data.x.mean())} to "
            f"{number(data.x_hat.mean())} and then to {number(data.y.mean())}, which is β; its standard deviation from "
            f"{number(data.x.std())} to {number(data.x_hat.std())} and then to {number(data.y.std())}. "
            f"{np.mean(np.abs(data.y) > SCALE.high):.1%} of y lies beyond the scale and is drawn at its ends."
        )


def _spread(v: Values) -> tuple[str, str, str]:
    return number(v.mean()), number(v.var()), number(v.std())


@cache
def _maps() -> Values:
    maps = LOUDNESS * batch() + OFFSET
    maps.setflags(write=False)
    return maps
