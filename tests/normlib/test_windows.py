"""Window sums, their adjoint, and the operators that are one function over different windows."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from normlib import ALL, NONE, NORMS, ONE, Pool, Span
from normlib.nodes import Window
from normlib.windows import pool_count, pool_sum

CrossChannelNorm, SpatialNorm, LocalResponseNorm = (
    NORMS[key] for key in ("cross_channel_norm", "spatial_norm", "local_response_norm")
)

spans = st.builds(Span, st.integers(0, 7), st.integers(0, 7))
pools = st.builds(Pool, *[st.one_of(spans, st.just(ALL), st.just(ONE))] * 4)
shapes = array_shapes(min_dims=4, max_dims=4, min_side=1, max_side=4)
relaxed = settings(deadline=None, max_examples=40)


def brute_sum(values, pool):
    """Sum by the definition: every cell whose offset lies in the window, axis by axis."""
    total = np.zeros_like(values)
    for here in np.ndindex(values.shape):
        reach = [
            range(n) if span is ALL else range(max(0, at - span.before), min(n - 1, at + span.after) + 1)
            for at, n, span in zip(here, values.shape, pool, strict=True)
        ]
        total[here] = sum(values[there] for there in product(*reach))
    return total


@relaxed
@given(shapes, pools, st.integers(0, 2**32 - 1))
def test_a_pool_sum_is_the_sum_over_the_cells_of_the_window(shape, pool, seed):
    values = np.random.default_rng(seed).normal(size=shape)
    np.testing.assert_allclose(pool_sum(values, pool), brute_sum(values, pool), rtol=1e-12, atol=1e-12)
    counts = np.broadcast_to(pool_count(shape, pool), shape)
    np.testing.assert_array_equal(counts, brute_sum(np.ones(shape), pool))


@relaxed
@given(shapes, pools, st.integers(0, 2**32 - 1))
def test_the_mirrored_pool_is_the_adjoint(shape, pool, seed):
    a, b = np.random.default_rng(seed).normal(size=(2, *shape))
    np.testing.assert_allclose((pool_sum(a, pool) * b).sum(), (a * pool_sum(b, pool.mirrored)).sum(), atol=1e-9)


@relaxed
@given(shapes, pools, st.data())
def test_a_mask_marks_the_cells_that_a_sum_takes(shape, pool, data):
    cell = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    values = np.random.default_rng(0).normal(size=shape)
    mask = pool.mask(shape, cell)
    np.testing.assert_allclose(values[mask].sum(), pool_sum(values, pool)[cell], atol=1e-12)
    assert mask.sum() == pool.size(shape, cell)


def test_a_pool_of_nothing_is_empty():
    assert Pool(NONE, NONE, NONE, NONE).size((2, 3, 4, 5), (0, 0, 0, 0)) == 0


@relaxed
@given(st.integers(1, 40))
def test_an_even_window_leans_where_it_is_told(size):
    high, low = Span.of(size, "high"), Span.of(size, "low")
    assert high.before + high.after + 1 == low.before + low.after + 1 == size
    assert high.before == (size - 1) // 2  # MatConvNet's floor((N - 1) / 2)
    assert high.mirrored == low


# The window that the slides write down, against the one that pictures paint and sums run over.

LETTERS = dict(zip("NCHW", (sp.Symbol(letter, integer=True) for letter in "mkij"), strict=True))
WRITTEN = {
    # what is written: (norm of a given size, the axes it is written for)
    "cross-channel": (lambda size: CrossChannelNorm(size=size), "C"),
    "spatial": (lambda size: SpatialNorm(height=size, width=10 - size), "HW"),
    "across channels": (lambda size: LocalResponseNorm(size=size), "C"),
    "across channels, leaning low": (lambda size: LocalResponseNorm(size=size, lean="low"), "C"),
}


def written_windows(norm):
    """Yield, for each axis, the reach before and after that the displayed window has at the norm's own size."""
    derivation = norm.derive()
    (window,) = [f.rhs for f in derivation.definition if isinstance(f.rhs, Window)]
    numbers = {symbol: getattr(norm, field) for symbol, field in derivation.constants.items()}
    for index, *reach in zip(*window.args, strict=True):
        yield index, [int(side.subs(numbers)) for side in reach]


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("size", range(1, 10))
def test_the_written_window_is_the_pool_for_every_cell_size_and_length(name, size):
    make, axes = WRITTEN[name]
    norm = make(size)
    windows = dict(written_windows(norm))
    assert set(windows) == {LETTERS[axis] for axis in axes}
    for length in range(1, 9):
        for at in range(1, length + 1):
            for axis in axes:
                where = "NCHW".index(axis)
                before, after = windows[LETTERS[axis]]
                written = range(max(1, at - before), min(length, at + after) + 1)
                shape, cell = (tuple(v if n == where else 1 for n in range(4)) for v in (length, at))
                pooled = np.flatnonzero(norm.pooled(shape, tuple(c - 1 for c in cell))) + 1
                assert list(written) == list(pooled), (axis, length, at)


# Expected values written out from the papers' definitions, by loops.


def brute_across(x, k, a, beta, before, after):
    y = np.empty_like(x)
    channels = x.shape[1]
    for n, c, h, w in np.ndindex(x.shape):
        window = range(max(0, c - before), min(channels - 1, c + after) + 1)
        y[n, c, h, w] = x[n, c, h, w] / (k + a * sum(x[n, q, h, w] ** 2 for q in window)) ** beta
    return y


