"""What is done for speed changes no number: blocks, moments in one pass, lines through maps, by the plain formulas."""

from __future__ import annotations

from contextlib import contextmanager
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from benchmarks.textbook import TEXTBOOK
from normlib import ALL, NORMS, ONE, Pool, Span, maps, windows
from normlib.gradcheck import random_inputs
from normlib.maps import channel_sums, crossed_sums, empty, line, map_sums, plane
from normlib.standardize import centre, mean_over, mean_square, moments, shifted, sum_product
from normlib.windows import damp, damp_backward, power

BatchNorm, MeanVarianceNorm = NORMS["batch_norm"], NORMS["mean_variance_norm"]

relaxed = settings(deadline=None, max_examples=40)
shapes = array_shapes(min_dims=4, max_dims=4, min_side=1, max_side=9)
blocks = st.sampled_from([64, 256, 1024, 1 << 18])  # bytes: from less than a map to all at once
seeds = st.integers(0, 2**32 - 1)
dtypes = st.sampled_from([np.float32, np.float64, np.longdouble])
LAY = {
    "contiguous": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "reversed": lambda x: x[::-1, :, ::-1].copy()[::-1, :, ::-1],
    "channels last": lambda x: np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),
}
lays = st.sampled_from(list(LAY))


@contextmanager
def cut(block):
    """Make blocks so small that even a small array is cut into several, along both axes."""
    with (
        mock.patch.object(maps, "BLOCK", block),
        mock.patch.object(maps, "STRETCH", 16),
        mock.patch.object(maps, "EXAMPLES", 3),
        mock.patch.object(maps, "CHANNELS", 2),
        mock.patch.object(maps, "SHORT", 20),
        mock.patch.object(windows, "BLOCK", block),
    ):
        yield


def near(dtype, scale=1.0):
    """Return how near is near: some units in the last place of numbers of that size."""
    eps = max(float(np.finfo(dtype).eps), 2.0**-52)  # sums are taken in float64
    return {"rtol": 40 * eps, "atol": 200 * eps * scale}


@relaxed
@given(shapes, blocks, dtypes, lays, seeds)
def test_sums_over_maps_over_channels_and_over_examples_are_the_plain_sums(shape, block, dtype, lay, seed):
    rng = np.random.default_rng(seed)
    a, b = (LAY[lay](rng.normal(1, 2, shape).astype(dtype)) for _ in range(2))
    slope, intercept = rng.normal(size=(2, shape[0], 1, 1, 1))
    weights = rng.normal(size=(1, *shape[1:])).astype(dtype)
    wide = a.astype(float), b.astype(float)
    with cut(block):
        sums, products = map_sums(a, b)
        across = channel_sums(a, b)
        within, (by_element, weighted) = crossed_sums(a, weights, b, slope, intercept)
    np.testing.assert_allclose(sums, wide[0].sum((2, 3), keepdims=True), **near(dtype, 30))
    np.testing.assert_allclose(products, (wide[0] * wide[1]).sum((2, 3), keepdims=True), **near(dtype, 90))
    np.testing.assert_allclose(across, (wide[0] * wide[1]).sum(1, keepdims=True), **near(dtype, 30))
    np.testing.assert_allclose(by_element, wide[0].sum(0), **near(dtype, 30))
    np.testing.assert_allclose(weighted, (wide[0] * (wide[1] * slope + intercept)).sum(0), **near(dtype, 90))
    terms = wide[0] * weights, wide[0] * wide[1] * weights
    np.testing.assert_allclose(within, [each.sum((1, 2, 3), keepdims=True) for each in terms], **near(dtype, 200))


def coefficient(kind, shape, rng):
    n, c, h, w = shape
    sizes = {
        "one": (1, 1, 1, 1), "channel": (1, c, 1, 1), "example": (n, 1, 1, 1),
        "map": (n, c, 1, 1), "element": (1, c, h, w), "position": (n, 1, h, w),
    }  # fmt: skip
    return rng.normal(size=sizes[kind])


kinds = st.sampled_from(["one", "channel", "example", "map", "element", "position"])


