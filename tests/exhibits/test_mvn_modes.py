import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.exhibits.mvn_modes import MvnModes
from classroom.picture import Map

REDS = st.floats(0.1, 2.0)


@given(red=REDS)
def test_per_channel_gives_every_channel_mean_0_and_deviation_1(red: float) -> None:
    data = MvnModes(mode="per channel", red=red).compute()
    assert np.allclose(data.y.mean(axis=(1, 2)), 0, atol=1e-12)
    assert np.allclose(data.y.std(axis=(1, 2)), 1)
    assert np.ptp(data.x.std(axis=(1, 2))) > 0.1


@given(red=REDS)
def test_across_channels_keeps_the_differences_between_channels_up_to_one_factor(red: float) -> None:
    data = MvnModes(mode="across channels", red=red).compute()
    x, y = (side.mean(axis=(1, 2)) for side in (data.x, data.y))
    assert np.allclose(np.diff(y), np.diff(x) / data.x.std())
    assert np.allclose(data.y.std(axis=(1, 2)), data.x.std(axis=(1, 2)) / data.x.std())
    assert data.y.mean() == pytest.approx(0, abs=1e-12)
    assert data.y.std() == pytest.approx(1)


@given(red=REDS)
def test_mean_only_leaves_every_deviation(red: float) -> None:
    data = MvnModes(mode="mean only", red=red).compute()
    assert np.allclose(data.y.mean(axis=(1, 2)), 0, atol=1e-12)
    assert np.allclose(data.y.std(axis=(1, 2)), data.x.std(axis=(1, 2)))


@given(red=REDS)
def test_one_mode_does_not_notice_a_louder_red_and_the_other_answers_in_green(red: float) -> None:
    for mode, unmoved in (("per channel", True), ("across channels", False)):
        here, there = MvnModes(mode=mode, red=red).compute(), MvnModes(mode=mode, red=red / 2 + 0.01).compute()
        assert np.allclose(here.y[0], there.y[0]) == unmoved
        assert np.allclose(here.y[1], there.y[1]) == unmoved


@given(eps=st.floats(0, 2))
def test_epsilon_stands_outside_the_root(eps: float) -> None:
    data = MvnModes(eps=eps).compute()
    before = data.x.std(axis=(1, 2))
    assert np.allclose(data.y.std(axis=(1, 2)), before / (before + eps))


def test_the_frames_show_who_shares_a_statistic_with_red() -> None:
    for mode, framed in (("per channel", [1, 0, 0]), ("mean only", [1, 0, 0]), ("across channels", [1, 1, 1])):
        exhibit = MvnModes(mode=mode)
        maps = [p for p in exhibit.picture(exhibit.compute()) if isinstance(p, Map)]
        assert [len(p.boxes) for p in maps] == [*framed, 0, 0, 0]
