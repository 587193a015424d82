"""Kinds of question, one file each: what is asked, what may be seen before an answer, and what an answer is worth."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from classroom.quiz.asked import Asked
from classroom.quiz.kinds.algebra import Algebra
from classroom.quiz.kinds.choice import Choice
from classroom.quiz.kinds.choices import Choices
from classroom.quiz.kinds.configure import Configure
from classroom.quiz.kinds.find_error import FindError
from classroom.quiz.kinds.lettered import Lettered
from classroom.quiz.kinds.match import Match
from classroom.quiz.kinds.number import Number
from classroom.quiz.kinds.order import Order
from classroom.quiz.kinds.paint import Paint
from classroom.quiz.kinds.poll import OpenText, Rating
from classroom.quiz.kinds.predict import Predict
from classroom.quiz.kinds.truth import Truth

Question = Annotated[
    Choice
    | Choices
    | Truth
    | Number
    | Order
    | Match
    | OpenText
    | Rating
    | FindError
    | Algebra
    | Paint
    | Configure
    | Predict,
    Field(discriminator="type"),
]
KINDS: Mapping[str, type[Asked]] = MappingProxyType(
    {
        "choice": Choice,
        "choices": Choices,
        "truth": Truth,
        "number": Number,
        "order": Order,
        "match": Match,
        "text": OpenText,
        "rating": Rating,
        "find_error": FindError,
        "algebra": Algebra,
        "paint": Paint,
        "configure": Configure,
        "predict": Predict,
    }
)

__all__ = [
    "KINDS",
    "Algebra",
    "Choice",
    "Choices",
    "Configure",
    "FindError",
    "Lettered",
    "Match",
    "Number",
    "OpenText",
    "Order",
    "Paint",
    "Predict",
    "Question",
    "Rating",
    "Truth",
]
