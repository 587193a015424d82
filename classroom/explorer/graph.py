"""The computation of one number, node by node: its values from x to y, then the gradients from y back to x."""

from __future__ import annotations

from classroom.explorer.arithmetic import arithmetic, evaluation, place
from classroom.explorer.scene import LOSSES, Scene
from classroom.picture import Arithmetic, Edge, Graph, Line, Node, Note, Picture, Table
from classroom.typeset import short
from normlib import Norm, flow

DIGITS = 4
SPOKEN = {"mean": "μ", "var": "σ²", "sigma": "σ", "x_hat": "*x̂*", "n2": "*n*²", "r2": "*r*²"}


def steps(norm: Norm) -> int:
    """Return how many steps there are: each node once on the way there and once on the way back."""
    return 2 * len(flow.names(norm.derive()))


def picture(scene: Scene, step: int, loss: str) -> Picture:
    """Show the graph as far as it has come, the arithmetic of the present node, and all that is known so far."""
    found = flow.graph(evaluation(scene, dy=True), scene.cell)
    count = len(found.nodes)
    step = min(step, 2 * count)
    back = step > count
    now = 2 * count - step if back else step - 1
    at = {node.name: i for i, node in enumerate(found.nodes)}
    nodes = tuple(
        Node(
            node.symbol,
            short(node.value, DIGITS) if back or i <= now else "",
            short(node.gradient, DIGITS) if back and i >= now else "",
        )
        for i, node in enumerate(found.nodes)
    )
    edges = tuple(
        Edge(at[e.start], at[e.end], e.derivative, short(e.value, DIGITS) if back and at[e.start] >= now else "")
        for e in found.edges
    )
    way = (
        "back: each gradient is what comes back along the arrows" if back else "there: each value from those before it"
    )
    return [
        Graph(label=f"step {step} of {2 * count}", note=way, nodes=nodes, edges=edges, now=now, back=back),
        _gradient(scene, found, now) if back else arithmetic(scene, only=found.nodes[now].name),
        _table(found, now, back),
        Note(text=LOSSES[loss] + "."),
    ]


def _gradient(scene: Scene, found: flow.Graph, now: int) -> Arithmetic:
    """Show what a node's gradient is the sum of."""
    node = found.nodes[now]
    incoming = [e for e in found.edges if e.start == node.name]
    symbols = {n.name: n.symbol for n in found.nodes}
    of = rf"\frac{{\partial l}}{{\partial {node.symbol}}}"
    if not incoming:  # y
        lines = [Line(of, rf"\mathrm{{d}}y = {_tex(node.gradient)}")]
    else:
        lines = [
            Line(
                rf"\text{{along }} {node.symbol} \to {symbols[e.end]}\text{{, with }} "
                rf"\frac{{\partial {symbols[e.end]}}}{{\partial {node.symbol}}} = {e.derivative}",
                _tex(e.value) + rf"\text{{ here; comes back: }} {_tex(e.gradient)}",
            )
            for e in incoming
        ]
        total = " + ".join(_tex(e.gradient, bracket=i > 0) for i, e in enumerate(incoming))
        lines.append(Line(of, f"{total} = {_tex(node.gradient)}" if len(incoming) > 1 else total))
    return Arithmetic(span=8, label="what comes back", note=place(scene), lines=tuple(lines), terms={})


def _tex(value: float, bracket: bool = False) -> str:
    text = f"{value:.{DIGITS}g}"
    mantissa, _, exponent = text.partition("e")
    if exponent:
        text = rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    return f"({text})" if bracket and value < 0 else text


def _table(found: flow.Graph, now: int, back: bool) -> Table:
    rows = tuple(
        (
            SPOKEN.get(node.name, f"*{node.name}*"),
            short(node.value, DIGITS) if back or i <= now else "·",
            short(node.gradient, DIGITS) if back and i >= now else "·",
        )
        for i, node in enumerate(found.nodes)
    )
    return Table(span=4, columns=("node", "value", "∂*l*/∂ node"), rows=rows, strong=(now,))


SPOKEN = {
    "x": "*x*",
    "mean": "μ",
    "var": "σ²",
    "sigma": "σ",
    "x_hat": "*x̂*",
    "y": "*y*",
    "n2": "*n*²",
    "r2": "*r*²",
    "s": "*s*",
}


def alt(scene: Scene, step: int) -> str:
    """Name the nodes with their values, and with their gradients once the way back has reached them."""
    found = flow.graph(evaluation(scene, dy=True), scene.cell)
    count = len(found.nodes)
    back, step = step > count, min(step, 2 * count)
    now = 2 * count - step if back else step - 1
    values = ", ".join(f"{_plain(n.name)} {short(n.value, DIGITS)}" for n in found.nodes[: count if back else now + 1])
    said = f"{scene.norm.title}, {place(scene)}, step {step} of {2 * count}. Values: {values}."
    if back:
        said += (
            " Gradients: " + ", ".join(f"{_plain(n.name)} {short(n.gradient, DIGITS)}" for n in found.nodes[now:]) + "."
        )
    return said


def _plain(name: str) -> str:
    return SPOKEN.get(name, name).replace("*", "")
