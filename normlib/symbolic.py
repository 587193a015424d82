"""Formulas that are shown, proved and evaluated: one expression for all three.

A formula is an equation between expressions of `normlib.nodes` over index symbols, as on a slide. What a derivation
claims is held against derivatives truly taken, on a small tensor of symbols; and against the code, on numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import sympy as sp

from normlib.expansion import expanded
from normlib.grounding import Grounding
from normlib.latex import tex
from normlib.nodes import AXIS, name_of
from normlib.pool import Array, Pool

if TYPE_CHECKING:
    from normlib.core import Norm

Indices = tuple[sp.Symbol, ...]


@dataclass(frozen=True)
class Formula:
    """An equation as displayed. `unwritten` indices stand in it but are not printed (each example alone)."""

    lhs: sp.Expr
    rhs: sp.Expr
    unwritten: tuple[sp.Symbol, ...] = ()

    @property
    def eq(self) -> sp.Eq:
        """The equation as SymPy holds it."""
        return sp.Eq(self.lhs, self.rhs, evaluate=False)

    @property
    def name(self) -> str:
        """What the left side defines: `mu` of mu[k]."""
        return name_of(self.lhs)

    @property
    def free(self) -> tuple[sp.Symbol, ...]:
        """The indices for each value of which the formula speaks, in the order of the left side."""
        return tuple(dict.fromkeys(a for a in sp.preorder_traversal(self.lhs) if a in AXIS))

    def latex(self, colors: Mapping[str, str] | None = None) -> str:
        r"""Return LaTeX that KaTeX sets; `colors` maps the tags term1, term2, term3 and pool to #hex colours."""
        return f"{tex(self.lhs, self.unwritten, colors)} = {tex(self.rhs, self.unwritten, colors)}"


class Step(NamedTuple):
    """One thing a lecturer reveals: a title, a sentence, and the equations it adds; each is proved."""

    title: str
    say: str
    formulas: tuple[Formula, ...]


@dataclass(frozen=True)
class Derivation:
    """An operator in symbols: what it computes, how its gradient comes about, and the gradient it claims.

    shape: N, C, H, W of the small tensor on which the claims are proved; groups are two at most there.
    inputs: the indices of each input; none for a plain symbol.
    definition: y last.  steps: in the order a lecturer reveals them.  closed_form: the claimed dl/d(input), by input.
    """

    of: Norm
    shape: tuple[int, int, int, int]
    inputs: Mapping[str, Indices]
    definition: tuple[Formula, ...]
    steps: tuple[Step, ...]
    closed_form: Mapping[str, Formula]

    @property
    def constants(self) -> Mapping[sp.Symbol, str]:
        """The field that each symbol of a hyperparameter stands for, as its annotation declares."""
        return {sp.Symbol(h.symbol.removeprefix("\\"), positive=True): name for name, h in self.of.hypers().items()}

    @property
    def residue(self) -> Mapping[str, tuple[sp.Expr, ...]]:
        """Chain rule minus claim, per input and cell; all zeros is the proof."""
        return {name: self.residue_of(claim) for name, claim in self.closed_form.items()}

    def residue_of(self, formula: Formula) -> tuple[sp.Expr, ...]:
        """Left side minus right side, grounded on the small tensor, with every derivative truly taken.

        `expand` settles it in a fraction of a second; `simplify` takes many and may miss the zero.
        """
        inputs = tuple(self.inputs.items())
        return _residue(self.definition, formula, self.of.pool.small, self.shape, inputs, tuple(self.constants))

    def symbols(self, shape: tuple[int, ...], numbers: Mapping[sp.Symbol, int] | None = None) -> tuple[Array, Array]:
        """Return x of an N, C, H, W shape in symbols, and y as expressions in them and in those of the parameters.

        numbers: what stands for the symbol of a hyperparameter instead of itself.
        """
        indices, y = self.inputs["x"], self.definition[-1]
        leaves = {name: _leaf(name, tuple(shape[AXIS[a]] for a in at)) for name, at in self.inputs.items()}
        constants = {symbol: sp.sympify((numbers or {}).get(symbol, symbol)) for symbol in self.constants}
        ground = Grounding(self.definition, self.of.pool.small, shape, leaves, constants)
        return _by_axis(leaves["x"], indices), _by_axis(ground.array(y.rhs, y.free), y.free)

    def evaluate(self, inputs: Mapping[str, Array], dy: Array) -> tuple[Array, dict[str, Array]]:
        """Return y and the gradients in numbers, read off the displayed formulas cell by cell.

        inputs, dy: as for `_forward`, of any shape; dy like x.
        """
        leaves = {name: _by_index(inputs[name], at) for name, at in self.inputs.items()}
        leaves["dy"] = _by_index(dy, self.inputs["x"])
        numbers = {symbol: float(getattr(self.of, field)) for symbol, field in self.constants.items()}
        ground = Grounding(self.definition, self.of.pool, np.shape(dy), leaves, numbers)
        y = self.definition[-1]
        grads = {name: (claim.rhs, self.inputs[name]) for name, claim in self.closed_form.items()}
        return (
            _by_axis(ground.array(y.rhs, y.free), y.free),
            {name: _by_axis(ground.array(rhs, at), at) for name, (rhs, at) in grads.items()},
        )


@lru_cache(maxsize=1024)
def _residue(
    definition: tuple[Formula, ...],
    claim: Formula,
    pool: Pool,
    shape: tuple[int, ...],
    inputs: tuple[tuple[str, Indices], ...],
    constants: Indices,
) -> tuple[sp.Expr, ...]:
    ground = _symbols(definition, pool, shape, inputs, constants)
    free = claim.free
    difference = ground.array(claim.lhs, free) - ground.array(claim.rhs, free)
    return tuple(expanded(d) for d in np.ravel(difference))


@lru_cache(maxsize=64)
def _symbols(
    definition: tuple[Formula, ...],
    pool: Pool,
    shape: tuple[int, ...],
    inputs: tuple[tuple[str, Indices], ...],
    constants: Indices,
) -> Grounding:
    indices = dict(inputs)
    leaves = {
        name: _leaf(name, tuple(shape[AXIS[a]] for a in at)) for name, at in {**indices, "dy": indices["x"]}.items()
    }
    return Grounding(definition, pool, shape, leaves, {symbol: symbol for symbol in constants})


def _leaf(name: str, shape: tuple[int, ...]) -> Array:
    cells = [sp.Symbol(f"{name}{list(at)}", real=True) for at in np.ndindex(shape)]
    return np.array(cells, dtype=object).reshape(shape)


def _by_index(array: Array, indices: Indices) -> Array:
    """Turn an array whose axes stand in the order of N, C, H, W so that they stand in the order of its indices."""
    order = sorted(indices, key=lambda index: AXIS[index])
    return np.transpose(array, [order.index(index) for index in indices])


def _by_axis(array: Array, indices: Indices) -> Array:
    order = sorted(indices, key=lambda index: AXIS[index])
    return np.transpose(array, [indices.index(index) for index in order])
