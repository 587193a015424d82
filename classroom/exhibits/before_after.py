"""The opening picture: the same activations before and after, as maps and as histograms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from classroom.exhibit import Exhibit, Pick, Range
from classroom.picture import Histogram, Map, Picture, Values, signed
from classroom.samples import batch
from normlib import NORMS, Norm

SCALE = signed(3.0)
OPERATORS = {
    "batch": "batch_norm",
    "mean-variance": "mean_variance_norm",
    "local response": "local_response_norm",
}


class Data(NamedTuple):
    """The responses as a layer might receive them, and what the operator makes of them."""

    x: Values  # (N, C, rows, columns)
    y: Values


@dataclass(frozen=True, kw_only=True)
class BeforeAfter(Exhibit):
    """Disturb the activations by a factor and an offset; the operator undoes what it can."""

    title = "The same activations before and after normalization"

    operator: Annotated[str, Pick("operator", tuple(OPERATORS))] = "batch"
    scale: Annotated[float, Range("the input times", 0.1, 3.0, 0.1, group="input")] = 0.4
    offset: Annotated[float, Range("plus", -2.0, 2.0, 0.1, group="input")] = 1.2
    channel: Annotated[int, Range("channel", 1, 12, 1, group="look")] = 4

    def norm(self) -> Norm:
        """Return the chosen operator with its defaults."""
        return NORMS[OPERATORS[self.operator]]()

    def compute(self) -> Data:
        """Scale and shift the responses of two photographs, then normalize them."""
        x = self.scale * batch() + self.offset
        y, _ = self.norm().forward(x, **self.norm().init(x.shape))
        return Data(x, y)

    def picture(self, data: Data) -> Picture:
        """Show one channel of the first photograph as maps; the histograms hold this channel of both photographs."""
        k = self.channel - 1
        sides = (("before: *x*", data.x), ("after: *y*", data.y))
        top = max(Histogram(values=v[:, k], scale=SCALE).shares().max() for _, v in sides)
        maps = [
            Map(span=6, label=label, note=f"mean {_signed(v[:, k].mean())}   sd {v[:, k].std():.2f}",
                values=v[0, k], scale=SCALE)
            for label, v in sides
        ]  # fmt: skip
        return [*maps, *(Histogram(span=6, values=v[:, k], scale=SCALE, top=top) for _, v in sides)]

    def alt(self, data: Data) -> str:
        """Say how mean and spread of the channel change."""
        x, y = (v[:, self.channel - 1] for v in data)
        return (
            f"Channel {self.channel} of two photographs before and after {self.norm().title.lower()}: "
            f"the mean goes from {_signed(x.mean())} to {_signed(y.mean())}, the standard deviation from {x.std():.2f} "
            f"to {y.std():.2f}; {np.mean(np.abs(y) > SCALE.high):.1%} of the values lie beyond the scale afterwards."
        )


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−").replace("+0.00", "0.00").replace("−0.00", "0.00")
