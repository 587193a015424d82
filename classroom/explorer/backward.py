"""From dy to dx: the upstream gradient, the paths it takes back as maps that add up, and the check by differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from classroom.arrange import cell_box
from classroom.explorer.arithmetic import compared, of_gradient, wrong_y
from classroom.explorer.bugs import Check, gradient_check
from classroom.explorer.scene import ASKS, LOSSES, NAMES, OUTPUT, PAINTED, Scene, frames, nice_limit
from classroom.picture import Map, Note, Panel, Picture, Plane, Ramp, Scale, Table, Values, signed
from classroom.typeset import number, short
from normlib.evaluation import Evaluation
from normlib.explanation import Line, explain
from normlib.flow import paths

SHOWN = 6  # cells of the check that stand in the table
SCALE = OUTPUT._replace(label="gradient")  # of dy, of every path and of their sum: they add up in colours too


class Backward(NamedTuple):
    """The gradient of the formula in use, the right one by its paths, and what differences say of it."""

    scene: Scene
    loss: str
    evaluation: Evaluation  # of the right formulas
    dy: Values  # (N, C, H, W), like dx, right_dx and every path
    dx: Values
    right_dx: Values
    paths: Mapping[str, Values]
    check: Check

    def picture(self) -> Picture:
        """Show dy and what else dx is made of; dy's paths and their sum; the check; the asked cell's closed form."""
        scene, bug = self.scene, self.scene.bug
        found = explain(self.evaluation, scene.cell)
        gradient = found.gradient
        assert gradient is not None  # there is a dy
        in_a_row = max(4, len(self.paths) + 2)  # dy, its paths, their sum
        maps = [self._upstream(), *map(self._quantity, self._made_of(gradient)), *self._sum(), *self._differences()]
        left = in_a_row - len(maps) % in_a_row
        panels: list[Panel] = [replace(panel, span=12 // in_a_row) for panel in maps]
        panels.append(self._table(round(12 * left / in_a_row) if left in (2, 3) else 12))
        panels += [Ramp(scale=SCALE), Note(text=LOSSES[self.loss] + ".")]
        if bug is not None:
            panels.append(Note(text=f"{bug.says} {bug.shows}", mark="on purpose"))
        outcome = wrong_y(scene, found) if bug is not None and bug.where == "forward" else None
        if self._wrong_dx:
            outcome = compared(gradient.symbol, self.dx[scene.cell], self.right_dx[scene.cell])
        return [*panels, of_gradient(scene, gradient, outcome)]

    def _made_of(self, gradient: Line) -> list[str]:
        """Return what the closed form's terms are made of beside dy and parameters; x last."""
        found = {cells.tensor for term in gradient.terms for cells in term.cells}
        return [name for name in (*self.evaluation.lets, "x") if name in found]

    def _sum(self) -> list[Map]:
        """Return the paths that dy takes and what they add up to; a sign before each stands in marks of its own."""
        signs = ("→", *"+" * (len(self.paths) - 1))
        found = [
            self._map(f"*{sign}* {name}", values, term=f"term{i}")
            for i, (sign, (name, values)) in enumerate(zip(signs, self.paths.items(), strict=True), 1)
        ]
        label = "*≠* *∂l/∂x* wrong" if self._wrong_dx else "*=* *∂l/∂x*"
        return [*found, self._map(label, self.dx, term="sum")]

    def _differences(self) -> list[Map]:
        scene, bug = self.scene, self.scene.bug
        if self._wrong_dx:
            return [self._map("wrong − right", off := self.dx - self.right_dx, _apart(off))]
        if bug is not None and bug.where == "forward":
            return [self._map("*y*: wrong − right", off := scene.y - scene.right_y, _apart(off))]
        return []

    @property
    def _wrong_dx(self) -> bool:
        bug = self.scene.bug
        return bug is not None and bug.where == "backward" and bug.of == "x"

    def _upstream(self) -> Map:
        scene, cell = self.scene, self.scene.cell
        values = scene.plane(self.dy)
        return Map(
            label="*dy*",
            note=short(float(values[cell.row, cell.column]), 3),
            values=values,
            scale=SCALE,
            boxes=(*frames(scene), cell_box(cell.row, cell.column)),
            plane=Plane("dy", cell.sample, cell.channel),
            asks=ASKS,
            paints="paint" if self.loss == PAINTED else "",
        )

    def _quantity(self, name: str) -> Map:
        """Show x, or what the definition makes of it, of the asked channel; the formula's terms light it up."""
        scene, cell = self.scene, self.scene.cell
        values = scene.plane(np.broadcast_to(self.evaluation.value(name), scene.x.shape))
        scale = scene.colours(name, self.evaluation.value(name))
        return Map(
            label=NAMES.get(name, f"*{name}*"),
            note=_beside(values[cell.row, cell.column], scale),
            values=values,
            scale=scale,
            boxes=(*frames(scene), cell_box(cell.row, cell.column)),
            plane=Plane(name, cell.sample, cell.channel),
            asks=ASKS,
        )

    def _map(self, label: str, values: Values, scale: Scale = SCALE, term: str = "") -> Map:
        cell, plane = self.scene.cell, self.scene.plane(values)
        return Map(
            label=label,
            note=_beside(plane[cell.row, cell.column], scale),
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
    evaluation = scene.evaluation(dy)
    return Backward(scene, loss, evaluation, dy, dx, right_dx, paths(evaluation), check)


def _beside(value: float, scale: Scale) -> str:
    """Write the asked cell's number, and the colours where they are not those of the ramp below."""
    there = short(float(value), 3)
    if (scale.low, scale.high) == (SCALE.low, SCALE.high):
        return there
    return f"{there}; colours {'±' if scale.low else '0 to '}{scale.high:g}"


def _apart(off: Values) -> Scale:
    """Return the colours of a difference: its own, for it may be small."""
    return signed(nice_limit(off, 100), "gradient")
