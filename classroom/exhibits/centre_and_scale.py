"""The idea of batch normalization: move a cloud of activations to where the nonlinearity still bends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from classroom.exhibit import Exhibit, Pick, Range
from classroom.picture import Facts, Note, Picture, Plot, Values
from classroom.samples import synthetic
from classroom.typeset import number, percent
from lab.layers import Layer, ReLU, Sigmoid
from normlib.norms.batch_norm import BatchNorm

COUNT = 240  # activations of the unit, one a sample
REACH = 8.0  # the axis: from -REACH to REACH
FLAT = 0.1  # saturated: where the slope is below this share of the steepest one
UNITS: dict[str, Layer] = {"sigmoid": Sigmoid(), "ReLU": ReLU()}
TOP = {"sigmoid": 1.0, "ReLU": REACH}  # the highest output on the axis
GRID = np.linspace(-REACH, REACH, 321)


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
            self._plot(data, data.before, "before", "input of the nonlinearity, x"),
            self._plot(data, data.after, "after", "input of the nonlinearity, x̂"),
            *(Facts(span=6, items=((percent(cloud.flat.mean()), "of the cloud meets a flat part of the curve"),))
              for cloud in (data.before, data.after)),
            Note(text=f"{variance}. Flat, shaded: the slope is less than a tenth of the steepest. "
                 f"Filled dots meet the bend, hollow ones do not.{beyond}"),
        ]  # fmt: skip

    def _plot(self, data: Data, cloud: Cloud, label: str, axis: str) -> Plot:
        top, shown = TOP[self.unit], np.abs(cloud.x) <= REACH
        heights = _heaped(cloud.x)
        room = max(25.0, heights[shown].max(initial=0.0) + 1)
        still: dict[str, Any] = {"type": "scatter", "hoverinfo": "skip"}
        traces = [
            still
            | {
                "x": GRID,
                "y": data.curve,
                "mode": "lines",
                "line": {"color": "var(--ink)", "width": 2, "simplify": False},
            }
        ]
        for some, symbol, colour in (
            (cloud.flat & shown, "circle-open", "var(--edge)"),
            (~cloud.flat & shown, "circle", "var(--accent)"),
        ):
            dots = still | {"x": cloud.x[some], "mode": "markers"}
            marker = {"symbol": symbol, "color": colour}
            traces.append(dots | {"y": heights[some], "yaxis": "y2", "marker": marker | {"size": 6}})
            traces.append(dots | {"y": cloud.output[some], "marker": marker | {"size": 8}})
        shade = {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "layer": "below", "fillcolor": "var(--sunken)"}
        layout = {
            "shapes": [shade | {"x0": low, "x1": high, "line": {"width": 0}} for low, high in _runs(data.flat)],
            "xaxis": {"range": [-REACH, REACH], "title": {"text": axis}, "dtick": 4, "anchor": "y"},
            "yaxis": {"range": [-0.06 * top, 1.06 * top], "domain": [0, 0.48], "nticks": 4,
                      "title": {"text": f"{self.unit}, output"}},
            "yaxis2": {"range": [0, room], "domain": [0.54, 1], "visible": False, "fixedrange": True},
        }  # fmt: skip
        note = f"mean {number(cloud.x.mean())}, sd {number(cloud.x.std())}"
        figure = go.Figure(data=traces, layout=layout)
        return Plot(span=6, figure=figure, height_rem=19, label=label, note=note)

    def alt(self, data: Data) -> str:
        """Give mean, spread and the saturated share at both stages."""
        said = (
            f"{stage} mean {number(cloud.x.mean())} and standard deviation {number(cloud.x.std())}, "
            f"{percent(cloud.flat.mean())} in a flat part of the {self.unit}"
            for stage, cloud in (("before", data.before), ("after centring and scaling", data.after))
        )
        return f"A cloud of {COUNT} activations: {'; '.join(said)}."


def _heaped(x: Values) -> Values:
    """Stack the dots of each narrow bin, so that the cloud shows its shape and no dot hides another."""
    bins = np.floor(x * 5 + 0.5).astype(int)
    order = np.argsort(bins, kind="stable")
    _, starts, counts = np.unique(bins[order], return_index=True, return_counts=True)
    heights = np.empty(len(x))
    heights[order] = np.arange(len(x)) - np.repeat(starts, counts) + 0.6
    return heights


def _runs(flat: Values) -> list[tuple[float, float]]:
    """Return the intervals of GRID where the curve is flat."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flat, [False]]).astype(int)))
    return [(float(GRID[a]), float(GRID[b - 1])) for a, b in edges.reshape(-1, 2)]
