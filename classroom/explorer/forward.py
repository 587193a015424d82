"""From x to y: the asked channel's maps and histograms, who shares the asked cell's statistics, and its arithmetic."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from classroom.arrange import beyond, cell_box
from classroom.explorer.arithmetic import arithmetic, place
from classroom.explorer.scene import ASKS, OUTPUT, Scene, block, frames, nice_limit
from classroom.picture import Histogram, Map, Note, Panel, Picture, Plane, Scale, Strip, Table, Values, signed
from classroom.typeset import number, short
from normlib.evaluation import Evaluation

NAMES = {"x_hat": "*x̂*", "n2": "*n*²"}


class Side(NamedTuple):
    """A tensor of the way from x to y."""

    key: str
    label: str
    values: Values  # (N, C, H, W)
    scale: Scale


def sides(scene: Scene) -> list[Side]:
    """Return x, what stands between and varies from cell to cell, if there is such a thing, and y."""
    found = [Side("x", "*x*", scene.x, scene.scale)]
    if (between := _between(scene)) is not None:
        found.append(between)
    return [*found, Side("y", "*y*" if scene.bug is None else "*y*, wrong", scene.y, OUTPUT)]


def _between(scene: Scene) -> Side | None:
    evaluation = Evaluation(scene.norm.derive(), {"x": scene.x, **scene.params})
    for name in reversed([n for n in evaluation.lets if n != "y"]):
        values = evaluation.value(name)
        if values.shape == scene.x.shape:
            if name == "x_hat":
                return Side(name, NAMES[name], values, OUTPUT)
            scale = signed(nice_limit(values), "value")
            if values.min() >= 0:
                scale = Scale(0.0, nice_limit(values), "value", "sequential")
            return Side(name, NAMES.get(name, f"*{name}*"), values, scale)
    return None


def picture(scene: Scene) -> Picture:
    """Show the channels; maps of the asked one beside the block; histograms; the asked cell's arithmetic."""
    shown = sides(scene)
    if scene.bug is not None:
        shown = [shown[0], Side("y", "*y*, right", scene.right_y, OUTPUT), shown[-1]]
    span = 3 if len(shown) == 3 else 4
    panels: list[Panel] = [_strip(scene), *(_map(scene, side, span) for side in shown)]
    panels.append(block(scene, 12 - span * len(shown)) if scene.bug is None else _difference(scene))
    channels = [scene.channel(side.values) for side in shown]
    tops = [Histogram(values=v, scale=s.scale).shares().max() for v, s in zip(channels, shown, strict=True)]
    alike = max(tops)  # one height for all that share the scale, so that they compare
    for side, values, top in zip(shown, channels, tops, strict=True):
        same = side.scale == OUTPUT
        panels.append(Histogram(span=span, values=values, scale=side.scale, top=alike if same else top))
    if scene.bug is not None:
        panels.append(Note(text=f"{scene.bug.says} {scene.bug.shows}", mark="on purpose"))
    return [*panels, arithmetic(scene, span=9), _table(shown, channels, 3)]


def _strip(scene: Scene) -> Strip:
    cell = scene.cell
    inside = np.flatnonzero(scene.norm.pooled(scene.x.shape, cell).any(axis=(0, 2, 3)))
    window = (int(inside[0]), int(inside[-1])) if inside.size else (cell.channel, cell.channel)
    note = "underlined: in the asked cell's statistic" if inside.size else "no statistic is taken"
    maps = scene.x[cell.sample]
    label = f"the channels of sample {cell.sample + 1}"
    return Strip(label=label, note=note, maps=maps, scale=scene.scale, chosen=cell.channel, window=window,
                 asks="channel")  # fmt: skip


def _map(scene: Scene, side: Side, span: int) -> Map:
    plane, cell = scene.plane(side.values), scene.cell
    boxes = (*(frames(scene) if side.key == "x" else ()), cell_box(cell.row, cell.column))
    return Map(
        span=span,
        label=side.label,
        note=f"{short(float(plane[cell.row, cell.column]), 4)}",
        values=plane,
        scale=side.scale,
        boxes=boxes,
        plane=Plane(side.key, cell.sample, cell.channel),
        asks=ASKS,
        follows=side.key != "x",
    )


def _difference(scene: Scene) -> Map:
    off = scene.y - scene.right_y
    scale = signed(nice_limit(off), "wrong less right")
    worst = float(np.abs(off).max())
    return Map(span=3, label="wrong − right", note=f"at most {short(worst, 2)}", values=scene.plane(off), scale=scale)


def _table(shown: list[Side], channels: list[Values], span: int) -> Table:
    measures = (("mean", np.mean), ("sd", np.std), ("least", np.min), ("largest", np.max))
    rows = tuple((name, *(number(float(of(v))) for v in channels)) for name, of in measures)
    return Table(span=span, columns=("", *(side.label.split(",")[0] for side in shown)), rows=rows)


def alt(scene: Scene) -> str:
    """Give what the asked cell becomes, whom it shares statistics with, and mean and spread before and after."""
    cell, x, y = scene.cell, scene.channel(scene.x), scene.channel(scene.y)
    inside = scene.norm.pooled(scene.x.shape, cell).sum()
    shares = f"shares its statistics with {inside:,} cells, itself included" if inside else "has no statistic"
    wrong = "" if scene.bug is None else f" By a wrong formula: {scene.bug.title}."
    moments = (
        f"mean goes from {number(x.mean())} to {number(y.mean())} and the standard deviation from {number(x.std())}"
    )
    before, after = short(float(scene.x[cell]), 4), short(float(scene.y[cell]), 4)
    return (
        f"{scene.norm.title} of {scene.title}.{wrong} The cell in {place(scene)} {shares}; it goes from {before} to "
        f"{after}. Over its channel in all samples the {moments} to {number(y.std())}; {beyond(y, OUTPUT)} afterwards."
    )
