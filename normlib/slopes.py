"""Differentiate a formula by what it names, and leave the rest as written: what a step of the chain rule is."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import prod

import sympy as sp

from normlib.evaluation import terms
from normlib.nodes import HERE, THERE, Above, PoolSum, Tagged, add, apply, mul, name_of, neg, over
from normlib.symbolic import Formula

ZERO, ONE, HALF = sp.Integer(0), sp.Integer(1), sp.Rational(1, 2)
_PLAIN = dict(zip(THERE, HERE, strict=True))


def local_slope(let: Formula, name: str) -> sp.Expr:
    r"""Return the derivative of a defined quantity by one cell of another that its right side names.

    Nothing else moves meanwhile. Of a sum over cells, the term of that cell is left; a quantity that is the same for
    all of them keeps the sum.

    >>> from normlib.latex import tex
    >>> from normlib.norms.batch_norm import BatchNorm
    >>> mean, var, *_ = BatchNorm().derive().definition
    >>> tex(local_slope(mean, "x"))
    '\\frac{1}{N}'
    >>> tex(local_slope(var, "x"))
    '\\frac{2 \\left(x_{ijkm} - \\mu_{k}\\right)}{N}'
    """
    return _sum(slope(let.rhs, quantity, let) for quantity in quantities(let.rhs) if name_of(quantity) == name)


@lru_cache(maxsize=1024)
def quantities(e: sp.Expr) -> tuple[sp.Expr, ...]:
    """Return the quantities and constants that an expression names, also under its sums, each once."""
    within = (quantities(t.args[0]) if isinstance(t, PoolSum) else (t,) for t in terms(e))
    return tuple(dict.fromkeys(q for found in within for q in found if isinstance(q, sp.Indexed | sp.Symbol)))


def varies_under(total: PoolSum, quantity: sp.Expr) -> bool:
    """Whether a quantity differs between the cells that a sum goes over."""
    return bool(set(total.args[1]) & set(_indices(quantity)))


@lru_cache(maxsize=1024)
def slope(e: sp.Expr, quantity: sp.Expr, let: Formula) -> sp.Expr:
    """Return the derivative of a part of a formula's right side by one cell of a quantity that it names."""
    parts = []
    for term in terms(e):
        if term == quantity:
            parts.append(partial(e, term, let))
        elif isinstance(term, PoolSum) and quantity in quantities(term.args[0]):
            body, bound, centre, adjoint = term.args
            number, inner = _number(slope(body, quantity, let))
            own = _indices(quantity)
            kept = [at for at, b in enumerate(bound) if b not in own]
            if kept:
                inner = PoolSum(
                    inner,
                    tuple(bound[at] for at in kept),
                    tuple(centre[at] for at in kept) if centre else (),
                    bool(adjoint),
                )
            inner = _times(number, _moved(inner, {b: _PLAIN.get(b, b) for b in bound if b in own}))
            parts.append(_times(partial(e, term, let), inner))
    return _sum(parts)


@lru_cache(maxsize=4096)
def partial(e: sp.Expr, by: sp.Expr, let: Formula) -> sp.Expr:
    """Return the derivative of an expression by one of its terms; to it a sum is one term.

    let: the formula that the expression stands in: what equals its right side is called by its left side.
    """
    if e == by:
        return ONE
    if by not in terms(e):
        return ZERO
    own = let.lhs if e == let.rhs else e
    match e:
        case Tagged():
            return partial(e.args[0], by, let)
        case sp.Add():
            return _sum(partial(a, by, let) for a in e.args)
        case sp.Mul():
            parts = list(e.args)
            return _sum(_times(*parts[:n], partial(a, by, let), *parts[n + 1 :]) for n, a in enumerate(parts))
        case sp.Pow() if by not in terms(e.args[1]):
            base, exponent = _base_and_exponent(e)
            inner = partial(base, by, let)
            if exponent == HALF:
                return _times(HALF, sp.Pow(own, -1, evaluate=False), inner)
            return _times(exponent, _power(base, exponent), inner)
        case sp.exp():
            return _times(own, partial(e.args[0], by, let))
        case sp.tanh():
            return _times(add(1, neg(own**2)), partial(e.args[0], by, let))
        case sp.Abs():
            return _times(apply(sp.sign, *e.args), partial(e.args[0], by, let))
        case sp.Max():
            pairs = (e.args, e.args[::-1])
            return _sum(_times(Above(one, other), partial(one, by, let)) for one, other in pairs)
        case Above() | sp.sign():
            return ZERO  # but where it jumps
    raise TypeError(f"partial: {by} must stand in arithmetic, and in no exponent, got {e}. Add a case.")


def _indices(quantity: sp.Expr) -> tuple[sp.Symbol, ...]:
    return quantity.indices if isinstance(quantity, sp.Indexed) else ()


def _base_and_exponent(e: sp.Pow) -> tuple[sp.Expr, sp.Expr]:
    """Read the inverse of a power as a power."""
    base, exponent = e.args
    if exponent != -1 or not isinstance(base, sp.Pow):
        return base, exponent
    inner, power = base.args
    return inner, -power if power.is_Rational else neg(power)


def _power(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """Write a base to a power that is one less, below the line where it is a negative number."""
    less = exponent - 1 if exponent.is_Rational else add(exponent, -1)
    if less.is_Rational and less < 0:
        return over(1, base if less == -1 else sp.Pow(base, -less, evaluate=False))
    return ONE if less == 0 else base if less == 1 else sp.Pow(base, less, evaluate=False)


def _times(*factors: sp.Expr) -> sp.Expr:
    """Multiply as written, but for what does not vary: one number and the constants come first."""
    flat = [f for factor in factors for f in sp.Mul.make_args(factor)]
    number = prod((f for f in flat if f.is_Rational), start=ONE)
    rest = sorted((f for f in flat if not f.is_Rational), key=lambda f: f.has(sp.Indexed))
    if number == 0 or not rest:
        return sp.sympify(number)
    kept = rest if number == 1 else [number, *rest]
    return kept[0] if len(kept) == 1 else mul(*kept)


def _number(product: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Take the number off a product that `_times` made."""
    first, *rest = sp.Mul.make_args(product)
    return (first, _times(*rest)) if first.is_Rational and rest else (ONE, product)


def _sum(summands: Iterable[sp.Expr]) -> sp.Expr:
    found = [s for s in summands if s != 0]
    return ZERO if not found else found[0] if len(found) == 1 else add(*found)


def _moved(e: sp.Expr, indices: dict[sp.Symbol, sp.Symbol]) -> sp.Expr:
    """Write an expression at other indices, and leave the rest as written."""
    if isinstance(e, sp.Indexed):
        return e.base[tuple(indices.get(a, a) for a in e.indices)]
    if not e.args:
        return indices.get(e, e)
    arguments = [_moved(a, indices) for a in e.args]
    return e.func(*arguments, evaluate=False) if isinstance(e, sp.Add | sp.Mul | sp.Pow) else e.func(*arguments)
