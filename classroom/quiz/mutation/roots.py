"""Slips in what is divided by: the root, and where eps is added."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from classroom.quiz.mutation.rewrite import at, drop, is_quantity, is_root, mapped, put
from classroom.quiz.mutation.rule import Rule, Target
from normlib.derivations.standardized import eps
from normlib.nodes import add, root
from normlib.symbolic import Formula


def _is_with_eps(e: sp.Expr) -> bool:
    return isinstance(e, sp.Add) and len(e.args) == 2 and e.args[1] == eps


def _divides(target: Target) -> bool:
    """Whether it is a formula of the definition, or the gradient of x."""
    return not target.is_gradient or target.changed == "d x"


def _root_forgotten(target: Target) -> Iterator[Formula]:
    roots = target.find(is_root) if _divides(target) else []
    if len(roots) == 1:
        (path,) = roots
        yield target.with_right(put(target.rhs, path, at(target.rhs, (*path, 0))))


def _eps_outside(target: Target) -> Iterator[Formula]:
    roots = target.find(lambda node: is_root(node) and _is_with_eps(node.args[0])) if _divides(target) else []
    if len(roots) == 1:
        (path,) = roots
        (summed, _), power = at(target.rhs, path).args[0].args, at(target.rhs, path).args[1]
        yield target.with_right(put(target.rhs, path, add(sp.Pow(summed, power, evaluate=False), eps)))


def _eps_inside(target: Target) -> Iterator[Formula]:
    sums = target.find(lambda node: _is_with_eps(node) and is_quantity(node.args[0], "sigma"))
    if len(sums) == 1:
        (path,) = sums
        yield target.with_right(put(target.rhs, path, root(add(at(target.rhs, path).args[0] ** 2, eps))))


def _eps_forgotten(target: Target) -> Iterator[Formula]:
    def change(node: sp.Expr) -> sp.Expr | None:
        return drop(node, (1,)) if _is_with_eps(node) else None

    rhs = mapped(target.rhs, change)
    if _divides(target) and rhs != target.rhs:
        yield target.with_right(rhs)


RULES = (
    Rule(
        "root-forgotten",
        "The root is forgotten",
        "It is divided by the square of what it should be divided by. What varies much then comes out small, and what "
        "varies little comes out large.",
        _root_forgotten,
    ),
    Rule(
        "eps-outside-root",
        "ε is added outside the root",
        "ε belongs to what stands under the root. Added afterwards it counts for much more, since the root of a small "
        "number is larger than the number.",
        _eps_outside,
    ),
    Rule(
        "eps-inside-root",
        "ε is added under the root",
        "This operator adds ε to the deviation, after the root has been taken. Added to the variance it counts "
        "differently.",
        _eps_inside,
    ),
    Rule(
        "eps-forgotten",
        "ε is forgotten",
        "Without ε, values that are all alike are divided by 0, and values that hardly vary are blown up.",
        _eps_forgotten,
    ),
)
