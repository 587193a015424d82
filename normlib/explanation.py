"""How one number came about: each formula that it depends on, in symbols and with its own numbers.

The formulas are those that are displayed and proved. Each term says which cells it is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import floor, isfinite, log10
from typing import NamedTuple

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from normlib.evaluation import Evaluation, arithmetic, terms
from normlib.latex import tex
from normlib.marks import filled, form, marked, numeral
from normlib.nodes import name_of
from normlib.origins import Cell, Cells, Origins
from normlib.symbolic import Formula

DIGITS = 3  # of a result; its terms take more where they need them
MOST = 15  # what a float64 holds


class Term(NamedTuple):
    """A quantity, a constant, a count, or a sum with all that is under it."""

    key: str  # unique in the explanation
    name: str  # of the quantity; "" for a sum or a count
    symbol: str  # LaTeX
    value: float
    numeral: str  # LaTeX of the value as it stands in the line
    cells: tuple[Cells, ...]  # none for a constant


@dataclass(frozen=True)
class Line:
    """One formula: symbol = latex = numbers = result."""

    name: str  # "mean"; "dx" for the gradient
    symbol: str  # LaTeX of the left side
    latex: str  # of the right side, its terms marked
    numbers: str  # LaTeX of the right side with numbers for its terms, marked alike
    result: str  # LaTeX of the value
    value: float
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Explanation:
    """Why a cell holds what it holds: the definition as far as y needs it, y last; and the gradient, if dy is given."""

    cell: Cell
    definition: tuple[Line, ...]
    gradient: Line | None

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines, in the order of reading."""
        return (*self.definition, self.gradient) if self.gradient else self.definition

    @property
    def terms(self) -> Mapping[str, Term]:
        """Every term by its key."""
        return {term.key: term for line in self.lines for term in line.terms}


def explain(evaluation: Evaluation, cell: Cell) -> Explanation:
    r"""Explain y at a cell, and where the evaluation has dy, the closed form's dl/dx there.

    cell: sample, channel, row and column, counting from 0. Raises ValueError where x has no such cell.

    >>> from normlib.norms.rms_norm import RMSNorm
    >>> values = {"x": np.array([[3.0, 4.0]]).reshape(1, 2, 1, 1), "gamma": np.ones(2)}
    >>> first = explain(Evaluation(RMSNorm(eps=0.0).derive(), values), (0, 1, 0, 0)).definition[0]
    >>> [(term.symbol, term.value) for term in first.terms], first.value
    ([('N', 2.0), ('\\sum_{k} x_{ijkm}^{2}', 25.0)], 12.5)
    """
    check_cell(evaluation, cell)
    derivation, origins = evaluation.derivation, Origins(evaluation, cell)
    lines = tuple(_line(evaluation, cell, origins, let, let.name) for let in needed(derivation.definition))
    if not evaluation.has_dy:
        return Explanation(cell, lines, None)
    return Explanation(cell, lines, _line(evaluation, cell, origins, derivation.closed_form["x"], "dx"))


def check_cell(evaluation: Evaluation, cell: Cell) -> None:
    """Raise ValueError where x has no such cell."""
    shape = evaluation.shape
    if len(cell) != len(shape) or not all(0 <= at < n for at, n in zip(cell, shape, strict=True)):
        raise ValueError(
            f"explain: cell must be an index into x {shape}, got {cell}. Give sample, channel, row and column, from 0."
        )


def at_cell(array: NDArray[np.float64], cell: Cell) -> float:
    """Return an array's number at a cell; along an axis of length 1 it is the same everywhere."""
    return float(array[tuple(at if n > 1 else 0 for at, n in zip(cell, array.shape, strict=True))])


@lru_cache(maxsize=256)
def needed(definition: tuple[Formula, ...]) -> tuple[Formula, ...]:
    """Return the formulas of a definition that y depends on, in their order, y last; no displayed sets."""
    lets = {f.name: f for f in definition}
    found: set[str] = set()
    left = ["y"]
    while left:
        name = left.pop()
        found.add(name)
        left += [named for named in map(str, lets[name].rhs.free_symbols) if named in lets and named not in found]
    return tuple(f for f in definition if f.name in found)


@dataclass(frozen=True)
class _Writing:
    """All of a line that is the same for every cell."""

    terms: tuple[sp.Expr, ...]
    keys: tuple[str, ...]
    names: tuple[str, ...]
    symbols: tuple[str, ...]
    symbol: str
    latex: str
    form: str


@lru_cache(maxsize=1024)
def _writing(formula: Formula, name: str) -> _Writing:
    found = terms(formula.rhs)
    keys = tuple(f"{name}-{n}" for n in range(len(found)))
    unwritten = formula.unwritten
    return _Writing(
        found,
        keys,
        tuple(name_of(term) if isinstance(term, sp.Indexed | sp.Symbol) else "" for term in found),
        tuple(tex(term, unwritten) for term in found),
        tex(formula.lhs, unwritten),
        marked(formula.rhs, dict(zip(found, keys, strict=True)), unwritten),
        form(formula.rhs, found),
    )


def _line(evaluation: Evaluation, cell: Cell, origins: Origins, formula: Formula, name: str) -> Line:
    writing = _writing(formula, name)
    values = [at_cell(evaluation.array(term), cell) for term in writing.terms]

    def result(numbers: list[float]) -> float:
        given = zip(writing.terms, map(np.float64, numbers), strict=True)
        return float(arithmetic(formula.rhs, dict(given).__getitem__))

    with np.errstate(all="ignore"):
        value = result(values)
        numerals = _numerals(values, value, result)
    parts = zip(
        writing.keys, writing.names, writing.symbols, values, numerals, map(origins.of, writing.terms), strict=True
    )
    return Line(
        name,
        writing.symbol,
        writing.latex,
        filled(writing.form, writing.keys, numerals),
        numeral(value, DIGITS)[0],
        value,
        tuple(Term(*part) for part in parts),
    )


def _numerals(values: list[float], value: float, result: Callable[[list[float]], float]) -> list[str]:
    """Write each value with as few digits as let a reader come to the result, to one unit of its last digit."""
    if not isfinite(value) or value == 0:
        return [numeral(v, DIGITS)[0] for v in values]
    share = 10.0 ** (floor(log10(abs(value))) - DIGITS + 1) / max(1, len(values))
    written = []
    for n, v in enumerate(values):
        for digits in range(DIGITS, MOST + 1):
            text, said = numeral(v, digits)
            if said == v or abs(result([*values[:n], said, *values[n + 1 :]]) - value) <= share:
                break
        else:
            text, _ = numeral(v, DIGITS)  # the result is a rounding error itself
        written.append(text)
    return written
