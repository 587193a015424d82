"""The asked cell's own arithmetic: each formula it depends on, with its numbers and the cells behind each term."""

from __future__ import annotations

from dataclasses import replace

from classroom.explorer.scene import Cell, Scene
from classroom.picture import Arithmetic, Cells, Line, Term
from classroom.typeset import short
from normlib.explanation import Line as Explained
from normlib.explanation import explain
from normlib.flow import Node
from normlib.marks import numeral
from normlib.origins import Cells as Made

COUNT = "N"  # a count is made of the same cells as its sum, and has no button of its own


def of_output(scene: Scene, span: int = 12) -> Arithmetic:
    """Explain y of the asked cell; an erroneous line stands below those of the right formula."""
    found = explain(scene.evaluation(), scene.cell)
    return _panel(scene, list(found.definition), "where this number comes from", span)


def of_gradient(scene: Scene, gradient: Explained) -> Arithmetic:
    """Show why dl/dx of the asked cell is what it is; an erroneous line stands below the right one."""
    return _panel(scene, [gradient], "the gradient of this number", 12)


def of_node(scene: Scene, node: Node) -> Arithmetic:
    """Explain one quantity on the way to y of the asked cell; x is what it is."""
    found = explain(scene.evaluation(), scene.cell)
    shown = [line for line in found.definition if line.name == node.name]
    panel = _panel(scene, shown, "its value", 8)
    return panel if shown else replace(panel, lines=(Line(node.symbol, numeral(node.value, 4)[0]),))


def _panel(scene: Scene, shown: list[Explained], label: str, span: int) -> Arithmetic:
    lines = [Line(f"{line.symbol} = {line.latex}", f"{line.numbers} = {line.result}") for line in shown]
    wrong: tuple[int, ...] = ()
    if scene.bug is not None:
        lines.append(Line(scene.bug.formulas(scene.norm).wrong, ""))
        wrong = (len(shown),)
    terms = {
        term.key: Term(term.symbol, short(term.value, 4), _made(term.cells))
        for line in shown
        for term in line.terms
        if term.cells and term.symbol != COUNT
    }
    return Arithmetic(span=span, label=label, note=scene.place, lines=tuple(lines), terms=terms, wrong=wrong)


def _made(cells: tuple[Made, ...]) -> tuple[Cells, ...]:
    return tuple(Cells(made.tensor, Cell(*made.first), Cell(*made.last)) for made in cells)
