"""Entries as YAML that the bank reads, to be pasted into quizzes.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")  # reads as itself without quotes


def pasted(entries: Iterable[Mapping[str, Any]]) -> str:
    """Write entries whose texts have no control characters and no blanks at the ends of lines."""
    return "\n".join(
        yaml.dump([entry], Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10**6) for entry in entries
    )


class _Dumper(yaml.SafeDumper):
    """Write no aliases, and no double quotes, in which a backslash would mean something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None if _PLAIN.fullmatch(text) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _row(dumper: yaml.SafeDumper, row: list[Any]) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", row, flow_style=all(len(str(each)) == 1 for each in row))


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _row)
