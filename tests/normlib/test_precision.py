"""What floating point does to statistics: large means, every dtype, every memory layout, constant pools."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normlib import NORMS
from normlib.gradcheck import random_inputs

BatchNorm, MeanVarianceNorm = NORMS["batch_norm"], NORMS["mean_variance_norm"]
every_norm = pytest.mark.parametrize("norm", [cls() for cls in NORMS.values()], ids=NORMS.keys())
standardizing = pytest.mark.parametrize("norm", [BatchNorm(eps=0.0, affine=False), MeanVarianceNorm(eps=0.0)])
DTYPES = [np.float16, np.float32, np.float64, np.longdouble]


def exact_var(values):
    """Variance in rational numbers: no rounding at all."""
    exact = [Fraction(float(v)) for v in values]
    mean = sum(exact) / len(exact)
    return float(sum((v - mean) ** 2 for v in exact) / len(exact))


@standardizing
@pytest.mark.parametrize(
    ("dtype", "mean", "spread"),
    [(np.float64, 1e6, 1e-3), (np.float64, -1e9, 1e-2), (np.float32, 1e4, 1e-2), (np.float32, -1e6, 1.0)],
)
def test_a_tiny_spread_around_a_large_mean_survives(norm, dtype, mean, spread):
    x = np.random.default_rng(0).normal(mean, spread, (4, 1, 16, 16)).astype(dtype)
    y, cache = norm.forward(x)
    first = x if isinstance(norm, BatchNorm) else x[:1]
    assert float(cache.var.ravel()[0]) == pytest.approx(exact_var(first.ravel()), rel=1e-6)
    assert y.dtype == dtype
    assert float(y[: len(first)].astype(float).std()) == pytest.approx(1, rel=1e-5)
    assert abs(float(y[: len(first)].astype(float).mean())) < 1e-4


def test_the_textbook_variance_fails_on_the_same_numbers():
    """So the test above can fail: the mean of squares less the square of the mean loses everything."""
    x = np.random.default_rng(0).normal(1e6, 1.0, (4, 1, 16, 16)).astype(np.float32)
    assert abs(float((x * x).mean() - x.mean() ** 2) / exact_var(x.ravel()) - 1) > 0.5


def test_float32_sums_do_not_lose_a_long_axis():
    """NumPy sums pairwise along the fastest axis only; over samples float32 accumulators would drift."""
    x = np.full((40_000, 2, 1, 1), 0.1, dtype=np.float32)
    x[::2] += np.float32(0.01)
    _, cache = BatchNorm(affine=False).forward(x)
    assert float(cache.mean[0, 0, 0, 0]) == pytest.approx(float(x[:2, 0].astype(float).mean()), rel=1e-9)


def test_inference_in_float32_keeps_a_running_mean_told_in_float64():
    x = np.array([1e6, 1e6 + 1], dtype=np.float32).reshape(2, 1, 1, 1)
    params = {"running_mean": np.array([1e6 + 0.01]), "running_var": np.array([1.0])}
    y, _ = BatchNorm(training=False, affine=False, eps=0.0).forward(x, **params)
    np.testing.assert_allclose(y.ravel(), [-0.01, 0.99], rtol=1e-4)


def test_float32_squares_do_not_overflow():
    x = np.array([1e25, -1e25, 3e25], dtype=np.float32).reshape(1, 1, 1, 3)
    y, _ = MeanVarianceNorm().forward(x)
    np.testing.assert_allclose(y.ravel(), (np.array([1, -1, 3]) - 1) / np.sqrt(8 / 3), rtol=1e-6, atol=1e-6)


@every_norm
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_comes_in_of_a_dtype_goes_out_of_that_dtype(norm, dtype):
    rng = np.random.default_rng(1)
    inputs = random_inputs(norm, norm.pool.fit((2, 3, 4, 5)), rng)
    dy = rng.normal(size=inputs["x"].shape)
    expected, cache = norm.forward(**inputs)
    expected_grads = norm.backward(dy, cache)
    y, cache = norm.forward(**{name: a.astype(dtype) for name, a in inputs.items()})
    grads = norm.backward(dy.astype(dtype), cache)
    assert y.dtype == dtype
    wider = np.promote_types(dtype, np.float32)
    assert {name: grad.dtype for name, grad in grads.items()} == {n: dtype if n == "x" else wider for n in grads}
    tolerance = max(60 * float(np.finfo(dtype).eps), 1e-12)
    np.testing.assert_allclose(y.astype(float), expected, rtol=tolerance, atol=tolerance)
    for name, grad in grads.items():
        np.testing.assert_allclose(grad.astype(float), expected_grads[name], rtol=tolerance, atol=4 * tolerance)


@every_norm
def test_parameters_of_float64_do_not_widen_a_float32_output(norm):
    x = np.random.default_rng(0).normal(size=norm.pool.fit((2, 3, 4, 5))).astype(np.float32)
    y, _ = norm.forward(x, **norm.init(x.shape))
    assert y.dtype == np.float32


@every_norm
def test_hyperparameters_from_numpy_do_not_widen_either(norm):
    fields = {name: np.float64(v) if isinstance(v, float) else v for name, v in vars(norm).items()}
    twin = type(norm)(**fields)
    assert twin == norm
    assert {type(v) for v in vars(twin).values()} == {type(v) for v in vars(norm).values()}


def unaligned(x):
    raw = np.empty(x.nbytes + 1, dtype=np.uint8)
    out = raw[1:].view(x.dtype)[: x.size].reshape(x.shape) if raw[1:].nbytes % x.itemsize == 0 else None
    assert out is not None
    out[...] = x
    assert not out.flags.aligned
    return out


def padded(x):
    big = np.full([3 * n + 2 for n in x.shape], np.nan)
    view = big[tuple(slice(1, 1 + 3 * n, 3) for n in x.shape)]
    view[...] = x
    return view


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


MEMORY = {
    "Fortran order": np.asfortranarray,
    "reversed": lambda x: x[::-1, ::-1, ::-1, ::-1].copy()[::-1, ::-1, ::-1, ::-1],
    "strided": padded,
    "read-only": read_only,
    "unaligned": unaligned,
    "transposed": lambda x: np.ascontiguousarray(x.transpose(2, 0, 3, 1)).transpose(1, 3, 0, 2),
    "big-endian": lambda x: x.astype(">f8"),
}


@every_norm
@pytest.mark.parametrize("memory", MEMORY)
def test_how_an_array_lies_in_memory_does_not_matter(norm, memory):
    lay = MEMORY[memory]
    rng = np.random.default_rng(2)
    inputs = random_inputs(norm, norm.pool.fit((3, 4, 2, 5)), rng)
    dy = rng.normal(size=inputs["x"].shape)
    expected, cache = norm.forward(**inputs)
    expected_dx = norm.backward(dy, cache)["x"]
    x = lay(inputs["x"])
    np.testing.assert_array_equal(x, inputs["x"])
    y, cache = norm.forward(**(inputs | {"x": x}))
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(norm.backward(lay(dy), cache)["x"], expected_dx, rtol=1e-11, atol=1e-13)
    np.testing.assert_array_equal(x, inputs["x"])


@every_norm
def test_a_zero_stride_input_is_read_like_its_copy(norm):
    _, channels, _, _ = norm.pool.fit((2, 3, 5, 4))
    row = np.random.default_rng(3).normal(size=(1, channels, 1, 4))
    x = np.broadcast_to(row, (2, channels, 5, 4))
    assert 0 in x.strides
    params = norm.init(x.shape)
    np.testing.assert_allclose(
        norm.forward(x, **params)[0], norm.forward(x.copy(), **params)[0], rtol=1e-12, atol=1e-13
    )
    _, cache = norm.forward(x, **params)
    dx = norm.backward(np.broadcast_to(1.0, x.shape), cache)["x"]
    np.testing.assert_allclose(dx, norm.backward(np.ones(x.shape), cache)["x"], rtol=1e-12, atol=1e-13)


@every_norm
@settings(deadline=None, max_examples=25)
@given(value=st.floats(-1e3, 1e3), shape=st.tuples(*[st.integers(1, 4)] * 4))
def test_a_constant_input_gives_finite_numbers(norm, value, shape):
    x = np.full(norm.pool.fit(shape), value)
    y, cache = norm.forward(x, **norm.init(x.shape))
    assert np.isfinite(y).all()
    assert all(np.isfinite(grad).all() for grad in norm.backward(np.ones(x.shape), cache).values())
    if any(f.name == "mean" for f in norm.derive().definition):  # what is centred has nothing but its shift left
        np.testing.assert_array_equal(y, 0)


@standardizing
def test_a_constant_input_without_eps_is_refused_in_words(norm):
    with pytest.raises(ValueError, match=r"Norm.forward: eps must be positive .*got eps=0 .*Choose a larger eps"):
        norm.forward(np.full((2, 3, 4, 5), 0.1))


@pytest.mark.parametrize("key", ["cross_channel_norm", "spatial_norm", "local_response_norm"])
def test_float16_squares_do_not_overflow(key):
    """The square of 300 is beyond float16, whose largest number is 65504; the sum is taken in float32."""
    x = np.full((1, 3, 4, 5), 300.0)
    norm = NORMS[key]()
    y, cache = norm.forward(x.astype(np.float16))
    expected, expected_cache = norm.forward(x)
    assert np.isfinite(cache.s).all()
    np.testing.assert_allclose(cache.s, expected_cache.s, rtol=1e-5)
    np.testing.assert_allclose(y.astype(float), expected, rtol=2e-3, atol=1e-7)


def test_a_parameters_gradient_may_be_beyond_float16():
    """The sum of 131,072 ones; float16 ends at 65,504."""
    x = np.random.default_rng(0).normal(size=(32, 2, 64, 64)).astype(np.float16)
    norm = BatchNorm()
    _, cache = norm.forward(x, **norm.init(x.shape))
    grads = norm.backward(np.ones_like(x), cache)
    np.testing.assert_array_equal(grads["beta"], 32 * 64 * 64)
    assert grads["x"].dtype == np.float16


CENTRING = {
    "mean_variance_norm": {}, "batch_norm": {}, "instance_norm": {}, "layer_norm": {}, "batch_renorm": {},
    "group_norm": {"groups": 4}, "switchable_norm": {}, "weight_standardization": {},
}  # fmt: skip
CENTRED = {key: NORMS[key](**hypers) for key, hypers in CENTRING.items()} | {
    "mean_variance_norm, mean only": MeanVarianceNorm(normalize_variance=False),
    "mean_variance_norm, over everything": MeanVarianceNorm(across_channels=True, across_samples=True),
    "layer_norm, over channels": NORMS["layer_norm"](over="channels"),
    "group_norm, without gamma and beta": NORMS["group_norm"](groups=2, affine=False),
}


def test_every_operator_that_takes_a_mean_off_is_among_those_that_the_next_test_holds():
    """A constant dy then leaves x alone; only a mixture of means does not say so."""
    for key, cls in NORMS.items():
        norm = cls() if key != "group_norm" else cls(groups=4)
        x = np.random.default_rng(0).normal(size=norm.pool.fit((4, 8, 6, 5)))
        _, cache = norm.forward(x, **norm.init(x.shape))
        still = abs(norm.backward(np.ones_like(x), cache)["x"]).max() < 1e-12
        assert not still or key in CENTRING


def error_beside_a_large_mean(norm, gamma):
    """Return dx's largest error over its largest value, in float32, where the mean of dy is 1e4."""
    rng = np.random.default_rng(1)
    x = rng.normal(0.5, 1.0, (4, 8, 12, 10)).astype(np.float32)
    dy = (rng.normal(size=x.shape) + 1e4).astype(np.float32)
    params = {name: p.astype(np.float32) for name, p in norm.init(x.shape).items()}
    params |= {name: np.full_like(p, gamma) for name, p in params.items() if name == "gamma"}
    wide = {name: p.astype(float) for name, p in params.items()}
    dx = norm.backward(dy, norm.forward(x, **params)[1])["x"]
    exact = norm.backward(dy.astype(float), norm.forward(x.astype(float), **wide)[1])["x"]
    return abs(dx - exact).max() / abs(exact).max()


@pytest.mark.parametrize("norm", CENTRED.values(), ids=CENTRED)
def test_a_large_mean_of_dy_costs_the_gradient_no_digits(norm):
    """Rounded with a mean of 1e4, float32 keeps 1e-3 of a dy: where the mean cancels, dx would be as wrong."""
    assert error_beside_a_large_mean(norm, 1.0) < 4e-6


@pytest.mark.parametrize("key", ["batch_norm", "batch_renorm", "instance_norm", "layer_norm", "group_norm"])
def test_nor_does_it_where_gamma_is_not_1(key):
    """Dy times gamma is rounded too, and must be so without the mean."""
    assert error_beside_a_large_mean(NORMS[key](**CENTRING[key]), 0.7) < 4e-6
