"""An experiment's fields as options of the command line: name, meaning, range and default stand in the field."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Callable, Sequence
from typing import Any

import click

from lab.experiment import Choice, Experiment
from normlib.core import Hyper

Value = int | float | str


class Setting(click.ParamType):
    """Reads one value, or several between commas, as the field's default is. The experiment itself holds the range."""

    def __init__(self, default: Value | tuple[Value, ...]) -> None:
        self.several = isinstance(default, tuple)
        self.kind = type(default[0] if isinstance(default, tuple) else default)
        self.name = {int: "integer", float: "number"}.get(self.kind, "name") + (",..." if self.several else "")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not self.several:
            return self._read(value.strip())
        return tuple(self._read(part.strip()) for part in value.split(",")) if value.strip() else ()

    def _read(self, text: str) -> Value:
        """Read a number where one is due; what is none stays text, for the experiment to name it."""
        readers: dict[type, tuple[Callable[[str], Value], ...]] = {int: (int, float), float: (float,)}
        for reader in readers.get(self.kind, ()):
            try:
                return reader(text)
            except ValueError:
                continue
        return text


def options(kind: type[Experiment[Any]]) -> list[click.Option]:
    """Return an option for every field, in their order."""
    marks: dict[str, Hyper | Choice] = {**kind.hypers(), **kind.choices()}
    made = []
    for name in (field.name for field in dataclasses.fields(kind)):
        default, mark = getattr(kind, name), marks[name]
        made.append(click.Option([flag(name)], type=Setting(default), default=written(default), show_default=True,
                                 help=f"{mark.doc}; {_range(mark)}."))  # fmt: skip
    return made


def flag(name: str) -> str:
    """Return the option of a field.

    >>> flag("tuning_steps")
    '--tuning-steps'
    """
    return f"--{name.replace('_', '-')}"


def written(value: Value | Sequence[Value]) -> str:
    """Write a value as it may be typed.

    >>> written((0.05, 1.0)), written(300)
    ('0.05,1', '300')
    """
    several = value if isinstance(value, tuple | list) else (value,)
    return ",".join(str(one).removesuffix(".0") if isinstance(one, float) else str(one) for one in several)


def line(values: dict[str, Any]) -> str:
    """Write a configuration as options to paste.

    >>> line({"rates": (0.1, 1.0), "norms": ("none", "root mean square")})
    "--rates 0.1,1 --norms 'none,root mean square'"
    """
    return " ".join(f"{flag(name)} {shlex.quote(written(value))}" for name, value in values.items())


def _range(mark: Hyper | Choice) -> str:
    return " or ".join(mark.options) if isinstance(mark, Choice) else f"{written(mark.low)} to {written(mark.high)}"
