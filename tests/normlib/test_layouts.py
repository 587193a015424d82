"""Layouts: the same numbers wherever the axes stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes

from normlib import NORMS
from normlib.gradcheck import random_inputs

AXES = {"NHWC": (0, 2, 3, 1), "HWKM": (2, 3, 1, 0)}  # the talk's K is the channel, its M the example
every_norm = pytest.mark.parametrize("norm", [cls() for cls in NORMS.values()], ids=NORMS.keys())


@every_norm
@pytest.mark.parametrize("layout", AXES)
@settings(deadline=None, max_examples=20)
@given(shape=array_shapes(min_dims=4, max_dims=4, min_side=1, max_side=6))
def test_every_layout_gives_the_numbers_of_nchw(norm, layout, shape):
    rng = np.random.default_rng(0)
    inputs = random_inputs(norm, shape, rng)
    dy = rng.normal(size=shape)
    y, cache = norm.forward(**inputs)
    grads = norm.backward(dy, cache)
    twin = replace(norm, layout=layout)
    assert {name: p.shape for name, p in twin.init(inputs["x"].transpose(AXES[layout]).shape).items()} == {
        name: p.shape for name, p in inputs.items() if name != "x"
    }
    y_too, cache = twin.forward(**(inputs | {"x": inputs["x"].transpose(AXES[layout])}))
    grads_too = twin.backward(dy.transpose(AXES[layout]), cache)
    np.testing.assert_allclose(y_too, y.transpose(AXES[layout]), rtol=1e-12)
    for name, grad in grads.items():
        expected = grad.transpose(AXES[layout]) if name == "x" else grad
        np.testing.assert_allclose(grads_too[name], expected, rtol=1e-10, atol=1e-13)


def test_the_talks_layout_by_hand():
    """In H x W x K x M, batch normalization pools over all axes but the third."""
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 5))
    norm = NORMS["batch_norm"](layout="HWKM", eps=0.0, affine=False)
    y, _ = norm.forward(x)
    expected = (x - x.mean(axis=(0, 1, 3), keepdims=True)) / x.std(axis=(0, 1, 3), keepdims=True)
    np.testing.assert_allclose(y, expected, rtol=1e-12)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "HWKM"])
def test_the_pooled_cells_are_marked_in_the_layout(layout):
    norm = NORMS["cross_channel_norm"](size=3, layout=layout)
    channel_axis = layout.replace("K", "C").index("C")
    shape, cell = (5, 5, 5, 5), [2, 2, 2, 2]
    mask = norm.pooled(shape, tuple(cell))
    assert mask.shape == shape
    assert {tuple(at) for at in np.argwhere(mask)} == {
        (*cell[:channel_axis], c, *cell[channel_axis + 1 :]) for c in (1, 2, 3)
    }
