"""Pictures on the wire: what the browser paints is what was computed."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from classroom.picture import Box, Cell, Histogram, Map, Plot, Row, Scale, Stack, Strip, Table, signed
from classroom.wire import addressed, frame

SCALES = st.builds(
    lambda low, width, kind: Scale(low, low + width, kind=kind),
    st.floats(-1e3, 1e3),
    st.floats(1e-3, 1e3),
    st.sampled_from(["diverging", "sequential"]),
)
ANY_FLOAT = arrays.arrays(np.float64, arrays.array_shapes(max_dims=2, max_side=8))
FINITE = arrays.arrays(np.float64, arrays.array_shapes(max_dims=2, max_side=8), elements=st.floats(-1e6, 1e6))
BYTES = arrays.arrays(np.float32, (3, 4), elements=st.floats(-3, 3, width=32))


@given(ANY_FLOAT, SCALES)
def test_a_level_is_255_exactly_where_there_is_no_number(values: Any, scale: Scale) -> None:
    levels = scale.quantize(values)
    assert levels.dtype == np.uint8
    assert levels.shape == values.shape
    # Beyond the scale, infinity too, is a number: it takes the end colour.
    np.testing.assert_array_equal(levels == 255, np.isnan(values))


@given(ANY_FLOAT, SCALES)
def test_what_lies_beyond_the_scale_takes_its_end_colour(values: Any, scale: Scale) -> None:
    levels = scale.quantize(values)
    assert (levels[values <= scale.low] == 0).all()
    assert (levels[values >= scale.high] == 254).all()


@given(FINITE, SCALES)
def test_a_level_is_at_most_half_a_step_from_its_value(values: Any, scale: Scale) -> None:
    inside = np.clip(values, scale.low, scale.high)
    step = (scale.high - scale.low) / 254
    back = scale.low + step * scale.quantize(values)
    assert np.abs(back - inside).max(initial=0.0) <= step / 2 * (1 + 1e-6) + 1e-9


def test_zero_is_the_middle_of_a_signed_scale() -> None:
    levels = signed(2.0).quantize(np.array([-2.0, -1.0, 0.0, 1.0, 2.0]))
    assert levels[[0, 2, 4]].tolist() == [0, 127, 254]
    assert 63 <= levels[1] <= 64
    assert 190 <= levels[3] <= 191


@given(arrays.arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e6, 1e6)), SCALES, st.integers(1, 60))
def test_the_shares_of_a_histogram_add_up_to_one(values: Any, scale: Scale, bins: int) -> None:
    shares = Histogram(values=values, scale=scale, bins=bins).shares()
    assert len(shares) == bins
    assert (shares >= 0).all()
    assert shares.sum() == pytest.approx(1.0)


def test_the_end_bins_hold_what_lies_beyond() -> None:
    shares = Histogram(values=np.array([-9.0, -0.5, 0.5, 0.6, 9.0]), scale=signed(1.0), bins=4).shares()
    np.testing.assert_allclose(shares, [0.2, 0.2, 0.0, 0.6])


@given(BYTES, BYTES, st.text(max_size=20), st.integers(0, 9))
def test_every_array_of_a_frame_is_found_where_its_header_says(
    read_frame: Any, first: Any, second: Any, label: str, move: int
) -> None:
    scale = signed(3.0)
    panels = [
        Map(label=label, values=first, scale=scale, boxes=(Box(0, 1, 2, 3),)),
        Strip(label="axis", maps=np.stack([second, first]), scale=scale, chosen=1, window=(0, 1)),
        Stack(rows=(Row("+", "one", "", second, "1"), Row("=", "two", "", first, "2")), scale=scale),
    ]
    read = read_frame(addressed(frame(panels, {"alt": label}), {"seq": move}))
    assert read.address == {"seq": move}
    assert read.header["alt"] == label
    painted, strip, stack = read.header["panels"]
    assert [p["kind"] for p in read.header["panels"]] == ["map", "strip", "stack"]
    assert painted["boxes"] == [{"row": 0, "column": 1, "rows": 2, "columns": 3, "kind": "pool"}]
    assert read.cells(painted["cells"]) == scale.quantize(first).tobytes()
    assert read.cells(strip["cells"]) == scale.quantize(np.stack([second, first])).tobytes()
    for row, values in zip(stack["rows"], (second, first), strict=True):
        assert read.cells(row["values"]) == scale.quantize(values).tobytes()
    assert len(read.arrays) == first.size * 3 + second.size * 2, "bytes that no panel names"


def test_a_frame_begins_with_the_length_of_its_header_in_little_endian() -> None:
    packed = frame([], {"alt": "µ"})
    (size,) = struct.unpack("<I", packed[:4])
    assert json.loads(packed[4 : 4 + size]) == {"alt": "µ", "panels": []}
    assert len(packed) == 4 + size


def test_a_frame_refuses_what_json_cannot_say() -> None:
    with pytest.raises(ValueError, match="JSON"):
        frame([], {"state": {"alpha": float("nan")}})


def test_a_strip_sends_thumbnails_that_are_the_means_of_their_pixels(read_frame: Any) -> None:
    maps = np.zeros((1, 4, 180))
    maps[0, :, 4:8] = 3.0  # the second thumbnail column, wholly
    maps[0, :2, 8:12] = 3.0  # the third, in half of its pixels
    strip = Strip(label="", maps=maps, scale=signed(3.0), chosen=0, window=(0, 0))
    read = read_frame(addressed(frame([strip], {}), {}))
    (panel,) = read.header["panels"]
    assert panel["cells"]["shape"] == [1, 1, 45]
    assert list(read.cells(panel["cells"]))[:4] == [127, 254, 190, 127]


def test_a_figure_leaves_the_template_to_the_browser(read_frame: Any) -> None:
    read = read_frame(addressed(frame([Plot(figure=go.Figure(go.Scatter(x=[1, 2], y=[3, 4])))], {}), {}))
    (panel,) = read.header["panels"]
    assert "template" not in panel["figure"]["layout"]
    assert panel["figure"]["data"][0]["type"] == "scatter"


def test_a_cell_of_a_table_carries_its_sign_its_meaning_and_what_it_chooses() -> None:
    cell = Cell("✕", "no", "refuted", (("operator", "batch"), ("change", "scale all")))
    table = Table(groups=(("", 1), ("times a", 1)), columns=("", "all"), rows=(("batch", cell),), chosen=(0, 1))
    raw = frame([table], {})
    panel = json.loads(raw[4 : 4 + struct.unpack("<I", raw[:4])[0]])["panels"][0]
    assert panel["rows"] == [
        ["batch", {"text": "✕", "kind": "no", "title": "refuted", "sets": {"operator": "batch", "change": "scale all"}}]
    ]
    assert (panel["groups"], panel["chosen"]) == ([["", 1], ["times a", 1]], [0, 1])
