"""What holds for every exhibit, at its defaults and at the ends of every control."""

import json
import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
import pytest

from classroom.content import content
from classroom.exhibit import Exhibit, Pick, Range, Text, controls_for, render
from classroom.exhibits import EXHIBITS, key_of
from classroom.takeaway import leaves

EVERY = pytest.mark.parametrize("key", list(EXHIBITS))


@cache
def frame(exhibit: Exhibit) -> tuple[dict[str, Any], bytes]:
    raw = render(exhibit)
    size = struct.unpack("<I", raw[:4])[0]
    return json.loads(raw[4 : 4 + size]), raw[4 + size :]


def ends(exhibit: Exhibit, name: str) -> list[Exhibit]:
    control = exhibit.controls()[name]
    kind = type(getattr(exhibit, name))
    match control:
        case Pick():
            values: tuple[Any, ...] = control.options
        case Text():  # a file is in the hands of who brings it
            values = ("", *(paint for paint in ["0" * 31 + "1"] if re.fullmatch(control.pattern, paint)))
        case _:
            values = (kind(control.low), kind(control.high))
    return [replace(exhibit, **{name: value}) for value in values]


def quick(exhibit: Exhibit) -> list[str]:
    """The controls that a drag may move; the others train networks, and the exhibit's own tests move them."""
    return [name for name, control in exhibit.controls().items() if not control.slow]


def corners(key: str) -> Iterator[Exhibit]:
    """The defaults, one quick control at a time at its ends, all of them at one end together."""
    default = EXHIBITS[key]()
    yield default
    low = high = default
    for name in quick(default):
        found = ends(default, name)
        yield from found
        low, high = ends(low, name)[0], ends(high, name)[-1]
    yield from (low, high)


def panels(exhibit: Exhibit) -> tuple[Any, bytes]:
    header, tail = frame(exhibit)
    return header["panels"], tail


def arrays(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if set(part) == {"at", "shape"}:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from arrays(inner)


@EVERY
def test_the_frame_decodes_at_every_corner(key: str) -> None:
    for exhibit in corners(key):
        header, tail = frame(exhibit)
        spans = sorted((a["at"], a["at"] + prod(a["shape"])) for a in arrays(header["panels"]))
        assert header["panels"]
        assert [start for start, _ in spans] == [0, *(stop for _, stop in spans)][: len(spans)]
        assert (spans[-1][1] if spans else 0) == len(tail)
        assert all(1 <= panel["span"] <= 12 for panel in header["panels"])


@EVERY
def test_the_frame_says_which_settings_it_shows_and_they_lead_back(key: str) -> None:
    for exhibit in corners(key):
        state = frame(exhibit)[0]["state"]
        again, notices = EXHIBITS[key].from_state({name: str(value) for name, value in state.items()})
        assert (again, notices) == (exhibit, [])


@EVERY
def test_the_words_carry_numbers_and_follow_the_data(key: str) -> None:
    words = [frame(exhibit)[0]["alt"] for exhibit in corners(key)]
    for text in words:
        assert any(sign.isdigit() for sign in text)
        assert text.endswith(".")
        assert not {"nan", "inf"} & set(text.lower().replace(",", " ").replace(".", " ").split())
        assert "-" not in [a for a, b in pairwise(text) if b.isdigit()]  # a true minus sign
    numbers = {repr([np.asarray(v).tobytes() for _, v in leaves(exhibit.compute())]) for exhibit in corners(key)}
    assert len(set(words)) > 1 or len(numbers) == 1  # a control may only turn the picture


@EVERY
def test_captions_hold_no_nan(key: str) -> None:
    for exhibit in corners(key):
        for panel in frame(exhibit)[0]["panels"]:
            text = json.dumps({name: value for name, value in panel.items() if name != "figure"}).lower()
            assert "nan" not in text
            assert "infinity" not in text


@EVERY
def test_the_same_settings_give_the_same_bytes(key: str) -> None:
    exhibit = EXHIBITS[key]()
    first = render(exhibit)
    for other in list(corners(key))[:3]:
        render(other)
    assert render(replace(exhibit)) == first


@EVERY
def test_no_control_is_dead(key: str) -> None:
    default = EXHIBITS[key]()
    picks = [name for name in quick(default) if isinstance(default.controls()[name], Pick)]
    bases = [default, *(changed for name in picks for changed in ends(default, name))]
    for name in quick(default):
        if not isinstance(default.controls()[name], Text):  # needs two others: its own tests move it
            assert any(len({repr(panels(end)) for end in ends(base, name)}) > 1 for base in bases), name


@EVERY
def test_at_most_four_sliders_and_defaults_are_legal(key: str) -> None:
    default = EXHIBITS[key]()
    sliders = {control["name"] for control in controls_for(default) if control["type"] == "range"}
    for slide in content().deck:
        if slide.exhibit == key:
            assert len(sliders & set(slide.controls) if slide.controls else sliders) <= 4
    assert EXHIBITS[key].from_state(default.state()) == (default, [])
    assert key_of(default) == key


@EVERY
def test_the_decimals_of_a_slider_write_every_legal_value_in_full(key: str) -> None:
    default = EXHIBITS[key]()
    sent = {control["name"]: control for control in controls_for(default)}
    for name, control in default.controls().items():
        if isinstance(control, Range):
            decimals = sent[name]["decimals"]
            steps = round((control.high - control.low) / control.step)
            legal = [control.low + i * control.step for i in range(1 + steps)]
            assert all(round(value, decimals) == pytest.approx(value, abs=1e-9) for value in legal)
            assert any(round(value, decimals - 1) != pytest.approx(value, abs=1e-9) for value in legal) or not decimals
