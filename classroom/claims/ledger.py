"""Reading the claims, each with the lines on which it stands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from classroom.claims.claim import Claim, Side
from classroom.deck import DeckError, Problem
from classroom.deck.lines import Key, line_of, lines_of
from classroom.deck.problem import finding


class Entry(NamedTuple):
    """A claim and where it stands."""

    claim: Claim
    path: Path
    place: int  # in the list
    lines: Mapping[Key, int]  # of the whole list

    def problem(self, text: str, *key: str) -> Problem:
        """Say `text` of the line where `key` stands, or where the claim begins."""
        return Problem(self.path, line_of(self.lines, (self.place, *key)), text)


def read(path: Path) -> tuple[Entry, ...]:
    """Read every claim. Raises a DeckError that names all problems with their lines."""
    node, raw = _parse(path)
    lines, problems = lines_of(path, node)
    entries: list[Entry] = []
    for place, given in enumerate(raw):
        try:
            entries.append(Entry(Claim.model_validate(given), path, place, lines))
        except ValidationError as error:
            for e in error.errors():
                legal = Side.model_fields if e["loc"][:1] == ("sides",) else Claim.model_fields
                problems.append(Problem(path, line_of(lines, (place, *e["loc"])), finding(e, legal)))
    seen: set[str] = set()
    for entry in entries:
        if entry.claim.id in seen:
            say = f"the id must be this claim's own, got {entry.claim.id!r} again. Rename it."
            problems.append(entry.problem(say, "id"))
        seen.add(entry.claim.id)
    if problems:
        raise DeckError(problems)
    return tuple(entries)


def _parse(path: Path) -> tuple[yaml.Node | None, list[Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        node, raw = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        say = f"the claims must be YAML, got: {error.problem}. Quote a text that holds a colon."
        raise DeckError([Problem(path, mark.line + 1 if mark else 1, say)]) from error
    except (OSError, yaml.YAMLError, ValueError) as error:  # no file, a forbidden character, not UTF-8
        say = f"the claims must be a file of YAML in UTF-8, got: {' '.join(str(error).split())}. Correct it."
        raise DeckError([Problem(path, 1, say)]) from error
    if not isinstance(raw, list):
        say = f"the claims must be a list, got {type(raw).__name__}. Begin with `- id: ...`."
        raise DeckError([Problem(path, 1, say)])
    return node, raw
