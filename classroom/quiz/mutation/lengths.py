"""Slips of the operators that divide by a length: a p-norm, the norm of a weight, its singular value."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from classroom.quiz.mutation.paths import is_of_x
from classroom.quiz.mutation.rewrite import at, drop, is_inverse, is_quantity, places, put
from classroom.quiz.mutation.rule import Rewrite, Rule, Target
from normlib.derivations.standardized import eps
from normlib.nodes import HERE, Above, PoolSum, add, apply, root, x
from normlib.symbolic import Formula

_LENGTHS = ("nu", "s")


def _has_length(target: Target) -> bool:
    return target.defines("nu") or (target.defines("s") and not target.derivation.definition[0].lhs.args)


def _maximum(target: Target) -> list[tuple[int, ...]]:
    return target.find(lambda node: isinstance(node, sp.Max) and eps in node.args) if target.changed == "y" else []


def _least_forgotten(target: Target) -> Iterator[Formula]:
    for path in _maximum(target):
        (length,) = (a for a in at(target.rhs, path).args if a != eps)
        yield target.with_right(put(target.rhs, path, length))


def _added_for_least(target: Target) -> Iterator[Formula]:
    for path in _maximum(target):
        (length,) = (a for a in at(target.rhs, path).args if a != eps)
        yield target.with_right(put(target.rhs, path, add(length, eps)))


def _bracket_ignored(target: Target) -> Iterator[Formula]:
    if is_of_x(target) and target.defines("nu"):
        found = target.find(lambda node: isinstance(node, Above))
        if found:
            yield target.with_right(drop(target.rhs, *found))


def _sign_lost(target: Target) -> Iterator[Formula]:
    """Write |x| for x, or nothing for its sign, in how the norm moves."""
    for path in target.terms("term2") if is_of_x(target) and target.defines("nu") else []:
        term = at(target.rhs, path)
        signs = places(term, lambda node: isinstance(node, sp.sign))
        own = places(term, lambda node: node == x[HERE])
        if signs:
            yield target.with_right(drop(target.rhs, (*path, *signs[0])))
        elif own:
            yield target.with_right(put(target.rhs, (*path, *own[0]), apply(sp.Abs, x[HERE])))


def _own_not_divided(target: Target) -> Iterator[Formula]:
    """Leave out what the own value is divided by in the path through the length, or one power of it."""
    for path in target.terms("term2") if is_of_x(target) and target.defines("nu") else []:
        for found in places(at(target.rhs, path), is_inverse)[:1]:
            below = at(target.rhs, (*path, *found, 0))
            if isinstance(below, sp.Pow):
                yield target.with_right(put(target.rhs, (*path, *found, 0), below.args[0]))
            else:
                yield target.with_right(drop(target.rhs, (*path, *found)))


def _input_in_sum(target: Target) -> Iterator[Formula]:
    for path in target.terms("term2") if is_of_x(target) and _has_length(target) else []:
        for found in places(at(target.rhs, path), lambda node: is_quantity(node, "y"))[:1]:
            y = at(target.rhs, (*path, *found))
            yield target.with_right(put(target.rhs, (*path, *found), x[tuple(y.indices)]))


def _without(*names: str, where: tuple[str, ...]) -> Rewrite:
    def rewrite(target: Target) -> Iterator[Formula]:
        found = target.find(lambda node: is_quantity(node, *names)) if target.changed in where else []
        if found and _has_length(target):
            yield target.with_right(drop(target.rhs, found[0]))

    return rewrite


def _gradient_not_divided(target: Target) -> Iterator[Formula]:
    if target.changed in ("d g", "d u", "d v"):
        for path in target.find(lambda node: is_inverse(node) and is_quantity(node.args[0], *_LENGTHS))[:1]:
            yield target.with_right(drop(target.rhs, path))


def _all_squares(target: Target) -> Iterator[Formula]:
    if target.changed == "s" and _has_length(target):
        (path,) = target.find(lambda node: isinstance(node, PoolSum))
        yield target.with_right(root(PoolSum(x[HERE] ** 2, tuple(at(target.rhs, path).args[1]))))


def _minus_forgotten(target: Target) -> Iterator[Formula]:
    """Leave out the minus in front of a gradient."""
    if target.is_gradient and isinstance(target.rhs, sp.Mul) and target.rhs.args[0] == -1:
        yield target.with_right(drop(target.rhs, (0,)))


def _length_squared(target: Target) -> Iterator[Formula]:
    if target.changed == "y" and _has_length(target):
        for path in target.find(lambda node: is_inverse(node) and is_quantity(node.args[0], *_LENGTHS)):
            yield target.with_right(put(target.rhs, (*path, 0), at(target.rhs, (*path, 0)) ** 2))


RULES = (
    Rule(
        "least-length-forgotten",
        "ε is forgotten",
        "ε is the least number that is divided by. Without it a vector of zeros is divided by 0.",
        _least_forgotten,
    ),
    Rule(
        "eps-added-for-maximum",
        "ε is added",
        "The larger of length and ε divides, so ε does nothing as long as the length is larger. Added, it shortens "
        "every vector a little.",
        _added_for_least,
    ),
    Rule(
        "shorter-than-eps-ignored",
        "Short vectors are not told apart",
        "Where the length is below ε, the constant ε divides and there is no path through the length. The bracket says "
        "so, and is missing.",
        _bracket_ignored,
    ),
    Rule(
        "sign-lost",
        "The sign of x is lost",
        "A negative value that grows makes the length smaller. Without the sign the formula is right for positive "
        "values alone.",
        _sign_lost,
    ),
    Rule(
        "own-value-not-divided",
        "A division in the last path is forgotten",
        "How the length moves with a value depends on the value's share of the length. One length too few stands below "
        "the line.",
        _own_not_divided,
    ),
    Rule(
        "input-in-sum",
        "x stands for y in the sum",
        "What the derivative of the division leaves is the output, which has been divided already. With x one division "
        "is missing.",
        _input_in_sum,
    ),
    Rule(
        "g-forgotten",
        "g is forgotten",
        "The weight is given the length g after its own has been taken off. Without g it always has length 1.",
        _without("g", where=("y", "d x")),
    ),
    Rule(
        "left-vector-forgotten",
        "u is forgotten",
        "The singular value is what is left of the weight between both vectors, u and v. One of them is missing.",
        _without("u", where=("s", "d x")),
    ),
    Rule(
        "right-vector-forgotten",
        "v is forgotten",
        "The singular value is what is left of the weight between both vectors, u and v. One of them is missing.",
        _without("v", where=("s", "d x")),
    ),
    Rule(
        "gradient-not-divided",
        "The division is forgotten in the gradient",
        "The output has the length below the line, and so has the gradient of what stands above it.",
        _gradient_not_divided,
    ),
    Rule(
        "all-squares-for-singular-value",
        "The root of all squares stands for the singular value",
        "That is the length of all weights together. The singular value is how much the weight stretches a vector at "
        "most, and is smaller.",
        _all_squares,
    ),
    Rule(
        "minus-forgotten",
        "The minus is forgotten",
        "This acts through what is taken off or divided by: as that grows, the output falls. Hence the minus.",
        _minus_forgotten,
    ),
    Rule(
        "length-squared",
        "It is divided by the square",
        "What is divided by its size has size 1. Divided by the square of its size, what is large comes out small.",
        _length_squared,
    ),
)
