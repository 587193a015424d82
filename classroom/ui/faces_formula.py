"""The forms of questions about formulas."""

from __future__ import annotations

import html
from typing import Any

from classroom.prose import phrase, prose
from classroom.quiz.algebra.show import latex
from classroom.quiz.algebra.tree import Name as Symbol
from classroom.quiz.kinds.algebra import Algebra
from classroom.quiz.kinds.find_error import FindError
from classroom.ui.card import card_state


def error_face(question: FindError, given: Any, over: bool) -> dict[str, Any]:
    """Return the formula and its parts; with `over`, the formula as it should be and where the wrong one fails."""
    puzzle = question.puzzle
    cards = [
        {
            "letter": letter,
            "text": phrase(rf"$\displaystyle {part}$"),
            "state": card_state(letter, given, {puzzle.answer}, over, single=True),
        }
        for letter, part in puzzle.parts.items()
    ]
    face: dict[str, Any] = {"formula": prose(f"$${puzzle.shown}$$"), "options": cards}
    if over:
        found = question.revealed(given)
        face |= {"mended": prose(f"$${found['mended']}$$"), "failure": html.escape(found["failure"])}
    return face


def algebra_face(question: Algebra, given: Any) -> dict[str, Any]:
    """Return the symbols, as they are typed and as they are set; and the expression that was given."""
    names = [{"name": name, "text": phrase(f"${latex(Symbol(name))}$")} for name in question.names]
    shown = {} if given is None else {"formula": prose(f"$${question.shown_as(given)}$$")}
    return {"names": names, **shown}
