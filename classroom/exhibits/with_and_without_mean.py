"""Layer, root mean square and L2 normalization of one sample: what taking off the mean changes, and what not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal, NamedTuple, cast

import numpy as np

from classroom.chart import Axis, Chart, Dots, Label, Line
from classroom.exhibit import Exhibit, Pick, Range
from classroom.picture import Histogram, Map, Picture, Table, Values, signed
from classroom.samples import batch
from classroom.typeset import number
from normlib import Norm
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.layer_norm import LayerNorm
from normlib.norms.lp_norm import LpNorm
from normlib.norms.rms_norm import RMSNorm

SCALE = signed(4.0)
CHANNEL = 2  # the map that is shown, from 0: level strokes
EXTENTS: dict[str, Literal["sample", "channels"]] = {"the whole sample": "sample", "each position": "channels"}
COLOURS = {"layer": "term1", "RMS": "term2", "batch": "term3"}
SHOWN = {"layer": "layer", "RMS": "RMS", "L2": "RMS"}  # L2 is RMS but for one factor, so it has no map of its own
REACH = 1.5  # of the chart
HALF_CIRCLE = np.linspace(0.0, np.pi, 91)


class Data(NamedTuple):
    """The first of two samples, (channels, rows, columns), and what each operator makes of it."""

    x: Values
    outputs: dict[str, Values]  # layer, RMS, L2 times the root of the number of values in a pool, batch
    moved: dict[str, float]  # the largest change of the output when the other sample is taken away


@dataclass(frozen=True, kw_only=True)
class WithAndWithoutMean(Exhibit):
    """Give the sample an offset: layer normalization takes it off, RMS keeps it; neither sees the other sample."""

    title = "One sample and three operators: its maps, its values, and their mean and deviation"

    operator: Annotated[str, Pick("operator", tuple(SHOWN))] = "RMS"
    over: Annotated[str, Pick("statistics over", tuple(EXTENTS))] = "the whole sample"
    offset: Annotated[float, Range("offset of the sample", -4.0, 4.0, 0.1, group="samples")] = 1.5
    other: Annotated[float, Range("other sample times", 0.0, 4.0, 0.1, group="samples")] = 2.0

    def norm(self) -> Norm:
        """Return the chosen operator over the chosen extent."""
        return self._side_by_side()[self.operator]

    def _side_by_side(self) -> dict[str, Norm]:
        over = EXTENTS[self.over]
        return {"layer": LayerNorm(over=over), "RMS": RMSNorm(over=over), "L2": LpNorm(over=over), "batch": BatchNorm()}

    def compute(self) -> Data:
        """Normalize the sample beside the other one, and alone."""
        both = np.stack([_maps()[0] + self.offset, self.other * _maps()[1]])
        values = both[0].size if self.over == "the whole sample" else both.shape[1]
        outputs, moved = {}, {}
        for name, norm in self._side_by_side().items():
            beside, alone = (norm.forward(x, **norm.init(x.shape))[0][0] for x in (both, both[:1]))
            outputs[name] = beside * np.sqrt(values) if name == "L2" else beside
            moved[name] = float(np.abs(beside - alone).max())
        return Data(both[0], outputs, moved)

    def picture(self, data: Data) -> Picture:
        """Show one map and all values before and after each operator; then every output by mean and deviation."""
        stages = [("*x*", data.x, ""), *((f"*y* {name}", data.outputs[name], term) for name, term in COLOURS.items())]
        top = max(Histogram(values=v, scale=SCALE).shares().max() for _, v, _ in stages)
        return [
            *(Map(span=3, label=label, term=term, values=v[CHANNEL], scale=SCALE) for label, v, term in stages),
            *(Histogram(span=3, label=label, values=v, scale=SCALE, bins=32, top=top) for label, v, _ in stages),
            self._places(data),
            self._table(data),
        ]

    def _places(self, data: Data) -> Chart:
        marks: list[Dots | Label] = []
        for name, colour in COLOURS.items():
            mean, sd = float(data.outputs[name].mean()), float(data.outputs[name].std())
            marks.append(Dots(np.array([mean]), np.array([sd]), colour, 18.0 if name == SHOWN[self.operator] else 11.0))
            if name == "layer":
                marks.append(Label(0.0, 1.3, name, colour, "middle"))
            elif name == "RMS":  # outside the circle
                side = 1 if mean >= 0 else -1
                marks.append(Label(1.1 * mean + 0.1 * side, 1.1 * sd, name, colour, "start" if side > 0 else "end"))
            else:
                marks.append(Label(mean - 0.12, sd, name, colour, "end"))
        return Chart(
            span=6,
            label="where *y* lies",
            note="line: root mean square 1",
            x=Axis(-REACH, REACH, "mean of y"),
            y=Axis(0.0, REACH, "sd of y"),
            marks=(Line(np.cos(HALF_CIRCLE), np.sin(HALF_CIRCLE), "edge"), *marks),
            height_rem=11.0,
        )

    def _table(self, data: Data) -> Table:
        names = {name: "L2 · √N" if name == "L2" else name for name in data.outputs}
        return Table(
            span=6,
            label="all values of *y*",
            note="moved: by the other sample",
            columns=("", "mean", "sd", "r.m.s.", "moved"),
            rows=tuple(
                (names[n], *map(number, (y.mean(), y.std(), np.sqrt(np.mean(y**2)), data.moved[n])))
                for n, y in data.outputs.items()
            ),
            strong=(list(names).index(self.operator),),
        )

    def alt(self, data: Data) -> str:
        """Give each output's mean and deviation, and how far the other sample moves it."""
        said = (
            f"{name} {number(data.outputs[name].mean())} and {number(data.outputs[name].std())}, "
            f"moved by {number(data.moved[name])}"
            for name in COLOURS
        )
        return (
            f"A sample with mean {number(data.x.mean())} and standard deviation {number(data.x.std())}; statistics "
            f"over {self.over}. Mean and deviation of each output, and how far the other sample moves it: "
            f"{'; '.join(said)}."
        )


@cache
def _maps() -> Values:
    """Return four of the twelve directions of both photographs, each photograph with mean 0 and deviation 1."""
    maps = batch()[:, ::3]
    maps = (maps - maps.mean((1, 2, 3), keepdims=True)) / maps.std((1, 2, 3), keepdims=True)
    maps.setflags(write=False)
    return cast(Values, maps)
