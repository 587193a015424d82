"""The number of groups leads from one deviation for the sample to one for each channel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.chart import Area, Chart
from classroom.exhibits.groups import Groups
from classroom.picture import Strip
from classroom.samples import responses

NUMBERS = ["1", "2", "3", "4", "6", "12"]
CONTRASTS = st.floats(0.1, 2.0)


@pytest.mark.parametrize("groups", NUMBERS)
@given(contrast=CONTRASTS)
def test_each_group_comes_out_with_mean_0_and_deviation_1(groups: str, contrast: float) -> None:
    y = Groups(groups=groups, contrast=contrast).compute().y
    together = y.reshape(int(groups), -1)
    np.testing.assert_allclose(together.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(together.std(axis=1), 1, atol=5e-3)  # a faint channel feels ε


@given(contrast=CONTRASTS)
def test_only_as_many_groups_as_channels_forget_the_contrast(contrast: float) -> None:
    for groups in NUMBERS:
        here, there = (Groups(groups=groups, contrast=c).compute().y for c in (contrast, contrast + 0.5))
        assert np.allclose(here, there, atol=0.02) == (groups == "12")


def test_the_contrast_multiplies_the_responses_and_no_bias() -> None:
    faint, full = (Groups(contrast=c).compute().x for c in (0.5, 1.5))
    np.testing.assert_allclose(full - faint, responses()[0], atol=1e-12)
    bias = full - 1.5 * responses()[0]
    np.testing.assert_allclose(bias, np.broadcast_to(bias[:, :1, :1], bias.shape), atol=1e-12)
    assert np.ptp(bias) > 1


def test_the_groups_are_neighbours_of_equal_number() -> None:
    assert Groups(groups="3").compute().groups == ((0, 3), (4, 7), (8, 11))
    assert [len(Groups(groups=g).compute().groups) for g in NUMBERS] == list(map(int, NUMBERS))


def test_the_underline_and_the_boxes_are_of_the_groups() -> None:
    exhibit = Groups(groups="4", channel=5)
    panels = exhibit.picture(exhibit.compute())
    assert [panel.window for panel in panels if isinstance(panel, Strip)] == [(3, 5)] * 2
    after = [panel for panel in panels if isinstance(panel, Chart)][1]
    boxes = [mark for mark in after.marks if isinstance(mark, Area)]
    assert len(boxes) == 4
    for box in boxes:  # from mean − sd to mean + sd of the group
        assert (box.y.min(), box.y.max()) == pytest.approx((-1, 1), abs=1e-3)
