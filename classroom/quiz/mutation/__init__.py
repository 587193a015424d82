"""Wrong formulas made from an operator's own derivation: what people write by mistake, for questions to offer.

A rule rewrites a formula's SymPy tree where it applies; a mutant is what comes out, proven to differ from the right
formula by a small input on which it fails.
"""

from classroom.quiz.mutation.mutant import RULES, Mutant, mutants
from classroom.quiz.mutation.parts import can_be_marked, changed_place, marked, parts
from classroom.quiz.mutation.proof import Counterexample
from classroom.quiz.mutation.rule import Rule

__all__ = ["RULES", "Counterexample", "Mutant", "Rule", "can_be_marked", "changed_place", "marked", "mutants", "parts"]
