"""Switchable normalization: three weights lead from instance through layer to batch statistics."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, NamedTuple, cast

import numpy as np

from classroom.chart import Area, Axis, Chart, Dots, Label, Line
from classroom.exhibit import Exhibit, Range
from classroom.picture import Map, Picture, Table, Values, signed
from classroom.samples import batch, synthetic
from classroom.typeset import number, percent
from normlib import Norm
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.instance_norm import InstanceNorm
from normlib.norms.layer_norm import LayerNorm
from normlib.norms.switchable_norm import MEAN_WEIGHTS, VAR_WEIGHTS, SwitchableNorm

SCALE = signed(3.0)
CHANNEL = 2
PURE: dict[str, Norm] = {"instance": InstanceNorm(), "layer": LayerNorm(), "batch": BatchNorm()}
TERMS = ("term1", "term2", "term3")
CORNERS = np.array([[0.0, 0.0], [0.5, np.sqrt(0.75)], [1.0, 0.0]])  # of a triangle with sides 1, as in PURE
BIAS_SPREAD, BIAS_SEED = 1.0, 3  # what each channel adds to its responses: else all means would be near 0


class Data(NamedTuple):
    """One map of the first of two samples, (rows, columns), under each kind of statistics and under the mixture."""

    x: Values
    pure: tuple[Values, Values, Values]
    mixed: Values
    shares: Values  # (3,), which sum to 1
    means: tuple[float, ...]  # of instance, layer and batch, then mixed
    deviations: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Switching(Exhibit):
    """Raise one weight and the mixture goes to that corner: its map, its mean and its deviation follow."""

    title = "One map under instance, layer and batch statistics, and under a mixture of the three"

    instance: Annotated[float, Range("λ instance", -5.0, 5.0, 0.1, group="weights")] = 0.0
    layer: Annotated[float, Range("λ layer", -5.0, 5.0, 0.1, group="weights")] = 0.0
    batch: Annotated[float, Range("λ batch", -5.0, 5.0, 0.1, group="weights")] = 0.0
    contrast: Annotated[float, Range("contrast of this sample", 0.2, 2.0, 0.1, group="weights")] = 0.5

    def norm(self) -> SwitchableNorm:
        """Return the operator as in the paper, all variances biased; the weights are its parameters."""
        return SwitchableNorm(unbiased=False)

    def compute(self) -> Data:
        """Normalize two photographs' responses with the mixture, and with each of the three operators alone."""
        responses, bias = _maps()
        x = responses * np.array([self.contrast, 1.0])[:, None, None, None] + bias
        weights = (self.instance, self.layer, self.batch)
        chosen = {
            name: np.array(w) for names in (MEAN_WEIGHTS, VAR_WEIGHTS) for name, w in zip(names, weights, strict=True)
        }
        y, cache_ = self.norm().forward(x, **self.norm().init(x.shape) | chosen)
        at = (0, CHANNEL)
        pure = [norm.forward(x, **norm.init(x.shape))[0][at] for norm in PURE.values()]
        pools = x[at], x[0], x[:, CHANNEL]
        mean = float(x[at].mean() - cache_.from_mixture[at].item())
        return Data(
            x[at],
            (pure[0], pure[1], pure[2]),
            y[at],
            cache_.mean_shares,
            (*(float(pool.mean()) for pool in pools), mean),
            (*(float(pool.std()) for pool in pools), float(np.sqrt(cache_.var[at].item()))),
        )

    def picture(self, data: Data) -> Picture:
        """Show the map under the three, then the mixture between them, then the statistics."""
        table = Table(
            columns=("", *PURE, "mixed"),
            rows=(
                ("weight", *map(percent, data.shares), ""),
                ("mean", *map(number, data.means)),
                ("deviation", *map(number, data.deviations)),
            ),
        )
        return [
            *(Map(span=4, label=f"*y* {name}", note=_moments(v), values=v, scale=SCALE, term=term)
              for name, v, term in zip(PURE, data.pure, TERMS, strict=True)),
            Map(span=4, label="*x*", note=_moments(data.x), values=data.x, scale=SCALE),
            Map(span=4, label="*y* mixed", note=_moments(data.mixed), values=data.mixed, scale=SCALE),
            self._triangle(data),
            table,
        ]  # fmt: skip

    def _triangle(self, data: Data) -> Chart:
        here = data.shares @ CORNERS
        spokes = np.full((3, 3, 2), np.nan)
        spokes[:, 0], spokes[:, 1] = CORNERS, here
        return Chart(
            span=4,
            label="the mixture",
            x=Axis(-0.4, 1.4, shown=False),
            y=Axis(-0.35, 1.02, shown=False),
            marks=(
                Area(CORNERS[:, 0], CORNERS[:, 1], "sunken", "edge"),
                Line(spokes[..., 0].ravel(), spokes[..., 1].ravel(), "edge", 1.0),
                *(Dots(corner[:1], corner[1:], term, 6.0 + 18.0 * float(share))
                  for corner, term, share in zip(CORNERS, TERMS, data.shares, strict=True)),
                Dots(here[:1], here[1:], "ink", 11.0),
                Label(0.0, -0.22, "instance", "term1", "middle"),
                Label(0.68, float(CORNERS[1, 1]), "layer", "term2"),
                Label(1.0, -0.22, "batch", "term3", "middle"),
            ),
            height_rem=8.6,
        )  # fmt: skip

    def alt(self, data: Data) -> str:
        """Give the weights, and the moments of the outputs."""
        weights = ", ".join(f"{name} {percent(share)}" for name, share in zip(PURE, data.shares, strict=True))
        outputs = ", ".join(f"{name} {_moments(v)}" for name, v in zip(PURE, data.pure, strict=True))
        return (
            f"Weights: {weights}. Mean and deviation of the map before: {_moments(data.x)}; "
            f"after: {outputs}, mixed {_moments(data.mixed)}."
        )


def _moments(values: Values) -> str:
    return f"{number(values.mean())} ± {number(values.std())}"


@cache
def _maps() -> tuple[Values, Values]:
    """Return the responses of two photographs in four directions, and each channel's bias."""
    maps = np.ascontiguousarray(batch()[:, ::3])
    maps.setflags(write=False)
    return cast(Values, maps), synthetic((4, 1, 1), spread=BIAS_SPREAD, seed=BIAS_SEED)
