"""Slips with running statistics: at inference, and in batch renormalization's corrections."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from classroom.quiz.mutation.rewrite import at, drop, is_quantity, places, put
from classroom.quiz.mutation.rule import Rewrite, Rule, Target
from normlib.derivations.standardized import beta, gamma, x_hat
from normlib.nodes import HERE, THERE, PoolSize, PoolSum, add, dy, i, ip, j, jp, k, m, mp, mul, neg, over, x
from normlib.symbolic import Formula

_THERE = tuple(HERE[n] if HERE[n] == k else THERE[n] for n in range(4))  # another cell of the channel


def _is_inference(target: Target) -> bool:
    return "running_mean" in target.derivation.inputs and not target.defines("mean_in")


def _training_gradient(target: Target) -> Iterator[Formula]:
    if target.changed == "d x" and _is_inference(target):
        slope, upstream = target.rhs.args
        numerator, below = slope.args
        whole, count = (ip, jp, mp), PoolSize((i, j, m))
        total, weighted = PoolSum(dy[_THERE], whole), PoolSum(mul(dy[_THERE], x_hat[_THERE]), whole)
        bracket = add(mul(count, upstream), neg(total), neg(mul(x_hat[HERE], weighted)))
        yield target.with_right(mul(over(numerator, mul(count, below.args[0])), bracket))


def _batch_mean(target: Target) -> Iterator[Formula]:
    if target.changed == "x_hat" and _is_inference(target):
        mean = mul(over(1, PoolSize((i, j, m))), PoolSum(x[_THERE], (ip, jp, mp)))
        for path in target.find(lambda node: is_quantity(node, "running_mean")):
            yield target.with_right(put(target.rhs, path, mean))


def _half_forgotten(target: Target) -> Iterator[Formula]:
    if target.changed.startswith(("d running_var", "d var_weight")):
        for path in target.find(lambda node: node == 2)[:1]:
            if isinstance(at(target.rhs, path[:-1]), sp.Mul):
                yield target.with_right(drop(target.rhs, path))
            elif len(path) > 1:  # it is all that stands below the line
                yield target.with_right(drop(target.rhs, path[:-1]))


def _without(name: str, *where: str) -> Rewrite:
    def rewrite(target: Target) -> Iterator[Formula]:
        found = target.find(lambda node: is_quantity(node, name)) if target.changed in where else []
        if found and "r" in target.derivation.inputs:
            yield target.with_right(drop(target.rhs, *found))

    return rewrite


def _shift_first(target: Target) -> Iterator[Formula]:
    if target.changed == "y" and "r" in target.derivation.inputs:
        r, d = sp.IndexedBase("r"), sp.IndexedBase("d")
        yield target.with_right(add(mul(gamma[k], r[k], add(x_hat[HERE], d[k])), beta[k]))


def _correction_not_scaled(target: Target) -> Iterator[Formula]:
    if target.changed == "y" and "r" in target.derivation.inputs:
        r, d = sp.IndexedBase("r"), sp.IndexedBase("d")
        yield target.with_right(add(mul(gamma[k], r[k], x_hat[HERE]), d[k], beta[k]))


def _corrections_forgotten(target: Target) -> Iterator[Formula]:
    if target.changed == "d gamma" and "r" in target.derivation.inputs:
        for path in places(target.rhs, lambda node: isinstance(node, sp.Add)):
            yield target.with_right(put(target.rhs, path, x_hat[HERE]))


RULES = (
    Rule(
        "training-gradient-at-inference",
        "The gradient of training at inference",
        "At inference mean and variance are fixed numbers. No value moves them, so there is nothing to take off.",
        _training_gradient,
    ),
    Rule(
        "batch-mean-at-inference",
        "The batch's mean stands for the running mean",
        "At inference there may be a single sample, whose mean says little. The mean kept while training is used.",
        _batch_mean,
    ),
    Rule(
        "half-forgotten",
        "The ½ of the root is forgotten",
        "The derivative of a root brings down ½. Without it the gradient is twice too large.",
        _half_forgotten,
    ),
    Rule(
        "r-forgotten",
        "r is forgotten",
        "r corrects the spread of the batch to that of the running statistics. Without it the output is spread as the "
        "batch happens to be.",
        _without("r", "y", "d x"),
    ),
    Rule(
        "d-forgotten",
        "d is forgotten",
        "d corrects the level of the batch to that of the running statistics. Without it the output lies where the "
        "batch happens to lie.",
        _without("d", "y", "d gamma"),
    ),
    Rule(
        "d-before-r",
        "d is added before r multiplies",
        "The correction of the level is then scaled by r too. Scale comes first, shift second.",
        _shift_first,
    ),
    Rule(
        "d-not-scaled",
        "d is not multiplied by γ",
        "Both corrections belong to x̂, before γ and β act. Outside the bracket d misses the factor γ.",
        _correction_not_scaled,
    ),
    Rule(
        "corrections-forgotten-in-gradient",
        "r and d are forgotten in the gradient of γ",
        "γ multiplies the corrected value, so that is what its gradient sums with dy.",
        _corrections_forgotten,
    ),
)
