"""Slips in a statistic: what is divided by, what is taken off, and which cells it is taken over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy as sp

from classroom.quiz.mutation.rewrite import at, drop, is_inverse, is_quantity, moved, places, put
from classroom.quiz.mutation.rule import Rewrite, Rule, Target
from normlib.nodes import HERE, THERE, Length, PoolSize, PoolSum, add, apply, i, j, k, m, mul, over
from normlib.symbolic import Formula, Indices

STATISTICS = ("mean", "var", "sigma", "r2", "nu")
_HOME = dict(zip(THERE, HERE, strict=True))


def is_count(e: sp.Expr) -> bool:
    """Return whether an expression counts cells: a pool's size, or a product of lengths."""
    return isinstance(e, PoolSize | Length) or (isinstance(e, sp.Mul) and all(isinstance(a, Length) for a in e.args))


def is_less_one(e: sp.Expr) -> bool:
    """Return whether an expression is one less than a count."""
    return isinstance(e, sp.Add) and len(e.args) == 2 and e.args[1] == -1 and is_count(e.args[0])


def _is_share(e: sp.Expr) -> bool:
    return is_inverse(e) and (is_count(e.args[0]) or is_less_one(e.args[0]))


def _sum_for_mean(target: Target) -> Iterator[Formula]:
    if not target.is_gradient and target.rhs.has(PoolSum):
        for path in target.find(_is_share)[:1]:
            yield target.with_right(drop(target.rhs, path))


def _mean_for_sum(target: Target) -> Iterator[Formula]:
    if target.changed == "nu":
        (path,) = target.find(lambda node: isinstance(node, PoolSum))
        total = at(target.rhs, path)
        yield target.with_right(put(target.rhs, path, mul(over(1, PoolSize(tuple(total.args[1]))), total)))


def _one_less(target: Target) -> Iterator[Formula]:
    if target.changed in ("var", "sigma", "var_in"):
        for path in target.find(lambda node: is_inverse(node) and is_count(node.args[0]))[:1]:
            yield target.with_right(put(target.rhs, (*path, 0), add(at(target.rhs, (*path, 0)), -1)))


def _not_one_less(target: Target) -> Iterator[Formula]:
    for path in target.find(is_less_one)[:1]:
        yield target.with_right(put(target.rhs, path, at(target.rhs, (*path, 0))))


def _not_centred(target: Target) -> Iterator[Formula]:
    if target.changed in ("var", "sigma", "var_in"):
        for path in target.find(lambda node: isinstance(node, sp.Pow) and isinstance(node.args[0], sp.Add)):
            if at(target.rhs, path).args[1] == 2:
                yield target.with_right(put(target.rhs, (*path, 0), at(target.rhs, (*path, 0, 0))))


def _absolute(target: Target) -> Iterator[Formula]:
    if target.is_gradient:
        return
    for outer in target.find(lambda node: isinstance(node, PoolSum) and not isinstance(node.args[0], PoolSum)):
        for inner in places(at(target.rhs, outer).args[0], lambda node: isinstance(node, sp.Pow)):
            path = (*outer, 0, *inner)
            base, exponent = at(target.rhs, path).args
            if exponent == 2:
                yield target.with_right(put(target.rhs, path, apply(sp.Abs, base)))


def _names(e: sp.Expr, name: str) -> bool:
    return bool(places(e, lambda node: is_quantity(node, name)))


def _over(whole: Indices, of_weights: bool = False) -> Rewrite:
    """Take a statistic over these indices instead of the operator's pool."""

    def rewrite(target: Target) -> Iterator[Formula]:
        if target.changed not in STATISTICS or target.norm.of_weights != of_weights or target.defines("mean_in"):
            return
        if any(_names(f.rhs, target.changed) for name, f in target.derivation.closed_form.items() if name != "x"):
            return  # a parameter's gradient, too, would have other indices than the parameter
        (outer, *_) = target.find(lambda node: isinstance(node, PoolSum))
        bound = at(target.rhs, outer).args[1]
        inner = at(target.rhs, outer)
        while isinstance(inner.args[0], PoolSum):
            inner = inner.args[0]
        if set(whole) == set(bound) and inner == at(target.rhs, outer):
            return
        rhs = put(target.rhs, outer, PoolSum(moved(inner.args[0], _HOME), whole))
        for path in places(rhs, lambda node: isinstance(node, PoolSize)):
            rhs = put(rhs, path, PoolSize(whole))
        left = tuple(a for a in HERE if a not in whole)
        if target.changed == "mean" and any(a in left for a in target.cells.grouped):
            return  # the distances within a group would be from as many means
        yield replace(target.formula, lhs=sp.IndexedBase(target.changed)[left], rhs=rhs)

    return rewrite


RULES = (
    Rule(
        "sum-for-mean",
        "A sum stands for the mean",
        "The values are added up and not divided by their number. The result then grows with the number of cells, "
        "though the values themselves have not changed.",
        _sum_for_mean,
    ),
    Rule(
        "mean-for-sum",
        "A mean stands for the sum",
        "The sum is divided by the number of values. A length adds all of them up; with the division it would stay "
        "the same if every value came twice.",
        _mean_for_sum,
    ),
    Rule(
        "unbiased-for-biased",
        "N − 1 stands for N",
        "Dividing by one less gives the estimate of a population's variance. This operator takes the plain mean of the "
        "squared distances, over all N values.",
        _one_less,
    ),
    Rule(
        "biased-for-unbiased",
        "N stands for N − 1",
        "The squared distances are divided by their number. This operator divides by one less, and what follows from "
        "it has that number too.",
        _not_one_less,
    ),
    Rule(
        "variance-not-centred",
        "The mean is not taken off before squaring",
        "The variance is the mean of the squared distances from the mean. Squaring the values themselves counts how "
        "far they are from 0 instead.",
        _not_centred,
    ),
    Rule(
        "absolute-for-square",
        "Absolute values stand for squares",
        "Each term loses its sign but is not squared. Large values then weigh less than they should, and the result "
        "has another unit.",
        _absolute,
    ),
    Rule(
        "over-samples",
        "The statistic is taken over the samples",
        "Each channel gets a statistic of its own, over all samples. In this operator other cells belong together.",
        _over((i, j, m)),
    ),
    Rule(
        "over-channels",
        "The statistic is taken over all channels",
        "Each sample gets a statistic of its own, over all its channels. In this operator other cells belong together.",
        _over((i, j, k)),
    ),
    Rule(
        "over-one-map",
        "The statistic is taken over one map",
        "Each channel of each sample gets a statistic of its own, over rows and columns alone. In this operator other "
        "cells belong together.",
        _over((i, j)),
    ),
    Rule(
        "over-one-position",
        "The statistic is taken over the channels of one position",
        "Each row and column of each sample gets a statistic of its own. In this operator other cells belong together.",
        _over((k,)),
    ),
    Rule(
        "over-outputs",
        "The statistic is taken over the outputs",
        "The weights that leave one input channel are taken together. It should be those that enter one output.",
        _over((i, j, m), of_weights=True),
    ),
    Rule(
        "over-one-kernel",
        "The statistic is taken over one kernel",
        "Each pair of an input and an output gets a statistic of its own. All weights that enter an output belong "
        "together.",
        _over((i, j), of_weights=True),
    ),
)
