"""Pools as data: groups beside whole axes and windows, and cells that are no product of axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from normlib import ALL, NONE, NORMS, Groups, Pool, Span


@given(st.integers(1, 5), st.integers(1, 4), st.data())
def test_a_group_holds_the_neighbours_that_its_number_says(number, length, data):
    """Counted by the definition: the channels from the group's first on."""
    channels = number * length
    at = data.draw(st.integers(0, channels - 1))
    first = at - at % length
    pool = Pool(c=Groups(number), w=ALL)
    mask = pool.mask((2, channels, 1, 3), (1, at, 0, 2))
    assert sorted(map(tuple, np.argwhere(mask).tolist())) == [
        (1, c, 0, w) for c in range(first, first + length) for w in range(3)
    ]
    assert pool.size((2, channels, 1, 3), (1, at, 0, 2)) == length * 3


@given(st.integers(1, 5), st.integers(1, 4))
def test_groups_are_their_own_mirror(number, length):
    pool = Pool(c=Groups(number), h=Span(0, 1))
    matrix = pool.matrix(1, number * length)
    np.testing.assert_array_equal(matrix, matrix.T)
    assert pool.mirrored == Pool(c=Groups(number), h=Span(1, 0))


@given(st.integers(1, 9), st.integers(1, 40))
def test_a_shape_that_fits_is_the_next_that_the_groups_divide(number, channels):
    n, c, h, w = Pool(c=Groups(number)).fit((2, channels, 3, 4))
    assert (n, h, w) == (2, 3, 4)
    assert c % number == 0
    assert channels <= c < channels + number


def test_what_has_no_groups_fits_every_shape_and_is_small_as_it_is():
    pool = Pool(n=ALL, c=Span(1, 2))
    assert pool.fit((2, 5, 3, 7)) == (2, 5, 3, 7)
    assert pool.small == pool
    assert [Pool(c=Groups(number)).small.c.number for number in (1, 2, 32)] == [1, 2, 2]


@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "NDHWC"])
def test_an_operator_may_pool_cells_that_are_no_product_of_axes(layout):
    """A cross: all channels at this place, or all places of this channel."""

    @dataclass(frozen=True, kw_only=True)
    class Cross(NORMS["batch_norm"]):
        def _pooled(self, shape, cell):
            return Pool(c=ALL).mask(shape, cell) | Pool(h=ALL, w=ALL).mask(shape, cell)

    shape = (2, 3, 4, 5, 6)[: len(layout)]
    channel, cell = layout.index("C"), (1,) * len(layout)
    mask = Cross(layout=layout).pooled(shape, cell)
    for at in np.ndindex(shape):
        same = [a == b for a, b in zip(at, cell, strict=True)]
        same_place = all(s for axis, s in enumerate(same) if axis not in (0, channel))
        assert mask[at] == (same[0] and (same[channel] or same_place))


def test_an_operator_without_statistics_pools_no_cell():
    norm = NORMS["batch_norm"](training=False, layout="NLC")
    assert norm.pool == Pool(NONE, NONE, NONE, NONE)
    assert not norm.pooled((2, 3, 4), (1, 1, 1)).any()
