"""A mutant: one wrong formula of one operator, and all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from classroom.quiz.mutation import (
    centring,
    lengths,
    mixtures,
    paths,
    roots,
    running,
    scale_and_shift,
    squashing,
    statistics,
    windows,
)
from classroom.quiz.mutation.proof import Counterexample, counterexample, values
from classroom.quiz.mutation.rule import Rule, Target, replaced, targets
from normlib import Norm
from normlib.symbolic import Derivation, Formula

_FAMILIES = (statistics, roots, centring, windows, lengths, squashing, mixtures, running, scale_and_shift, paths)
RULES: Mapping[str, Rule] = MappingProxyType({rule.tag: rule for family in _FAMILIES for rule in family.RULES})

ALIKE = 1e-9  # relative; numbers nearer than this are called equal


@dataclass(frozen=True)
class Mutant:
    """One wrong formula, made from the right one by a slip that people make.

    changed: the name of a quantity of the definition, or "d x" for a claimed gradient.  derivation: the operator's with
    that formula replaced; `Derivation.evaluate` and `Evaluation` give its numbers. A changed definition changes y, and
    the claimed gradients stay as they were.
    """

    tag: str
    title: str
    says: str
    of: Norm
    changed: str
    right: Formula
    wrong: Formula
    derivation: Derivation = field(repr=False, compare=False)

    def differs(self) -> Counterexample:
        """Return the smallest input found on which the formula fails. Raises ValueError where there is none."""
        return counterexample(self.of, self.changed, self.wrong)


def mutants(norm: Norm, changed: str | None = None) -> tuple[Mutant, ...]:
    """Return an operator's mutants, of one formula or of all, each different from the right formula and the others.

    >>> from normlib.norms.batch_norm import BatchNorm
    >>> [mutant.tag for mutant in mutants(BatchNorm(), "y")][:2]
    ['gamma-forgotten', 'beta-forgotten']
    """
    every = _mutants(norm)
    return every if changed is None else tuple(mutant for mutant in every if mutant.changed == changed)


@lru_cache(maxsize=256)
def _mutants(norm: Norm) -> tuple[Mutant, ...]:
    return tuple(mutant for target in targets(norm.derive()) for mutant in _of(target))


def _of(target: Target) -> Iterator[Mutant]:
    norm, changed, right = target.norm, target.changed, target.formula
    known = [(right.latex(), values(norm, changed, right))]
    for rule in RULES.values():
        for wrong in rule.rewrite(target):
            shown, found = wrong.latex(), values(norm, changed, wrong)
            if any(shown == latex or _alike(found, other) for latex, other in known):
                continue
            known.append((shown, found))
            twin = replaced(target.derivation, changed, wrong)
            yield Mutant(rule.tag, rule.title, rule.says, norm, changed, right, wrong, twin)


def _alike(first: tuple[float, ...], second: tuple[float, ...]) -> bool:
    return bool(np.allclose(first, second, rtol=ALIKE, atol=ALIKE, equal_nan=True))
