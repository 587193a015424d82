"""The colours hold what the design promises: contrast in both themes, one source, ordered maps."""

from __future__ import annotations

import tomllib
from itertools import pairwise

import pytest

from classroom.content import ROOT
from classroom.theme import DIVERGING, SEQUENTIAL, TOKENS, Mode, colorscale, css_variables

MODES: tuple[Mode, ...] = ("light", "dark")
TEXT = [("ink", "paper"), ("muted", "paper"), ("accent", "paper"), ("alert", "paper"), ("term1", "paper"),
        ("term2", "paper"), ("term3", "paper"), ("accent", "wash"), ("alert", "alert-wash"), ("on-accent", "accent"),
        ("ink", "raised"), ("ink", "wash"), ("ink", "alert-wash"), ("muted", "raised")]  # fmt: skip


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Contrast ratio, WCAG 2.2."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_can_be_read(mode: Mode, text: str, ground: str) -> None:
    at = MODES.index(mode)
    assert contrast(TOKENS[text][at], TOKENS[ground][at]) >= 4.5


@pytest.mark.parametrize("mode", MODES)
def test_edges_of_controls_can_be_seen(mode: Mode) -> None:
    at = MODES.index(mode)
    assert contrast(TOKENS["edge"][at], TOKENS["paper"][at]) >= 3


@pytest.mark.parametrize("mode", MODES)
def test_zero_is_the_ground_of_every_map_and_strong_is_far_from_it(mode: Mode) -> None:
    at = MODES.index(mode)
    diverging, sequential = DIVERGING[mode], SEQUENTIAL[mode]
    middle = len(diverging) // 2
    assert diverging[middle] == sequential[0] == TOKENS["sunken"][at]
    for arm in (diverging[middle:], diverging[middle::-1], sequential):
        distances = [contrast(colour, TOKENS["paper"][at]) for colour in arm]
        assert all(near < far for near, far in pairwise(distances))


def test_the_server_s_theme_has_the_same_colours() -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    names = {"primaryColor": "accent", "backgroundColor": "paper", "secondaryBackgroundColor": "sunken",
             "textColor": "ink", "linkColor": "accent", "borderColor": "rule"}  # fmt: skip
    for at, mode in enumerate(MODES):
        assert {key: theme[mode][key] for key in names} == {key: TOKENS[name][at] for key, name in names.items()}
        assert theme[mode]["chartCategoricalColors"] == [TOKENS[name][at] for name in ("term1", "term2", "term3")]


def test_every_colour_of_a_scale_is_a_variable_that_the_style_defines() -> None:
    style = css_variables()
    for kind in ("diverging", "sequential"):
        for _, colour in colorscale(kind):
            assert f"{str(colour).removeprefix('var(').removesuffix(')')}:light-dark(" in style
