"""Batch normalization as a computation graph on six numbers: from x to y node by node, in training and at inference."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from classroom.exhibit import Exhibit, Pick, Range
from classroom.picture import Note, Picture, Plot, Table, Values
from classroom.samples import synthetic
from classroom.typeset import number
from normlib.norms.batch_norm import BatchNorm, Running

COUNT = 6  # values of one feature map: few enough to do the arithmetic aloud
CENTRE, SPREAD = 0.8, 1.4  # where all batches come from
FIRST = 2.2  # x₁ before anybody moves it
BATCHES = 40  # that training saw before inference
REACH = 6.2  # the value axis: from -REACH to REACH
NODES = ("x", "μ", "σ²", "x̂", "y")
X, MEAN, VAR, X_HAT, Y = range(len(NODES))


class Data(NamedTuple):
    """The number or numbers in each node, and the outputs before x₁ was moved."""

    x: Values  # (samples,)
    mean: float
    var: float
    x_hat: Values
    y: Values
    y_before: Values


@dataclass(frozen=True, kw_only=True)
class ForwardGraph(Exhibit):
    """Move one input: in training every output moves along, at inference its own alone."""

    title = "From x to y, node by node"

    mode: Annotated[str, Pick("mode", ("training", "inference"), group="numbers")] = "training"
    step: Annotated[int, Range("node", 1, len(NODES), 1, play=True, group="numbers")] = len(NODES)
    first: Annotated[float, Range("input x₁", -2.0, 4.0, 0.1, group="numbers")] = FIRST
    gamma: Annotated[float, Range("scale γ", -2.0, 2.0, 0.1, group="numbers")] = 1.5
    beta: Annotated[float, Range("shift β", -1.0, 1.0, 0.1, group="numbers")] = 0.5

    def norm(self) -> BatchNorm:
        """Return batch normalization as training or as inference computes it."""
        return BatchNorm(training=self.mode == "training")

    def compute(self) -> Data:
        """Run the layer on the six numbers, with x₁ where it is and where it was."""
        params = {"gamma": np.array([self.gamma]), "beta": np.array([self.beta])}
        if self.mode == "inference":
            params |= {"running_mean": _running().mean, "running_var": _running().var}
        y_before, _ = self.norm().forward(_inputs(FIRST), **params)
        y, cache_ = self.norm().forward(_inputs(self.first), **params)
        x, x_hat = _inputs(self.first).ravel(), cache_.x_hat.ravel()
        return Data(x, float(cache_.mean.item()), float(cache_.var.item()), x_hat, y.ravel(), y_before.ravel())

    def picture(self, data: Data) -> Picture:
        """Draw the graph above the numbers on one axis, the same numbers as a table, and the arithmetic of the node."""
        vectors = ((X, data.x), (X_HAT, data.x_hat), (Y, data.y))
        rows = tuple(
            (f"{i + 1}", *(number(v[i]) if self.step > node else "·" for node, v in vectors)) for i in range(COUNT)
        )
        return [
            Plot(span=8, figure=self._graph(data), height_rem=16),
            Table(span=4, columns=("*i*", "*x*", "*x̂*", "*y*"), rows=rows, strong=(0,)),
            Note(text=self._arithmetic(data)),
        ]

    def _arithmetic(self, data: Data) -> str:
        mean, var, root = number(data.mean), number(data.var), number(data.var**0.5)
        learned = f"looked up: the running average over {BATCHES} batches of training. No arrow comes from *x*."
        match self.step - 1, self.mode:
            case 0, _:
                return f"*x*: one feature map, {COUNT} values of the batch. *x*₁, highlighted, is yours to move."
            case 1, "training":
                return f"μ = ({' + '.join(number(v, 1) for v in data.x).replace('+ −', '− ')}) / {COUNT} = {mean}"
            case 2, "training":
                first = f"({number(data.x[0], 1)} − {_bracketed(data.mean)})²"
                return f"σ² = ({first} + … ) / {COUNT} = {var}: the mean squared distance from μ. Two arrows enter."
            case 1, _:
                return f"μ = {mean}, {learned}"
            case 2, _:
                return f"σ² = {var}, {learned}"
            case 3, _:
                first = f"({number(data.x[0], 1)} − {_bracketed(data.mean)}) / {root} = {number(data.x_hat[0])}"
                return f"*x̂*₁ = (*x*₁ − μ) / √(σ² + ε) = {first}; likewise the others, with the same μ and σ²."
            case _:
                moved = int(np.sum(~np.isclose(data.y, data.y_before)))
                start = f"*y*₁ = γ *x̂*₁ + β = {number(self.gamma, 1)} · {_bracketed(data.x_hat[0])} "
                sign = "−" if self.beta < 0 else "+"
                return f"{start}{sign} {number(abs(self.beta), 1)} = {number(data.y[0])}. " + self._effect(moved)

    def _effect(self, moved: int) -> str:
        if self.first == FIRST:
            return "Move *x*₁ and watch the outputs."
        way = f"from {number(FIRST, 1)} to {number(self.first, 1)}"
        return f"Moving *x*₁ {way} moved {moved} of {COUNT} outputs (hollow: before)."

    def _graph(self, data: Data) -> go.Figure:
        shown = self.step - 1
        still: dict[str, Any] = {"type": "scatter", "hoverinfo": "skip"}
        traces, values = [], (data.x, data.mean, data.var, data.x_hat, data.y)

        def line(nodes: tuple[int, int], ends: tuple[float, float], own: bool) -> None:
            style = {"color": "var(--accent)", "width": 2.5} if own else {"color": "var(--edge)", "width": 1}
            traces.append(still | {"x": nodes, "y": ends, "mode": "lines", "line": style})

        def dots(node: float, at: Values | list[float], symbol: str, colours: Any, size: Any = 11) -> None:
            marker = {"symbol": symbol, "color": colours, "size": size, "line": {"width": 1.5, "color": colours}}
            traces.append(still | {"x": [node] * len(at), "y": at, "mode": "markers", "marker": marker})

        for i in reversed(range(COUNT)):  # x₁ last, on top
            if shown >= MEAN and self.mode == "training":
                line((X, MEAN), (data.x[i], data.mean), i == 0)
            if shown >= X_HAT:
                line((X, X_HAT), (data.x[i], data.x_hat[i]), i == 0)
            if shown >= Y:
                line((X_HAT, Y), (data.x_hat[i], data.y[i]), i == 0)
        if shown >= Y:
            dots(Y + 0.11, data.y_before, "circle-open", "var(--edge)", 9)
        for node, at in enumerate(values[: self.step]):
            if isinstance(at, float):
                dots(node, [at], "diamond", ["var(--ink)"], 13)
            else:
                order = np.arange(COUNT)[::-1]
                dots(node, at[order], "circle", ["var(--accent)" if i == 0 else "var(--ink)" for i in order])
        layout = {
            "xaxis": {"range": [-0.35, 4.45], "visible": False},
            "yaxis": {"range": [-REACH, REACH], "domain": [0, 0.7], "dtick": 2, "title": {"text": "value"}},
            "yaxis2": {"range": [0, 1], "domain": [0.71, 1], "visible": False, "fixedrange": True, "anchor": "x"},
            "annotations": [*self._heads(values), *self._arrows()],
            "shapes": [*self._curves(), {"type": "line", "x0": -0.35, "x1": 4.45, "y0": 0, "y1": 0, "layer": "below",
                                         "line": {"color": "var(--rule)", "width": 1}}],
        }  # fmt: skip
        return go.Figure(data=[*traces, still | {"x": [None], "y": [None], "yaxis": "y2"}], layout=layout)

    def _heads(self, values: tuple[Any, ...]) -> list[dict[str, Any]]:
        """Return the names of the nodes, and the number of those that hold one beside its mark."""
        heads = []
        for node, (name, value) in enumerate(zip(NODES, values, strict=True)):
            state = "now" if node == self.step - 1 else "done" if node < self.step - 1 else "next"
            colour = {"now": "var(--accent)", "done": "var(--ink)", "next": "var(--edge)"}[state]
            text = f"<i>{name}</i>" if node in (X, X_HAT, Y) else name
            text = f"<b>{text}</b>" if state == "now" else text
            heads.append({"x": node, "y": 0.16, "yref": "y2", "text": text, "font": {"color": colour},
                          "bgcolor": "var(--wash)" if state == "now" else "var(--paper)",
                          "bordercolor": colour, "borderwidth": 1, "borderpad": 5})  # fmt: skip
            if isinstance(value, float) and state != "next":
                heads.append({"x": node, "y": value, "yshift": 18, "text": number(value), "bgcolor": "var(--paper)",
                              "font": {"color": colour}})  # fmt: skip
        return heads

    def _edges(self) -> list[tuple[int, int]]:
        """Return the arrows of the graph: from node to node."""
        batch = [(X, MEAN), (MEAN, VAR), (X, VAR)] if self.mode == "training" else []
        return [*batch, (VAR, X_HAT), (MEAN, X_HAT), (X, X_HAT), (X_HAT, Y)]

    def _arrows(self) -> list[dict[str, Any]]:
        """Return the straight arrows between neighbours, and the heads of the curved ones."""
        arrows = []
        for start, end in self._edges():
            near = end - start == 1
            lands = _landing(start, end)
            tail = (start + 0.22, 0.16) if near else (lands, 0.6)
            head = (end - 0.22, 0.16) if near else (lands, 0.36)
            arrows.append({"x": head[0], "y": head[1], "ax": tail[0], "ay": tail[1], "xref": "x", "yref": "y2",
                           "axref": "x", "ayref": "y2", "text": "", "showarrow": True, "arrowhead": 2, "arrowsize": 1,
                           "arrowwidth": 1.5, "arrowcolor": self._colour(end)})  # fmt: skip
        return arrows

    def _curves(self) -> list[dict[str, Any]]:
        """Return the arcs over a node that an arrow passes by."""
        arcs = []
        for start, end in self._edges():
            if end - start > 1:
                top = 1.08 if end - start > 2 else 0.85
                lands = _landing(start, end)
                path = f"M {start} 0.36 C {start} {top} {lands} {top} {lands} 0.55"
                line = {"color": self._colour(end), "width": 1.5}
                arcs.append({"type": "path", "path": path, "yref": "y2", "line": line})
        return arcs

    def _colour(self, end: int) -> str:
        return "var(--accent)" if end == self.step - 1 else "var(--muted)" if end < self.step else "var(--rule)"

    def alt(self, data: Data) -> str:
        """Give the numbers of every node, and how many outputs moved with x₁."""
        moved = int(np.sum(~np.isclose(data.y, data.y_before)))
        source = "of these values" if self.mode == "training" else f"running averages of {BATCHES} batches"
        shown = (
            f"x = {_listed(data.x)}", f"μ = {number(data.mean)}", f"σ² = {number(data.var)} ({source})",
            f"x̂ = {_listed(data.x_hat)}", f"y = {_listed(data.y)}",
        )  # fmt: skip
        return (
            f"The graph from x to y in {self.mode}, up to {NODES[self.step - 1]}: {'; '.join(shown[: self.step])}. "
            f"With x₁ moved from {number(FIRST, 1)} to {number(self.first, 1)}, {moved} of {COUNT} outputs differ."
        )


def _landing(start: int, end: int) -> float:
    """Return where an arc ends over a node: side by side where two arrive."""
    return end + (0.12 * start - 0.06 if end == X_HAT else 0.0)


def _bracketed(value: float) -> str:
    text = number(value)
    return f"({text})" if text.startswith("−") else text


def _listed(values: Values) -> str:
    return ", ".join(number(v) for v in values)


def _inputs(first: float) -> Values:
    x = np.round(synthetic((COUNT, 1, 1, 1), CENTRE, SPREAD, seed=128), 1)
    x[0] = first
    return x


@cache
def _running() -> Running:
    """Return the running statistics after training batches from the same source."""
    norm = BatchNorm()
    running = norm.start(1)
    for seed in range(BATCHES):
        x = synthetic((COUNT, 1, 1, 1), CENTRE, SPREAD, seed=100 + seed)
        _, cache_ = norm.forward(x, **norm.init(x.shape))
        running = norm.update(running, cache_)
    return running
