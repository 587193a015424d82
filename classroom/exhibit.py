"""The contract of an exhibit: controls in, arrays through normlib, a picture and its words out."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, NamedTuple, Self, get_args, get_type_hints

from classroom.explorer.link import query
from classroom.picture import Picture
from classroom.takeaway import script
from classroom.wire import frame
from lab.experiment import Experiment
from normlib import Norm


class Range(NamedTuple):
    """A slider: from low to high in steps; whole numbers if the field is an int."""

    label: str
    low: float
    high: float
    step: float
    play: bool = False  # offers to run through the range by itself
    group: str = ""  # sliders of one group stand together below a hairline
    slow: bool = False  # a move starts a new run: the picture follows on release

    def nearest(self, value: float) -> float:
        """Return the legal value closest to `value`."""
        steps = round((min(self.high, max(self.low, value)) - self.low) / self.step)
        legal = min(self.high, self.low + steps * self.step)
        return round(legal, 10)

    def decimals(self) -> int:
        """Return how many decimals write every legal value in full."""
        return max(0, *(-int(Decimal(str(float(v))).normalize().as_tuple().exponent) for v in (self.low, self.step)))


class Pick(NamedTuple):
    """A choice among a few named options."""

    label: str
    options: tuple[str, ...]
    group: str = ""
    slow: bool = False  # a choice starts a new run, so nothing is computed ahead of it
    folded: bool = False  # a list that opens, however few the options


class Text(NamedTuple):
    """A setting that a part of the page writes, in a form of its own: the key of a reader's file, painted cells."""

    label: str
    pattern: str  # what it must match as a whole; "" is legal too and stands for nothing
    kind: str  # the part of the page that writes it: "file", "paint"
    group: str = ""
    slow: bool = False


Control = Range | Pick | Text


class SettingsError(ValueError):
    """These settings give no picture; the sentence is for the reader."""


