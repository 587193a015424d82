"""Rewrite a formula's right side at one place and leave the rest as written.

A place is a path: the positions of the arguments that lead to it. SymPy would sort and simplify what it builds; here
nothing is evaluated, so that a wrong formula reads as the right one does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import sympy as sp

from normlib.nodes import AXIS, Tagged, name_of

Path = tuple[int, ...]

_UNEVALUATED = (sp.Add, sp.Mul, sp.Pow, sp.Function, sp.Max)
ONE = sp.Integer(1)


def places(e: sp.Expr, holds: Callable[[sp.Expr], bool] = lambda node: True) -> list[Path]:
    """Return where `holds` holds, the outermost first and from left to right.

    >>> places(sp.Symbol("a") ** 2, lambda node: node == 2)
    [(1,)]
    """
    return [path for path, node in _walk(e, ()) if holds(node)]


def at(e: sp.Expr, path: Path) -> sp.Expr:
    """Return what stands at a place."""
    for position in path:
        e = e.args[position]
    return e


def put(e: sp.Expr, path: Path, new: sp.Expr) -> sp.Expr:
    """Return the expression with another one at a place."""
    if not path:
        return new
    first, *rest = path
    arguments = list(e.args)
    arguments[first] = put(arguments[first], tuple(rest), new)
    return rebuilt(e, *arguments)


def drop(e: sp.Expr, *paths: Path) -> sp.Expr:
    """Return the expression without a term of a sum or a factor of a product.

    >>> a, b, c = sp.symbols("a b c")
    >>> drop(sp.Add(a, sp.Mul(b, c), evaluate=False), (1, 0))
    a + c
    """
    for path in sorted(paths, reverse=True):  # from the right, so that the others stay where they are
        *above, position = path
        parent = at(e, tuple(above))
        if isinstance(parent, Tagged | sp.Pow):  # it is all that is tagged, or raised
            e = drop(e, tuple(above))
            continue
        e = put(e, tuple(above), _without(parent, position))
    return e


def rebuilt(e: sp.Expr, *arguments: sp.Expr) -> sp.Expr:
    """Return an expression of the same kind with other arguments, unevaluated."""
    return e.func(*arguments, evaluate=False) if isinstance(e, _UNEVALUATED) else e.func(*arguments)


def mapped(e: sp.Expr, change: Callable[[sp.Expr], sp.Expr | None]) -> sp.Expr:
    """Return the expression with every node that `change` has something for replaced by it, the outermost first."""
    new = change(e)
    if new is not None:
        return new
    if isinstance(e, sp.Indexed) or not e.args:
        return e
    return rebuilt(e, *(mapped(a, change) for a in e.args))


def moved(e: sp.Expr, indices: Mapping[sp.Symbol, sp.Symbol]) -> sp.Expr:
    """Write an expression at other indices."""

    def change(node: sp.Expr) -> sp.Expr | None:
        if isinstance(node, sp.Indexed):
            return node.base[tuple(indices.get(a, a) for a in node.indices)]
        return indices.get(node) if node in AXIS else None

    return mapped(e, change)


def untagged(e: sp.Expr) -> sp.Expr:
    """Return an expression without the tags of its terms."""
    return mapped(e, lambda node: untagged(node.args[0]) if isinstance(node, Tagged) else None)


def is_quantity(e: sp.Expr, *names: str) -> bool:
    """Return whether an expression is one of the named quantities, at any indices."""
    return isinstance(e, sp.Indexed | sp.Symbol) and e not in AXIS and name_of(e) in names


def is_inverse(e: sp.Expr) -> bool:
    """Return whether an expression is written below a line."""
    return isinstance(e, sp.Pow) and e.args[1] == -1


def is_root(e: sp.Expr) -> bool:
    """Return whether an expression is a root: square, or of another power."""
    return isinstance(e, sp.Pow) and isinstance(e.args[1], sp.Rational) and 0 < e.args[1] < 1


def _walk(e: sp.Expr, path: Path) -> Iterator[tuple[Path, sp.Expr]]:
    yield path, e
    if not isinstance(e, sp.Indexed):  # its indices are no places
        for position, argument in enumerate(e.args):
            yield from _walk(argument, (*path, position))


def _without(parent: sp.Expr, position: int) -> sp.Expr:
    left = [a for n, a in enumerate(parent.args) if n != position]
    if isinstance(parent, sp.Mul):
        left = [a for a in left if a != ONE]
        if all(map(is_inverse, left)):  # a fraction that has lost its numerator, or its denominator
            left.insert(0, ONE)
    if len(left) == 1:
        return left[0]
    if isinstance(parent, sp.Add | sp.Mul) and left:
        return rebuilt(parent, *left)
    raise ValueError(f"drop: it must be a term of a sum or a factor of a product, got one of {type(parent)}.")