@relaxed
@given(shapes, blocks, dtypes, lays, st.tuples(kinds, kinds, kinds), seeds)
def test_lines_and_planes_are_the_plain_formulas(shape, block, dtype, lay, varied, seed):
    rng = np.random.default_rng(seed)
    a, b = (LAY[lay](rng.normal(size=shape).astype(dtype)) for _ in range(2))
    p, q, r = (coefficient(kind, shape, rng) for kind in varied)
    before = a.copy(), b.copy()
    with cut(block):
        y, z, scaled = line(a, p, q), plane(a, p, b, q, r), plane(a, p, b, q, r, p)
    assert y.dtype == z.dtype == dtype
    np.testing.assert_allclose(y, (a * p + q).astype(dtype), **near(dtype))
    np.testing.assert_allclose(z, (a * p + b * q + r).astype(dtype), **near(dtype))
    np.testing.assert_allclose(scaled, ((a * p + b * q + r) * p).astype(dtype), **near(dtype, 5))
    for array, kept in zip((a, b), before, strict=True):
        np.testing.assert_array_equal(array, kept)
        assert not np.shares_memory(array, y)
        assert not np.shares_memory(array, z)


@pytest.mark.parametrize("size", [1, 100, 10_000, 1_000_000])
def test_a_large_array_begins_with_a_cache_line(size):
    array = empty((size,), np.dtype(np.float32))
    assert array.shape == (size,)
    assert array.flags.writeable
    if array.nbytes >= maps.LARGE:
        assert array.ctypes.data % maps.LINE == 0


def test_numpys_buffer_is_as_it_was_also_after_an_error():
    own = 2 * 4096 + 16
    before = np.setbufsize(own)
    try:
        line(np.ones((2, 3, 4, 5)), np.ones((1, 3, 1, 1)), np.ones((1, 3, 1, 1)))
        assert np.getbufsize() == own
        with pytest.raises(ValueError, match="broadcast"):
            line(np.ones((2, 3, 4, 5)), np.ones((1, 2, 1, 1)), np.ones((1, 3, 1, 1)))
        assert np.getbufsize() == own
    finally:
        np.setbufsize(before)


# Moments.


@relaxed
@given(
    shapes, st.sampled_from([(0, 2, 3), (2, 3), (1, 2, 3), (0, 1, 2, 3), (1,)]),
    st.sampled_from([0.0, 1.0, -3.0, 50.0, -1e4, 1e6]), st.sampled_from([1e-3, 1.0, 30.0]),
    dtypes, lays, blocks, seeds,
)  # fmt: skip
def test_moments_are_those_of_two_passes(shape, axes, mean, spread, dtype, lay, block, seed):
    x = LAY[lay](np.random.default_rng(seed).normal(mean, spread, shape).astype(dtype))
    centred, (mean_two, var_two) = centre(x, axes)
    with cut(block):
        offset, (mean_one, var_one) = moments(x, axes)
    eps = max(float(np.finfo(dtype).eps), 2.0**-52)
    np.testing.assert_allclose(mean_one, mean_two, rtol=8 * eps, atol=8 * eps * spread)
    np.testing.assert_allclose(var_one, var_two, rtol=60 * eps, atol=60 * 2.0**-52 * float(var_two.max()))
    std = float(np.sqrt(var_two.max()))
    np.testing.assert_allclose(offset.centred, centred, rtol=0, atol=20 * eps * (std + 8 * std))


def test_a_near_mean_leaves_x_as_it_is_and_a_far_one_does_not():
    x = np.random.default_rng(0).normal(1.0, 1.0, (4, 3, 8, 8)).astype(np.float32)
    assert moments(x, (0, 2, 3))[0].values is x
    far = moments(x + np.float32(100), (0, 2, 3))[0]
    assert abs(far.values).max() < 10
    assert moments(np.asfortranarray(x), (0, 2, 3))[0].values is not x


def test_in_blocks_too_a_tiny_spread_around_a_large_mean_survives():
    """Larger than a block, in float32: 1e6 with a spread of 0.5, whose neighbours are 1/16 apart."""
    x = np.random.default_rng(0).normal(1e6, 0.5, (8, 3, 128, 128)).astype(np.float32)
    assert x.nbytes > 2 * maps.BLOCK
    y, cache = BatchNorm(eps=0.0, affine=False).forward(x)
    exact = x.astype(np.longdouble)
    np.testing.assert_allclose(cache.var.ravel(), exact.var((0, 2, 3)).astype(float), rtol=1e-6)
    np.testing.assert_allclose(y.astype(float).std((0, 2, 3)), 1, rtol=1e-5)
    np.testing.assert_allclose(y.astype(float).mean((0, 2, 3)), 0, atol=1e-5)


