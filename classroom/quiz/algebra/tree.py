"""What an expression is made of: five kinds of immutable node, compared by value."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Node:
    """An expression: one of the five kinds below."""


@dataclass(frozen=True)
class Number(Node):
    """A number as it can be typed: a finite decimal, never negative."""

    value: Fraction


@dataclass(frozen=True)
class Name(Node):
    """A symbol of the question, such as x_hat."""

    name: str


@dataclass(frozen=True)
class Negated(Node):
    """A minus sign before a term."""

    of: Node


@dataclass(frozen=True)
class Operation(Node):
    """Two expressions and a sign between them."""

    sign: str  # + - * / ^
    left: Node
    right: Node


@dataclass(frozen=True)
class Call(Node):
    """A function of one argument; max and min take two or more."""

    function: str  # one of FUNCTIONS
    arguments: tuple[Node, ...]


FUNCTIONS = ("sqrt", "abs", "exp", "log", "tanh", "max", "min", "sign")


def parts(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below."""
    match node:
        case Negated():
            return (node.of,)
        case Operation():
            return node.left, node.right
        case Call():
            return node.arguments
    return ()
