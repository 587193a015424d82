"""The parts that a picture is made of.

A picture is a sequence of panels on a grid of 12 columns. Panels that follow a drag (maps, histograms, strips, blocks)
carry quantized arrays that the browser paints by itself; `Plot` carries a Plotly figure. Colours are CSS variables.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
from numpy.typing import NDArray

from classroom.wire import Blobs

Values = NDArray[Any]
pio.templates.default = "none"  # the browser brings the deck's own; Plotly's would take most of a figure's time
LEVELS = 255  # one byte a cell: 0 is the scale's low end, 254 its high end, 255 says "no number"


class Scale(NamedTuple):
    """A fixed colour scale; it never refits to the data, so that before and after compare."""

    low: float
    high: float
    label: str = "activation"
    kind: Literal["diverging", "sequential"] = "diverging"

    def quantize(self, values: Values) -> NDArray[np.uint8]:
        """Map values to bytes; what lies beyond the scale takes its end colour, what is no number takes 255."""
        with np.errstate(invalid="ignore"):
            inside = np.clip(np.asarray(values, dtype=np.float64), self.low, self.high)
            level = np.rint((inside - self.low) / (self.high - self.low) * (LEVELS - 1))
        return np.where(np.isfinite(level), level, LEVELS).astype(np.uint8)


def signed(limit: float, label: str = "activation") -> Scale:
    """Return a scale that is symmetric about zero."""
    return Scale(-limit, limit, label)


class Box(NamedTuple):
    """A frame around cells of a map: from (row, column), `rows` × `columns` cells."""

    row: int
    column: int
    rows: int
    columns: int
    kind: Literal["pool", "cell"] = "pool"  # accent: these cells share a statistic; ink: the cell asked about


class Plane(NamedTuple):
    """Which part of which tensor a map shows: one channel of one sample, from 0."""

    tensor: str  # "x", "dy", ...
    sample: int
    channel: int


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One part of a picture. `span` counts columns of 12 on a wide screen; a phone stacks."""

    kind: ClassVar[str]
    span: int = 12

    def pack(self, blobs: Blobs) -> dict[str, Any]:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Map(Panel):
    """A feature map: rows × columns of coloured cells, true aspect, no smoothing."""

    kind: ClassVar[str] = "map"
    label: str = ""
    note: str = ""  # at the right of the label: "sd 0.93"
    values: Values  # (rows, columns)
    scale: Scale
    boxes: tuple[Box, ...] = ()
    term: str = ""  # term1..term3: the label takes this colour and underline
    asks: tuple[str, str] | None = None  # the controls that hold row and column, from 1: a click on a cell sets them
    follows: bool = False  # they follow the pointer, too, as long as it is over the map
    paints: str = ""  # the control that holds painted cells: drawing on the map sets it
    plane: Plane | None = None  # what a term of a formula lights up on this map

    def pack(self, blobs: Blobs) -> dict[str, Any]:
        return {
            "label": self.label,
            "note": self.note,
            "cells": blobs.add(self.scale.quantize(self.values)),
            "scale": self.scale._asdict(),
            "boxes": [b._asdict() for b in self.boxes],
            "term": self.term,
            "asks": self.asks and list(self.asks),
            "follows": self.follows,
            "paints": self.paints,
            "plane": self.plane and self.plane._asdict(),
        }


@dataclass(frozen=True, kw_only=True)
class Histogram(Panel):
    """The share of values per bin of a fixed scale; the axis is the colour ramp. End bins hold what lies beyond."""

    kind: ClassVar[str] = "histogram"
    label: str = ""
    note: str = ""
    values: Values
    scale: Scale
    bins: int = 44
    top: float | None = None  # share at full height; None: the highest bar of this histogram

    def shares(self) -> NDArray[np.float64]:
        """Return the share of the values in each bin; they add up to 1."""
        return self._shares

    def as_high_as(self, top: float) -> Self:
        """Return the histogram with this share at full height; its counts are not taken again."""
        other = replace(self, top=float(top))
        other.__dict__["_shares"] = self._shares
        return other

    @cached_property
    def _shares(self) -> NDArray[np.float64]:
        flat = np.clip(np.asarray(self.values, dtype=np.float64).ravel(), self.scale.low, self.scale.high)
        counts, _ = np.histogram(flat, bins=self.bins, range=(self.scale.low, self.scale.high))
        return counts / max(1, flat.size)

    def pack(self, blobs: Blobs) -> dict[str, Any]:
        shares = self.shares()
        return {
            "label": self.label,
            "note": self.note,
            "shares": [round(float(s), 5) for s in shares],
            "top": self.top or float(shares.max()),
            "scale": self.scale._asdict(),
        }


@dataclass(frozen=True, kw_only=True)
class Ramp(Panel):
    """The colour ramp alone, with its axis: the one legend below several maps."""

    kind: ClassVar[str] = "ramp"
    scale: Scale

    def pack(self, blobs: Blobs) -> dict[str, Any]:
        return {"scale": self.scale._asdict()}


@dataclass(frozen=True, kw_only=True)
class Strip(Panel):
    """An axis of thumbnails (channels, samples): one is chosen, a window around it is underlined."""

    kind: ClassVar[str] = "strip"
    label: str
    note: str = ""
    maps: Values  # (n, rows, columns)
    scale: Scale
    chosen: int  # index from 0
    window: tuple[int, int]  # first and last index, both in the window
    symbol: str = "k"
    asks: str = ""  # the control that holds the chosen one, from 1: a click sets it

    def pack(self, blobs: Blobs) -> dict[str, Any]:
        return {
            "label": self.label,
            "note": self.note,
            "cells": blobs.add(self.scale.quantize(_thumbnails(self.maps))),
            "scale": self.scale._asdict(),
            "chosen": self.chosen,
            "window": list(self.window),
            "symbol": self.symbol,
            "asks": self.asks,
        }


