"""Read YAML with the line of every value, and refuse what a quiz file has no use for."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from classroom.quiz.problems import Problem, QuizError, show

LARGEST_BYTES = 1_000_000
DEEPEST = 8
# What an unquoted scalar may be resolved to; all of them are kept as the text that was typed.
_PLAIN_TAGS = {
    "tag:yaml.org,2002:" + name
    for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map", "merge", "value")
}
Place = tuple[str | int, ...]  # (2, "options", "A"): in the third entry, its option A


class Source(NamedTuple):
    """Plain data, the line of every place in it, and what was wrong on the way."""

    file: str
    data: Any
    lines: dict[Place, int]
    problems: list[Problem]

    def line(self, place: Place) -> int:
        """Find the line of a place, or of the nearest thing around it."""
        while place not in self.lines and place:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, place: Place, must: str, got: str, todo: str, line: int = 0) -> Problem:
        """Make a problem of what stands at a place: its line, the question's id (or its number), the field."""
        index, *field = place or (None,)
        entry = self.data[index] if isinstance(index, int) and isinstance(self.data, list) else None
        known = entry.get("id") if isinstance(entry, dict) else None
        question = known if isinstance(known, str) and known else f"#{index + 1}" if isinstance(index, int) else ""
        return Problem(self.file, line or self.line(place), question, ".".join(map(str, field)), must, got, todo)


class _Found(NamedTuple):
    """The arguments of `Source.problem`, for as long as there is no Source yet."""

    place: Place
    must: str
    got: str
    todo: str
    line: int


class _Composer(yaml.SafeLoader):
    """Compose nodes and construct nothing; no aliases (a few lines of them expand to gigabytes), no deep nesting."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(
                problem=f"the alias *{event.anchor}", problem_mark=event.start_mark, note="Write the text out again"
            )
        if self.depth >= DEEPEST:
            raise yaml.MarkedYAMLError(
                problem=f"more than {DEEPEST} levels", problem_mark=event.start_mark, note="Remove some brackets"
            )
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def read(path: Path) -> Source:
    """Read a file. Raises `QuizError` where there is nothing to go on with: no file, no text, no YAML."""
    text = _text(path)
    try:
        loader = _Composer(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        raise _stop(path, *_syntax(error)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        got = f"the control character U+{ord(text[error.position]):04X}"
        raise _stop(path, line, "must hold printable text", got, "Remove that character") from None
    lines: dict[Place, int] = {}
    found: list[_Found] = []
    source = Source(path.name, None if root is None else _plain(root, (), text, lines, found), lines, [])
    return source._replace(problems=[source.problem(*each) for each in found])


def _syntax(error: yaml.MarkedYAMLError) -> tuple[int, str, str, str]:
    must = "must be plain YAML"
    if "quoted scalar" in (error.context or "") and error.context_mark:  # where the quote opens, not the file's end
        return (
            error.context_mark.line + 1,
            must,
            "a quote that does not close as it should",
            "Close it; write '' for a quote inside",
        )
    mark = error.problem_mark or error.context_mark
    got = error.problem if error.note else f"the error '{error.problem}'"
    todo = "Look at this line and the one above: indentation, a missing quote, or ': ' inside an unquoted text"
    return mark.line + 1 if mark else 0, must, str(got), error.note or todo


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            got = f"{path.stat().st_size} bytes"
            raise _stop(path, 0, f"must have at most {LARGEST_BYTES} bytes", got, "Split it or shorten it")
        raw = path.read_bytes()
    except OSError as error:
        raise _stop(path, 0, "must be a file that can be read", str(error.strerror), "Check the path") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        got = f"the byte 0x{raw[error.start]:02X}"
        raise _stop(path, line, "must be UTF-8 text", got, "Save the file as UTF-8") from None


def _stop(path: Path, line: int, must: str, got: str, todo: str) -> QuizError:
    return QuizError([Problem(path.name, line, "", "", must, got, todo)])


def _plain(node: yaml.Node, place: Place, text: str, lines: dict[Place, int], found: list[_Found]) -> Any:
    """Turn a node into str, list and dict. Every scalar stays the text that was typed: yes and 007 mean themselves."""
    line = node.start_mark.line + 1
    lines.setdefault(place, line)
    if node.tag not in _PLAIN_TAGS:
        must = "must be plain text, a list or a mapping"
        found.append(_Found(place, must, f"the tag {show(node.tag)}", "Remove the tag", line))
    match node:
        case yaml.SequenceNode():
            return [_plain(item, (*place, i), text, lines, found) for i, item in enumerate(node.value)]
        case yaml.MappingNode():
            return _mapping(node, place, text, lines, found)
        case yaml.ScalarNode():
            typed = text[node.start_mark.index : node.end_mark.index]
            if node.style == '"' and "\\" in typed:
                must = "must not have a backslash in double quotes"
                todo = "Use single quotes or '|': in double quotes \\beta is a backspace followed by 'eta'"
                found.append(_Found(place, must, show(typed), todo, line))
            after = text[node.end_mark.index : node.end_mark.index + 80].partition("\n")[0]
            if not node.style and after.lstrip().startswith("#"):
                must = "must not be followed by a comment, which cuts a text off"
                todo = "Put the text in single quotes if the # belongs to it, or else the comment on its own line"
                found.append(_Found(place, must, show(after.strip()), todo, line))
            return node.value
        case _:
            raise TypeError(f"{type(node).__name__}: must be a YAML node of one of three kinds. Report this.")


def _mapping(
    node: yaml.MappingNode, place: Place, text: str, lines: dict[Place, int], found: list[_Found]
) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            found.append(_Found(place, "must have text as its keys", f"a {key.id}", "Write it like 'A: text'", line))
        elif key.value in entries:
            got = f"'{key.value}' again (first on line {lines[(*place, key.value)]})"
            found.append(_Found(place, "must have each key once", got, "Remove or rename one of them", line))
        else:
            lines[(*place, key.value)] = line
            entries[key.value] = _plain(value, (*place, key.value), text, lines, found)
    return entries
