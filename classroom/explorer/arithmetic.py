"""The asked cell's own arithmetic: each formula it depends on, with its numbers and the cells behind each term."""

from __future__ import annotations

from classroom.explorer.scene import Cell, Scene
from classroom.picture import Arithmetic, Cells, Line, Term
from classroom.typeset import short
from normlib.evaluation import Evaluation
from normlib.explanation import explain
from normlib.origins import Cells as Made

COUNT = "N"  # a count is made of the same cells as its sum


def evaluation(scene: Scene, dy: bool = False) -> Evaluation:
    """Return the operator's own formulas on the scene's numbers."""
    return Evaluation(scene.norm.derive(), {"x": scene.x, **scene.params}, scene.dy if dy else None)


def place(scene: Scene) -> str:
    """Name the asked cell."""
    m, k, i, j = (at + 1 for at in scene.cell)
    return f"sample {m}, channel {k}, row {i}, column {j}"


def arithmetic(scene: Scene, span: int = 12, backward: bool = False, only: str = "") -> Arithmetic:
    """Explain y of the asked cell, or its gradient; an erroneous line stands beside the right one it replaces.

    only: the name of the one quantity to explain instead.
    """
    found = explain(evaluation(scene, backward), scene.cell)
    shown = [found.gradient] if backward and found.gradient else list(found.definition)
    if only:
        shown = [line for line in shown if line.name == only]
    lines = [Line(f"{line.symbol} = {line.latex}", f"{line.numbers} = {line.result}") for line in shown]
    wrong: tuple[int, ...] = ()
    if scene.bug is not None and not only:
        lines.append(Line(scene.bug.formulas(scene.norm).wrong, ""))
        wrong = (len(lines) - 1,)
    terms = {
        term.key: Term(term.symbol, short(term.value, 4), _made(term.cells))
        for line in shown
        for term in line.terms
        if term.cells and term.symbol != COUNT
    }
    label = "the gradient of this number" if backward else "where this number comes from"
    return Arithmetic(span=span, label=label, note=place(scene), lines=tuple(lines), terms=terms, wrong=wrong)


def _made(cells: tuple[Made, ...]) -> tuple[Cells, ...]:
    return tuple(Cells(made.tensor, Cell(*made.first), Cell(*made.last)) for made in cells)
