"""Slips with curves: the hyperbolic tangent, and the threshold of the filter response."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from classroom.quiz.mutation.rewrite import at, drop, is_quantity, put
from classroom.quiz.mutation.rule import Rule, Target
from normlib.derivations.standardized import x_hat
from normlib.nodes import HERE, Above, add, apply, mul, neg, x
from normlib.symbolic import Formula

_FLAT = add(1, neg(x_hat[HERE] ** 2))  # the slope of the hyperbolic tangent


def _steepness_forgotten(target: Target) -> Iterator[Formula]:
    if target.changed in ("x_hat", "d x"):
        found = target.find(lambda node: is_quantity(node, "alpha"))
        if found and "alpha" in target.derivation.inputs:
            yield target.with_right(drop(target.rhs, *found))


def _not_squashed(target: Target) -> Iterator[Formula]:
    if not target.is_gradient:
        for path in target.find(lambda node: isinstance(node, sp.tanh)):
            yield target.with_right(put(target.rhs, path, at(target.rhs, (*path, 0))))


def _slope(new: sp.Expr | None, target: Target) -> Iterator[Formula]:
    for path in target.find(lambda node: node == _FLAT) if target.is_gradient else []:
        yield target.with_right(drop(target.rhs, path) if new is None else put(target.rhs, path, new))


def _sigmoid_slope(target: Target) -> Iterator[Formula]:
    return _slope(mul(x_hat[HERE], add(1, neg(x_hat[HERE]))), target)


def _square_forgotten(target: Target) -> Iterator[Formula]:
    return _slope(add(1, neg(x_hat[HERE])), target)


def _slope_forgotten(target: Target) -> Iterator[Formula]:
    return _slope(None, target)


def _slope_sign(target: Target) -> Iterator[Formula]:
    return _slope(add(1, x_hat[HERE] ** 2), target)


def _input_forgotten(target: Target) -> Iterator[Formula]:
    if target.changed == "d alpha":
        yield target.with_right(drop(target.rhs, *target.find(lambda node: node == x[HERE])))


def _threshold_forgotten(target: Target) -> Iterator[Formula]:
    if target.changed == "y" and target.defines("z"):
        (path,) = target.find(lambda node: is_quantity(node, "z"))
        yield target.with_right(at(target.rhs, path))


def _zero_for_threshold(target: Target) -> Iterator[Formula]:
    if target.changed == "y" and target.defines("z"):
        (path,) = target.find(lambda node: is_quantity(node, "z"))
        yield target.with_right(apply(sp.Max, 0, at(target.rhs, path)))


def _threshold_ignored(target: Target) -> Iterator[Formula]:
    if target.is_gradient and target.defines("z"):
        found = target.find(lambda node: isinstance(node, Above))
        if found:
            yield target.with_right(drop(target.rhs, *found))


def _threshold_turned(target: Target) -> Iterator[Formula]:
    if target.is_gradient and target.changed != "d x" and target.defines("z"):
        for path in target.find(lambda node: isinstance(node, Above)):
            greater, less = at(target.rhs, path).args
            yield target.with_right(put(target.rhs, path, Above(less, greater)))


RULES = (
    Rule(
        "steepness-forgotten",
        "α is forgotten",
        "α multiplies x before it is squashed: it sets how steep the curve is, and by the chain rule it is a factor of "
        "the slope.",
        _steepness_forgotten,
    ),
    Rule(
        "not-squashed",
        "The value is not squashed",
        "Without the hyperbolic tangent nothing bounds the value, and the layer is a straight line.",
        _not_squashed,
    ),
    Rule(
        "sigmoid-slope",
        "The slope is that of the sigmoid",
        "x̂(1 − x̂) belongs to the logistic curve. The slope of the hyperbolic tangent is 1 − x̂².",
        _sigmoid_slope,
    ),
    Rule(
        "slope-square-forgotten",
        "The square in the slope is forgotten",
        "The slope is the same on both sides of 0, so it cannot depend on the sign of x̂. It is 1 − x̂².",
        _square_forgotten,
    ),
    Rule(
        "slope-forgotten",
        "The slope of the curve is forgotten",
        "By the chain rule the slope of the hyperbolic tangent is a factor. Without it large values would get a "
        "gradient, though the curve is flat there.",
        _slope_forgotten,
    ),
    Rule(
        "slope-sign",
        "The slope has the wrong sign in it",
        "The curve is steepest at 0, with slope 1, and flattens from there. So the square is taken off.",
        _slope_sign,
    ),
    Rule(
        "x-forgotten-in-gradient",
        "x is forgotten in the gradient of α",
        "α multiplies x, so a cell adds to its gradient in proportion to x.",
        _input_forgotten,
    ),
    Rule(
        "threshold-forgotten",
        "The threshold is forgotten",
        "What lies below τ must be lifted to τ. Here everything passes.",
        _threshold_forgotten,
    ),
    Rule(
        "zero-for-threshold",
        "0 stands for τ",
        "That is the usual rectifier. Here the threshold is learned, one for each channel.",
        _zero_for_threshold,
    ),
    Rule(
        "threshold-ignored",
        "The threshold is ignored in the gradient",
        "An output is either the value or τ, and the other one does not move it. The bracket says which.",
        _threshold_ignored,
    ),
    Rule(
        "threshold-turned",
        "The bracket is turned round",
        "γ and β act where the value is above τ, and τ acts where it is below. The formula sums over the other cells.",
        _threshold_turned,
    ),
)
