"""An operator as a question names it: the file's name in normlib/norms, and its settings as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from classroom.quiz.problems import nearest, show, unmet
from normlib import NORMS, Norm


def operator(name: str, settings: Mapping[str, str]) -> Norm:
    """Return an operator at these settings. Raises what `unmet` makes, for a validator to pass on.

    >>> operator("group_norm", {"groups": "2"}).groups
    2
    """
    if name not in NORMS:
        raise unmet("must be a known norm", show(name), nearest(name, NORMS, f"Write one of {', '.join(NORMS)}"))
    cls = NORMS[name]
    usual = {field.name: field.default for field in fields(cls) if field.name != "layout"}
    if stray := [key for key in settings if key not in usual]:
        known = ", ".join(usual) or "none"
        todo = nearest(stray[0], usual, "Remove it")
        raise unmet(f"must be settings of {name}: {known}", show(stray[0]), todo, at=stray[0])
    try:
        return cls(**{key: setting(usual[key], text) for key, text in settings.items()})
    except ValueError as error:
        raise unmet(f"must be settings that {name} takes", show(str(error)), "Compare docs/operators") from None


def setting(usual: object, given: Any) -> Any:
    """Read a setting, a text or a number, as what stands there usually is. Raises ValueError where that cannot be.

    >>> setting(False, "true"), setting(1, "2"), setting(0.5, 1), setting("NCHW", "NC")
    (True, 2, 1.0, 'NC')
    """
    if isinstance(usual, bool):
        if str(given) not in ("true", "false"):
            raise ValueError(f"must be true or false, got {given}")
        return str(given) == "true"
    return type(usual)(given) if isinstance(usual, int | float) else str(given)
