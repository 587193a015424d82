"""Layouts: the same numbers wherever the axes stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes

from normlib import ALL, NONE, NORMS, ONE
from normlib.gradcheck import random_inputs
from normlib.layout import element_from_chw, element_to_chw, from_nchw, nchw_cell, to_nchw
from tests.normlib.conftest import ELEMENTS, LAYOUTS, OUTER, inner_shape

every_norm = pytest.mark.parametrize("norm", [cls() for cls in NORMS.values()], ids=NORMS.keys())
every_layout = pytest.mark.parametrize("layout", LAYOUTS)


@every_norm
@every_layout
@settings(deadline=None, max_examples=10)
@given(shape=array_shapes(min_dims=4, max_dims=4, min_side=1, max_side=6))
def test_every_layout_gives_the_numbers_of_nchw(norm, layout, shape):
    if takes_windows_of_maps(norm) and "D" in layout:
        return
    twin, rng = replace(norm, layout=layout), np.random.default_rng(0)
    inputs = random_inputs(norm, inner_shape(twin, *shape), rng)
    dy = rng.normal(size=inputs["x"].shape)
    y, cache = norm.forward(**inputs)
    grads = norm.backward(dy, cache)
    outside = outer_of(layout, inputs)
    assert {name: p.shape for name, p in twin.init(outside["x"].shape).items()} == {
        name: p.shape for name, p in outside.items() if name != "x"
    }
    y_too, cache = twin.forward(**outside)
    np.testing.assert_allclose(y_too, OUTER[layout](y), rtol=1e-12, atol=1e-14)
    grads_too = twin.backward(OUTER[layout](dy), cache)
    for name, grad in outer_of(layout, grads).items():
        np.testing.assert_allclose(grads_too[name], grad, rtol=1e-10, atol=1e-13)


def outer_of(layout, arrays):
    """What stands inside, as the caller knows it; three axes are one number per element."""
    views = {4: OUTER[layout], 3: ELEMENTS[layout]}
    return {name: views.get(a.ndim, lambda a: a)(a) for name, a in arrays.items()}


def takes_windows_of_maps(norm):
    return not {norm.pool.h, norm.pool.w} <= {ALL, NONE, ONE}


@every_layout
def test_a_layout_stands_where_it_is_written_and_comes_back(layout):
    x = np.arange(2.0 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    x = {"NCL": x[:, :, :1], "NLC": x[:, :, :1], "NC": x[:, :, :1, :1]}.get(layout, x)
    outer = OUTER[layout](x)
    np.testing.assert_array_equal(to_nchw(outer, layout), x)
    np.testing.assert_array_equal(from_nchw(x, layout, outer.shape), outer)
    np.testing.assert_array_equal(element_to_chw(ELEMENTS[layout](x[0]), layout), x[0])
    np.testing.assert_array_equal(element_from_chw(x[0], layout, outer.shape), ELEMENTS[layout](x[0]))
    for cell in np.ndindex(outer.shape):
        assert x[nchw_cell(cell, outer.shape, layout)] == outer[cell]


@every_layout
def test_no_layout_copies_a_contiguous_array(layout):
    shape = (2, 3, 4, 5, 6)[: len(layout)]
    outer = np.zeros(shape)
    inner = to_nchw(outer, layout)
    assert np.shares_memory(inner, outer)
    assert np.shares_memory(from_nchw(inner, layout, shape), inner)


@every_layout
def test_a_shape_may_be_given_as_a_list(layout):
    shape = (2, 3, 4, 5, 6)[: len(layout)]
    norm = NORMS["layer_norm"](layout=layout)
    assert {name: p.shape for name, p in norm.init(list(shape)).items()} == {
        name: p.shape for name, p in norm.init(shape).items()
    }


@pytest.mark.parametrize("layout", ["NCDHW", "NDHWC"])
@pytest.mark.parametrize("key", ["spatial_norm", "local_response_norm"])
def test_a_window_of_rows_and_columns_refuses_a_volume(key, layout):
    fields = {"mode": "within_channel"} if key == "local_response_norm" else {}
    with pytest.raises(ValueError, match=rf"layout must be of maps or sequences, got '{layout}'. A window of rows"):
        NORMS[key](layout=layout, **fields)


def test_windows_that_hold_no_other_row_or_column_take_volumes():
    x = np.random.default_rng(0).normal(size=(2, 3, 2, 2, 2))
    y, _ = NORMS["spatial_norm"](height=1, width=1, alpha=1.0, beta=0.5, layout="NCDHW").forward(x)
    np.testing.assert_allclose(y, x / np.sqrt(1 + x**2), rtol=1e-12)
    y, _ = NORMS["local_response_norm"](size=5, alpha=5.0, beta=0.5, layout="NCDHW").forward(x)
    np.testing.assert_allclose(y, x / np.sqrt(1 + (x**2).sum(axis=1, keepdims=True)), rtol=1e-12)


def test_a_sequence_is_a_map_of_one_row():
    """A spatial window then divides by the places it really has; within a channel alpha stays over n squared."""
    x = np.array([1.0, 2.0, 3.0, 5.0]).reshape(1, 1, 4)
    y, _ = NORMS["spatial_norm"](height=3, width=3, alpha=1.0, beta=1.0, layout="NCL").forward(x)
    np.testing.assert_allclose(y.ravel(), [1 / (1 + 5 / 2), 2 / (1 + 14 / 3), 3 / (1 + 38 / 3), 5 / (1 + 34 / 2)])
    norm = NORMS["local_response_norm"](mode="within_channel", size=3, alpha=9.0, beta=1.0, layout="NCL")
    np.testing.assert_allclose(norm.forward(x)[0].ravel(), [1 / 6, 2 / 15, 3 / 39, 5 / 35])


def test_a_volume_is_standardized_over_depth_rows_and_columns():
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 5, 6))
    y, _ = NORMS["batch_norm"](layout="NCDHW", eps=0.0, affine=False).forward(x)
    axes = {"axis": (0, 2, 3, 4), "keepdims": True}
    np.testing.assert_allclose(y, (x - x.mean(**axes)) / x.std(**axes), rtol=1e-12)


def test_the_talks_layout_by_hand():
    """In H x W x K x M, batch normalization pools over all axes but the third."""
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 5))
    norm = NORMS["batch_norm"](layout="HWKM", eps=0.0, affine=False)
    y, _ = norm.forward(x)
    expected = (x - x.mean(axis=(0, 1, 3), keepdims=True)) / x.std(axis=(0, 1, 3), keepdims=True)
    np.testing.assert_allclose(y, expected, rtol=1e-12)


@every_layout
def test_the_pooled_cells_are_marked_in_the_layout(layout):
    norm = NORMS["cross_channel_norm"](size=3, layout=layout)
    channel_axis = layout.replace("K", "C").index("C")
    shape, cell = (5,) * len(layout), [2] * len(layout)
    mask = norm.pooled(shape, tuple(cell))
    assert mask.shape == shape
    assert {tuple(at) for at in np.argwhere(mask)} == {
        (*cell[:channel_axis], c, *cell[channel_axis + 1 :]) for c in (1, 2, 3)
    }
