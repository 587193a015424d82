"""The explorer as its tests ask it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from classroom.exhibit import render
from classroom.exhibits.explorer import BACKWARD, COMPARE, FORWARD, GRAPH, Explorer
from classroom.explorer.operators import CHOICES
from classroom.picture import Map

ROOT = Path(__file__).parents[2]
VIEWS = (FORWARD, BACKWARD, GRAPH, COMPARE)
WITHOUT_EFFECT = {"momentum"}  # on a single pass
SHAPE = (4, 8, 16, 16)  # of the random input
AXES = {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}
AT = (2, 5, 7, 11)  # the asked cell, from 0
ASKED: dict[str, Any] = {"source": "random", "seed": 3, "sample": 3, "channel": 6, "row": 8, "column": 12}
UNUSUAL: dict[str, Any] = {"gamma": 1.5, "beta": -0.4, "eps_power": -1.0, "times": 0.8, "plus": 0.6}
HALF = "f" * 8 + "0" * 24  # +1 in the upper four rows of squares

every_operator = pytest.mark.parametrize("operator", CHOICES)


def asked(**settings: Any) -> Explorer:
    """The explorer at a cell of random numbers."""
    return Explorer(**ASKED | settings)


def read(text: str) -> float:
    """Read a number as a caption writes it."""
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    mantissa, _, power = text.replace("−", "-").rpartition("10") if "⁰" in text or "10⁻" in text else (text, "", "0")
    mantissa = {"": "1", "-": "-1"}.get(mantissa.rstrip("·"), mantissa.rstrip("·")).replace("−", "-")
    return float(mantissa) * 10.0 ** int(power.translate(raised) or 0)


@cache
def computed(exhibit: Explorer) -> Any:
    return exhibit.compute()


def maps(exhibit: Explorer) -> dict[str, Map]:
    found = [panel for panel in exhibit.picture(computed(exhibit)) if isinstance(panel, Map)]
    assert len({panel.label for panel in found}) == len(found)
    return {panel.label: panel for panel in found}


def shown(exhibit: Explorer) -> bytes:
    """The words and the picture, without the settings."""
    return render(exhibit).partition(b'"alt"')[2]


def pictured(exhibit: Explorer) -> bytes:
    """The words and the picture, without the settings and the controls that act."""
    head, tail = (shown(exhibit).partition(mark)[i] for mark, i in ((b'"acting"', 0), (b'"panels"', 2)))
    assert tail
    return head + tail


def said(exhibit: Explorer) -> str:
    return exhibit.alt(exhibit.compute())
