"""The idea of batch normalization: move a cloud of activations to where the nonlinearity still bends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from classroom.chart import Area, Axis, Chart, Line, Shade
from classroom.exhibit import Exhibit, Pick, Range
from classroom.picture import Facts, Note, Picture, Values
from classroom.samples import synthetic
from classroom.typeset import number, percent
from lab.layers import Layer, ReLU, Sigmoid
from normlib.norms.batch_norm import BatchNorm

COUNT = 240  # activations of the unit, one a sample
REACH = 8.0  # the axis: from -REACH to REACH
FLAT = 0.1  # saturated: where the slope is below this share of the steepest one
UNITS: dict[str, Layer] = {"sigmoid": Sigmoid(), "ReLU": ReLU()}
TOP = {"sigmoid": 1.0, "ReLU": REACH}  # the highest output on the axis
GRID = np.linspace(-REACH, REACH, 161)
BINS = 64  # of the columns that show the cloud
ROOM = 30.0  # activations in one column that there is room for at least


class Cloud(NamedTuple):
    """Activations, what the unit answers, and which of them meet a flat part of its curve."""

    x: Values  # (samples,)
    output: Values
    flat: Values  # bool


class Data(NamedTuple):
    """The cloud at both stages, and the curve."""

    before: Cloud
    after: Cloud
    curve: Values  # output at GRID
    flat: Values  # bool, at GRID
    var: float  # of the cloud before, biased


@dataclass(frozen=True, kw_only=True)
class CentreAndScale(Exhibit):
    """Push the cloud off centre or blow it up; centred and scaled, it lies over the bend again."""

    title = "A unit's activations before and after centring and scaling, over its nonlinearity"

    mean: Annotated[float, Range("mean of the cloud", -6.0, 6.0, 0.1, group="cloud")] = 3.5
    spread: Annotated[float, Range("its spread", 0.1, 4.0, 0.1, group="cloud")] = 2.0
    eps: Annotated[float, Range("ε under the root", 0.0, 2.0, 0.05, group="unit")] = 0.0
    unit: Annotated[str, Pick("nonlinearity", tuple(UNITS), group="unit")] = "sigmoid"

    def norm(self) -> BatchNorm:
        """Return batch normalization with this ε, without γ and β."""
        return BatchNorm(eps=self.eps, affine=False)

    def compute(self) -> Data:
        """Draw the cloud, normalize it, and send both through the nonlinearity."""
        x = synthetic((COUNT, 1, 1, 1), seed=4) * self.spread + self.mean
        x_hat, cache = self.norm().forward(x)
        curve, slope = self._answer(GRID)
        steepest = float(slope.max())
        before, after = (Cloud(v, *self._judged(v, steepest)) for v in (x.ravel(), x_hat.ravel()))
        return Data(before, after, curve, slope < FLAT * steepest, float(cache.var.item()))

    def _answer(self, x: Values) -> tuple[Values, Values]:
        """Return the unit's outputs and its slopes."""
        y, cache = UNITS[self.unit].forward(x[:, None])
        return y[:, 0], UNITS[self.unit].backward(np.ones_like(y), cache)["x"][:, 0]

    def _judged(self, x: Values, steepest: float) -> tuple[Values, Values]:
        output, slope = self._answer(x)
        return output, slope < FLAT * steepest

    def picture(self, data: Data) -> Picture:
        """Show the cloud above the curve, before and after, and how much of it is in the flat part."""
        after = data.after.x
        ratio = f"{number(data.var)}/{number(data.var + self.eps)}"
        variance = f"Var[*x̂*] = σ²/(σ² + ε) = {ratio} = {number(after.var(), 3)}"
        cut = float(np.mean(np.abs(data.before.x) > REACH))
        beyond = f" {percent(cut)} of *x* lies beyond the axis." if cut else ""
        return [
            self._chart(data, data.before, "before", "input of the nonlinearity, x"),
            self._chart(data, data.after, "after", "input of the nonlinearity, x̂"),
            *(Facts(span=6, items=((percent(cloud.flat.mean()), "of the cloud meets a flat part of the curve"),))
              for cloud in (data.before, data.after)),
            Note(text=f"{variance}. Flat, shaded: the slope is less than a tenth of the steepest. "
                 f"Filled columns meet the bend, hollow ones do not.{beyond}"),
        ]  # fmt: skip

    def _chart(self, data: Data, cloud: Cloud, label: str, axis: str) -> Chart:
        top, shown = TOP[self.unit], np.abs(cloud.x) <= REACH
        bent, flat = (_counts(cloud.x[shown & some]) for some in (~cloud.flat, cloud.flat))
        reach = 0.05 * top
        return Chart(
            span=6,
            label=label,
            note=f"mean {number(cloud.x.mean())}, sd {number(cloud.x.std())}",
            x=Axis(-REACH, REACH, axis),
            y=Axis(-0.06 * top, 1.06 * top, f"{self.unit}, output"),
            upper=Axis(0.0, max(ROOM, float((bent + flat).max()) + 1)),
            height_rem=19,
            marks=(
                *(Shade(low, high) for low, high in _runs(data.flat)),
                Line(GRID, data.curve),
                Area(*_columns(bent, flat), fill=None, edge="edge", of="upper"),
                Area(*_columns(np.zeros(BINS), bent), fill="accent", of="upper"),
                Line(*_strokes(cloud.x[cloud.flat & shown], cloud.output[cloud.flat & shown], reach), "edge", 1.0),
                Line(*_strokes(cloud.x[~cloud.flat & shown], cloud.output[~cloud.flat & shown], reach), "accent", 1.5),
            ),
        )

    def alt(self, data: Data) -> str:
        """Give mean, spread and the saturated share at both stages."""
        said = (
            f"{stage} mean {number(cloud.x.mean())} and standard deviation {number(cloud.x.std())}, "
            f"{percent(cloud.flat.mean())} in a flat part of the {self.unit}"
            for stage, cloud in (("before", data.before), ("after centring and scaling", data.after))
        )
        return f"A cloud of {COUNT} activations: {'; '.join(said)}."


def _counts(x: Values) -> Values:
    """Count the activations in each bin of the axis."""
    return np.histogram(x, bins=BINS, range=(-REACH, REACH))[0].astype(float)


def _columns(bottom: Values, height: Values) -> tuple[Values, Values]:
    """Outline a column for each bin that is not empty, from `bottom` up by `height`."""
    (some,) = np.nonzero(height)
    left = -REACH + some * (2 * REACH / BINS)
    right, low, high = left + 0.8 * (2 * REACH / BINS), bottom[some], bottom[some] + height[some]
    lift = np.full(len(some), np.nan)
    return np.stack([left, left, right, right, lift], 1).ravel(), np.stack([low, high, high, low, lift], 1).ravel()


def _strokes(x: Values, y: Values, reach: float) -> tuple[Values, Values]:
    """Draw an upright stroke through every point."""
    lift = np.full(len(x), np.nan)
    return np.stack([x, x, lift], axis=1).ravel(), np.stack([y - reach, y + reach, lift], axis=1).ravel()


def _runs(flat: Values) -> list[tuple[float, float]]:
    """Return the intervals of GRID where the curve is flat."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flat, [False]]).astype(int)))
    return [(float(GRID[a]), float(GRID[b - 1])) for a, b in edges.reshape(-1, 2)]
