"""A light chart says what it shows in numbers that JSON can hold."""

from __future__ import annotations

import json

import numpy as np
import pytest

from classroom.chart import Area, Axis, Chart, Dots, Line, Shade
from classroom.theme import TOKENS
from classroom.wire import Blobs

CHART = Chart(
    label="a",
    x=Axis(-1.0, 1.0, "x"),
    y=Axis(0.0, 2.0, names=((1.0, "one"),)),
    marks=(
        Shade(-1.0, 0.0),
        Line(np.array([0.0, np.nan, 1 / 3]), np.array([1.0, np.nan, 2.0])),
        Area(np.array([0.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0]), fill="rule", edge="edge"),
        Dots(np.array([0.5]), np.array([0.5])),
    ),
)


def test_marks_travel_in_their_order_with_nan_as_null() -> None:
    marks = json.loads(json.dumps(CHART.pack(Blobs()), allow_nan=False))["marks"]
    assert [mark["mark"] for mark in marks] == ["shade", "line", "area", "dots"]
    assert marks[1]["x"] == [0.0, None, 0.3333]
    assert marks[0] == {"mark": "shade", "low": -1.0, "high": 0.0}


@pytest.mark.parametrize("key", ["centre_and_scale", "mvn_modes"])
def test_every_colour_of_a_chart_is_a_token(key: str) -> None:
    from classroom.exhibits import EXHIBITS

    exhibit = EXHIBITS[key]()
    charts = [panel for panel in exhibit.picture(exhibit.compute()) if isinstance(panel, Chart)]
    assert charts
    for chart in charts:
        used = {c for m in chart.marks for c in (getattr(m, "colour", None), *m[2:4]) if isinstance(c, str)}
        assert used - {"y", "upper"} <= set(TOKENS)
