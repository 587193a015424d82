"""The front matter of a slide: its schema, and reading it with the line of every key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from classroom.deck.problem import DeckError, Problem, no_such

Layout = Literal["split", "wide", "quiz", "table", "score", "upload"]
Formulas = Literal["definition", "closed_form", "steps", "parameters"]
Status = Literal["cited", "computed", "recomputed", "contested", "not-reproducible"]
FORMULAS: tuple[Formulas, ...] = get_args(Formulas)

Key = tuple[str | int, ...]  # a place in the front matter: ("errata", 0)
FIRST_LINE = 2  # of the front matter in its file: line 1 is the fence


class FrontMatter(BaseModel):
    """What may stand between the two `---` lines of a slide."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1)
    chapter: str = ""
    layout: Layout = "split"
    source: str = ""
    norm: str | None = None
    preset: str | None = None
    formulas: tuple[Formulas, ...] = ()
    exhibit: str | None = None
    state: dict[str, bool | int | float | str] = {}
    controls: tuple[str, ...] = ()
    errata: tuple[str, ...] = ()
    quiz: tuple[str, ...] = ()
    status: tuple[Status, ...] = ()
    notes: str = Field(min_length=1)


def read(path: Path, text: str) -> tuple[FrontMatter, Mapping[Key, int]]:
    """Return the front matter and the line in the file of each of its keys."""
    node, raw = _parse(path, text)
    lines: dict[Key, int] = {}
    problems: list[Problem] = []
    for key, line in _places(node):
        if key in lines:  # YAML itself would silently keep the last one
            say = f"a key must stand once, got {key[-1]!r} again after line {lines[key]}. Delete one of them."
            problems.append(Problem(path, line, say))
        lines[key] = line
    try:
        front = FrontMatter.model_validate(raw)
    except ValidationError as error:
        problems += [Problem(path, line_of(lines, e["loc"]), _say(dict(e))) for e in error.errors()]
        raise DeckError(problems) from error
    for name, needs in (("preset", "norm"), ("formulas", "norm"), ("state", "exhibit"), ("controls", "exhibit")):
        if getattr(front, name) and getattr(front, needs) is None:
            say = f"{name} must stand beside {needs}, got {raw[name]!r} and no {needs}. Add `{needs}: ...`."
            problems.append(Problem(path, lines[(name,)], say))
    if problems:
        raise DeckError(problems)
    return front, MappingProxyType(lines)


def line_of(lines: Mapping[Key, int], key: Key) -> int:
    """Return the line of `key`, or of what stands around it."""
    return next((lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in lines), 1)


def _parse(path: Path, text: str) -> tuple[yaml.Node | None, dict[str, Any]]:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        raw = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        say = f"the front matter must be YAML, got: {error.problem}. Quote a value that holds a colon or a backslash."
        raise DeckError([Problem(path, mark.line + FIRST_LINE if mark else 1, say)]) from error
    except (yaml.YAMLError, ValueError) as error:  # a character that YAML forbids, or a date that does not exist
        say = f"the front matter must be YAML, got: {' '.join(str(error).split())}. Correct it."
        raise DeckError([Problem(path, 1, say)]) from error
    if not isinstance(raw, dict):
        say = f"the front matter must be lines `key: value`, got {str(raw)[:40]!r}. Begin with `title: ...`."
        raise DeckError([Problem(path, FIRST_LINE, say)])
    return node, raw


def _places(node: yaml.Node | None, key: Key = ()) -> Iterator[tuple[Key, int]]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if isinstance(name, yaml.ScalarNode):
                yield (*key, name.value), name.start_mark.line + FIRST_LINE
                yield from _places(value, (*key, name.value))
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield (*key, i), value.start_mark.line + FIRST_LINE
            yield from _places(value, (*key, i))


def _say(error: dict[str, Any]) -> str:
    """Turn pydantic's finding into a sentence for the slide's author."""
    loc, given = error["loc"], error["input"]
    name = ".".join(map(str, loc))
    match error["type"]:
        case "missing":
            return f"{name} must be given, got nothing. Add `{name}: ...`."
        case "extra_forbidden":
            return no_such("a key", str(loc[-1]), FrontMatter.model_fields)
        case "literal_error":
            return no_such(name, str(given), re.findall(r"'([^']*)'", error["ctx"]["expected"]))
        case "tuple_type":
            return f"{name} must be a list, got {given!r:.60}. Write [{given}]."
        case _:
            return f"{name}: {error['msg'].replace('Input should', 'the value should')}, got {given!r:.60}. Correct it."
