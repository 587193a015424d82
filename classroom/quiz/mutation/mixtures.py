"""Slips of switchable normalization: how the statistics of three pools are mixed, and how their weights move."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from classroom.quiz.mutation.rewrite import at, drop, mapped, places, put
from classroom.quiz.mutation.rule import Rule, Target
from normlib.nodes import PoolSum, name_of
from normlib.symbolic import Formula

_MIXED = ("mean", "var")


def _is_mixed(target: Target) -> bool:
    return target.changed in _MIXED and target.defines("mean_in")


def _not_normalized(target: Target) -> Iterator[Formula]:
    if "_share_" in target.changed:
        yield target.with_right(target.rhs.args[0])


def _unweighted(target: Target) -> Iterator[Formula]:
    if _is_mixed(target):
        yield target.with_right(drop(target.rhs, *((n, 0) for n in range(len(target.rhs.args)))))


def _batch_left_out(target: Target) -> Iterator[Formula]:
    if _is_mixed(target):
        yield target.with_right(drop(target.rhs, (len(target.rhs.args) - 1,)))


def _shares_of_the_mean(target: Target) -> Iterator[Formula]:
    def change(node: sp.Expr) -> sp.Expr | None:
        is_share = isinstance(node, sp.Symbol) and "_share_" in node.name
        return sp.Symbol(node.name.replace("var", "mean")) if is_share else None

    if target.changed == "var" and _is_mixed(target):
        yield target.with_right(mapped(target.rhs, change))


def _distances_forgotten(target: Target) -> Iterator[Formula]:
    if target.changed in ("var_ln", "var_bn"):
        (path,) = places(target.rhs, lambda node: isinstance(node, PoolSum))
        yield target.with_right(drop(target.rhs, (*path, 0, 1)))


def _mixture_not_taken_off(target: Target) -> Iterator[Formula]:
    if target.changed.startswith(("d mean_weight", "d var_weight")):
        for path in target.find(lambda node: isinstance(node, sp.Add) and _takes_off_mixture(node)):
            yield target.with_right(put(target.rhs, path, at(target.rhs, (*path, 0))))


def _takes_off_mixture(e: sp.Expr) -> bool:
    last = e.args[-1]
    return isinstance(last, sp.Mul) and last.args[0] == -1 and name_of(last.args[1]) in _MIXED


RULES = (
    Rule(
        "weights-not-normalized",
        "The weights do not sum to 1",
        "Each exponential must be divided by the sum of the three. Otherwise the mixture is larger than what it mixes.",
        _not_normalized,
    ),
    Rule(
        "weights-forgotten",
        "The weights are forgotten",
        "The three statistics are added up whole. A mixture takes a share of each.",
        _unweighted,
    ),
    Rule(
        "batch-left-out",
        "The batch is left out",
        "Three statistics are mixed: of the instance, of the layer and of the batch. The last one is missing.",
        _batch_left_out,
    ),
    Rule(
        "weights-of-the-mean",
        "The weights of the mean stand before the variances",
        "The variances have weights of their own, learned apart from those of the means.",
        _shares_of_the_mean,
    ),
    Rule(
        "distances-of-means-forgotten",
        "The distances between the means are forgotten",
        "A variance over several maps has two parts: the mean variance within a map, and how far the maps' means lie "
        "apart. Only the first is there.",
        _distances_forgotten,
    ),
    Rule(
        "mixture-not-taken-off",
        "The mixture is not taken off",
        "The weights sum to 1, so one can only grow at the expense of the others. What counts is how far a statistic "
        "lies from the mixture.",
        _mixture_not_taken_off,
    ),
)
