"""Prove by SymPy that a difference is zero: a few steps that end, and no search for the shortest form."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from classroom.quiz.algebra.tree import Call, Name, Negated, Node, Number, Operation

_ASSUMPTIONS = {"real": {"real": True}, "positive": {"positive": True}, "whole": {"integer": True, "positive": True}}
_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
}
_FUNCTIONS = {
    "sqrt": sp.sqrt,
    "abs": sp.Abs,
    "exp": sp.exp,
    "log": sp.log,
    "tanh": sp.tanh,
    "max": sp.Max,
    "min": sp.Min,
    "sign": sp.sign,
}


def expression(node: Node, names: Mapping[str, str]) -> sp.Expr:
    """Return the expression as SymPy has it; `names` are the symbols and their domains."""
    return _built(node, {name: sp.Symbol(name, **_ASSUMPTIONS[domain]) for name, domain in names.items()})


def _built(node: Node, symbols: Mapping[str, sp.Symbol]) -> sp.Expr:
    match node:
        case Number():
            return sp.Rational(node.value.numerator, node.value.denominator)
        case Name():
            return symbols[node.name]
        case Negated():
            return -_built(node.of, symbols)
        case Operation():
            return _SIGNS[node.sign](_built(node.left, symbols), _built(node.right, symbols))
        case Call():
            return _FUNCTIONS[node.function](*(_built(argument, symbols) for argument in node.arguments))
    raise TypeError(f"expression: must be given a kind of Node that it knows, got {type(node)}. Add a case.")


def is_proved_zero(difference: sp.Expr) -> bool:
    """Return whether a few steps of algebra lead to 0; False means not proved."""
    for step in _STEPS:
        if difference == 0:
            return True
        difference = step(difference)
    return bool(difference == 0)


def _numerator(e: sp.Expr) -> sp.Expr:
    return sp.together(e).as_numer_denom()[0]


def _roots_apart(e: sp.Expr) -> sp.Expr:
    """Write each power as a whole power times a root, so that sums of them cancel: s^(3/2) is s sqrt(s)."""
    return e.replace(
        lambda term: isinstance(term, sp.Pow) and term.exp.is_Rational and not term.exp.is_Integer,
        lambda term: sp.Mul(
            sp.expand(term.base ** sp.floor(term.exp)),
            sp.Pow(term.base, term.exp - sp.floor(term.exp)),
            evaluate=False,
        ),
    )


_STEPS = (sp.expand, _numerator, sp.expand, _roots_apart, sp.expand, lambda e: _numerator(e.rewrite(sp.exp)), sp.expand)
