"""What is wrong in a slide file, told to the person who can correct it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from pydantic_core import ErrorDetails


class Problem(NamedTuple):
    """One thing to correct in one file."""

    path: Path
    line: int  # counted from 1
    text: str  # what must hold, what was given, what to do

    def __str__(self) -> str:
        return f"{self.path.as_posix()}:{self.line}: {self.text}"


class DeckError(ValueError):
    """Tell the author of the slides everything there is to correct, one problem a line."""

    def __init__(self, problems: Collection[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


def no_such(what: str, name: str, legal: Collection[str]) -> str:
    """Say that `name` is not legal, and which legal one comes nearest."""
    near = difflib.get_close_matches(name, legal, n=1, cutoff=0)
    advice = f"Did you mean {near[0]!r}?" if near else "Delete it."
    return f"{what} must be one of {', '.join(sorted(legal)) or '(there are none)'}, got {name!r}. {advice}"


def finding(error: ErrorDetails, fields: Collection[str]) -> str:
    """Turn pydantic's finding into a sentence for the author; `fields` may stand where it was found."""
    loc, given = error["loc"], error["input"]
    name = ".".join(map(str, loc))
    match error["type"]:
        case "missing":
            return f"{name} must be given, got nothing. Add `{loc[-1]}: ...`."
        case "extra_forbidden":
            return no_such("a key", str(loc[-1]), fields)
        case "literal_error":
            return no_such(name, str(given), re.findall(r"'([^']*)'", error["ctx"]["expected"]))
        case "tuple_type":
            return f"{name} must be a list, got {given!r:.60}. Write [{given}]."
        case "value_error":
            return f"{error['ctx']['error']}."
        case _:
            return f"{name}: {error['msg'].replace('Input should', 'the value should')}, got {given!r:.60}. Correct it."
