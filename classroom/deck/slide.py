"""One slide as a value, and one slide file read on its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from classroom.deck import front_matter
from classroom.deck.front_matter import Formulas, FrontMatter, Layout, Status
from classroom.deck.lines import Key, line_of
from classroom.deck.problem import DeckError, Problem

FENCE = "---"
FORMULA = "{formula}"
FILE_NAME = re.compile(r"(\d{3})-([a-z0-9]+(?:-[a-z0-9]+)*)\.md")
SLIDE_LINK = re.compile(r"\]\(\?slide=([^)\s]*)\)")


@dataclass(frozen=True, kw_only=True)
class Slide:
    """One slide: what it says, and the names of what it shows."""

    number: int  # 1 is the first; the cover is 0
    id: str
    title: str
    chapter: str
    chapter_number: int  # 1 is the first; the cover's is 0
    layout: Layout
    lede: str  # Markdown, as are caption and notes
    caption: str
    source: str
    norm: str | None
    preset: str | None
    formulas: tuple[Formulas, ...]
    exhibit: str | None
    state: Mapping[str, bool | int | float | str] = field(hash=False)
    controls: tuple[str, ...]  # of the exhibit, that the slide shows; all where none is named
    errata: tuple[str, ...]
    quiz: tuple[str, ...]
    notes: str
    status: tuple[Status, ...]
    path: Path
    lines: Mapping[Key, int] = field(repr=False, compare=False)  # where each key of the front matter stands

    def problem(self, key: Key, text: str) -> Problem:
        """Say `text` of the line where `key` stands."""
        return Problem(self.path, line_of(self.lines, key), text)


class Page(NamedTuple):
    """A slide file that does not know its number yet."""

    path: Path
    order: str
    id: str
    front: FrontMatter
    lines: Mapping[Key, int]
    lede: str
    caption: str
    links: tuple[tuple[int, str], ...]  # the line and the id of each link to another slide


def read(path: Path) -> Page:
    """Read one slide file; raise a DeckError with everything that is wrong in it."""
    named = FILE_NAME.fullmatch(path.name)
    if named is None:
        say = f"the file's name must be NNN-id.md, got {path.name!r}. Rename it to something like 050-spatial.md."
        raise DeckError([Problem(path, 1, say)])
    try:
        rows = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        say = f"the text must be UTF-8, got the byte {error.object[error.start]:#04x}. Save the file as UTF-8."
        raise DeckError([Problem(path, line, say)]) from error
    fences = [i for i, row in enumerate(rows) if row.rstrip() == FENCE][:2]
    if len(fences) < 2 or fences[0] != 0:
        say = f"a slide must begin with front matter between two lines {FENCE}, got {rows[0][:40]!r}. Add them."
        raise DeckError([Problem(path, 1, say)])

    front, lines = front_matter.read(path, "\n".join(rows[1 : fences[1]]))
    start = fences[1] + 1
    body = rows[start:]
    splits = [i for i, row in enumerate(body) if row.strip() == FORMULA]
    if len(splits) > 1:
        say = f"a slide must have one line {FORMULA} at most, got {len(splits)}. Delete this one."
        raise DeckError([Problem(path, start + splits[1] + 1, say)])
    split = splits[0] if splits else len(body)
    links = [(start + i + 1, id) for i, row in enumerate(body) for id in SLIDE_LINK.findall(row)]
    links += [(lines[("notes",)], id) for id in SLIDE_LINK.findall(front.notes)]
    lede, caption = ("\n".join(part).strip() for part in (body[:split], body[split + 1 :]))
    return Page(path, named[1], named[2], front, lines, lede, caption, tuple(links))
