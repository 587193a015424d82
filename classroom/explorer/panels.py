"""The explorer's own panels: formulas with their numbers, and a computation as a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from classroom.picture import Panel
from classroom.wire import Blobs


class Cells(NamedTuple):
    """Cells of a tensor that a term is made of: the product of its first and last sample, channel, row and column."""

    tensor: str
    first: tuple[int, int, int, int]
    last: tuple[int, int, int, int]  # each still in it


class Term(NamedTuple):
    """A part of a formula: how it is written, what it comes to, and the cells that it is made of."""

    symbol: str  # LaTeX
    value: str
    cells: tuple[Cells, ...]


class Line(NamedTuple):
    """One line of arithmetic: a formula in symbols, the same with its numbers, and what comes out."""

    symbols: str  # LaTeX; a term stands in \htmlData{term=KEY}{...}
    numbers: str  # LaTeX of the right side with numbers, and what it gives


@dataclass(frozen=True, kw_only=True)
class Arithmetic(Panel):
    """Formulas with their numbers filled in. A term lights up its cells on maps; a cell lights up its terms."""

    kind: ClassVar[str] = "arithmetic"
    label: str = ""
    note: str = ""
    lines: tuple[Line, ...]
    terms: Mapping[str, Term]
    wrong: tuple[int, ...] = ()  # lines that are an erroneous twin

    def pack(self, blobs: Blobs) -> dict[str, Any]:
        return {
            "label": self.label,
            "note": self.note,
            "lines": [list(line) for line in self.lines],
            "terms": {key: [t.symbol, t.value, [list(cells) for cells in t.cells]] for key, t in self.terms.items()},
            "wrong": list(self.wrong),
        }


class Node(NamedTuple):
    """A quantity of a computation: how it is written, its value, and dl/d(it); "" for what is not reached yet."""

    symbol: str  # LaTeX
    value: str
    gradient: str = ""


class Edge(NamedTuple):
    """One quantity enters another; the derivative along it, in symbols and in numbers, once the way back uses it."""

    start: int
    end: int
    derivative: str = ""  # LaTeX
    value: str = ""


@dataclass(frozen=True, kw_only=True)
class Graph(Panel):
    """A computation from left to right, as far as it has gone; then its gradients from right to left."""

    kind: ClassVar[str] = "graph"
    label: str = ""
    note: str = ""
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    now: int  # the node that is computed, or whose gradient is
    back: bool = False

    def pack(self, blobs: Blobs) -> dict[str, Any]:
        return {
            "label": self.label,
            "note": self.note,
            "nodes": [list(node) for node in self.nodes],
            "edges": [list(edge) for edge in self.edges],
            "now": self.now,
            "back": self.back,
        }
