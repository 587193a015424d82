"""The computation of one number, node by node: its values from x to y, then the gradients from y back to x."""

from __future__ import annotations

from typing import NamedTuple

from classroom.explorer.arithmetic import of_node
from classroom.explorer.panels import Arithmetic, Edge, Graph, Line, Node
from classroom.explorer.scene import LOSSES, Scene
from classroom.picture import Note, Picture, Table, Values
from classroom.typeset import short
from normlib import Norm, flow

DIGITS = 4
SPOKEN = {"mean": "μ", "var": "σ²", "sigma": "σ", "x_hat": "*x̂*", "n2": "*n*²", "r2": "*r*²"}


def steps(norm: Norm) -> int:
    """Return how many steps there are: each node once on the way there and once on the way back."""
    return 2 * len(flow.names(norm.derive()))


class Steps(NamedTuple):
    """The computation of the asked number and of its gradient, and how far somebody has stepped through it."""

    scene: Scene
    loss: str
    dy: Values  # (N, C, H, W)
    graph: flow.Graph
    step: int  # from 1

    @property
    def back(self) -> bool:
        """Whether the way back has begun."""
        return self.step > len(self.graph.nodes)

    @property
    def now(self) -> int:
        """The node whose value, or gradient on the way back, is computed in this step."""
        count = len(self.graph.nodes)
        return 2 * count - self.step if self.back else self.step - 1

    def value(self, i: int) -> str:
        """Return a node's value, once it is reached."""
        return short(self.graph.nodes[i].value, DIGITS) if self.back or i <= self.now else ""

    def gradient(self, i: int) -> str:
        """Return dl/d(node), once the way back has reached it."""
        return short(self.graph.nodes[i].gradient, DIGITS) if self.back and i >= self.now else ""

    def picture(self) -> Picture:
        """Show the graph as far as it has come, the arithmetic of the present node, and all that is known so far."""
        nodes, at = self.graph.nodes, {node.name: i for i, node in enumerate(self.graph.nodes)}
        shown = tuple(Node(node.symbol, self.value(i), self.gradient(i)) for i, node in enumerate(nodes))
        edges = tuple(
            Edge(at[e.start], at[e.end], e.derivative, short(e.value, DIGITS) if self.gradient(at[e.start]) else "")
            for e in self.graph.edges
        )
        way = "back: a gradient is what comes back along the arrows"
        there = "there: a value is made of those before it"
        label = f"step {self.step} of {2 * len(nodes)}"
        rows = tuple(
            (SPOKEN.get(node.name, f"*{node.name}*"), self.value(i) or "·", self.gradient(i) or "·")
            for i, node in enumerate(nodes)
        )
        return [
            Graph(
                label=label, note=way if self.back else there, nodes=shown, edges=edges, now=self.now, back=self.back
            ),
            self._gradient() if self.back else of_node(self.scene, nodes[self.now]),
            Table(span=4, columns=("node", "value", "∂*l*/∂ node"), rows=rows, strong=(self.now,)),
            Note(text=LOSSES[self.loss] + "."),
        ]

    def _gradient(self) -> Arithmetic:
        """Show what the present node's gradient is the sum of."""
        node = self.graph.nodes[self.now]
        symbols = {n.name: n.symbol for n in self.graph.nodes}
        coming = [edge for edge in self.graph.edges if edge.start == node.name]
        lines = [
            Line(
                rf"{node.symbol} \to {symbols[edge.end]}\text{{: }} "
                rf"\frac{{\partial {symbols[edge.end]}}}{{\partial {node.symbol}}} = {edge.derivative}",
                rf"{_tex(edge.value)}\text{{ in this cell; from all cells comes back }} {_tex(edge.gradient)}",
            )
            for edge in coming
        ]
        total = " + ".join(_tex(edge.gradient, bracket=i > 0) for i, edge in enumerate(coming)) or r"\mathrm{d}y"
        sums = total if len(coming) == 1 else f"{total} = {_tex(node.gradient)}"
        lines.append(Line(rf"\frac{{\partial l}}{{\partial {node.symbol}}}", sums))
        return Arithmetic(span=8, label="what comes back", note=self.scene.place, lines=tuple(lines), terms={})

    def alt(self) -> str:
        """Name the nodes with their values, and with their gradients once the way back has reached them."""
        names = [SPOKEN.get(node.name, node.name).replace("*", "") for node in self.graph.nodes]
        values = ", ".join(f"{name} {v}" for i, name in enumerate(names) if (v := self.value(i)))
        gradients = ", ".join(f"{name} {g}" for i, name in enumerate(names) if (g := self.gradient(i)))
        said = f"{self.scene.norm.title}, {self.scene.place}, step {self.step} of {2 * len(names)}. Values: {values}."
        return f"{said} Gradients: {gradients}." if gradients else said


def stepped(scene: Scene, loss: str, dy: Values, step: int) -> Steps:
    """Compute the graph; a step beyond its last is its last."""
    graph = flow.graph(scene.evaluation(dy), scene.cell)
    return Steps(scene, loss, dy, graph, min(step, 2 * len(graph.nodes)))


def _tex(value: float, bracket: bool = False) -> str:
    text = f"{value:.{DIGITS}g}"
    mantissa, _, exponent = text.partition("e")
    if exponent:
        text = rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    return f"({text})" if bracket and value < 0 else text