def _thumbnails(maps: Values, columns: int = 45) -> Values:
    """Average blocks of pixels until a map is at most `columns` wide; what a thumbnail cannot show is not sent."""
    by = -(-maps.shape[2] // columns)
    if by == 1:
        return maps
    rows, wide = (n // by for n in maps.shape[1:])
    return maps[:, : rows * by, : wide * by].reshape(-1, rows, by, wide, by).mean(axis=(2, 4))


class Row(NamedTuple):
    """One line of a stack: an operator sign, a name, a remark, a map and its numbers."""

    sign: str
    name: str
    remark: str
    values: Values
    numbers: str
    term: str = ""


@dataclass(frozen=True, kw_only=True)
class Stack(Panel):
    """Maps that add up, on one scale: +, +, = and a line above the sum."""

    kind: ClassVar[str] = "stack"
    rows: tuple[Row, ...]
    scale: Scale

    def pack(self, blobs: Blobs) -> dict[str, Any]:
        rows = []
        for row in self.rows:
            rows.append(row._asdict() | {"values": blobs.add(self.scale.quantize(row.values))})
        return {"rows": rows, "scale": self.scale._asdict()}


@dataclass(frozen=True, kw_only=True)
class Block(Panel):
    """The H×W×K×M tensor as one rotatable block a sample; painted cells share the chosen cell's statistic."""

    kind: ClassVar[str] = "block"
    painted: NDArray[np.bool_]  # (H, W, K, M)
    chosen: tuple[int, int, int, int]  # h, w, k, m
    turn: float = 26.0  # degrees about the vertical axis: the block is seen from the right
    tilt: float = 22.0  # degrees: and from above
    gap: float = 0.0  # in cells: pulls the feature maps apart so that the inside shows
    height_rem: float = 17.0
    label: str = ""
    note: str = ""  # at the right of the label
    below: str = ""  # a sentence under the blocks
    axes: tuple[str, str, str] = ("H", "W", "K")  # downwards, away from the reader, to the right

    def pack(self, blobs: Blobs) -> dict[str, Any]:
        return {
            "label": self.label,
            "note": self.note,
            "below": self.below,
            "axes": list(self.axes),
            "cells": blobs.add(self.painted.astype(np.uint8)),
            "chosen": list(self.chosen),
            "turn": self.turn,
            "tilt": self.tilt,
            "gap": self.gap,
            "height": self.height_rem,
        }


@dataclass(frozen=True, kw_only=True)
class Plot(Panel):
    """A Plotly figure. The browser adds the deck's template and resolves `var(--name)` colours."""

    kind: ClassVar[str] = "plot"
    figure: go.Figure
    height_rem: float = 24.0
    label: str = ""
    note: str = ""

    def pack(self, blobs: Blobs) -> dict[str, Any]:
        figure = json.loads(self.figure.to_json())
        figure["layout"].pop("template", None)
        return {"figure": figure, "height": self.height_rem, "label": self.label, "note": self.note}


@dataclass(frozen=True, kw_only=True)
class Facts(Panel):
    """Big numbers, each with the sentence that it answers."""

    kind: ClassVar[str] = "facts"
    items: tuple[tuple[str, str], ...]

    def pack(self, blobs: Blobs) -> dict[str, Any]:
        return {"items": [list(item) for item in self.items]}


class Cell(NamedTuple):
    """A cell of a table that is more than its text."""

    text: str
    kind: Literal["", "yes", "no", "faint", "phrase"] = ""  # a colour, beside what the text says; or room for words
    title: str = ""  # what a sign stands for: read aloud, and shown under the pointer
    sets: tuple[tuple[str, str], ...] = ()  # controls and their values: what a click on the cell chooses

    def pack(self) -> dict[str, Any]:
        return {**self._asdict(), "sets": dict(self.sets)}


@dataclass(frozen=True, kw_only=True)
class Table(Panel):
    """A small table; the first column heads its row."""

    kind: ClassVar[str] = "table"
    label: str = ""
    note: str = ""
    above: str = ""  # a sentence over the table
    groups: tuple[tuple[str, int], ...] = ()  # a name above so many columns
    columns: tuple[str, ...]
    rows: tuple[tuple[str | Cell, ...], ...]
    strong: tuple[int, ...] = ()  # rows to emphasize
    chosen: tuple[int, int] | None = None  # row and column of the cell asked about

    def pack(self, blobs: Blobs) -> dict[str, Any]:
        return {
            "label": self.label,
            "note": self.note,
            "above": self.above,
            "groups": [list(g) for g in self.groups],
            "columns": list(self.columns),
            "rows": [[c.pack() if isinstance(c, Cell) else c for c in r] for r in self.rows],
            "strong": list(self.strong),
            "chosen": self.chosen and list(self.chosen),
        }


@dataclass(frozen=True, kw_only=True)
class Note(Panel):
    """A remark in the picture: a verdict, a source, a mark such as «cited» or «computed here»."""

    kind: ClassVar[str] = "note"
    text: str
    mark: Literal["", "cited", "computed", "contested", "not reproducible", "on purpose"] = ""

    def pack(self, blobs: Blobs) -> dict[str, Any]:
        return {"text": self.text, "mark": self.mark}


Picture = Sequence[Panel]
