"""The forms of questions whose options are put in order, or matched with items."""

from __future__ import annotations

from typing import Any

from classroom.prose import phrase
from classroom.quiz.kinds.match import Match
from classroom.quiz.kinds.order import Order


def order_face(question: Order, given: Any, over: bool) -> dict[str, Any]:
    """Return the options as the reader put them, or as they are shown first; with `over`, where each belongs."""
    rows = []
    for place, letter in enumerate(question.start if given is None else given, start=1):
        belongs = question.answer.index(letter) + 1
        row = {
            "letter": letter,
            "text": phrase(question.options[letter]),
            "state": "open" if given is None else "chosen",
        }
        if over:
            row |= {"state": "right" if belongs == place else "wrong", "belongs": belongs}
        rows.append(row)
    return {"options": rows}


def match_face(question: Match, given: Any, over: bool) -> dict[str, Any]:
    """Return items and options; with `over`, which option belongs to each item."""
    rows = []
    for item, text in question.items.items():
        row = {"letter": item, "text": phrase(text), "state": "open" if given is None else "chosen"}
        if over:
            belongs = question.answer[item]
            row |= {"state": "right" if given[item] == belongs else "wrong", "belongs": belongs}
        rows.append(row)
    options = [{"letter": letter, "text": phrase(text)} for letter, text in question.options.items()]
    return {"items": rows, "options": options}
