"""What stands in a question's fields, and what must hold there."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, StringConstraints, ValidationInfo

from classroom.quiz.frozen import Frozen
from classroom.quiz.numbers import AnswerError, parse_number
from classroom.quiz.problems import show, unmet

K = TypeVar("K")


def _balanced(text: str) -> str:
    dollars = text.replace(r"\$", "").count("$")
    if dollars % 2:
        must, todo = "must close every $ that it opens", r"Add the missing $, or write \$ for money"
        raise unmet(must, f"{dollars} of them", todo)
    return text


def _exact(given: object) -> Fraction:
    if isinstance(given, Fraction):
        return given
    try:
        return parse_number(given)
    except AnswerError:
        raise unmet("must be a number", show(given), "Write one such as 0.5, 1/2 or 1e-3") from None


def _letter(key: str) -> str:
    if not (len(key) == 1 and "A" <= key <= "Z"):
        raise unmet("must have a capital letter as its key", show(key), "Write it like 'A: text'")
    return key


def _id(text: str) -> str:
    if not (text and text[0].isalnum() and set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")):
        raise unmet("must be made of a-z, 0-9 and -", show(text), "Write it like 'bn-gamma-count'")
    return text


def _name(text: str) -> str:
    if not (text.isidentifier() and text.isascii()):
        raise unmet("must be a name of letters, digits and _", show(text), "Write it like 'gamma'")
    return text


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(_balanced)
]
Letter = Annotated[str, AfterValidator(_letter)]
Name = Annotated[str, StringConstraints(max_length=40), AfterValidator(_name)]
Id = Annotated[str, StringConstraints(max_length=80), AfterValidator(_id)]
Exact = Annotated[Fraction, BeforeValidator(_exact)]
# Pydantic makes a dict of a Mapping; a question must not hold one that can be changed.
Texts = Annotated[
    Mapping[K, Text],
    AfterValidator(Frozen),
    PlainSerializer(lambda texts: {str(key): text for key, text in texts.items()}),
]


def among_options(letters: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    """Demand that letters are among the options, where those are in order themselves."""
    options: Mapping[str, str] | None = info.data.get("options")
    stray = [letter for letter in letters if options is not None and letter not in options]
    if options is not None and stray:
        must = f"must be among the options {', '.join(options)}"
        raise unmet(must, ", ".join(map(show, stray)), "Write the letter of an option")
    return letters


def wrong_options(explain: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
    """Hold the reasons against the options: each belongs to a wrong one."""
    options, answer = info.data.get("options"), info.data.get("answer")
    if options is None or answer is None:
        return explain  # those fields have their own problem
    wrong = [letter for letter in options if letter not in answer]
    if stray := [letter for letter in explain if letter not in wrong]:
        must = f"must explain wrong options only ({', '.join(wrong)})"
        todo = "Remove it; why the key is right goes into 'why'"
        raise unmet(must, ", ".join(map(show, stray)), todo, at=stray[0])
    return explain
