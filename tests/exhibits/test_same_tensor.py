"""The same tensor: what each layer makes of a contrast and of an offset, from formulas done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.chart import Area, Chart, Label
from classroom.exhibits.same_tensor import CHANNELS, EIGHT, FIRST, MORE, SCALE, Data, SameTensor
from classroom.picture import Map
from normlib import NORMS

CLOSE = 2e-4  # float32, and the epsilon of the layers
CONTRASTS = st.integers(2, 20).map(lambda n: n / 10)
OFFSETS = st.integers(-20, 20).map(lambda n: n / 10)
SETTINGS = settings(max_examples=12, deadline=None)


def said(exhibit: SameTensor, data: Data) -> dict[str, list[str]]:
    """What the charts say, by the label of the map before each."""
    panels = list(exhibit.picture(data))
    names = [panel.label for panel in panels if isinstance(panel, Map)]
    charts = [panel for panel in panels if isinstance(panel, Chart)]
    words = [[mark.text for mark in chart.marks if isinstance(mark, Label)] for chart in charts]
    return dict(zip(names, words, strict=True))


@SETTINGS
@given(CONTRASTS, OFFSETS, st.integers(1, CHANNELS))
def test_the_input_differs_by_what_was_set_and_by_nothing_else(contrast: float, offset: float, channel: int) -> None:
    x = SameTensor(contrast=contrast, offset=offset, channel=channel).compute().x
    np.testing.assert_allclose(x.maps.std(axis=(1, 2)), [1, contrast], atol=CLOSE)
    np.testing.assert_allclose(x.maps.mean(axis=(1, 2)), [offset, offset], atol=CLOSE)
    assert (x.contrast, x.offset) == pytest.approx((contrast, offset), abs=CLOSE)


@SETTINGS
@given(CONTRASTS, OFFSETS, st.integers(1, CHANNELS))
def test_instance_takes_both_and_batch_the_offset_alone(contrast: float, offset: float, channel: int) -> None:
    outputs = SameTensor(contrast=contrast, offset=offset, channel=channel).compute().outputs
    assert (outputs["instance"].contrast, outputs["instance"].offset) == pytest.approx((1, 0), abs=CLOSE)
    assert (outputs["batch"].contrast, outputs["batch"].offset) == pytest.approx((contrast, 0), abs=CLOSE)


@SETTINGS
@given(CONTRASTS, OFFSETS, st.integers(1, CHANNELS))
def test_layer_and_group_divide_by_a_deviation_that_holds_the_offset(
    contrast: float, offset: float, channel: int
) -> None:
    """Of m channels with mean 0 and deviation c, one is moved by o: the variance is c² + o²(m − 1)/m²."""
    outputs = SameTensor(contrast=contrast, offset=offset, channel=channel).compute().outputs
    for name, pooled in (("layer", CHANNELS), ("group, G = 3", CHANNELS // 3)):
        first, second = (np.sqrt(c**2 + offset**2 * (pooled - 1) / pooled**2) for c in (1, contrast))
        assert outputs[name].contrast == pytest.approx(contrast * first / second, abs=CLOSE)
    first, second = (np.sqrt(c**2 + offset**2 * (CHANNELS - 1) / CHANNELS**2) for c in (1, contrast))
    assert outputs["layer"].offset == pytest.approx(offset * (1 / first + 1 / second) / 2, abs=CLOSE)


@pytest.mark.parametrize("name", ["layer", "instance", "group, G = 3", "root mean square", "filter response"])
def test_a_contrast_alone_changes_nothing_wherever_a_sample_is_divided_by_itself(name: str) -> None:
    faint, clear = (SameTensor(contrast=contrast, offset=0.0).compute().outputs[name] for contrast in (0.4, 1.0))
    # Of a flat sky hardly anything is left to divide by: there epsilon is felt.
    assert np.quantile(np.abs(faint.maps - clear.maps), 0.97) < 3e-3


def test_the_channels_of_one_position_lose_their_contrast_too_but_for_epsilon() -> None:
    for contrast in (0.2, 0.5, 2.0):
        assert SameTensor(contrast=contrast, offset=0.0).compute().outputs["layer, channels"].contrast == pytest.approx(
            1, abs=0.05
        )


@pytest.mark.parametrize("name", ["batch", "switchable", "local response", "dynamic tanh", "renormalized"])
def test_a_contrast_alone_stays_wherever_it_is_not(name: str) -> None:
    shown = FIRST if name in EIGHT else MORE
    faint, clear = (
        SameTensor(contrast=contrast, offset=0.0, operators=shown).compute().outputs[name] for contrast in (0.4, 1.0)
    )
    assert np.abs(faint.maps - clear.maps).max() > 0.3


@SETTINGS
@given(CONTRASTS, OFFSETS, st.integers(1, CHANNELS))
def test_of_the_eight_more_one_takes_both_and_three_follow_their_formulas(
    contrast: float, offset: float, channel: int
) -> None:
    data = SameTensor(contrast=contrast, offset=offset, channel=channel, operators=MORE).compute()
    x, outputs = data.x.maps.astype(float), data.outputs
    assert (outputs["mean-variance"].contrast, outputs["mean-variance"].offset) == pytest.approx((1, 0), abs=CLOSE)
    np.testing.assert_allclose(outputs["dynamic tanh"].maps, np.tanh(x / 2), atol=1e-5)
    # The batch's r and d, unclipped, undo what its statistics did: left are the running 0 and 1, and epsilon.
    np.testing.assert_allclose(outputs["renormalized"].maps, x / np.sqrt(1.001), atol=2e-5)
    before = 1 + sum(x[:, i : x.shape[1] - 1 + i, j : x.shape[2] - 1 + j] ** 2 * 10 / 4 for i in (0, 1) for j in (0, 1))
    np.testing.assert_allclose(outputs["spatial"].maps[:, :-1, :-1], x[:, :-1, :-1] / before**2, atol=1e-5)


def test_every_operator_on_activations_of_the_library_is_shown() -> None:
    assert {type(norm) for norm in SameTensor().norms()} == {norm for norm in NORMS.values() if not norm().of_weights}


def test_the_words_name_what_each_layer_keeps() -> None:
    exhibit = SameTensor()
    words = said(exhibit, exhibit.compute())
    assert words["input *x*"] == ["contrast ×0.30", "offset +0.50"]
    assert words["instance"] == ["contrast gone ×1.00", "offset gone 0.00"]
    assert words["batch"] == ["contrast kept ×0.30", "offset gone 0.00"]
    assert words["layer"][0].startswith("contrast gone")
    assert words["layer"][1].startswith("offset kept")
    exhibit = SameTensor(operators=MORE)
    assert said(exhibit, exhibit.compute())["local response"][0].startswith("contrast less")


def test_nothing_set_is_neither_kept_nor_gone() -> None:
    exhibit = SameTensor(contrast=1.0, offset=0.0)
    for contrast, offset in said(exhibit, exhibit.compute()).values():
        assert contrast.startswith("contrast ×")
        assert offset.startswith("offset ")
        assert not {"kept", "gone", "less"} & set(contrast.split() + offset.split())


def test_every_map_is_on_one_scale_and_of_the_faint_sample() -> None:
    for operators in (FIRST, MORE):
        exhibit = SameTensor(operators=operators)
        data = exhibit.compute()
        maps = [panel for panel in exhibit.picture(data) if isinstance(panel, Map)]
        assert len(maps) == 1 + len(EIGHT)
        assert {panel.scale for panel in maps} == {SCALE}
        for panel, side in zip(maps, (data.x, *data.outputs.values()), strict=True):
            assert np.array_equal(panel.values, side.maps[1])


def test_the_picture_in_words_gives_every_verdict() -> None:
    exhibit = SameTensor(channel=9, contrast=0.5, offset=-1.2)
    data = exhibit.compute()
    for name, (contrast, offset) in list(said(exhibit, data).items())[1:]:
        assert f"{name}: {contrast}, {offset}" in exhibit.alt(data)


def test_the_filled_histogram_holds_the_share_of_every_bin_and_what_lies_beyond_in_the_last() -> None:
    exhibit = SameTensor(contrast=1.5, offset=1.5)
    data = exhibit.compute()
    charts = [panel for panel in exhibit.picture(data) if isinstance(panel, Chart)]
    filled = next(mark for mark in charts[0].marks if isinstance(mark, Area))
    heights = np.asarray(filled.y)[1:-1:2]
    edges = np.linspace(SCALE.low, SCALE.high, len(heights) + 1)
    values = data.x.maps[1].astype(float)
    assert heights[-1] / heights.sum() == pytest.approx(np.mean(values >= edges[-2]), abs=1e-3)
    middle = len(heights) // 2
    inside = (values >= edges[middle]) & (values < edges[middle + 1])
    assert heights[middle] / heights.sum() == pytest.approx(inside.mean(), abs=1e-3)
