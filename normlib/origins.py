"""Which cells a term of a formula is made of, read off the same expression that is displayed and proved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from normlib.evaluation import Evaluation, terms
from normlib.nodes import AXIS, HERE, Length, PoolSize, PoolSum, name_of
from normlib.pool import Groups, Span

Cell = tuple[int, ...]  # sample, channel, row, column, from 0
Extent = tuple[int, int]  # first and last, along an axis


class Cells(NamedTuple):
    """Cells of a tensor, as the product of a first to a last index along N, C, H, W; 0 along an axis that it lacks.

    tensor: x, dy, a parameter, or a quantity of the definition that differs from cell to cell.
    """

    tensor: str
    first: Cell
    last: Cell  # still in it

    def mask(self, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return True at these cells, in a tensor of N, C, H, W shape.

        >>> Cells("x", (0, 1, 0, 0), (0, 2, 0, 0)).mask((1, 4, 1, 1)).ravel()
        array([False,  True,  True, False])
        """
        inside = np.zeros(shape, dtype=bool)
        inside[tuple(slice(low, high + 1) for low, high in zip(self.first, self.last, strict=True))] = True
        return inside


class Origins:
    """Finds what terms are made of, as seen from one cell.

    A statistic is made of the cells that it is taken over, a count of those that it counts, a constant of none.
    """

    def __init__(self, evaluation: Evaluation, cell: Cell) -> None:
        """Take sample, channel, row and column of the cell."""
        self._evaluation, self._last = evaluation, tuple(n - 1 for n in evaluation.shape)
        self._here = {a: (cell[AXIS[a]], cell[AXIS[a]]) for a in HERE}
        self._statistics: dict[tuple[str, tuple[Extent, ...]], tuple[Cells, ...]] = {}

    def of(self, term: sp.Expr) -> tuple[Cells, ...]:
        """Return the cells of a term; for a quantity with a sum of its own, such as s, those of the sum too."""
        found = self._cells(term, self._here)
        let = self._evaluation.lets.get(name_of(term)) if isinstance(term, sp.Indexed) else None
        if let is not None and _is_map(term):
            found += self._all((t for t in terms(let.rhs) if isinstance(t, PoolSum)), self._here)
        return tuple(dict.fromkeys(found))

    def _all(self, expressions: Iterable[sp.Expr], at: Mapping[sp.Symbol, Extent]) -> tuple[Cells, ...]:
        return tuple(dict.fromkeys(cells for e in expressions for cells in self._cells(e, at)))

    def _cells(self, e: sp.Expr, at: Mapping[sp.Symbol, Extent]) -> tuple[Cells, ...]:
        """Return the cells of an expression; `at` says from where to where each index goes."""
        match e:
            case PoolSum():
                body, bound, centre, adjoint = e.args
                if centre:
                    around = zip(bound, centre, strict=True)
                    reach = {b: self._reach(b, at[c], bool(adjoint)) for b, c in around}
                else:
                    reach = {b: (0, self._last[AXIS[b]]) for b in bound}
                return self._all(terms(body), {**at, **reach})
            case PoolSize():
                bound, centre = e.args
                return (self._box("x", HERE, {**at, **{a: self._reach(a, at[a]) for a in centre or bound}}),)
            case Length():
                (index,) = e.args
                return (self._box("x", HERE, {**at, index: (0, self._last[AXIS[index]])}),)
            case sp.Indexed() | sp.Symbol() if e not in self._evaluation.constants:
                name, indices = name_of(e), e.indices if isinstance(e, sp.Indexed) else ()
                if name not in self._evaluation.lets or _is_map(e):
                    return (self._box(name, indices, at),)
                return self._statistic(name, tuple(at[a] for a in indices))
        return ()

    def _statistic(self, name: str, own: tuple[Extent, ...]) -> tuple[Cells, ...]:
        if (name, own) not in self._statistics:
            let = self._evaluation.lets[name]
            at = {**self._here, **dict(zip(getattr(let.lhs, "indices", ()), own, strict=True))}
            inner = (t for t in terms(let.rhs) if not isinstance(t, PoolSize | Length))
            self._statistics[name, own] = self._all(inner, at)
        return self._statistics[name, own]

    def _reach(self, index: sp.Symbol, centres: Extent, adjoint: bool = False) -> Extent:
        """Return from where to where the pools around some neighbours go, along an axis."""
        (low, high), last = centres, self._last[AXIS[index]]
        match self._evaluation.set_of(AXIS[index], adjoint):
            case Span(before, after):
                return max(0, low - before), min(last, high + after)
            case Groups(number):
                size = (last + 1) // number
                return low // size * size, high // size * size + size - 1
        return 0, last

    def _box(self, tensor: str, indices: tuple[sp.Symbol, ...], at: Mapping[sp.Symbol, Extent]) -> Cells:
        sides: list[Extent] = [(0, 0)] * len(self._last)
        for a in indices:
            sides[AXIS[a]] = at[a]
        return Cells(tensor, tuple(first for first, _ in sides), tuple(last for _, last in sides))


def _is_map(quantity: sp.Expr) -> bool:
    """Whether it differs from cell to cell, along all axes."""
    return isinstance(quantity, sp.Indexed) and len(quantity.indices) == len(HERE)