@dataclass(frozen=True, kw_only=True)
class Exhibit(ABC):
    """One interactive picture. Its fields are its controls; it holds no other state, so it can be cached by value."""

    title: ClassVar[str]
    slow: ClassVar[bool] = False  # computing takes longer than a drag may wait: the picture follows on release

    @abstractmethod
    def compute(self) -> Any:
        """Return the arrays of the picture, as a NamedTuple, computed through normlib (or the lab)."""

    @abstractmethod
    def picture(self, data: Any) -> Picture:
        """Arrange the arrays as panels."""

    @abstractmethod
    def alt(self, data: Any) -> str:
        """Say in one to three sentences what the picture shows, with numbers from the same arrays."""

    def measures(self, data: Any) -> Mapping[str, float]:
        """Return numbers that a question may ask a reader to reach, by name, from the same arrays."""
        return {}

    def norm(self) -> Norm | None:
        """Return the operator at the present settings, for certificates; None if no single one is meant."""
        return None

    def norms(self) -> tuple[Norm, ...]:
        """Return every operator that the picture shows side by side, for formulas."""
        norm = self.norm()
        return () if norm is None else (norm,)

    def run(self) -> Experiment[Any] | None:
        """Return the run of the lab that the picture needs at its settings; None if it needs none."""
        return None

    def code(self) -> str:
        """Return a Python script that gives the numbers on the screen, to run in the folder of the talk."""
        return script(self)

    def explored(self) -> str:
        """Return the query that opens the exhibit's operator in the explorer; nothing where there is no single one."""
        norm = self.norm()
        return "" if norm is None else query(norm)

    @classmethod
    def controls(cls) -> Mapping[str, Control]:
        """Return the controls by field, in the order of the fields."""
        return _controls(cls)

    def acting(self) -> Mapping[str, Control]:
        """Return the controls that have an effect at the present settings, as narrow as these allow; the rest hide."""
        return self.controls()

    @classmethod
    def trains(cls) -> bool:
        """Say whether the picture waits for a run of the lab: some control starts a new one."""
        return cls.slow or any(control.slow for control in cls.controls().values())

    def choices(self, shown: Collection[str] = ()) -> list[Self]:
        """Return the exhibits one choice away, of the controls that are shown (all if none is named).

        Those that a reader expects to wait for are left out.
        """
        return [
            replace(self, **{name: option})
            for name, control in self.controls().items()
            if isinstance(control, Pick) and not control.slow and (not shown or name in shown)
            for option in control.options
        ]

    @classmethod
    def from_state(cls, state: Mapping[str, Any], base: Mapping[str, Any] | None = None) -> tuple[Self, list[str]]:
        """Return the exhibit for a state that may come from a link, and a sentence for each value that had to change.

        `base` holds trusted values that stand where the state says nothing.
        """
        exhibit, notices = cls(**(base or {})), []
        changes: dict[str, Any] = {}
        for name, control in cls.controls().items():
            if name in state:
                value, notice = _legal(control, type(getattr(exhibit, name)), state[name])
                changes[name] = getattr(exhibit, name) if value is None else value
                if notice:
                    notices.append(f"{notice}; {changes[name]} is shown instead.")
        return replace(exhibit, **changes), notices

    def state(self) -> dict[str, Any]:
        """Return the value of every control."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _legal(control: Control, kind: type, given: Any) -> tuple[Any, str]:
    if isinstance(control, Text):
        if given == "" or (isinstance(given, str) and re.fullmatch(control.pattern, given)):
            return given, ""
        return None, f"{control.label}: the link says {_brief(given)}, which is not of this form"
    if isinstance(control, Pick):
        if given in control.options:
            return given, ""
        options = ", ".join(control.options)
        return None, f"{control.label}: the link says {_brief(given)}, which is not one of {options}"
    try:
        number = float(given)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        return None, f"{control.label}: the link says {_brief(given)}, which is not a number"
    legal = kind(control.nearest(number))
    outside = not control.low - 1e-9 <= number <= control.high + 1e-9
    if not outside:
        return legal, ""
    return legal, f"{control.label}: the link says {number:g}, outside {control.low:g} to {control.high:g}"


def _brief(given: Any) -> str:
    try:
        return repr(str(given)[:40])
    except ValueError:  # Python writes no number of thousands of digits
        return "a very long number"


@cache
def _controls(cls: type[Exhibit]) -> dict[str, Control]:
    hints = get_type_hints(cls, include_extras=True)
    found: dict[str, Control] = {}
    for field in fields(cls):
        controls = [a for a in get_args(hints[field.name])[1:] if isinstance(a, Range | Pick | Text)]
        if len(controls) != 1:
            where = f"{cls.__module__}.{cls.__name__}.{field.name}"
            raise TypeError(f"{where}: a field must be Annotated with one Range, Pick or Text, got {controls}. "
                            "Every field of an exhibit is a control.")  # fmt: skip
        found[field.name] = controls[0]
    return found


def controls_for(exhibit: Exhibit) -> list[dict[str, Any]]:
    """Return the controls as the browser builds them."""
    return [
        {"name": name, "type": type(control).__name__.lower(), "whole": isinstance(getattr(exhibit, name), int)}
        | ({"decimals": control.decimals()} if isinstance(control, Range) else {})
        | control._asdict()
        for name, control in exhibit.controls().items()
    ]


def acting_for(exhibit: Exhibit) -> dict[str, dict[str, Any]]:
    """Return the names of the controls that act at the present settings, each with what is narrower than declared."""
    declared = exhibit.controls()
    return {
        name: {key: value for key, value in control._asdict().items() if value != getattr(declared[name], key)}
        for name, control in exhibit.acting().items()
    }


def render(exhibit: Exhibit) -> bytes:
    """Return the frame of an exhibit at its settings: the picture, its words, and the settings it shows."""
    return framed(exhibit, exhibit.compute())


def framed(exhibit: Exhibit, data: Any) -> bytes:
    """Return the frame of an exhibit with these arrays."""
    said: dict[str, Any] = {"state": exhibit.state(), "alt": exhibit.alt(data), "acting": acting_for(exhibit)}
    if exhibit.run() is not None:
        said["trains"] = True
    if explored := exhibit.explored():
        said["explorer"] = explored
    return frame(exhibit.picture(data), said)