@pytest.mark.parametrize("size", [1e-25, 1e25])
def test_squares_that_float32_cannot_hold_are_taken_in_float64(size):
    x = (size * np.tile([1.0, -1.0, 3.0, -3.0], 8)).astype(np.float32).reshape(1, 2, 4, 4)
    y, _ = MeanVarianceNorm(eps=0.0).forward(x)
    np.testing.assert_allclose(y, x / (size * np.sqrt(5)), rtol=1e-6)
    np.testing.assert_allclose(mean_square(x, (2, 3)), 5 * size**2, rtol=1e-6)
    np.testing.assert_allclose(
        mean_square(x, (1,)), 5 * size**2 * np.tile([0.2, 0.2, 1.8, 1.8], 4).reshape(1, 1, 4, 4), rtol=1e-6
    )


def test_a_sum_beyond_float32_is_taken_in_float64():
    """Four products of 2e38, over channels and over maps."""
    a, b = np.full((1, 4, 4, 4), 2e38, np.float32), np.ones((1, 4, 4, 4), np.float32)
    for axes, count in (((1,), 4), ((1, 2, 3), 64)):
        np.testing.assert_allclose(sum_product(a, b, axes), count * 2e38, rtol=1e-6)


def test_a_dead_channel_stays_zero_beside_living_ones():
    x = np.random.default_rng(1).normal(size=(4, 3, 6, 6)).astype(np.float32)
    x[:, 1] = 0
    y, cache = BatchNorm(affine=False).forward(x)
    assert np.shares_memory(cache.values, x)
    np.testing.assert_array_equal(y[:, 1], 0)
    np.testing.assert_allclose(y[:, 0].std(), 1, rtol=1e-4)


