"""Slips with gamma and beta: in the output, and in their gradients."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from classroom.quiz.mutation.rewrite import at, drop, is_quantity, put
from classroom.quiz.mutation.rule import Rule, Target
from normlib.derivations.standardized import gamma, x_hat
from normlib.nodes import HERE, Length, PoolSize, PoolSum, add, mul, neg, over, x
from normlib.symbolic import Formula

_OUTPUT = ("y", "z")
_SCALED = ("d x", "d alpha", "d r", "d d", "d running_mean", "d running_var")  # gradients that gamma is a factor of


def _gamma_forgotten(target: Target) -> Iterator[Formula]:
    found = target.find(lambda node: is_quantity(node, "gamma"))
    if found and (target.changed in _OUTPUT or target.changed in _SCALED):
        yield target.with_right(drop(target.rhs, *found))


def _is_shifted(target: Target) -> bool:
    """Whether the formula is a scaled quantity plus beta."""
    return (
        target.changed in _OUTPUT
        and isinstance(target.rhs, sp.Add)
        and isinstance(target.rhs.args[0], sp.Mul)
        and is_quantity(target.rhs.args[-1], "beta")
    )


def _beta_forgotten(target: Target) -> Iterator[Formula]:
    if _is_shifted(target):
        yield target.with_right(target.rhs.args[0])


def _shift_first(target: Target) -> Iterator[Formula]:
    if _is_shifted(target):
        (scale, scaled), shift = target.rhs.args[0].args, target.rhs.args[1]
        yield target.with_right(mul(scale, add(scaled, shift)))


def _exchanged(target: Target) -> Iterator[Formula]:
    if _is_shifted(target):
        (scale, scaled), shift = target.rhs.args[0].args, target.rhs.args[1]
        yield target.with_right(add(mul(shift, scaled), scale))


def _divided_by_gamma(target: Target) -> Iterator[Formula]:
    if target.changed in _OUTPUT:
        for path in target.find(lambda node: isinstance(node, sp.Mul) and is_quantity(node.args[0], "gamma"))[:1]:
            scale, scaled = at(target.rhs, path).args
            yield target.with_right(put(target.rhs, path, over(scaled, scale)))


def _shift_subtracted(target: Target) -> Iterator[Formula]:
    if _is_shifted(target):
        yield target.with_right(add(target.rhs.args[0], neg(target.rhs.args[1])))


def _not_normalized(target: Target) -> Iterator[Formula]:
    if target.changed in _OUTPUT:
        for path in target.find(lambda node: is_quantity(node, "x_hat")):
            yield target.with_right(put(target.rhs, path, x[HERE]))


# Gradients of gamma and beta.


def _x_for_x_hat(target: Target) -> Iterator[Formula]:
    if target.changed in ("d gamma", "d r"):
        for path in target.find(lambda node: is_quantity(node, "x_hat")):
            yield target.with_right(put(target.rhs, path, x[HERE]))


def _x_hat_forgotten(target: Target) -> Iterator[Formula]:
    if target.changed in ("d gamma", "d r", "d running_var"):
        found = target.find(lambda node: is_quantity(node, "x_hat"))
        if len(found) == 1:
            yield target.with_right(drop(target.rhs, *found))


def _x_hat_added(target: Target) -> Iterator[Formula]:
    if target.changed == "d beta":
        (path,) = target.find(lambda node: isinstance(node, PoolSum))
        body = at(target.rhs, (*path, 0))
        factors = body.args if isinstance(body, sp.Mul) else (body,)
        yield target.with_right(put(target.rhs, (*path, 0), mul(*factors, x_hat[HERE])))


def _gamma_added(target: Target) -> Iterator[Formula]:
    if target.changed in ("d gamma", "d beta"):
        indices = tuple(target.formula.lhs.args[1].indices)
        yield target.with_right(mul(gamma[indices], target.rhs))


def _averaged(target: Target) -> Iterator[Formula]:
    if target.changed in ("d gamma", "d beta", "d alpha", "d tau"):
        (path,) = target.find(lambda node: isinstance(node, PoolSum))
        total = at(target.rhs, path)
        bound = tuple(total.args[1])
        is_pool = set(bound) == set(target.cells.pooled)
        count = PoolSize(bound) if is_pool else mul(*map(Length, bound)) if len(bound) > 1 else Length(*bound)
        yield target.with_right(put(target.rhs, path, mul(over(1, count), total)))


RULES = (
    Rule(
        "gamma-forgotten",
        "γ is forgotten",
        "What should be multiplied by γ is passed on as it is. It cannot be seen as long as γ is 1, which is where "
        "training starts.",
        _gamma_forgotten,
    ),
    Rule(
        "beta-forgotten",
        "β is forgotten",
        "The learned shift is left out. It cannot be seen as long as β is 0, which is where training starts.",
        _beta_forgotten,
    ),
    Rule(
        "shift-before-scale",
        "β is added before γ multiplies",
        "The shift is multiplied by γ too. Scale comes first, so that β alone decides the level of the output.",
        _shift_first,
    ),
    Rule(
        "gamma-beta-exchanged",
        "γ and β are exchanged",
        "γ is the scale and multiplies; β is the shift and is added. Here it is the other way round.",
        _exchanged,
    ),
    Rule(
        "divided-by-gamma",
        "It is divided by γ",
        "γ multiplies. Divided by it, a larger γ makes the output smaller.",
        _divided_by_gamma,
    ),
    Rule(
        "beta-subtracted",
        "β is subtracted",
        "The shift is added, not taken off: a larger β makes every output of its channel larger.",
        _shift_subtracted,
    ),
    Rule(
        "not-normalized",
        "x stands for x̂",
        "γ and β act on the value that has been normalized. Put on x itself, they leave it as large and as far from 0 "
        "as it came.",
        _not_normalized,
    ),
    Rule(
        "gamma-gradient-with-x",
        "x stands for x̂ in the gradient",
        "The factor is what gets multiplied in the output, and that is x̂. With x the gradient changes with the size "
        "of the input, which the output does not even notice.",
        _x_for_x_hat,
    ),
    Rule(
        "x-hat-forgotten-in-gradient",
        "x̂ is forgotten in the gradient",
        "What is left is a sum of dy alone, which is the gradient of a shift. A factor gathers dy times whatever it "
        "multiplies.",
        _x_hat_forgotten,
    ),
    Rule(
        "beta-gradient-with-x-hat",
        "x̂ is in the gradient of β",
        "β is added and multiplies nothing, so dy arrives unchanged. With x̂ it is the gradient of a factor.",
        _x_hat_added,
    ),
    Rule(
        "gamma-in-own-gradient",
        "γ is in the gradient",
        "γ does not stand between this parameter and the output: the output moves by x̂ with γ and by 1 with β, "
        "whatever γ is.",
        _gamma_added,
    ),
    Rule(
        "gradient-averaged",
        "The gradient is averaged",
        "Every output that uses a parameter adds its share of the gradient. A mean would make it smaller by their "
        "number.",
        _averaged,
    ),
)
