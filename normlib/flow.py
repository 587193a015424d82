"""Gradients on their way back through a definition: along which paths they reach x, and edge by edge.

The local derivatives are those of the displayed right sides (`slopes`), evaluated on whole arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, reduce
from typing import NamedTuple

import numpy as np
import sympy as sp

from normlib.evaluation import Evaluation, arithmetic, terms
from normlib.explanation import at_cell, check_cell, needed
from normlib.latex import tex
from normlib.nodes import AXIS, HERE, PoolSum, name_of, x
from normlib.origins import Cell
from normlib.pool import Array
from normlib.slopes import local_slope, partial, quantities, slope, varies_under
from normlib.symbolic import Derivation, Formula

DIRECT = "direct"

# What a path leads through, by the name of the statistic.
_WORDS = {
    "mean": "the mean",
    "var": "the variance",
    "sigma": "the standard deviation",
    "r2": "the mean square",
    "n2": "the mean square",
    "nu": "the norm",
}
_SUM, _SINGULAR_VALUE = "the sum", "the singular value"  # both are s; the second is one for all cells


class Node(NamedTuple):
    """A quantity of the computation, at one cell."""

    name: str
    symbol: str  # LaTeX
    value: float
    gradient: float  # dl/d(it), over all ways to the loss


class Edge(NamedTuple):
    """One quantity enters the formula of another."""

    start: str
    end: str
    derivative: str  # LaTeX, of end by start at one cell, the other quantities held
    value: float  # of the derivative at the cell
    gradient: float  # what comes back along the edge, from all cells that start enters; a node's sum to its own


class Graph(NamedTuple):
    """The computation of y at a cell: x first, then each quantity in the order of the definition, y last."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def paths(evaluation: Evaluation) -> dict[str, Array]:
    """Return dl/dx by the path that it takes, each shaped like x: "direct", then through each statistic that y names.

    They add up to dl/dx. Through a statistic is what x does to y by moving it, the other statistics held; where it is
    taken about another one, as the variance about the mean, the way over that one is in it.

    >>> from normlib.norms.mean_variance_norm import MeanVarianceNorm
    >>> norm = MeanVarianceNorm(normalize_variance=False)
    >>> x, dy = np.array([1.0, 2.0]).reshape(1, 1, 1, 2), np.array([1.0, 0.0]).reshape(1, 1, 1, 2)
    >>> {name: part.ravel().tolist() for name, part in paths(Evaluation(norm.derive(), {"x": x}, dy)).items()}
    {'direct': [1.0, 0.0], 'through the mean': [-0.5, -0.5]}
    """
    definition = evaluation.derivation.definition
    statistics = _statistics(definition)
    steps = [let for let in _moving(definition) if let not in statistics]
    reached = _back(evaluation, steps, {"y": evaluation.value("dy")})
    found = {DIRECT: reached.get("x", np.zeros(evaluation.shape))}
    for let in statistics:
        if let.name in reached:
            found[f"through {_words(let)}"] = _back(evaluation, statistics, {let.name: reached[let.name]})["x"]
    return found


def names(derivation: Derivation) -> tuple[str, ...]:
    """Return the names of the graph's nodes, x first and y last."""
    return tuple(name for name, _ in _symbols(derivation.definition))


def graph(evaluation: Evaluation, cell: Cell) -> Graph:
    """Return the computation of y at a cell as a graph, with its numbers forward and back.

    cell: sample, channel, row and column, counting from 0. Raises ValueError where x has no such cell.
    """
    check_cell(evaluation, cell)
    definition = evaluation.derivation.definition
    flows: dict[tuple[str, str], Array] = {}
    gradients = _back(evaluation, _moving(definition), {"y": evaluation.value("dy")}, flows)
    nodes = (
        Node(name, symbol, at_cell(evaluation.value(name), cell), at_cell(gradients[name], cell))
        for name, symbol in _symbols(definition)
    )
    edges = (
        Edge(start, end, latex, _at(evaluation, derivative, cell), at_cell(flows[start, end], cell))
        for start, end, latex, derivative in _derivatives(definition)
    )
    return Graph(tuple(nodes), tuple(edges))


def _at(evaluation: Evaluation, e: sp.Expr, cell: Cell) -> float:
    with np.errstate(all="ignore"):
        return float(arithmetic(e, lambda term: np.float64(at_cell(evaluation.array(term), cell))))


@lru_cache(maxsize=256)
def _symbols(definition: tuple[Formula, ...]) -> tuple[tuple[str, str], ...]:
    """Return the name and the symbol of x, and of every quantity that moves with it."""
    moving = _moving(definition)
    return (("x", tex(x[HERE], moving[-1].unwritten)), *((let.name, tex(let.lhs, let.unwritten)) for let in moving))


