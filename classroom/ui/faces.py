"""The form of each kind of question, as the browser builds it: what may be seen before an answer, and after."""

from __future__ import annotations

from typing import Any

from classroom.prose import phrase
from classroom.quiz import Choice, Choices, Number, Question, Truth
from classroom.quiz.kinds import Algebra, Configure, FindError, Match, OpenText, Order, Paint, Predict, Rating
from classroom.ui.card import card_state
from classroom.ui.faces_arranged import match_face, order_face
from classroom.ui.faces_by_hand import configure_face, paint_face, predict_face
from classroom.ui.faces_formula import algebra_face, error_face

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
        case FindError():
            return error_face(question, given, over)
        case Algebra():
            return algebra_face(question, given)
        case Paint():
            return paint_face(question, given, over)
        case Configure():
            return configure_face(question, given)
        case Predict():
            return predict_face(question, given, over)


def _cards(question: Choice | Choices | Truth, given: Any, over: bool) -> Face:
    right, single = set(question.answer), not isinstance(question, Choices)
    return {
        "close": len(question.options) >= MANY,
        "options": [
            {"letter": letter, "text": phrase(text), "state": card_state(letter, given, right, over, single)}
            for letter, text in question.options.items()
        ],
    }
