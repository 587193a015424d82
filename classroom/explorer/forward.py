"""From x to y: the asked channel's maps and histograms, who shares the asked cell's statistics, and its arithmetic."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from classroom.arrange import beyond, cell_box
from classroom.explorer.arithmetic import of_output
from classroom.explorer.scene import ASKS, NAMES, OUTPUT, Scene, block, frames, nice_limit
from classroom.picture import Histogram, Map, Note, Panel, Picture, Plane, Scale, Strip, Table, Values, signed
from classroom.typeset import number, short


class Side(NamedTuple):
    """A tensor of the way from x to y."""

    key: str
    label: str
    values: Values  # (N, C, H, W)
    scale: Scale


class Forward(NamedTuple):
    """The operator on its input, and what of its formula stands between x and y."""

    scene: Scene
    between: tuple[str, Values] | None  # a quantity that varies from cell to cell

    def picture(self) -> Picture:
        """Show the channels; maps of the asked one beside the block; histograms; the asked cell's arithmetic."""
        scene, shown = self.scene, self._sides()
        span = 3 if len(shown) == 3 else 4
        panels: list[Panel] = [_strip(scene), *(_map(scene, side, span) for side in shown)]
        if scene.bug is not None:
            panels.append(_difference(scene))
        panels += [block(scene, 3)] if len(shown) == 3 and scene.bug is None else []
        channels = [scene.channel(side.values) for side in shown]
        bars = [Histogram(span=span, values=v, scale=s.scale) for v, s in zip(channels, shown, strict=True)]
        alike = max(bar.shares().max() for bar in bars)  # one height for all on one scale, so that they compare
        panels += [bar.as_high_as(alike) if bar.scale == OUTPUT else bar for bar in bars]
        panels += [block(scene, 4)] if len(shown) == 2 else []
        if scene.bug is not None:
            panels.append(Note(text=f"{scene.bug.says} {scene.bug.shows}", mark="on purpose"))
        return [*panels, of_output(scene, span=9), _table(shown, channels)]

    def _sides(self) -> list[Side]:
        scene = self.scene
        x = Side("x", "*x*", scene.x, scene.scale)
        if scene.bug is not None:
            return [x, Side("y", "*y* right", scene.right_y, OUTPUT), Side("", "*y* wrong", scene.y, OUTPUT)]
        y = Side("y", "*y*", scene.y, OUTPUT)
        if self.between is None:
            return [x, y]
        name, values = self.between
        return [x, Side(name, NAMES.get(name, f"*{name}*"), values, scene.colours(name, values)), y]

    def alt(self) -> str:
        """Give what the asked cell becomes, whom it shares statistics with, and mean and spread before and after."""
        scene = self.scene
        x, y = scene.channel(scene.x), scene.channel(scene.y)
        inside = scene.norm.pooled(scene.x.shape, scene.cell).sum()
        shares = f"shares its statistics with {inside:,} cells, itself included" if inside else "has no statistic"
        wrong = "" if scene.bug is None else f" By a wrong formula: {scene.bug.title}."
        before, after = (short(float(v[scene.cell]), 4) for v in (scene.x, scene.y))
        return (
            f"{scene.norm.title} of {scene.title}.{wrong} The cell in {scene.place} {shares}; it goes from {before} to "
            f"{after}. Over its channel in all samples the mean goes from {number(x.mean())} to {number(y.mean())} and "
            f"the standard deviation from {number(x.std())} to {number(y.std())}; {beyond(y, OUTPUT)} afterwards."
        )


def forward(scene: Scene) -> Forward:
    """Look for what stands between x and y: the last quantity before y that varies from cell to cell."""
    evaluation = scene.evaluation()
    for name in reversed([name for name in evaluation.lets if name != "y"]):
        if (values := evaluation.value(name)).shape == scene.x.shape:
            return Forward(scene, (name, values))
    return Forward(scene, None)


def _strip(scene: Scene) -> Strip:
    cell = scene.cell
    inside = np.flatnonzero(scene.norm.pooled(scene.x.shape, cell).any(axis=(0, 2, 3)))
    return Strip(
        label=f"the channels of sample {cell.sample + 1}",
        note="underlined: in the asked cell's statistic" if inside.size else "no statistic is taken",
        maps=scene.x[cell.sample],
        scale=scene.scale,
        chosen=cell.channel,
        window=(int(inside[0]), int(inside[-1])) if inside.size else (cell.channel, cell.channel),
        asks="channel",
    )


def _map(scene: Scene, side: Side, span: int) -> Map:
    plane, cell = scene.plane(side.values), scene.cell
    return Map(
        span=span,
        label=side.label,
        note=short(float(plane[cell.row, cell.column]), 4),
        values=plane,
        scale=side.scale,
        boxes=(*(frames(scene) if side.key == "x" else ()), cell_box(cell.row, cell.column)),
        plane=Plane(side.key, cell.sample, cell.channel) if side.key else None,
        asks=ASKS,
        follows=side.key != "x",
    )


def _difference(scene: Scene) -> Map:
    off = scene.y - scene.right_y
    limit = nice_limit(off, 100)
    return Map(span=3, label="wrong − right", note=f"colours ±{limit:g}", values=scene.plane(off), scale=signed(limit))


def _table(shown: list[Side], channels: list[Values]) -> Table:
    measures = (("mean", np.mean), ("sd", np.std), ("least", np.min), ("largest", np.max))
    rows = tuple((name, *(number(float(of(v))) for v in channels)) for name, of in measures)
    return Table(span=3, columns=("channel", *(side.label for side in shown)), rows=rows)
