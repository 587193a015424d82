"""Two to four operators on the same input, side by side on one scale."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from classroom.arrange import cell_box
from classroom.explorer.scene import ASKS, OUTPUT, Scene, frames
from classroom.picture import Histogram, Map, Picture, Plane, Table
from classroom.typeset import number

INPUT = "input x"


def spoken(name: str) -> str:
    """Return an operator's name as a reader sees it."""
    return name.replace("_", " ")


def picture(scenes: Mapping[str, Scene]) -> Picture:
    """Show the input and every output: the asked channel as a map and as a histogram, and its statistics."""
    first = next(iter(scenes.values()))
    sides = [(INPUT, first.x, first)] + [(spoken(name), scene.y, scene) for name, scene in scenes.items()]
    span = 12 // max(3, len(sides)) if len(sides) != 5 else 4
    top = max(Histogram(values=s.channel(v), scale=OUTPUT).shares().max() for _, v, s in sides)
    maps, bars = [], []
    for i, (name, values, scene) in enumerate(sides):
        plane = scene.plane(values)
        boxes = (*frames(scene), cell_box(scene.cell.row, scene.cell.column)) if i else (cell_box(*scene.cell[2:]),)
        at = Plane("y" if i else "x", scene.cell.sample, scene.cell.channel)
        note = f"{number(plane[scene.cell.row, scene.cell.column], plus=True)}"
        maps.append(Map(span=span, label=name, note=note, values=plane, scale=OUTPUT, boxes=boxes, plane=at, asks=ASKS))
        bars.append(Histogram(span=span, values=scene.channel(values), scale=OUTPUT, top=top))
    if len(sides) == 5:  # three and two: each map above its own bars
        return [*maps[:3], *bars[:3], *maps[3:], _table(sides, 4), *bars[3:]]
    return [*maps, *bars, _table(sides, 12)]


def _table(sides: list[tuple[str, np.ndarray, Scene]], span: int) -> Table:
    rows = []
    for name, values, scene in sides:
        channel = scene.channel(values)
        whole = scene.norm.pooled(values.shape, scene.cell).sum() if name != INPUT else None
        cells = "" if whole is None else f"{whole:,}"
        rows.append((name, number(channel.mean()), number(channel.std()), cells))
    return Table(span=span, columns=("channel, all samples", "mean", "sd", "cells a statistic"), rows=tuple(rows))


def alt(scenes: Mapping[str, Scene]) -> str:
    """Give mean and spread of the asked channel for the input and for every operator."""
    first = next(iter(scenes.values()))
    x = first.channel(first.x)
    parts = [
        f"{spoken(name)} {number(s.channel(s.y).mean())} and {number(s.channel(s.y).std())}"
        for name, s in scenes.items()
    ]
    return (
        f"Channel {first.cell.channel + 1} of {first.title}: mean {number(x.mean())}, standard deviation "
        f"{number(x.std())}. Mean and standard deviation of the output: {'; '.join(parts)}."
    )