@lru_cache(maxsize=256)
def _derivatives(definition: tuple[Formula, ...]) -> tuple[tuple[str, str, str, sp.Expr], ...]:
    """Return start, end and derivative of every edge, the latter as LaTeX too."""
    found = []
    for let in _moving(definition):
        named = set(map(name_of, quantities(let.rhs)))
        for start, _ in _symbols(definition):
            if start in named:
                derivative = local_slope(let, start)
                found.append((start, let.name, tex(derivative, let.unwritten), derivative))
    return tuple(found)


def _words(let: Formula) -> str:
    return _WORDS.get(let.name) or (_SUM if let.free else _SINGULAR_VALUE)


@lru_cache(maxsize=256)
def _moving(definition: tuple[Formula, ...]) -> tuple[Formula, ...]:
    """Return the formulas that y depends on and that move with x, in their order."""
    names = {"x"}
    found = []
    for let in needed(definition):
        if names & set(map(name_of, quantities(let.rhs))):
            names.add(let.name)
            found.append(let)
    return tuple(found)


@lru_cache(maxsize=256)
def _statistics(definition: tuple[Formula, ...]) -> tuple[Formula, ...]:
    """Return the formulas that have x under sums alone; what names x besides, or by another, is a step on to y."""
    found: dict[str, Formula] = {}
    steps = {"x"}
    for let in _moving(definition):
        named = {name_of(term) for term in terms(let.rhs) if isinstance(term, sp.Indexed | sp.Symbol)}
        if named & steps:
            steps.add(let.name)
        else:
            found[let.name] = let
    return tuple(found.values())


def _back(
    evaluation: Evaluation,
    lets: Sequence[Formula],
    seeds: Mapping[str, Array],
    flows: dict[tuple[str, str], Array] | None = None,
) -> dict[str, Array]:
    """Take gradients back through some formulas, the last first; return dl/d(quantity) for all that they reach.

    flows: is given what comes back along each edge.
    """
    gradients = dict(seeds)
    movable = {"x", *(let.name for let in _moving(evaluation.derivation.definition))}
    for let in reversed(lets):
        if let.name not in gradients:
            continue
        axes = frozenset(AXIS[a] for a in let.free)
        for quantity in quantities(let.rhs):
            if (name := name_of(quantity)) in movable:
                flow = _pulled(evaluation, let, let.rhs, gradients[let.name], axes, quantity)
                gradients[name] = gradients[name] + flow if name in gradients else flow
                if flows is not None:
                    edge = name, let.name
                    flows[edge] = flows[edge] + flow if edge in flows else flow
    return gradients


def _pulled(
    evaluation: Evaluation, let: Formula, e: sp.Expr, gradient: Array, axes: frozenset[int], quantity: sp.Expr
) -> Array:
    """Return what an expression, which varies along `axes`, hands back to a quantity that it names."""
    parts = []
    for term in terms(e):
        if term == quantity:
            parts.append(_gathered(evaluation, gradient * evaluation.array(partial(e, term, let)), axes, quantity))
        elif isinstance(term, PoolSum) and quantity in quantities(term.args[0]):
            body, bound, centre, adjoint = term.args
            into = gradient * evaluation.array(partial(e, term, let))
            if not varies_under(term, quantity):
                total = PoolSum(slope(body, quantity, let), tuple(bound), tuple(centre), bool(adjoint))
                parts.append(_gathered(evaluation, into * evaluation.array(total), axes, quantity))
                continue
            if centre:  # from each cell to those that it sums
                windows = {AXIS[b]: evaluation.set_of(AXIS[b], not adjoint) for b in bound}
                into = evaluation.total(np.broadcast_to(into, _lengths(evaluation, axes)), (), windows)
            within = axes | {AXIS[b] for b in bound}
            parts.append(_pulled(evaluation, let, body, into, within, quantity))
    return reduce(np.add, parts)


def _gathered(evaluation: Evaluation, gradient: Array, axes: frozenset[int], quantity: sp.Expr) -> Array:
    """Sum over the axes that the expression has and the quantity has not."""
    own = {AXIS[a] for a in quantity.indices} if isinstance(quantity, sp.Indexed) else set()
    whole = np.broadcast_to(gradient, _lengths(evaluation, axes | own))
    return whole.sum(axis=tuple(axes - own), keepdims=True) if axes - own else whole


def _lengths(evaluation: Evaluation, axes: frozenset[int]) -> tuple[int, ...]:
    return tuple(n if axis in axes else 1 for axis, n in enumerate(evaluation.shape))
