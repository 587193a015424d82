"""What can be wrong with quizzes.yaml, said to the person who wrote it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice
from typing import Any, NamedTuple

from pydantic_core import PydanticCustomError


class Problem(NamedTuple):
    """One thing to repair: where it is, what must hold, what stands there, what to do."""

    file: str
    line: int  # 1-based; 0 where no line can be named (a missing file)
    question: str  # its id, or "" where none is known
    field: str  # dotted path inside the question, or ""
    must: str
    got: str
    todo: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        where = ", ".join(part for part in (self.question and f"question {self.question}", self.field) if part)
        return f"{place}: {where + ': ' if where else ''}{self.must}, got {self.got}. {self.todo}."


class QuizError(ValueError):
    """quizzes.yaml says something that cannot be asked; `problems` holds everything that was found, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(map(str, self.problems)))


def unmet(must: str, got: str, todo: str, at: str = "") -> PydanticCustomError:
    """Make the error a validator raises, so that its parts survive until they become a `Problem`.

    at: the key inside the field, where one entry of a mapping is to blame.
    """
    return PydanticCustomError(
        "unmet", "{must}, got {got}. {todo}.", {"must": must, "got": got, "todo": todo, "at": at}
    )


_SHOWN = 20  # of many parts: more would not stand in one line


def show(value: object) -> str:
    """Write a value as it would be typed, short enough for one line."""
    text = " ".join((value[:999] if isinstance(value, str) else _typed(value)).split())
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    text = text if len(text) <= 60 else text[:57] + "..."
    return f"'{text}'" if isinstance(value, str) else text


def _typed(value: object, deep: int = 4) -> str:
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping with " + (", ".join(_typed(key) for key in islice(value, _SHOWN)) or "no keys")
        case list() | tuple() | set() | frozenset():  # whatever a browser sends, nested as deep as it likes
            return "[" + (", ".join(_typed(each, deep - 1) for each in islice(value, _SHOWN)) if deep else "...") + "]"
        case int() if abs(value) >= 10**60:
            return "a very long number"  # Python refuses to write out more than 4300 digits
        case _:
            return str(value)


def nearest(word: str, words: Iterable[str], otherwise: str) -> str:
    """Say to write the known word that was probably meant, or else what to do."""
    close = get_close_matches(word, list(words), n=1)
    return f"Write '{close[0]}'" if close else otherwise


def sentence(error: Any, fields: Iterable[str] = ()) -> tuple[str, str, str]:
    """Say a pydantic error as (what must hold, what was given, what to do)."""
    context = error.get("ctx", {})
    given = show(error.get("input"))
    name = str(error["loc"][-1]) if error["loc"] else "it"
    match error["type"]:
        case "unmet":
            return context["must"], context["got"], context["todo"]
        case "missing":
            return "must be given", "nothing", f"Add '{name}: ...' to the question"
        case "extra_forbidden":
            known = ", ".join(fields)
            return f"must be one of the fields {known}", show(name), nearest(name, fields, "Rename it or remove it")
        case "string_type":
            return "must be text", given, "Write one text, in single quotes or after '|' if it holds ': ' or ' #'"
        case "string_too_short":
            return "must not be empty", given, "Write a text"
        case "string_too_long":
            return f"must have at most {context['max_length']} characters", given, "Shorten it"
        case "int_parsing" | "int_type" | "int_from_float":
            return "must be a whole number", given, "Write it in digits, such as 30"
        case "greater_than_equal":
            return f"must be at least {context['ge']}", given, "Write a larger number"
        case "less_than_equal":
            return f"must be at most {context['le']}", given, "Write a smaller number"
        case "dict_type" | "mapping_type":
            return "must be a mapping with one line for each entry", given, "Write it like 'A: first text'"
        case "tuple_type":
            return "must be a list of letters", given, "Write it like [A, C]"
        case "too_short" | "too_long":
            bound = "at least" if error["type"] == "too_short" else "at most"
            number = context.get("min_length", context.get("max_length"))
            verb = "Add" if error["type"] == "too_short" else "Remove"
            return f"must have {bound} {number} entries", str(context.get("actual_length")), f"{verb} some"
        case _:  # a kind of error that pydantic may add: its own words are better than none
            return error["msg"].replace("\n", " "), given, "Compare the question with docs/quizzes.md"
