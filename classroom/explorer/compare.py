"""Two to four operators on the same input, side by side on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from classroom.arrange import cell_box
from classroom.explorer.scene import ASKS, OUTPUT, Scene, frames
from classroom.picture import Histogram, Map, Picture, Plane, Scale, Table, Values
from classroom.typeset import number, short

INPUT = "input *x*"


class Side(NamedTuple):
    """The input, or what an operator makes of it."""

    label: str
    values: Values  # (N, C, H, W)
    scene: Scene
    scale: Scale


class Compare(NamedTuple):
    """The same input through every operator, by its name."""

    scenes: Mapping[str, Scene]

    @property
    def sides(self) -> list[Side]:
        """Return the input, then every output."""
        first = next(iter(self.scenes.values()))
        outputs = [Side(name.replace("_", " "), scene.y, scene, OUTPUT) for name, scene in self.scenes.items()]
        return [Side(INPUT, first.x, first, first.scale), *outputs]

    def picture(self) -> Picture:
        """Show the asked channel of each as a map and as a histogram, and its statistics."""
        sides = self.sides
        span = 4 if len(sides) in (3, 5) else 3 if len(sides) == 4 else 6
        maps = [_map(side, span) for side in sides]
        found = [Histogram(span=span, values=s.scene.channel(s.values), scale=s.scale) for s in sides]
        bars = [bar.as_high_as(max(bar.shares().max() for bar in found)) for bar in found]
        if len(sides) == 5:  # three and two: each map above its own bars
            return [*maps[:3], *bars[:3], *maps[3:], self._table(4), *bars[3:]]
        return [*maps, *bars, self._table(12)]

    def _table(self, span: int) -> Table:
        rows = []
        for side in self.sides:
            channel, scene = side.scene.channel(side.values), side.scene
            cells = "" if side.label == INPUT else f"{scene.norm.pooled(scene.x.shape, scene.cell).sum():,}"
            rows.append((side.label, number(channel.mean()), number(channel.std()), cells))
        return Table(span=span, columns=("channel, all samples", "mean", "sd", "cells a statistic"), rows=tuple(rows))

    def alt(self) -> str:
        """Give mean and spread of the asked channel for the input and for every operator."""
        said = [
            f"{s.label} {number(s.scene.channel(s.values).mean())} and {number(s.scene.channel(s.values).std())}"
            for s in self.sides
        ]
        scene = self.sides[0].scene
        return (
            f"Channel {scene.cell.channel + 1} of {scene.title}, mean and standard deviation: "
            f"{'; '.join(said).replace('*', '')}."
        )


def _map(side: Side, span: int) -> Map:
    scene, is_input = side.scene, side.label == INPUT
    cell, plane = scene.cell, scene.plane(side.values)
    return Map(
        span=span,
        label=side.label,
        note=short(float(plane[cell.row, cell.column]), 3),
        values=plane,
        scale=side.scale,
        boxes=(*(() if is_input else frames(scene)), cell_box(cell.row, cell.column)),
        plane=Plane("x" if is_input else "y", cell.sample, cell.channel),
        asks=ASKS,
    )
