"""The asked cell's own arithmetic: each formula it depends on, with its numbers and the cells behind each term."""

from __future__ import annotations

from dataclasses import replace

from classroom.explorer.panels import Arithmetic, Cells, Line, Term
from classroom.explorer.scene import Cell, Scene
from classroom.typeset import short
from normlib.explanation import Explanation, explain
from normlib.explanation import Line as Explained
from normlib.flow import Node
from normlib.marks import numeral
from normlib.origins import Cells as Made

COUNT = "N"  # a count is made of the same cells as its sum, and has no button of its own


def of_output(scene: Scene, span: int = 12) -> Arithmetic:
    """Explain y of the asked cell; an erroneous line stands below those of the right formula."""
    found = explain(scene.evaluation(), scene.cell)
    outcome = wrong_y(scene, found)
    return _panel(scene, list(found.definition), outcome, "where this number comes from", span)


def of_gradient(scene: Scene, gradient: Explained, outcome: Line | None) -> Arithmetic:
    """Show why dl/dx of the asked cell is what it is; an erroneous line, and its outcome, stand below the right one."""
    return _panel(scene, [gradient], outcome, "the gradient of this number", 12)


def wrong_y(scene: Scene, found: Explanation) -> Line:
    """Say what y of the asked cell is by the formula in use, and what it should be."""
    return compared(found.definition[-1].symbol, scene.y[scene.cell], scene.right_y[scene.cell])


def compared(symbol: str, wrong: float, right: float) -> Line:
    r"""Say what a quantity is by the formula in use, and what it should be.

    >>> compared("y", 0.5, -0.25), compared("y", 0.5, 0.5)
    (Line(symbols='y', numbers='0.5 \\ne -0.25'), Line(symbols='y', numbers='0.5\\text{ here, as it should be}'))
    """
    by_bug, due = numeral(float(wrong), 3)[0], numeral(float(right), 3)[0]
    return Line(symbol, rf"{by_bug}\text{{ here, as it should be}}" if by_bug == due else rf"{by_bug} \ne {due}")


def of_node(scene: Scene, node: Node) -> Arithmetic:
    """Explain one quantity on the way to y of the asked cell; x is what it is."""
    found = explain(scene.evaluation(), scene.cell)
    shown = [line for line in found.definition if line.name == node.name]
    panel = _panel(scene, shown, None, "its value", 8)
    return panel if shown else replace(panel, lines=(Line(node.symbol, numeral(node.value, 4)[0]),))


def _panel(scene: Scene, shown: list[Explained], outcome: Line | None, label: str, span: int) -> Arithmetic:
    lines = [Line(f"{line.symbol} = {line.latex}", f"{line.numbers} = {line.result}") for line in shown]
    wrong: tuple[int, ...] = ()
    if scene.bug is not None:
        lines += [Line(scene.bug.formulas(scene.norm).wrong, ""), *([outcome] if outcome else [])]
        wrong = tuple(range(len(shown), len(lines)))
    terms = {
        term.key: Term(term.symbol, short(term.value, 4), _made(term.cells))
        for line in shown
        for term in line.terms
        if term.cells and term.symbol != COUNT
    }
    return Arithmetic(span=span, label=label, note=scene.place, lines=tuple(lines), terms=terms, wrong=wrong)


def _made(cells: tuple[Made, ...]) -> tuple[Cells, ...]:
    return tuple(Cells(made.tensor, Cell(*made.first), Cell(*made.last)) for made in cells)
