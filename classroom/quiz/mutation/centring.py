"""Slips in what is taken off before dividing."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from classroom.quiz.mutation.rewrite import Path, at, drop, is_quantity, put
from classroom.quiz.mutation.rule import Rule, Target
from normlib.nodes import HERE, PoolSize, add, mul, neg, over, x
from normlib.symbolic import Formula

_MEANS = ("mean", "running_mean")
_CENTRED = ("x_hat", "y")


def _is_minus_mean(e: sp.Expr) -> bool:
    return isinstance(e, sp.Mul) and e.args[0] == -1 and is_quantity(e.args[1], *_MEANS)


def _minus_means(target: Target) -> list[Path]:
    return target.find(_is_minus_mean) if target.changed in _CENTRED else []


def _not_subtracted(target: Target) -> Iterator[Formula]:
    for path in _minus_means(target):
        yield target.with_right(drop(target.rhs, path))


def _added(target: Target) -> Iterator[Formula]:
    for path in _minus_means(target):
        yield target.with_right(put(target.rhs, path, at(target.rhs, (*path, 1))))


def _subtracted(target: Target) -> Iterator[Formula]:
    if target.changed == "x_hat" and target.defines("r2"):
        cells = target.cells
        mean = mul(over(1, PoolSize(cells.pooled)), cells.sum_there(x[cells.there]))
        (path, *_) = target.find(lambda node: node == x[HERE])
        yield target.with_right(put(target.rhs, path, add(x[HERE], neg(mean))))


RULES = (
    Rule(
        "mean-not-subtracted",
        "The mean is not taken off",
        "The values stay as far from 0 as they came; only their spread changes.",
        _not_subtracted,
    ),
    Rule(
        "mean-added",
        "The mean is added",
        "The sign is wrong: the values end up twice as far from 0 as they came, when they should lie around it.",
        _added,
    ),
    Rule(
        "mean-subtracted",
        "The mean is taken off",
        "This operator leaves the mean where it is and divides only. Taking it off is what other normalizations do.",
        _subtracted,
    ),
)
