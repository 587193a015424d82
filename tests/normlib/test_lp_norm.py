"""Lp normalization by hand: powers, vectors without a length, and how far numbers may reach."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from normlib import NORMS
from normlib.gradcheck import certify, proved

LpNorm, RMSNorm = NORMS["lp_norm"], NORMS["rms_norm"]
X = np.array([[3.0, -4.0, 0.0, 12.0]])


@pytest.mark.parametrize(("p", "length"), [(1.0, 19.0), (2.0, 13.0), (3.0, (27 + 64 + 1728) ** (1 / 3))])
def test_a_vector_is_divided_by_its_length(p, length):
    y, _ = LpNorm(p=p, layout="NC").forward(X)
    np.testing.assert_allclose(y, X / length, rtol=1e-15)


def test_the_gradient_for_p_2_is_what_is_orthogonal_to_the_vector():
    """3, 4 has the length 5; of dy = 1, 0 the part along it is 0.6 of 0.6, 0.8."""
    norm = LpNorm(layout="NC")
    _, cache = norm.forward(np.array([[3.0, 4.0]]))
    dx = norm.backward(np.array([[1.0, 0.0]]), cache)["x"]
    np.testing.assert_allclose(dx, [[0.64 / 5, -0.48 / 5]], rtol=1e-14)


def test_the_gradient_for_p_1_takes_the_signs_and_none_of_a_zero():
    """3, -4, 0, 12 has the length 19; of dy = 1, 2, 5, 0 the sum with y is -5 / 19."""
    norm = LpNorm(p=1.0, layout="NC")
    _, cache = norm.forward(X)
    dx = norm.backward(np.array([[1.0, 2.0, 5.0, 0.0]]), cache)["x"]
    np.testing.assert_allclose(dx, [[24 / 361, (2 - 5 / 19) / 19, 5 / 19, 5 / 361]], rtol=1e-14)


@pytest.mark.parametrize("p", [1.25, 2.5, 4.0, 5.0, 7.77, 64.0])
@pytest.mark.parametrize("eps_in_sum", [False, True])
def test_the_derivation_holds_for_any_power(p, eps_in_sum):
    norm = LpNorm(p=p, eps=0.3, eps_in_sum=eps_in_sum)
    assert proved(norm)
    assert certify(norm, cases=3).holds


@pytest.mark.parametrize("over", ["channels", "sample"])
def test_it_takes_the_axes_that_it_is_told(over):
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    axes = (1,) if over == "channels" else (1, 2, 3)
    y, _ = LpNorm(over=over).forward(x)
    np.testing.assert_allclose(np.square(y).sum(axes), 1, rtol=1e-14)


def test_root_mean_square_normalization_is_longer_by_the_root_of_the_number_of_values():
    x = np.random.default_rng(0).normal(size=(2, 9, 4, 5))
    rms, _ = RMSNorm(eps=0.0, affine=False).forward(x)
    np.testing.assert_allclose(LpNorm().forward(x)[0] * 3, rms, rtol=1e-14)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0])
def test_a_vector_made_longer_comes_out_the_same(p):
    x = np.random.default_rng(0).normal(size=(2, 5, 3, 3))
    louder = x * np.random.default_rng(1).uniform(0.1, 9, (2, 1, 3, 3))
    np.testing.assert_allclose(LpNorm(p=p).forward(louder)[0], LpNorm(p=p).forward(x)[0], rtol=1e-13)


# A vector with hardly any length, or none.


@pytest.mark.parametrize(
    ("framework", "y", "dx"),
    [
        ("PyTorch", 3e-13 / 1e-12, 1e12),
        ("TensorFlow", 3e-13 / 1e-6, 1e6),
        ("MatConvNet", 3e-13 / 0.1, 10.0),
        ("ONNX", 1.0, 0.0),
    ],
)
def test_what_each_framework_makes_of_a_short_vector(framework, y, dx):
    norm = LpNorm.presets()[framework]
    found, cache = norm.forward(np.full((1, 1, 1, 1), 3e-13))
    assert found.item() == pytest.approx(y, rel=1e-12)
    assert norm.backward(np.ones((1, 1, 1, 1)), cache)["x"].item() == pytest.approx(dx, rel=1e-12)


@pytest.mark.parametrize(("framework", "slope"), [("PyTorch", 1e12), ("MatConvNet", 10.0), ("ONNX", 0.0)])
@pytest.mark.parametrize("p", [1.0, 2.0])
def test_zeros_stay_zeros(framework, slope, p):
    norm = LpNorm.presets()[framework]
    if p == 1:
        norm, slope = type(norm)(p=1.0, eps=norm.eps, eps_in_sum=norm.eps_in_sum), {10.0: 100.0}.get(slope, slope)
    x, dy = np.zeros((1, 3, 1, 1)), np.array([1.0, -2.0, 3.0]).reshape(1, 3, 1, 1)
    y, cache = norm.forward(x)
    np.testing.assert_array_equal(y, 0)
    np.testing.assert_allclose(norm.backward(dy, cache)["x"], slope * dy, rtol=1e-14)


def test_at_the_least_norm_itself_the_divisor_does_not_move():
    """A kink: longer by a little the slope is the orthogonal part's, shorter all of dy's; here as shorter."""
    norm, dy = LpNorm(eps=5.0, layout="NC"), np.array([[1.0, 0.0]])
    slopes = []
    for length in (0.999, 1.0, 1.001):
        _, cache = norm.forward(length * np.array([[3.0, 4.0]]))
        slopes.append(norm.backward(dy, cache)["x"])
    np.testing.assert_allclose(slopes[0], [[0.2, 0.0]])
    np.testing.assert_allclose(slopes[1], [[0.2, 0.0]])
    np.testing.assert_allclose(slopes[2], [[0.128 / 1.001, -0.096 / 1.001]])


@pytest.mark.parametrize(("dtype", "size"), [(np.float64, 1e300), (np.float64, 1e-300), (np.float32, 1e38)])
@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, 64.0])
def test_powers_neither_overflow_nor_vanish(dtype, size, p):
    x = np.array([[size, -size, size / 2]], dtype=dtype)
    y, _ = LpNorm(p=p, eps=0.0, layout="NC").forward(x)
    expected, _ = LpNorm(p=p, layout="NC").forward(np.array([[1.0, -1.0, 0.5]]))
    np.testing.assert_allclose(y, expected, rtol=1e-6)


def in_long_doubles(norm, x, dy):
    """Return y and dx for p = 2 over channels by the plain formulas; a long double squares any float64."""
    x, dy = x.astype(np.longdouble), dy.astype(np.longdouble)
    squares = np.square(x).sum(1, keepdims=True)
    length = np.sqrt(squares + norm.eps) if norm.eps_in_sum else np.sqrt(squares)
    divisor = length if norm.eps_in_sum else np.maximum(length, norm.eps)
    y = np.divide(x, divisor, out=np.zeros_like(x), where=divisor != 0)
    moves = (divisor == length) & (divisor != 0)
    dx = np.divide(dy - moves * y * (dy * y).sum(1, keepdims=True), divisor, out=np.zeros_like(x), where=divisor != 0)
    return y, dx


SIZES = {
    np.float32: {
        "plain": [1.0], "zeros": [0.0], "zeros between": [0.0, 1.0], "zeros between tiny ones": [0.0, 1e-30],
        "below its normal numbers": [1e-40], "squares with few digits": [1e-22], "squares too small": [1e-25],
        "squares too large": [1e25], "nearly too large": [1e38], "mixed": [1e-40, 1e-30, 1e-8, 1.0, 1e30, 1e38],
    },
    np.float64: {
        "plain": [1.0], "zeros": [0.0], "zeros between": [0.0, 1.0], "zeros between huge ones": [0.0, 1e300],
        "nearly too small": [1e-307], "squares with few digits": [1e-161], "squares too small": [1e-300],
        "squares too large": [1e160], "huge": [1e300], "mixed": [1e-300, 1e-160, 1e-8, 1.0, 1e160, 1e300],
    },
}  # fmt: skip


@pytest.mark.skipif(np.finfo(np.longdouble).maxexp < 4096, reason="long doubles are no longer here than float64")
@pytest.mark.parametrize(("dtype", "case"), [(dtype, case) for dtype, cases in SIZES.items() for case in cases])
@pytest.mark.parametrize("framework", list(LpNorm.presets()))
@pytest.mark.parametrize("shape", [(2, 5, 6, 7), (1, 70, 4, 4), (3, 5, 1, 1)])
def test_vectors_of_any_size_and_of_none_are_as_in_long_doubles(dtype, case, framework, shape):
    """Each position has one of the sizes: some have squares that their dtype cannot hold, beside others."""
    norm, rng, sizes = LpNorm.presets()[framework], np.random.default_rng(2015), SIZES[dtype][case]
    size = np.resize(sizes, (shape[0], 1, *shape[2:]))
    x = (size * rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape)).astype(dtype)
    dy = (rng.normal(size=shape) * np.minimum(1, size)).astype(dtype)
    y, cache = norm.forward(x)
    dx = norm.backward(dy, cache)["x"]
    y_long, dx_long = in_long_doubles(norm, x, dy)
    eps = float(np.finfo(dtype).eps)
    largest = abs(dx_long).max(1, keepdims=True)
    assert y.dtype == dx.dtype == dtype
    np.testing.assert_allclose(y, y_long, rtol=8 * eps, atol=np.finfo(dtype).smallest_subnormal)
    assert (abs(dx - dx_long) <= 20 * eps * largest + 2 * np.finfo(dtype).smallest_subnormal).all()


@pytest.mark.parametrize("size", [1e-40, 1e-25, 1.0, 1e25])
@pytest.mark.parametrize("where", ["everywhere", "at one position"])
def test_a_gradient_along_the_vectors_leaves_no_rounding_behind(where, size):
    """Of 1e4 times x nothing stays; in float32 its rounding would, 1e-3 of the largest that does stay."""
    rng = np.random.default_rng(2015)
    x, dy = rng.normal(size=(2, 2, 64, 5, 5)).astype(np.float32)
    at = np.s_[:] if where == "everywhere" else np.s_[1, :, 2, 3]
    dy[at] += np.float32(1e4) * x[at]
    dy *= np.float32(size)
    dx = LpNorm().backward(dy, LpNorm().forward(x)[1])["x"]
    _, expected = in_long_doubles(LpNorm(), x, dy)
    assert dx.dtype == np.float32
    np.testing.assert_allclose(
        dx / size, expected / size, rtol=0, atol=1e-6 * float(abs(expected).max() / size) + 2e-45 / size
    )


def test_gradients_nearly_too_large_for_float32_leave_what_is_orthogonal():
    """The sum of dy * y is 64 * 1e38 / 8 = 8e38, beyond float32; x has the length 80."""
    x, dy = np.full((1, 64, 4, 4), 10, np.float32), np.full((1, 64, 4, 4), 1e38, np.float32)
    dy[:, 0] = 0
    dx = LpNorm().backward(dy, LpNorm().forward(x)[1])["x"]
    np.testing.assert_allclose(dx[:, 0], -63 / 64 * 1e38 / 80, rtol=1e-6)
    np.testing.assert_allclose(dx[:, 1:], 1 / 64 * 1e38 / 80, rtol=1e-5)


def test_eps_in_the_sum_counts_as_a_power():
    """Within the sum 0.07 is added to squares of 0.2 and 0.5: 0.04 + 0.25 + 0.07 = 0.36."""
    y, _ = LpNorm(eps=0.07, eps_in_sum=True, layout="NC").forward(np.array([[0.2, 0.5]]))
    np.testing.assert_allclose(y, [[0.2 / 0.6, 0.5 / 0.6]])
    y, _ = LpNorm(p=1.0, eps=0.3, eps_in_sum=True, layout="NC").forward(np.array([[0.2, -0.5]]))
    np.testing.assert_allclose(y, [[0.2, -0.5]])


def test_the_slide_shows_a_root_of_squares_and_the_power_where_it_is_another():
    first = {p: LpNorm(p=p).derive().definition[0].latex() for p in (1.0, 2.0, 3.0)}
    assert first == {
        1.0: r"\nu_{ijm} = \sum_{k} \left|x_{ijkm}\right|",
        2.0: r"\nu_{ijm} = \sqrt{\sum_{k} x_{ijkm}^{2}}",
        3.0: r"\nu_{ijm} = \left(\sum_{k} \left|x_{ijkm}\right|^{3}\right)^{1/3}",
    }


@pytest.mark.parametrize("p", [0.5, 0.0, float("inf")])
def test_a_power_below_1_is_no_norm_and_is_refused(p):
    with pytest.raises(ValueError, match=r"LpNorm: p must be in \[1, 64\], got .*The power of each value"):
        LpNorm(p=p)


def test_long_vectors_are_as_long_in_float32():
    x = np.full((1, 10_000, 1, 1), 0.1, dtype=np.float32)
    y, _ = LpNorm().forward(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, 1 / sqrt(10_000), rtol=2e-7)
