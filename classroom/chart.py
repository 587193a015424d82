"""A light chart: lines, areas and dots over two axes, which the browser draws anew while a control is dragged.

Plotly needs 10 ms and more a plot; a chart of these few marks needs one. What wants Plotly's own kinds, hover or axes
stays a `Plot`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from classroom.picture import Panel, Values
from classroom.wire import Blobs

Colour = str  # a token of classroom.theme: "ink", "accent", "edge", ...
Of = Literal["y", "upper"]


class Axis(NamedTuple):
    """A fixed range; ticks at round numbers, or where `names` puts them."""

    low: float
    high: float
    title: str = ""
    names: tuple[tuple[float, str], ...] = ()
    shown: bool = True  # the line and its ticks


class Line(NamedTuple):
    """A line through points; nan lifts the pen."""

    x: Values
    y: Values
    colour: Colour = "ink"
    width: float = 2.0  # of a screen 1440 pixels wide; grows with the text
    of: Of = "y"


class Area(NamedTuple):
    """Closed outlines, filled; nan begins another one."""

    x: Values
    y: Values
    fill: Colour | None
    edge: Colour | None = None
    of: Of = "y"


class Dots(NamedTuple):
    """A dot at every point."""

    x: Values
    y: Values
    colour: Colour = "ink"
    size: float = 10.0
    of: Of = "y"


class Label(NamedTuple):
    """Words at a point: a line named in place needs no legend. They begin, end or stand centred there."""

    x: float
    y: float
    text: str
    colour: Colour = "ink"
    anchor: Literal["start", "middle", "end"] = "start"
    of: Of = "y"


class Shade(NamedTuple):
    """A ground over an interval of x, from bottom to top."""

    low: float
    high: float


Mark = Line | Area | Dots | Label | Shade


@dataclass(frozen=True, kw_only=True)
class Chart(Panel):
    """Marks over two axes; `upper` is a second y axis, for what stands above the first in the upper half."""

    kind: ClassVar[str] = "chart"
    label: str = ""
    note: str = ""
    x: Axis
    y: Axis
    upper: Axis | None = None
    marks: tuple[Mark, ...]
    height_rem: float = 12.0

    def pack(self, blobs: Blobs) -> dict[str, Any]:
        return {
            "label": self.label,
            "note": self.note,
            "x": self.x._asdict(),
            "y": self.y._asdict(),
            "upper": None if self.upper is None else self.upper._asdict(),
            "marks": [{"mark": type(mark).__name__.lower(), **_plain(mark)} for mark in self.marks],
            "height": self.height_rem,
        }


def _plain(mark: Mark) -> dict[str, Any]:
    return {name: _numbers(value) if isinstance(value, np.ndarray) else value for name, value in mark._asdict().items()}


def _numbers(values: Values) -> list[float | None]:
    """Round to what a screen can show; JSON knows no nan."""
    rounded: list[float] = np.round(np.asarray(values, dtype=np.float64), 4).tolist()
    return [None if math.isnan(v) else v for v in rounded]
