"""From dy to dx: the upstream gradient, the paths it takes back as maps that add up, and the check by differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from classroom.arrange import cell_box
from classroom.explorer.arithmetic import of_gradient
from classroom.explorer.bugs import Check, gradient_check
from classroom.explorer.scene import ASKS, LOSSES, OUTPUT, PAINTED, Scene, frames, nice_limit
from classroom.picture import Map, Note, Panel, Picture, Plane, Ramp, Scale, Table, Values, signed
from classroom.typeset import number, short
from normlib.flow import paths

SHOWN = 6  # cells of the check that stand in the table
SCALE = OUTPUT._replace(label="gradient")  # of dy, of every path and of their sum: they add up in colours too


class Backward(NamedTuple):
    """The gradient of the formula in use, the right one by its paths, and what differences say of it."""

    scene: Scene
    loss: str
    dy: Values  # (N, C, H, W), like dx, right_dx and every path
    dx: Values
    right_dx: Values
    paths: Mapping[str, Values]
    check: Check

    def picture(self) -> Picture:
        """Show dy, its paths and their sum; the check; the asked cell's closed form."""
        scene, bug = self.scene, self.scene.bug
        panels: list[Panel] = [self._upstream()]
        for i, (name, values) in enumerate(self.paths.items()):
            panels.append(self._map(("+ " if i else "") + name, values, term=f"term{i + 1}" if i < 3 else ""))
        if bug is not None and bug.where == "backward" and bug.of == "x":
            off = self.dx - self.right_dx
            panels += [self._map("*∂l/∂x* wrong", self.dx), self._map("wrong − right", off, _apart(off))]
        else:
            panels.append(self._map("= *∂l/∂x*", self.dx))
        if bug is not None and bug.where == "forward":
            off = scene.y - scene.right_y
            panels.append(self._map("*y*: wrong − right", off, _apart(off)))
        panels.append(self._table(12 - 3 * (len(panels) % 4)))
        panels += [Ramp(scale=SCALE), Note(text=LOSSES[self.loss] + ".")]
        if bug is not None:
            panels.append(Note(text=f"{bug.says} {bug.shows}", mark="on purpose"))
        return [*panels, of_gradient(scene, self.dy)]

    def _upstream(self) -> Map:
        scene, cell = self.scene, self.scene.cell
        values = scene.plane(self.dy)
        return Map(
            span=3,
            label="*dy*",
            note=short(float(values[cell.row, cell.column]), 3),
            values=values,
            scale=SCALE,
            boxes=(*frames(scene), cell_box(cell.row, cell.column)),
            plane=Plane("dy", cell.sample, cell.channel),
            asks=ASKS,
            paints="paint" if self.loss == PAINTED else "",
        )

    def _map(self, label: str, values: Values, scale: Scale = SCALE, term: str = "") -> Map:
        cell, plane = self.scene.cell, self.scene.plane(values)
        there = short(float(plane[cell.row, cell.column]), 3)
        return Map(
            span=3,
            label=label,
            note=there if scale is SCALE else f"{there}; colours ±{scale.high:g}",
            values=plane,
            scale=scale,
            boxes=(cell_box(cell.row, cell.column),),
            term=term,
            asks=ASKS,
            follows=True,
        )

    def _table(self, span: int) -> Table:
        check, of_x = self.check, self.check.of == "x"
        chosen = dict.fromkeys((0, *np.argsort(-check.errors)[: SHOWN - 1].tolist()))
        rows = tuple(
            (
                ", ".join(str(at + 1) for at in check.cells[i]) + (" (asked)" if of_x and i == 0 else ""),
                short(float(check.claimed[i]), 5),
                short(float(check.numeric[i]), 5),
                short(float(check.errors[i]), 2),
            )
            for i in chosen
        )
        holds = f"holds in {len(check.cells)} cells"
        return Table(
            span=span,
            label="✓ gradient check" if check.holds else "✕ gradient check",
            note=holds if check.holds else f"fails: apart by {short(check.largest, 2)}",
            columns=("sample, channel, row, column" if of_x else "index", f"{self._of} in use", "differences", "apart"),
            rows=rows,
            strong=() if check.holds else (0,),
        )

    @property
    def _of(self) -> str:
        return "∂*l*/∂*x*" if self.check.of == "x" else f"∂*l*/∂{GREEK.get(self.check.of, self.check.of)}"

    def alt(self) -> str:
        """Give the spread of every path and of the gradient, the asked cell's, and the verdict of the check."""
        scene, check = self.scene, self.check
        spreads = "; ".join(f"{name} {number(float(v.std()))}" for name, v in self.paths.items())
        wrong = "" if scene.bug is None else f" By a wrong formula: {scene.bug.title}."
        verdict = (
            "agrees with differences" if check.holds else f"disagrees with differences by {short(check.largest, 2)}"
        )
        of, here = self._of.replace("*", ""), short(float(self.dx[scene.cell]), 4)
        return (
            f"{scene.norm.title}, backward; {LOSSES[self.loss]}.{wrong} Standard deviations of the paths: {spreads}; "
            f"of the gradient of x in use, {number(float(self.dx.std()))}. In the cell in {scene.place} it is {here}. "
            f"Looked at in {len(check.cells)} places, {of} {verdict}."
        )


GREEK = {"gamma": "γ", "beta": "β", "alpha": "α", "tau": "τ"}


def backward(scene: Scene, loss: str, dy: Values) -> Backward:
    """Take dy back through the formula in use and through the right one, and check what is in use."""
    norm, x, params, bug = scene.norm, scene.x, scene.params, scene.bug
    right_dx = norm.backward(dy, norm.forward(x, **params)[1])["x"]
    dx = right_dx if bug is None else bug.backward(norm, x, params, dy)["x"]
    check = gradient_check(bug, norm, x, params, dy, asked=scene.cell)
    return Backward(scene, loss, dy, dx, right_dx, paths(scene.evaluation(dy)), check)


def _apart(off: Values) -> Scale:
    """Return the colours of a difference: its own, for it may be small."""
    return signed(nice_limit(off, 100), "gradient")
