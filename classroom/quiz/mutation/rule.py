"""A rule: one slip that people make, and what it makes of a formula."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import sympy as sp

from classroom.quiz.mutation.rewrite import Path, mapped, places
from normlib import Norm
from normlib.derivations.cells import Cells, cells_of
from normlib.nodes import AXIS, HERE, THERE, Tagged, name_of
from normlib.symbolic import Derivation, Formula

_PRIMED = dict(zip(HERE, THERE, strict=True))


class Target(NamedTuple):
    """One formula of an operator, which a rule may have something for."""

    derivation: Derivation
    changed: str  # its name in the definition, or "d x" where it is a claimed gradient
    formula: Formula

    @property
    def rhs(self) -> sp.Expr:
        """The right side."""
        return self.formula.rhs

    @property
    def norm(self) -> Norm:
        """The operator."""
        return self.derivation.of

    @property
    def cells(self) -> Cells:
        """The indices of the operator's pool."""
        return cells_of(self.norm)

    @property
    def is_gradient(self) -> bool:
        """Whether it is a claimed gradient, and no definition."""
        return self.changed.startswith("d ")

    def defines(self, name: str) -> bool:
        """Whether the operator's definition has a quantity of this name."""
        return any(f.name == name for f in self.derivation.definition)

    def find(self, holds: Callable[[sp.Expr], bool]) -> list[Path]:
        """Return the places of the right side where something holds."""
        return places(self.rhs, holds)

    def terms(self, *tags: str) -> list[Path]:
        """Return the places of the terms with these tags."""
        return self.find(lambda node: isinstance(node, Tagged) and str(node.args[1]) in tags)

    def with_right(self, rhs: sp.Expr) -> Formula:
        """Return the formula with another right side."""
        return replace(self.formula, rhs=rhs)


Rewrite = Callable[[Target], Iterator[Formula]]


@dataclass(frozen=True)
class Rule:
    """One slip: an id, what it is called, what it is and why it is wrong, and the wrong formulas it leads to."""

    tag: str
    title: str
    says: str
    rewrite: Rewrite


def targets(derivation: Derivation) -> tuple[Target, ...]:
    """Return every formula of an operator that has a value: those of the definition, then the gradients."""
    definition = (Target(derivation, f.name, f) for f in derivation.definition)
    gradients = (Target(derivation, f"d {name}", f) for name, f in derivation.closed_form.items())
    return (*definition, *gradients)


def replaced(derivation: Derivation, changed: str, wrong: Formula) -> Derivation:
    """Return a derivation with one formula replaced.

    Where the wrong formula gives its quantity other indices, as a mean of each sample instead of each channel, whatever
    uses the quantity has these too.
    """
    if changed.startswith("d "):
        return replace(derivation, closed_form={**derivation.closed_form, changed.removeprefix("d "): wrong})
    name = wrong.name
    before = next(f.lhs for f in derivation.definition if f.name == name)
    definition = tuple(wrong if f.name == name else f for f in derivation.definition)
    if before == wrong.lhs:
        return replace(derivation, definition=definition)

    def renamed(formula: Formula) -> Formula:
        return replace(formula, rhs=mapped(formula.rhs, lambda node: _renamed(node, name, wrong.lhs)))

    return replace(
        derivation,
        definition=tuple(renamed(f) for f in definition),
        closed_form={key: renamed(f) for key, f in derivation.closed_form.items()},
    )


def _renamed(node: sp.Expr, name: str, new: sp.Expr) -> sp.Expr | None:
    if not isinstance(node, sp.Indexed | sp.Symbol) or node in AXIS or name_of(node) != name:
        return None
    there = isinstance(node, sp.Indexed) and any(a in THERE for a in node.indices)
    return new.base[tuple(_PRIMED[a] for a in new.indices)] if there and isinstance(new, sp.Indexed) else new
