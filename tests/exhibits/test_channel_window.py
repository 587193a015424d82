import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.exhibits.channel_window import ChannelWindow
from classroom.picture import Strip


@given(k=st.integers(1, 12), size=st.integers(1, 12))
def test_the_window_is_the_talks_g_of_k(k: int, size: int) -> None:
    exhibit = ChannelWindow(k=k, size=size)
    first, last = exhibit.compute().window
    assert (first + 1, last + 1) == (max(1, k - (size - 1) // 2), min(12, k + size // 2))
    strip = exhibit.picture(exhibit.compute())[0]
    assert isinstance(strip, Strip)
    assert (strip.chosen, strip.window) == (k - 1, (first, last))


@given(k=st.integers(1, 12), size=st.integers(1, 12), alpha=st.floats(0, 1), beta=st.floats(0, 1))
def test_each_pixel_is_divided_by_the_energy_of_its_window(k: int, size: int, alpha: float, beta: float) -> None:
    data = ChannelWindow(k=k, size=size, alpha=alpha, beta=beta).compute()
    energy = sum(channel**2 for channel in data.x[data.window[0] : data.window[1] + 1])
    assert np.allclose(data.y, data.x[k - 1] / (1 + alpha * energy) ** beta)


def test_more_strength_means_less_spread() -> None:
    spreads = [ChannelWindow(alpha=alpha).compute().y.std() for alpha in (0.0, 0.1, 0.5, 1.0)]
    assert spreads == sorted(spreads, reverse=True)
    data = ChannelWindow(alpha=0.0).compute()
    assert spreads[0] == pytest.approx(data.x[data.k].std())


def test_the_words_hold_the_numbers_of_the_arrays() -> None:
    exhibit = ChannelWindow(k=12, size=4)
    data = exhibit.compute()
    assert "channels 11 to 12" in exhibit.alt(data)
    assert f"to {data.y.std():.2f}" in exhibit.alt(data)
