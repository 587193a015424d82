"""From dy to dx: the upstream gradient, the paths it takes back as maps that add up, and the check by differences."""

from __future__ import annotations

import numpy as np

from classroom.arrange import cell_box
from classroom.explorer.arithmetic import arithmetic, evaluation
from classroom.explorer.scene import ASKS, LOSSES, PAINTED, Scene, frames, nice_limit
from classroom.picture import Map, Note, Panel, Picture, Plane, Ramp, Scale, Table, Values, signed
from classroom.typeset import number, short, tiny
from normlib.flow import paths

SHOWN = 6  # cells of the check that stand in the table


def picture(scene: Scene, loss: str) -> Picture:
    """Show dy and its paths above their sum; the asked cell's closed form; and what differences say of the gradient."""
    parts = paths(evaluation(scene, dy=True))
    scale = _scale(*parts.values(), scene.dx)
    whole = "*∂l/∂x*" if scene.bug is None else "*∂l/∂x*, wrong"
    maps = [
        _map(scene, ("+ " if i else "") + name, values, scale, f"term{i + 1}" if i < 3 else "")
        for i, (name, values) in enumerate(parts.items())
    ]
    panels: list[Panel] = [_upstream(scene, loss), *maps, _map(scene, f"= {whole}", scene.dx, scale)]
    if scene.bug is not None:
        in_y = scene.bug.where == "forward"
        off = scene.y - scene.right_y if in_y else scene.dx - scene.right_dx
        panels.append(_map(scene, "*y*: wrong − right" if in_y else "wrong − right", off, _scale(off)))
    beside = 12 - 3 * (len(panels) % 4)
    panels.append(_check(scene, beside))
    panels.append(Ramp(scale=scale))
    panels.append(Note(text=LOSSES[loss] + "."))
    if scene.bug is not None:
        panels.append(Note(text=f"{scene.bug.says} {scene.bug.shows}", mark="on purpose"))
    return [*panels, arithmetic(scene, backward=True)]


def _scale(*shown: Values) -> Scale:
    """Return one scale for all of them, that a few cells do not stretch far."""
    together = np.concatenate([np.ravel(values) for values in shown])
    least = nice_limit(together, 100) / 4
    return signed(max(nice_limit(together, 99.9), least) if together.any() else 1.0, "gradient")


def _upstream(scene: Scene, loss: str) -> Map:
    cell = scene.cell
    paints = "paint" if loss == PAINTED else ""
    values = scene.plane(scene.dy)
    return Map(
        span=3,
        label="*dy*",
        note=f"{short(float(values[cell.row, cell.column]), 4)}",
        values=values,
        scale=_scale(scene.dy),
        boxes=(*frames(scene), cell_box(cell.row, cell.column)),
        plane=Plane("dy", cell.sample, cell.channel),
        asks=ASKS,
        paints=paints,
    )


def _map(scene: Scene, label: str, values: Values, scale: Scale, term: str = "") -> Map:
    cell, plane = scene.cell, scene.plane(values)
    return Map(
        span=3,
        label=label,
        note=short(float(plane[cell.row, cell.column]), 3),
        values=plane,
        scale=scale,
        boxes=(cell_box(cell.row, cell.column),),
        term=term,
        asks=ASKS,
        follows=True,
    )


def _check(scene: Scene, span: int) -> Table:
    """Hold the gradient in use against differences of the forward in use, in a few cells."""
    check = scene.check
    assert check is not None  # this view has it
    order = np.argsort(-check.errors)[: SHOWN - 1]
    chosen = dict.fromkeys((0, *order.tolist()))
    rows = tuple(
        (
            ", ".join(str(at + 1) for at in check.cells[i]) + (" (asked)" if i == 0 else ""),
            short(float(check.claimed[i]), 5),
            short(float(check.numeric[i]), 5),
            tiny(float(check.errors[i])),
        )
        for i in chosen
    )
    of = "*∂l/∂x*" if check.of == "x" else f"∂*l*/∂{check.of}"
    say = (
        f"holds in all {len(check.cells)} cells looked at" if check.holds else f"fails: apart by {tiny(check.largest)}"
    )
    return Table(
        span=span,
        label="✓ gradient check" if check.holds else "✕ gradient check",
        note=say,
        columns=(
            "sample, channel, row, column" if check.of == "x" else "index",
            f"{of} in use",
            "differences",
            "apart",
        ),
        rows=rows,
        strong=() if check.holds else (0,),
    )


def alt(scene: Scene, loss: str) -> str:
    """Give the spread of every path and of their sum, and the asked cell's gradient."""
    parts = paths(evaluation(scene, dy=True))
    spreads = "; ".join(f"{name} {number(float(v.std()))}" for name, v in parts.items())
    wrong = "" if scene.bug is None else f" By a wrong formula: {scene.bug.title}."
    check = scene.check
    assert check is not None  # this view has it
    verdict = "agrees with differences" if check.holds else f"disagrees with differences by {tiny(check.largest)}"
    return (
        f"{scene.norm.title}, backward; {LOSSES[loss]}.{wrong} Standard deviations of the paths: {spreads}; of their "
        f"sum, the gradient of x, {number(float(scene.dx.std()))}. In the asked cell the gradient is "
        f"{short(float(scene.dx[scene.cell]), 4)}; it {verdict}."
    )
