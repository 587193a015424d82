import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.exhibits.lrn_modes import PIXELS, LrnModes
from classroom.picture import Facts

KS, HALVES, WHERE = st.integers(1, 12), st.integers(0, 5), st.sampled_from(PIXELS)


@given(k=KS, half=HALVES, pixel=WHERE, alpha=st.floats(0, 5), beta=st.floats(0, 1))
def test_both_modes_divide_alpha_by_the_whole_window_and_sum_what_is_there(
    k: int, half: int, pixel: str, alpha: float, beta: float
) -> None:
    n = 2 * half + 1
    data = LrnModes(k=k, size=n, pixel=pixel, alpha=alpha, beta=beta).compute()
    c, i, j = data.cell
    x = data.x[c, i, j]
    channels = data.x[max(0, c - half) : c + half + 1, i, j]
    pixels = data.x[c, max(0, i - half) : i + half + 1, max(0, j - half) : j + half + 1]
    assert data.across[i, j] == pytest.approx(x / (1 + alpha / n * np.sum(channels**2)) ** beta)
    assert data.within[i, j] == pytest.approx(x / (1 + alpha / n**2 * np.sum(pixels**2)) ** beta)
    assert (data.channels.sum(), data.pixels.sum()) == (len(channels), pixels.size)


@given(k=KS, pixel=WHERE)
def test_with_one_cell_the_modes_are_one(k: int, pixel: str) -> None:
    data = LrnModes(k=k, size=1, pixel=pixel).compute()
    assert np.allclose(data.across, data.within, rtol=1e-12)
    assert data.difference == pytest.approx(0.0, abs=1e-12)
    assert data.correlation == pytest.approx(1.0)


def test_a_corner_has_all_its_channels_but_a_quarter_of_its_pixels() -> None:
    exhibit = LrnModes(size=5, pixel="loudest corner")
    facts = [p.items[0][0] for p in exhibit.picture(exhibit.compute()) if isinstance(p, Facts)]
    assert facts == ["5 of 5", "9 of 25"]


@given(k=KS)
def test_the_pixels_are_what_their_names_say(k: int) -> None:
    at = {pixel: LrnModes(k=k, pixel=pixel).compute() for pixel in PIXELS}
    value = {pixel: abs(data.x[data.cell]) for pixel, data in at.items()}
    assert value["strongest edge"] > 3 > 0.1 > value["quiet sky"]
    corner = at["loudest corner"]
    assert value["loudest corner"] == np.abs(corner.x[k - 1][np.ix_([0, -1], [0, -1])]).max()


def test_the_words_name_both_outcomes() -> None:
    exhibit = LrnModes()
    data = exhibit.compute()
    for number in (data.across[data.cell[1:]], data.within[data.cell[1:]], data.difference):
        assert f"{number:.2f}".replace("-", "−") in exhibit.alt(data)
