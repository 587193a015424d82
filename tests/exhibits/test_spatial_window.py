import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.exhibits.spatial_window import CLOSE, SpatialWindow
from classroom.picture import Map

SIZES, ROWS = st.integers(1, 16), st.integers(1, 90)


@given(size=SIZES, row=ROWS)
def test_the_window_is_clipped_to_the_map_and_leans_down_and_right_when_even(size: int, row: int) -> None:
    data = SpatialWindow(size=size, row=row).compute()
    high, wide = data.x.shape
    before, after = (size - 1) // 2, size // 2
    expected = np.zeros((high, wide), dtype=bool)
    i, j = data.cell
    expected[max(0, i - before) : i + after + 1, max(0, j - before) : j + after + 1] = True
    assert np.array_equal(data.inside, expected)


@given(size=SIZES, row=ROWS, alpha=st.floats(0, 10), beta=st.floats(0, 2))
def test_the_asked_value_is_divided_by_the_mean_over_the_pixels_really_there(
    size: int, row: int, alpha: float, beta: float
) -> None:
    data = SpatialWindow(size=size, row=row, alpha=alpha, beta=beta).compute()
    energy = sum(v * v for v in data.x[data.inside]) / data.inside.sum()
    assert data.mean_square == pytest.approx(energy)
    assert data.y[data.cell] == pytest.approx(data.x[data.cell] / (1 + alpha * energy) ** beta)
    assert data.divisor == pytest.approx((1 + alpha * energy) ** beta)


@given(row=ROWS)
def test_the_close_up_holds_the_asked_value_in_its_middle_and_nothing_outside_the_map(row: int) -> None:
    exhibit = SpatialWindow(row=row, size=16)
    data = exhibit.compute()
    near = next(p for p in exhibit.picture(data) if isinstance(p, Map) and p.label == "close-up")
    assert near.values.shape == CLOSE
    assert near.values[CLOSE[0] // 2, CLOSE[1] // 2] == data.x[data.cell]
    window, cell = near.boxes
    inside = near.values[window.row : window.row + window.rows, window.column : window.column + window.columns]
    assert not np.isnan(inside).any()
    assert inside.size == data.inside.sum()
    assert (cell.row, cell.column) == (CLOSE[0] // 2, CLOSE[1] // 2)


def test_a_corner_divides_by_fewer_pixels_than_the_window_has() -> None:
    corner = SpatialWindow(size=7, row=1)
    assert corner.compute().inside.sum() == 16
    assert "16 of the 49 pixels" in corner.alt(corner.compute())


def test_without_strength_or_power_nothing_happens() -> None:
    for exhibit in (SpatialWindow(alpha=0.0), SpatialWindow(beta=0.0)):
        data = exhibit.compute()
        assert np.array_equal(data.x, data.y)
        assert data.divisor == 1.0
