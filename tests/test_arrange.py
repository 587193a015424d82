import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from classroom.arrange import beyond, box_around, mosaic
from classroom.picture import Scale, signed


@given(n=st.integers(1, 12), high=st.integers(1, 4), wide=st.integers(1, 4), columns=st.integers(1, 5))
def test_every_map_stands_at_its_place_in_a_mosaic_and_the_rest_is_blank(
    n: int, high: int, wide: int, columns: int
) -> None:
    maps = np.random.default_rng(0).normal(size=(n, high, wide))
    sheet = mosaic(maps, columns)
    for i in range(n):
        row, column = (i // columns) * (high + 1), (i % columns) * (wide + 1)
        assert np.array_equal(sheet[row : row + high, column : column + wide], maps[i])
    assert np.isfinite(sheet).sum() == maps.size


def test_a_box_holds_exactly_the_true_cells() -> None:
    mask = np.zeros((6, 9), dtype=bool)
    mask[2:5, 3:7] = True
    assert box_around(mask)[:4] == (2, 3, 3, 4)


def test_the_share_beyond_a_scale_is_that_of_the_cells_it_cannot_show() -> None:
    values = np.array([-5.0, -3.0, 0.0, 3.0])
    assert beyond(values, signed(3.0)) == "25.0 % beyond ±3"
    assert (Scale(-3, 3).quantize(values) == 0).sum() == 2  # −5 and −3 look the same
