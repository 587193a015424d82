"""Where the keys of a YAML text stand, so that what is wrong is told with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from classroom.deck.problem import Problem

Key = tuple[str | int, ...]  # a place in the text: ("errata", 0)


def lines_of(path: Path, node: yaml.Node | None, first: int = 1) -> tuple[dict[Key, int], list[Problem]]:
    """Return the line of every key, where the text begins in line `first` of its file, and what stands twice."""
    lines: dict[Key, int] = {}
    problems: list[Problem] = []
    for key, line in _places(node, first):
        if key in lines:  # YAML itself would silently keep the last one
            say = f"a key must stand once, got {key[-1]!r} again after line {lines[key]}. Delete one of them."
            problems.append(Problem(path, line, say))
        lines[key] = line
    return lines, problems


def line_of(lines: Mapping[Key, int], key: Key) -> int:
    """Return the line of `key`, or of what stands around it."""
    return next((lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in lines), 1)


def _places(node: yaml.Node | None, first: int, key: Key = ()) -> Iterator[tuple[Key, int]]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if isinstance(name, yaml.ScalarNode):
                yield (*key, name.value), name.start_mark.line + first
                yield from _places(value, first, (*key, name.value))
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield (*key, i), value.start_mark.line + first
            yield from _places(value, first, (*key, i))
