"""The front matter of a slide: its schema, and reading it with the line of every key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from classroom.deck.lines import Key, line_of, lines_of
from classroom.deck.problem import DeckError, Problem, finding

Layout = Literal["split", "wide", "quiz", "table", "score", "upload"]
Formulas = Literal["definition", "closed_form", "steps", "parameters"]
Status = Literal["cited", "computed", "recomputed", "contested", "not-reproducible"]
FORMULAS: tuple[Formulas, ...] = get_args(Formulas)

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
    lines, problems = lines_of(path, node, FIRST_LINE)
    try:
        front = FrontMatter.model_validate(raw)
    except ValidationError as error:
        problems += [
            Problem(path, line_of(lines, e["loc"]), finding(e, FrontMatter.model_fields)) for e in error.errors()
        ]
        raise DeckError(problems) from error
    for name, needs in (("preset", "norm"), ("formulas", "norm"), ("state", "exhibit"), ("controls", "exhibit")):
        if getattr(front, name) and getattr(front, needs) is None:
            say = f"{name} must stand beside {needs}, got {raw[name]!r} and no {needs}. Add `{needs}: ...`."
            problems.append(Problem(path, lines[(name,)], say))
    if problems:
        raise DeckError(problems)
    return front, MappingProxyType(lines)


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
