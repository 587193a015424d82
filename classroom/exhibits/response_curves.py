"""Filter response normalization and dynamic tanh as curves: output against input for the cells of one map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, NamedTuple, cast

import numpy as np

from classroom.arrange import cell_box
from classroom.chart import Area, Axis, Chart, Dots, Line
from classroom.exhibit import Exhibit, Pick, Range
from classroom.picture import Map, Picture, Values, signed
from classroom.samples import responses
from classroom.typeset import number
from normlib import Norm
from normlib.norms.dynamic_tanh import DynamicTanh
from normlib.norms.filter_response_norm import FilterResponseNorm

SCALE = signed(3.0)
NAMES = {"filter response": "term1", "dynamic tanh": "term2"}
REACH, TOP = 6.0, 2.5  # of the axes: input and output
GRID = np.linspace(-REACH, REACH, 241)
BINS = 48
ROOM = 0.14  # the share of the cells in one column that there is room for at least
WINDOW = np.s_[3, 18:54, 28:82]  # direction, rows and columns of the photograph: large enough cells to frame one
CELL = (25, 33)  # row and column of the framed cell, in the window


class Curve(NamedTuple):
    """What an operator makes of the map, and of any input, while the map's statistic is what it is."""

    y: Values  # (rows, columns)
    output: Values  # at GRID
    slope: float  # at 0, without the threshold


class Data(NamedTuple):
    """One map, (rows, columns), and the two curves by name."""

    x: Values
    curves: dict[str, Curve]


@dataclass(frozen=True, kw_only=True)
class ResponseCurves(Exhibit):
    """Make the map louder: one curve tilts, so that the framed cell's output stays; the other stands and is climbed."""

    title = "One map through two operators, and output against input for a cell, under the map's activations"

    operator: Annotated[str, Pick("formula", tuple(NAMES))] = "filter response"
    loudness: Annotated[float, Range("multiply the map by", 0.1, 4.0, 0.1, group="map")] = 1.0
    offset: Annotated[float, Range("add to it", -3.0, 3.0, 0.1, group="map")] = 0.0
    tau: Annotated[float, Range("threshold τ", -2.0, 2.0, 0.1, group="parameters")] = 0.0
    alpha: Annotated[float, Range("steepness α", 0.0, 2.0, 0.05, group="parameters")] = 0.5

    def norm(self) -> Norm:
        """Return the operator whose formula is shown."""
        return FilterResponseNorm() if self.operator == "filter response" else DynamicTanh()

    def compute(self) -> Data:
        """Send the map through both operators, and the grid along the curves that this map makes of them."""
        x = self.loudness * _map()[None, None] + self.offset
        one, zero, tau = np.ones(1), np.zeros(1), np.array([self.tau])
        y, cache_ = FilterResponseNorm().forward(x, gamma=one, beta=zero, tau=tau)
        slope = float(cache_.inv_rms.item())
        squash = {"alpha": np.array(self.alpha), "gamma": one, "beta": zero}
        tanh, curve = (DynamicTanh().forward(v, **squash)[0][0, 0] for v in (x, GRID[None, None, None]))
        return Data(x[0, 0], {
            "filter response": Curve(y[0, 0], np.maximum(slope * GRID, self.tau), slope),
            "dynamic tanh": Curve(tanh, curve[0], self.alpha),
        })  # fmt: skip

    def picture(self, data: Data) -> Picture:
        """Show the map before and after both, one cell framed; then both curves under the cloud of the map."""
        stages = [("*x*", data.x, ""), *((f"*y* {name}", data.curves[name].y, term) for name, term in NAMES.items())]
        return [
            *(Map(span=4, label=label, term=term, note=f"± {v.std():.2f}", values=v, scale=SCALE,
                  boxes=(cell_box(*CELL),))
              for label, v, term in stages),
            *(self._chart(data, name) for name in NAMES),
        ]  # fmt: skip

    def _chart(self, data: Data, name: str) -> Chart:
        curve, colour = data.curves[name], NAMES[name]
        shares, edges = np.histogram(np.clip(data.x, -REACH, REACH), bins=BINS, range=(-REACH, REACH))
        top = np.repeat(shares / data.x.size, 2)
        across = np.repeat(edges, 2)[1:-1]
        x, y = data.x[CELL], curve.y[CELL]
        inside = np.where(np.abs(curve.output) <= TOP, curve.output, np.nan)
        seen = abs(x) <= REACH and abs(y) <= TOP
        return Chart(
            span=6,
            label=name,
            note=f"slope {number(curve.slope)}",
            x=Axis(-REACH, REACH, "input x"),
            y=Axis(-TOP, TOP, "output y"),
            upper=Axis(0.0, max(ROOM, float(top.max()))),
            marks=(
                Area(np.concatenate([across[:1], across, across[-1:]]), np.concatenate([[0], top, [0]]),
                     "rule", "edge", of="upper"),
                Line(np.array([-REACH, REACH]), np.zeros(2), "rule", 1.0),
                Line(GRID, inside, colour, 4.0 if name == self.operator else 2.0),
                *((Line(np.array([x, x]), np.array([0.0, y]), "edge", 1.0), Dots(np.array([x]), np.array([y])))
                  if seen else ()),
            ),
            height_rem=20.0,
        )  # fmt: skip

    def measures(self, data: Data) -> Mapping[str, float]:
        """Return both slopes at 0, and the deviation of both outputs."""
        slopes = {f"slope of {name}": curve.slope for name, curve in data.curves.items()}
        return slopes | {f"deviation of {name}": float(curve.y.std()) for name, curve in data.curves.items()}

    def alt(self, data: Data) -> str:
        """Give the slopes, and what becomes of the framed cell."""
        said = "; ".join(
            f"{name}: slope {number(curve.slope)}, the framed cell {number(curve.y[CELL])}, "
            f"deviation of the output {number(curve.y.std())}"
            for name, curve in data.curves.items()
        )
        return (
            f"A map with mean {number(data.x.mean())} and deviation {number(data.x.std())}; "
            f"the framed cell is {number(data.x[CELL])}. {said}."
        )


@cache
def _map() -> Values:
    """Return a part of one direction's response, with mean 0 and deviation 1."""
    part = responses()[0][WINDOW]
    part = (part - part.mean()) / part.std()
    part.setflags(write=False)
    return cast(Values, part)
