"""What formulas are made of: the talk's indices, sums over pools, deltas, derivatives, tagged terms.

Each is a SymPy expression, so that formulas are values: compared, hashed and walked. `latex` prints them,
`grounding` gives them a meaning on arrays.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

# The talk's indices: row, column, channel, example; each with a primed twin for sums.
INDICES = i, j, k, m = sp.symbols("i j k m", integer=True)
PRIMED = ip, jp, kp, mp = sp.symbols("i' j' k' m'", integer=True)
AXIS = {
    symbol: axis  # of N, C, H, W
    for axis, letter in enumerate("mkij")
    for symbol in sp.symbols(f"{letter} {letter}'", integer=True)
}
HERE, THERE = INDICES, PRIMED  # a cell, and another one

LENGTH = dict(zip(INDICES, "HWDM", strict=True))  # what the number of rows, columns, channels, examples is called

x, y, dy = sp.IndexedBase("x"), sp.IndexedBase("y"), sp.IndexedBase("dy")  # dy is short for dl/dy
around = sp.IndexedBase("G")  # G[k] is the pool around channel k, a set
loss = sp.Symbol("l")


class PoolSum(sp.Expr):
    """Sum `body` over the `bound` indices: the whole axes, or where `centre` is given the pool around it.

    With `adjoint`, over the cells whose own pool holds the centre.
    """

    def __new__(
        cls, body: sp.Expr, bound: tuple[sp.Symbol, ...], centre: tuple[sp.Symbol, ...] = (), adjoint: bool = False
    ) -> PoolSum:
        """Build the node; every argument becomes a SymPy object so that `func(*args)` rebuilds it."""
        return sp.Expr.__new__(cls, sp.sympify(body), sp.Tuple(*bound), sp.Tuple(*centre), sp.sympify(bool(adjoint)))


class PoolSize(sp.Expr):
    """The number of cells in the pool: along whole axes and within groups, or of the window around a centre.

    PoolSize(bound, centre=()).
    """

    def __new__(cls, bound: tuple[sp.Symbol, ...], centre: tuple[sp.Symbol, ...] = ()) -> PoolSize:
        """Build the node."""
        return sp.Expr.__new__(cls, sp.Tuple(*bound), sp.Tuple(*centre))


class Length(sp.Expr):
    """How many cells an axis has: its rows, columns, channels or examples."""

    def __new__(cls, index: sp.Symbol) -> Length:
        """Build the node."""
        return sp.Expr.__new__(cls, index)


class Window(sp.Expr):
    """The set that G stands for: along each axis from `before` below the centre to `after` above, clipped to the axis.

    Indices count from 1, as the talk's do.
    """

    def __new__(cls, centre: tuple[sp.Symbol, ...], before: tuple[sp.Expr, ...], after: tuple[sp.Expr, ...]) -> Window:
        """Build the node; one `before` and one `after` for each index of the centre."""
        return sp.Expr.__new__(cls, sp.Tuple(*centre), sp.Tuple(*before), sp.Tuple(*after))


class GroupOf(sp.Expr):
    """The set that G stands for where an axis is cut into `number` groups of neighbours: the group of the centre."""

    def __new__(cls, centre: sp.Symbol, number: sp.Expr) -> GroupOf:
        """Build the node."""
        return sp.Expr.__new__(cls, centre, number)


class Same(sp.Expr):
    """Kronecker's delta: 1 where two indices agree, pair by pair, else 0."""

    def __new__(cls, left: tuple[sp.Symbol, ...], right: tuple[sp.Symbol, ...]) -> Same:
        """Build the node."""
        return sp.Expr.__new__(cls, sp.Tuple(*left), sp.Tuple(*right))


class Inside(sp.Expr):
    """Iverson's bracket: 1 where a cell lies in the pool of a centre, else 0."""

    def __new__(cls, cell: tuple[sp.Symbol, ...], centre: tuple[sp.Symbol, ...]) -> Inside:
        """Build the node."""
        return sp.Expr.__new__(cls, sp.Tuple(*cell), sp.Tuple(*centre))


class Above(sp.Expr):
    """Iverson's bracket: 1 where the first is greater than the second, else 0; what the derivative of a maximum is."""

    def __new__(cls, greater: Any, less: Any) -> Above:
        """Build the node."""
        return sp.Expr.__new__(cls, sp.sympify(greater), sp.sympify(less))


class Partial(sp.Expr):
    """A partial derivative: of the loss, or of a defined quantity, with respect to an input."""

    def __new__(cls, of: sp.Expr, by: sp.Expr) -> Partial:
        """Build the node."""
        return sp.Expr.__new__(cls, of, by)


class Tagged(sp.Expr):
    """A term with a name, so that a picture and a formula can give it the same colour."""

    def __new__(cls, term: sp.Expr, tag: str | sp.Symbol) -> Tagged:
        """Build the node."""
        return sp.Expr.__new__(cls, term, sp.Symbol(str(tag)))


def add(*terms: Any) -> sp.Expr:
    """Add in the order given: a formula reads as the lecturer writes it."""
    return sp.Add(*map(sp.sympify, terms), evaluate=False)


def mul(*factors: Any) -> sp.Expr:
    """Multiply in the order given."""
    return sp.Mul(*map(sp.sympify, factors), evaluate=False)


def neg(term: Any) -> sp.Expr:
    """Put a minus before a term, and leave the rest as written."""
    return mul(-1, term)


def over(numerator: Any, denominator: Any) -> sp.Expr:
    """Write a fraction, and leave it one."""
    return mul(numerator, sp.Pow(sp.sympify(denominator), -1, evaluate=False))


def root(radicand: Any) -> sp.Expr:
    """Write a square root."""
    return sp.Pow(sp.sympify(radicand), sp.Rational(1, 2), evaluate=False)


def apply(function: type[sp.Expr], *arguments: Any) -> sp.Expr:
    """Write a function: `sp.tanh`, `sp.exp`, `sp.Abs`, `sp.sign` or `sp.Max`, and leave it as written."""
    return function(*map(sp.sympify, arguments), evaluate=False)


def name_of(quantity: sp.Expr) -> str:
    """Return what a quantity is called, without its indices: `mean` of mean[k]."""
    label = quantity.base.label if isinstance(quantity, sp.Indexed) else quantity
    return label.name if isinstance(label, sp.Symbol) else str(label)  # SymPy takes its time to print
