"""Mean-variance normalization in Caffe's two modes: each channel alone, or all channels of the sample together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classroom.arrange import box_around
from classroom.chart import Area, Axis, Chart, Dots, Line
from classroom.exhibit import Exhibit, Pick, Range
from classroom.picture import Map, Picture, Scale, Values, signed
from classroom.samples import colours
from classroom.typeset import number
from normlib.norms.mean_variance_norm import MeanVarianceNorm

SCALE = signed(4.0)
NAMES = ("red", "green", "blue")
BINS = 48


class Data(NamedTuple):
    """The three colour channels of one photograph, before and after."""

    x: Values  # (channels, rows, columns)
    y: Values
    inside: NDArray[np.bool_]  # (channels, rows, columns): enters the statistic of a red pixel


@dataclass(frozen=True, kw_only=True)
class MvnModes(Exhibit):
    """Make the red channel louder or fainter; one mode does not notice, the other answers in all channels."""

    title = "Three channels of one sample before and after, and each channel's mean and spread"

    mode: Annotated[str, Pick("mode", ("per channel", "across channels", "mean only"), group="formula")] = "per channel"
    red: Annotated[float, Range("red multiplied by", 0.1, 2.0, 0.1, group="formula")] = 1.0
    eps: Annotated[float, Range("ε, outside the root", 0.0, 2.0, 0.05, group="formula")] = 0.0

    def norm(self) -> MeanVarianceNorm:
        """Return the operator at these settings; the mean only is taken of each channel."""
        return MeanVarianceNorm(
            across_channels=self.mode == "across channels",
            normalize_variance=self.mode != "mean only",
            eps=self.eps,
        )

    def compute(self) -> Data:
        """Normalize the photograph's colours, in units of their standard deviation over all channels."""
        x = colours() / colours().std()
        x = x * np.array([self.red, 1.0, 1.0])[:, None, None]
        y, _ = self.norm().forward(x)
        return Data(x[0], y[0], self.norm().pooled(x.shape, (0, 0, 0, 0))[0])

    def picture(self, data: Data) -> Picture:
        """Show the channels as maps, the cells that share the red pixels' statistic framed, and as densities."""
        maps = [
            Map(span=4, label=f"*{'xy'[after]}* {name}", values=v, scale=SCALE,
                note=f"{number(v.mean())} ± {v.std():.2f}",
                boxes=(box_around(mask),) if mask.any() and not after else ())
            for after, side in enumerate((data.x, data.y))
            for name, v, mask in zip(NAMES, side, data.inside, strict=True)
        ]  # fmt: skip
        return [
            *maps,
            _densities(data.x, "before"),
            _densities(data.y, "after"),
        ]

    def alt(self, data: Data) -> str:
        """Say every channel's mean and deviation before and after, and what is left of their differences."""
        sides = [", ".join(f"{name} {_moments(v)}" for name, v in zip(NAMES, side, strict=True)) for side in data[:2]]
        means = [np.ptp(side.mean(axis=(1, 2))) for side in data[:2]]
        over = "all three channels together" if self.mode == "across channels" else "each channel alone"
        what = "Mean" if self.mode == "mean only" else "Mean and deviation"
        return (
            f"{what} over {over}. Before: {sides[0]}. After: {sides[1]}. "
            f"The channels' means lie {means[0]:.2f} apart before and {means[1]:.2f} apart after."
        )


def _moments(values: Values) -> str:
    return f"mean {number(values.mean())}, sd {values.std():.2f}"


def _densities(channels: Values, label: str, scale: Scale = SCALE) -> Chart:
    """Return one ridge a channel, with its mean as a dot and one standard deviation to each side as a line."""
    edges = np.linspace(scale.low, scale.high, BINS + 1)
    marks: list[Line | Area | Dots] = []
    bases = range(len(channels) - 1, -1, -1)
    for base, values in zip(bases, channels, strict=True):
        counts, _ = np.histogram(np.clip(values, scale.low, scale.high), bins=edges)
        top = np.repeat(base + 0.8 * counts / counts.max(), 2)
        across = np.repeat(edges, 2)[1:-1]
        outline = np.concatenate([across[:1], across, across[-1:]]), np.concatenate([[base], top, [base]])
        mean, sd = values.mean(), values.std()
        marks += [
            Area(*outline, fill="rule", edge="edge"),
            Line(np.array([mean - sd, mean + sd]), np.full(2, float(base)), width=3.0),
            Dots(np.array([mean]), np.array([float(base)])),
        ]
    return Chart(
        span=6,
        label=label,
        note="dot: mean, bar: ± sd",
        x=Axis(scale.low, scale.high, scale.label),
        y=Axis(-0.2, len(channels), names=tuple(zip(map(float, bases), NAMES, strict=True)), shown=False),
        marks=tuple(marks),
        height_rem=9.0,
    )