def brute_within(x, k, a, beta, before, after, clipped):
    y = np.empty_like(x)
    _, _, height, width = x.shape
    for n, c, h, w in np.ndindex(x.shape):
        rows = range(max(0, h - before[0]), min(height - 1, h + after[0]) + 1)
        columns = range(max(0, w - before[1]), min(width - 1, w + after[1]) + 1)
        total = sum(x[n, c, i, j] ** 2 for i in rows for j in columns)
        area = len(rows) * len(columns) if clipped else 1
        y[n, c, h, w] = x[n, c, h, w] / (k + a * total / area) ** beta
    return y


@pytest.fixture
def x():
    return np.random.default_rng(4).normal(0, 2, (2, 7, 4, 5))


ACROSS = {
    # framework: (norm at an even window of 4, k, a, beta, channels before, channels after)
    "PyTorch": (LocalResponseNorm.pytorch(), 1, 1e-4 / 4, 0.75, 2, 1),
    "ONNX": (LocalResponseNorm.onnx(), 1, 1e-4 / 4, 0.75, 1, 2),
}


@pytest.mark.parametrize("framework", ACROSS)
def test_even_windows_lean_lower_in_pytorch_and_higher_in_onnx(x, framework):
    norm, k, a, beta, before, after = ACROSS[framework]
    x = 100 * x  # so that alpha = 1e-4 tells
    y, _ = type(norm)(**{**vars(norm), "size": 4}).forward(x)
    np.testing.assert_allclose(y, brute_across(x, k, a, beta, before, after), rtol=1e-12)
    assert not np.allclose(y, brute_across(x, k, a, beta, after, before), rtol=1e-3)


def test_presets_compute_what_each_framework_documents(x):
    expected = {
        "Caffe": brute_across(x, 1, 1 / 5, 0.75, 2, 2),
        "Caffe, within a channel": brute_within(x, 1, 1 / 25, 0.75, (2, 2), (2, 2), clipped=False),
        "PyTorch": brute_across(x, 1, 1e-4 / 5, 0.75, 2, 2),
        "ONNX": brute_across(x, 1, 1e-4 / 5, 0.75, 2, 2),
        "TensorFlow": brute_across(x, 1, 1, 0.5, 5, 5),
        "Krizhevsky et al.": brute_across(x, 2, 1e-4, 0.75, 2, 2),
    }
    presets = LocalResponseNorm.presets()
    assert set(presets) == set(expected)
    for name, norm in presets.items():
        np.testing.assert_allclose(norm.forward(x)[0], expected[name], rtol=1e-12, err_msg=name)


def test_matconvnets_defaults_compute_what_it_documents(x):
    y, _ = CrossChannelNorm().forward(x)
    np.testing.assert_allclose(y, brute_across(x, 1, 1e-4 / 5, 0.75, 2, 2), rtol=1e-12)
    y, _ = SpatialNorm().forward(x)  # 2 x 2: this pixel, the one below, the one to the right, and the one between
    np.testing.assert_allclose(y, brute_within(x, 1, 10, 2, (0, 0), (1, 1), clipped=True), rtol=1e-12)


def test_one_pixel_by_hand():
    x = np.array([3.0, 4.0]).reshape(1, 2, 1, 1)
    y, _ = CrossChannelNorm(size=3, k=1.0, alpha=1.0, beta=0.5).forward(x)
    np.testing.assert_allclose(y.ravel(), x.ravel() / np.sqrt(26))


# Operators that are one function.


@relaxed
@given(st.integers(1, 9), st.floats(0, 2), st.floats(0, 2), st.floats(0.1, 4))
def test_cross_channel_is_local_response_across_channels_with_alpha_times_size(size, alpha, beta, k):
    x, dy = np.random.default_rng(size).normal(size=(2, 2, 6, 2, 3))
    theirs = CrossChannelNorm(size=size, k=k, alpha=alpha, beta=beta)
    ours = LocalResponseNorm(size=size, k=k, alpha=size * alpha, beta=beta)
    (y, cache), (y_too, cache_too) = theirs.forward(x), ours.forward(x)
    np.testing.assert_allclose(y, y_too, rtol=1e-12)
    np.testing.assert_allclose(
        theirs.backward(dy, cache)["x"], ours.backward(dy, cache_too)["x"], rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_spatial_is_local_response_within_a_channel_in_the_interior_only(size):
    x = np.random.default_rng(size).normal(size=(2, 3, 9, 10))
    y, _ = SpatialNorm(height=size, width=size, alpha=1.5, beta=0.75).forward(x)
    y_too, _ = LocalResponseNorm(mode="within_channel", size=size, alpha=1.5, beta=0.75).forward(x)
    inside = (..., slice(size // 2, 9 - size // 2), slice(size // 2, 10 - size // 2))
    np.testing.assert_allclose(y[inside], y_too[inside], rtol=1e-12)
    assert np.allclose(y, y_too) == (size == 1)


def test_a_window_of_one_sees_only_its_cell(x):
    y, _ = LocalResponseNorm(size=1, alpha=1.0, beta=0.5).forward(x)
    np.testing.assert_allclose(y, x / np.sqrt(1 + x**2))


def test_a_window_wider_than_the_axis_is_the_whole_axis(x):
    wide, _ = CrossChannelNorm(size=64, alpha=0.3).forward(x)
    np.testing.assert_allclose(wide, x / (1 + 0.3 * (x**2).sum(axis=1, keepdims=True)) ** 0.75, rtol=1e-12)


@pytest.mark.parametrize("norm", [CrossChannelNorm(), SpatialNorm(), LocalResponseNorm()])
def test_zeros_stay_zeros(norm):
    x = np.zeros((2, 3, 4, 5))
    y, cache = norm.forward(x)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_allclose(norm.backward(np.ones_like(x), cache)["x"], np.ones_like(x))
