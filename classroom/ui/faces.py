"""The form of each kind of question, as the browser builds it: what may be seen before an answer, and after."""

from __future__ import annotations

from typing import Any

from classroom.prose import phrase
from classroom.quiz import Choice, Choices, Number, Question, Truth
from classroom.quiz.kinds import Match, OpenText, Order, Paint, Rating
from classroom.ui.faces_arranged import match_face, order_face

MANY = 5  # options that stand closer, so that the slide holds them
Face = dict[str, Any]


def face(question: Question, given: Any, over: bool) -> Face:
    """Return what is particular to the kind; with `over`, which parts are right and wrong."""
    match question:
        case Choice() | Choices() | Truth():
            return _cards(question, given, over)
        case Number():
            return {"unit": phrase(question.unit) if question.unit else ""}
        case Order():
            return order_face(question, given, over)
        case Match():
            return match_face(question, given, over)
        case OpenText():
            return {"longest": question.longest}
        case Rating():
            return {"steps": question.steps, "low": phrase(question.low), "high": phrase(question.high)}
        case Paint():
            shown = {"shape": list(question.shape), "cell": list(question.cell)}
            return shown | (question.revealed(given) if over else {})


def _cards(question: Choice | Choices | Truth, given: Any, over: bool) -> Face:
    right, single = set(question.answer), not isinstance(question, Choices)
    return {
        "close": len(question.options) >= MANY,
        "options": [
            {"letter": letter, "text": phrase(text), "state": card_state(letter, given, right, over, single)}
            for letter, text in question.options.items()
        ],
    }


def card_state(letter: str, given: Any, right: set[str], over: bool, single: bool) -> str:
    """Return the look of an option: of several, what is right shows only once nothing more can count."""
    if given is None:
        return "open"
    if letter in right and (over or (single and letter in given)):
        return "right yours" if letter in given else "right"
    if letter not in given:
        return "rest"
    return "wrong" if over or single else "chosen"
