"""Wrong options and known slips, made of an operator's own formulas: each is a mutant, and says what went wrong."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any

from classroom.quiz.draw import Dice
from classroom.quiz.fill import PLACE, plain
from classroom.quiz.kinds import Number
from classroom.quiz.mutation import Mutant, mutants
from classroom.quiz.problems import unmet
from classroom.quiz.work import Bench
from normlib import NORMS
from normlib.symbolic import Formula

LETTERS = "ABCD"


def slips(bench: Bench, asked: str, question: Number) -> dict[Fraction, Mutant]:
    """Return the operator's mutants by what they make of the number that is asked for.

    asked: the placeholder that the key stands for.  Where two come to the same number the first is kept, the question's
    own before all; where one comes to the key it is no slip.
    """
    place = PLACE.fullmatch(asked)
    if place is None:
        return {}
    at, known = place[2], [question.answer, *question.explain]
    margin = max(2 * question.distance, abs(question.answer) / 100, Fraction(1, 1000))
    found: dict[Fraction, Mutant] = {}
    for mutant, value in bench.slips(place[1]):
        number = value[int(at) - 1] if at and isinstance(value, tuple) else value
        if isinstance(number, tuple) or not math.isfinite(number):
            continue
        exact = Fraction(plain(number))
        if all(abs(exact - other) > margin for other in known):
            known.append(exact)
            found[exact] = mutant
    return found


def options(norm: str, formula: str, dice: Dice) -> dict[str, Any]:
    """Return options of which one is the operator's formula, with the key and what is wrong with the others."""
    found = mutants(NORMS[norm](), formula)
    if not found:
        names = ", ".join(dict.fromkeys(mutant.changed for mutant in mutants(NORMS[norm]())))
        raise unmet(f"must be one that can be mistaken: {names}", formula, "Write one of them", at="formula")
    cards = [(_right_side(found[0].right), "")]
    cards += [(_right_side(mutant.wrong), mutant.says) for mutant in dice.shuffled(list(found))]
    order = dice.shuffled(cards[: len(LETTERS)])
    lettered = list(zip(LETTERS, order, strict=False))
    return {
        "options": {letter: text for letter, (text, _) in lettered},
        "answer": LETTERS[order.index(cards[0])],
        "explain": {letter: says for letter, (_, says) in lettered if says},
    }


@lru_cache(maxsize=512)
def _right_side(formula: Formula) -> str:
    """Write what a formula says that something is; the left side is the same on every card.

    Between brackets that stretch no line can break: on a card they have a fixed size.
    """
    right = formula.latex().partition(" = ")[2]
    return "$" + right.replace(r"\left(", r"\bigl(").replace(r"\right)", r"\bigr)") + "$"