@relaxed
@given(shapes, st.sampled_from([0.0, 1.0, 1e6]), seeds)
def test_a_given_mean_is_taken_off_whether_near_or_far(shape, mean, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(mean, 1, shape).astype(np.float32)
    given_mean = mean + rng.normal(size=(1, shape[1], 1, 1))
    exact = x.astype(float) - given_mean
    np.testing.assert_allclose(shifted(x, given_mean, np.ones_like(given_mean)).centred, exact, rtol=1e-6, atol=1e-6)


# Whole operators, against the textbook's lines.

OPERATORS = {
    "batch": ("batch_norm", {"eps": 0.3}),
    "instance": ("instance_norm", {"eps": 0.3}),
    "layer": ("layer_norm", {"eps": 0.3}),
    "layer, over channels": ("layer_norm", {"eps": 0.3, "over": "channels"}),
    "group": ("group_norm", {"groups": 2, "eps": 0.3}),
    "mean-variance": ("mean_variance_norm", {"eps": 0.3}),
    "root mean square": ("rms_norm", {"eps": 0.3, "over": "sample"}),
    "root mean square, over channels": ("rms_norm", {"eps": 0.3}),
    "Lp": ("lp_norm", {"eps": 0.3}),
    "Lp, least norm that counts": ("lp_norm", {"eps": 3.0}),
    "cross-channel": ("cross_channel_norm", {"size": 4, "alpha": 0.3}),
    "spatial": ("spatial_norm", {"height": 3}),
    "LRN across": ("local_response_norm", {"k": 2.0, "beta": 0.6}),
    "LRN within": ("local_response_norm", {"mode": "within_channel", "size": 4}),
}


@pytest.mark.parametrize("name", OPERATORS)
@settings(deadline=None, max_examples=20)
@given(
    st.tuples(st.integers(1, 5), st.sampled_from([2, 4, 6]), st.integers(2, 9), st.integers(2, 9)),
    st.sampled_from([np.float32, np.float64]), lays, blocks, st.sampled_from([0.5, 20.0]), seeds,
)  # fmt: skip
def test_every_operator_computes_what_the_textbook_writes(name, shape, dtype, lay, block, mean, seed):
    key, hypers = OPERATORS[name]
    norm, rng = NORMS[key](**hypers), np.random.default_rng(seed)
    inputs = {field: a.astype(dtype) for field, a in random_inputs(norm, shape, rng).items()}
    inputs["x"] = LAY[lay](inputs["x"] + dtype(mean))
    dy = LAY[lay](rng.normal(size=shape).astype(dtype))
    with cut(block):
        y, cache = norm.forward(**inputs)
        grads = norm.backward(dy, cache)
    wide = {field: a.astype(float) for field, a in inputs.items()}
    y_book, kept = TEXTBOOK[key].forward(norm, wide.pop("x"), wide)
    book = TEXTBOOK[key].backward(norm, dy.astype(float), kept)
    np.testing.assert_allclose(y, y_book, **near(dtype, 10))
    assert set(grads) == set(book)
    for field, grad in grads.items():
        np.testing.assert_allclose(grad, book[field], **near(dtype, 200), err_msg=field)


@pytest.mark.parametrize("mean", [0.0, 1e4])
def test_a_silent_first_channel_leaves_the_gradients_of_elements_as_they_are(mean):
    """Its squares are the first that tell whether a mean of dy is far; where they do not, all of them must."""
    rng = np.random.default_rng(4)
    x, dy = rng.normal(size=(2, 3, 6, 8, 8))
    dy[:, 1:] += mean
    dy[:, 0] = 0
    norm = NORMS["layer_norm"]()
    params = {name: rng.normal(size=p.shape) for name, p in norm.init(x.shape).items()}
    grads = norm.backward(dy, norm.forward(x, **params)[1])
    _, kept = TEXTBOOK["layer_norm"].forward(norm, x, params)
    for name, expected in TEXTBOOK["layer_norm"].backward(norm, dy, kept).items():
        np.testing.assert_allclose(grads[name], expected, rtol=0, atol=1e-12 * abs(expected).max(), err_msg=name)


# Damping.

spans = st.one_of(st.just(ONE), st.builds(Span, st.integers(0, 3), st.integers(0, 3)))


@relaxed
@given(shapes, spans, spans, spans, spans, st.sampled_from([0.25, 0.5, 0.75, 1.0, 1.25, 2.0, 0.6, 3.0]), blocks, seeds)
def test_damping_in_blocks_is_damping_at_once(shape, n, c, h, w, beta, block, seed):
    pool, rng = Pool(n, c, h, w), np.random.default_rng(seed)
    x, dy = rng.normal(size=(2, *shape))
    weight = rng.uniform(0.1, 1, (1, 1, *shape[2:]))
    y, cache = damp(x, pool, 1.5, weight, beta)
    dx = damp_backward(dy, cache, pool, weight, beta)
    with cut(block):
        y_too, cache_too = damp(x, pool, 1.5, weight, beta)
        dx_too = damp_backward(dy, cache_too, pool, weight, beta)
    for one, other in ((y, y_too), (cache.s, cache_too.s), (dx, dx_too)):
        np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(y, x * cache.s**-beta, rtol=1e-13)


@pytest.mark.parametrize("quarters", range(13))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_power_by_roots_is_the_power(quarters, dtype):
    s = np.geomspace(1e-3, 1e6, 50).astype(dtype)
    found = power(s, quarters / 4)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, s.astype(np.longdouble) ** (quarters / 4), rtol=4 * float(np.finfo(dtype).eps))


def test_a_power_of_no_quarters_is_numpys():
    s = np.geomspace(1e-3, 1e6, 50)
    np.testing.assert_array_equal(power(s, 0.6), s**0.6)


def test_a_power_by_roots_takes_complex_numbers_too():
    s = np.array([2.0 + 1e-30j, 5.0 - 3e-30j])
    np.testing.assert_allclose(power(s, 0.75), s**0.75, rtol=1e-15)
    np.testing.assert_allclose(power(s, 0.75).imag, (s**0.75).imag, rtol=1e-14)


def test_a_pool_that_takes_no_whole_map_has_its_mean_by_the_general_way():
    x = np.random.default_rng(3).normal(size=(2, 5, 3, 4))
    np.testing.assert_allclose(mean_square(x, (1,)), mean_over(x * x, (1,)), rtol=1e-13)
    assert Pool(c=ALL).h == ONE
