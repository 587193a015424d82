"""The way from an operator anywhere in the talk to the same operator in the explorer."""

from __future__ import annotations

import math
from dataclasses import fields
from urllib.parse import urlencode

from classroom.explorer.operators import CHOICES
from normlib import Norm

LEAST = -9.0  # the smallest power of ten that epsilon takes there
STEP = 0.05  # of the strength there
BESIDE = {"layout", "affine", "momentum", "debias", "averages"}  # fields that change no output of training


def query(norm: Norm) -> str:
    """Return what the explorer's address says of an operator: its name, and the numbers that it can set there.

    Nothing for an operator that the explorer does not offer, nor for a strength between its steps: 2·10⁻⁵ would be 0.

    >>> from normlib.norms.group_norm import GroupNorm
    >>> query(GroupNorm(groups=2, eps=0.1))
    'operator=group&eps_power=-1.0&groups=2'
    """
    for name, choice in CHOICES.items():
        if type(norm) is choice.kind and _kind(norm) == _kind(choice.kind(**choice.fixed)):
            settings = {control: getattr(norm, names[0]) for control, names in choice.controls.items()}
            if "eps_power" in settings:
                eps = settings["eps_power"]
                settings["eps_power"] = max(LEAST, round(2 * math.log10(eps)) / 2) if eps else LEAST
            strength = settings.get("strength", 0.0)
            if not math.isclose(strength, STEP * round(strength / STEP)):
                return ""
            return urlencode({"operator": name, **settings})
    return ""


def _kind(norm: Norm) -> dict[str, object]:
    """Return the fields that are no numbers: they make another operator of it."""
    numbers = norm.hypers().keys() | BESIDE
    return {field.name: getattr(norm, field.name) for field in fields(norm) if field.name not in numbers}
