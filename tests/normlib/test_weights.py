"""Operators on weights by hand: lengths, deviations and singular values of what leads to each output channel."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from normlib import NORMS

WeightNorm, WeightStandardization, SpectralNorm = (
    NORMS[key] for key in ("weight_norm", "weight_standardization", "spectral_norm")
)


@pytest.fixture
def w():
    return np.random.default_rng(16).normal(0.3, 2, (4, 3, 2, 5))  # four output channels


def test_the_three_say_that_they_are_of_weights_and_the_others_that_they_are_not():
    assert {key for key, cls in NORMS.items() if cls.of_weights} == {
        "weight_norm",
        "weight_standardization",
        "spectral_norm",
    }


# Weight normalization.


def test_weight_normalization_of_a_matrix_by_hand():
    """The rows 3, 4 and 0, -2 have the lengths 5 and 2."""
    norm = WeightNorm(layout="NC")
    y, cache = norm.forward(np.array([[3.0, 4.0], [0.0, -2.0]]), g=np.array([10.0, 7.0]))
    np.testing.assert_allclose(y, [[6.0, 8.0], [0.0, -7.0]], rtol=1e-15)
    grads = norm.backward(np.array([[1.0, 0.0], [3.0, 5.0]]), cache)
    np.testing.assert_allclose(grads["g"], [0.6, -5.0])
    # 10 / 5 of what is left of 1, 0 without 0.6 times 0.6, 0.8; 7 / 2 of 3, 0
    np.testing.assert_allclose(grads["x"], [[2 * 0.64, -2 * 0.48], [10.5, 0.0]])


def test_what_comes_out_has_the_length_g(w):
    g = np.array([0.5, -3.0, 1.0, 0.0])
    y, _ = WeightNorm().forward(w, g=g)
    np.testing.assert_allclose(np.linalg.norm(y.reshape(4, -1), axis=1), np.abs(g), rtol=1e-14)


def test_the_length_of_the_weight_counts_for_nothing_and_its_gradient_is_orthogonal_to_it(w):
    rng, g = np.random.default_rng(0), np.ones(4)
    y, cache = WeightNorm().forward(w, g=g)
    longer = w * rng.uniform(0.1, 9, (4, 1, 1, 1))
    np.testing.assert_allclose(WeightNorm().forward(longer, g=g)[0], y, rtol=1e-13)
    dx = WeightNorm().backward(rng.normal(size=w.shape), cache)["x"]
    np.testing.assert_allclose((dx * w).sum((1, 2, 3)), 0, atol=1e-13)


def test_a_step_of_the_weight_along_its_gradient_never_shortens_it(w):
    _, cache = WeightNorm().forward(w, g=np.ones(4))
    moved = w - 0.7 * WeightNorm().backward(np.random.default_rng(0).normal(size=w.shape), cache)["x"]
    assert np.all(np.square(moved).sum((1, 2, 3)) > np.square(w).sum((1, 2, 3)))


def test_a_weight_of_zeros_stays_zero_without_a_gradient_or_with_flaxs_eps_has_one():
    x, dy = np.zeros((1, 2)), np.array([[3.0, -1.0]])
    for norm, slope in ((WeightNorm(layout="NC"), 0.0), (WeightNorm(eps=WeightNorm.flax().eps, layout="NC"), 1e6)):
        y, cache = norm.forward(x, g=np.ones(1))
        grads = norm.backward(dy, cache)
        np.testing.assert_array_equal(y, 0)
        np.testing.assert_array_equal(grads["g"], 0)
        np.testing.assert_allclose(grads["x"], slope * dy)


def test_flaxs_eps_is_added_to_the_sum_of_squares():
    x = np.full((1, 1, 1, 1), 1e-6)
    assert WeightNorm.flax().forward(x, g=np.ones(1))[0].item() == pytest.approx(1 / sqrt(2))
    assert WeightNorm.pytorch().forward(x, g=np.ones(1))[0].item() == pytest.approx(1)


def test_float32_weights_of_any_size_have_their_length():
    x = np.array([[3e25, 4e25], [3e-30, 4e-30]], dtype=np.float32)
    y, _ = WeightNorm(layout="NC").forward(x, g=np.ones(2))
    np.testing.assert_allclose(y, [[0.6, 0.8], [0.6, 0.8]], rtol=1e-6)


# Weight standardization.


@pytest.mark.parametrize(
    ("framework", "divisor"),
    [("Qiao et al.", sqrt(14 / 3) + 1e-5), ("TensorFlow", sqrt(14 / 4) + 1e-5), ("timm", sqrt(14 / 4 + 1e-6))],
)
def test_four_weights_in_each_frameworks_deviation(framework, divisor):
    """1, 2, 3, 6 have the mean 3, and squares of 4, 1, 0, 9 around it."""
    norm = WeightStandardization.presets()[framework]
    x = np.array([1.0, 2.0, 3.0, 6.0])
    shape = (1, 4, 1, 1) if norm.layout == "NCHW" else (2, 2, 1, 1)  # Keras's kernel: H, W, in, out
    y, _ = norm.forward(x.reshape(shape))
    np.testing.assert_allclose(y.ravel(), (x - 3) / divisor, rtol=1e-14)


def test_two_weights_with_an_eps_that_counts():
    """0 and 4: the mean is 2; the unbiased variance 8, the biased one 4."""
    x = np.array([[0.0, 4.0]])
    for options, divisor in (
        ({"eps": 1.0}, sqrt(8) + 1),
        ({"eps": 1.0, "eps_in_root": True}, 3.0),
        ({"eps": 1.0, "unbiased": False}, 3.0),
        ({"eps": 5.0, "unbiased": False, "eps_in_root": True}, 3.0),
    ):
        y, _ = WeightStandardization(layout="NC", **options).forward(x)
        np.testing.assert_allclose(y, [[-2 / divisor, 2 / divisor]], rtol=1e-14)


def test_every_output_channel_has_the_mean_0_and_the_deviation_1_at_any_scale_and_shift(w):
    norm, rng = WeightStandardization(eps=0.0), np.random.default_rng(0)
    y, _ = norm.forward(w)
    np.testing.assert_allclose(y.mean((1, 2, 3)), 0, atol=1e-14)
    np.testing.assert_allclose(y.reshape(4, -1).std(axis=1, ddof=1), 1, rtol=1e-13)
    moved = w * rng.uniform(0.1, 9, (4, 1, 1, 1)) + rng.normal(size=(4, 1, 1, 1))
    np.testing.assert_allclose(norm.forward(moved)[0], y, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("preset", WeightStandardization.presets().values())
def test_a_single_weight_for_each_output_channel_becomes_0(preset):
    x = np.array([5.0, -7.0]).reshape((2, 1, 1, 1) if preset.layout == "NCHW" else (1, 1, 1, 2))
    y, cache = preset.forward(x)
    np.testing.assert_array_equal(y, 0)
    np.testing.assert_array_equal(preset.backward(np.ones(x.shape), cache)["x"], 0)


def test_equal_weights_become_0_with_the_gradient_of_what_is_centred():
    norm, x = WeightStandardization(eps=0.5), np.full((2, 3, 2, 2), 0.1)
    dy = np.random.default_rng(0).normal(size=x.shape)
    y, cache = norm.forward(x)
    np.testing.assert_array_equal(y, 0)
    np.testing.assert_allclose(
        norm.backward(dy, cache)["x"], (dy - dy.mean((1, 2, 3), keepdims=True)) / 0.5, rtol=1e-12
    )
    with pytest.raises(ValueError, match=r"WeightStandardization.forward: eps must be positive .*Choose a larger eps"):
        WeightStandardization(eps=0.0).forward(x)


def test_a_tiny_spread_around_a_large_mean_survives_in_float32():
    x = np.random.default_rng(0).normal(1e4, 1e-2, (2, 16, 3, 3)).astype(np.float32)
    exact = x.astype(float) - x.astype(float).mean((1, 2, 3), keepdims=True)
    expected = exact / (exact.reshape(2, -1).std(axis=1, ddof=1)[:, None, None, None] + 1e-5)
    np.testing.assert_allclose(WeightStandardization().forward(x)[0], expected, rtol=1e-5, atol=1e-5)


# Spectral normalization.


def singular(w):
    """The singular value decomposition of a weight as a matrix with a row for each output channel."""
    u, s, vt = np.linalg.svd(w.reshape(len(w), -1))
    return u[:, 0], s[0], vt[0].reshape(w.shape[1:])


def test_a_diagonal_matrix_by_hand():
    """u^T x v = 0.6 * 2 * 1 + 0.8 * 5 * 0 = 1.2; of y = 5/3, 25/6 on the diagonal dy takes -5/3."""
    norm, x = SpectralNorm(layout="NC"), np.array([[2.0, 0.0], [0.0, 5.0]])
    y, cache = norm.forward(x, u=np.array([0.6, 0.8]), v=np.array([1.0, 0.0]))
    np.testing.assert_allclose(y, [[5 / 3, 0], [0, 25 / 6]])
    grads = norm.backward(np.array([[-1.0, 3.0], [0.0, 0.0]]), cache)
    np.testing.assert_allclose(grads["x"], np.array([[-1 + 0.6 * 5 / 3, 3], [0.8 * 5 / 3, 0]]) / 1.2)
    np.testing.assert_allclose(grads["u"], [5 / 3 / 1.2 * 2, 0])
    np.testing.assert_allclose(grads["v"], [5 / 3 / 1.2 * 1.2, 5 / 3 / 1.2 * 4])


@pytest.mark.parametrize("norm", [SpectralNorm(iterations=200), SpectralNorm(iterations=200, first="v")])
def test_the_power_iteration_finds_the_largest_singular_value(w, norm):
    u, s, v = singular(w)
    found = norm.power_iteration(w, **norm.init(w.shape))
    sign = np.sign(found["u"] @ u)
    np.testing.assert_allclose(found["u"] * sign, u, atol=1e-10)
    np.testing.assert_allclose(found["v"] * sign, v, atol=1e-10)
    np.testing.assert_allclose(norm.forward(w, **found)[0], w / s, rtol=1e-12)


def test_a_matrix_makes_no_input_longer_but_a_convolution_may():
    """The matrix of 3 x 3 ones has norm 3, so 1 / 3 is left of each; over a constant map nine of them make 3."""
    norm = SpectralNorm(iterations=50)
    kernel = np.ones((1, 1, 3, 3))
    y, _ = norm.forward(kernel, **norm.power_iteration(kernel, **norm.init(kernel.shape)))
    np.testing.assert_allclose(y, np.full(kernel.shape, 1 / 3), rtol=1e-14)
    assert np.linalg.norm(y.reshape(1, -1), ord=2) == pytest.approx(1, rel=1e-14)
    around = np.pad(np.ones((20, 20)), 1)  # zeros beyond the border
    patches = np.lib.stride_tricks.sliding_window_view(around, (3, 3))
    convolved = np.einsum("hwij,ij->hw", patches, y[0, 0])
    np.testing.assert_allclose(convolved[1:-1, 1:-1], 3, rtol=1e-13)
    assert np.linalg.norm(convolved) > 2.8 * np.linalg.norm(around)


def test_before_u_and_v_have_converged_a_matrix_may_gain_too():
    """u^T x v of 2, 5 on the diagonal is 2 by the first axis alone: the second then gains 5 / 2."""
    norm, first = SpectralNorm(layout="NC"), np.array([1.0, 0.0])
    y, _ = norm.forward(np.diag([2.0, 5.0]), u=first, v=first)
    assert np.linalg.norm(y, ord=2) == pytest.approx(2.5)


def test_one_step_moves_u_first_by_v_or_v_first_by_u():
    """Of 2, 5 on the diagonal: u by v = 3, 4 over 5 is 6, 20 over its length, and v then 12, 100."""
    x, start = np.diag([2.0, 5.0]), {"u": np.array([0.0, 1.0]), "v": np.array([0.6, 0.8])}
    moved = SpectralNorm(layout="NC").power_iteration(x, **start)
    np.testing.assert_allclose(moved["u"], np.array([6, 20]) / sqrt(436))
    np.testing.assert_allclose(moved["v"], np.array([12, 100]) / sqrt(10144))
    moved = SpectralNorm(first="v", layout="NC").power_iteration(x, **start)
    np.testing.assert_allclose(moved["v"], [0, 1])
    np.testing.assert_allclose(moved["u"], [0, 1])


def test_steps_one_by_one_are_as_many_at_a_time_and_none_leaves_both_vectors(w):
    start = SpectralNorm().init(w.shape)
    once = start
    for _ in range(3):
        once = SpectralNorm().power_iteration(w, **once)
    at_a_time = SpectralNorm(iterations=3).power_iteration(w, **start)
    still = SpectralNorm(iterations=0).power_iteration(w, **start)
    for name in ("u", "v"):
        np.testing.assert_allclose(once[name], at_a_time[name], rtol=1e-13)
        np.testing.assert_array_equal(still[name], start[name])


def test_each_step_estimates_no_less_than_the_one_before_and_never_too_much(w):
    params, s = SpectralNorm().init(w.shape), singular(w)[1]
    estimates = []
    for _ in range(6):
        params = SpectralNorm().power_iteration(w, **params)
        estimates.append(float(params["u"] @ w.reshape(4, -1) @ params["v"].ravel()))
    assert estimates == sorted(estimates)
    assert s * 0.5 < estimates[0] < estimates[-1] <= s * (1 + 1e-14)


def test_no_vector_comes_out_longer_than_it_went_in(w):
    norm = SpectralNorm(iterations=100)
    y, _ = norm.forward(w, **norm.power_iteration(w, **norm.init(w.shape)))
    inputs = np.random.default_rng(0).normal(size=(30, 1000))
    outputs = y.reshape(4, -1) @ inputs
    assert np.all(np.linalg.norm(outputs, axis=0) <= np.linalg.norm(inputs, axis=0))


def test_at_the_singular_vectors_fixed_ones_give_the_derivative_of_the_true_singular_value(w):
    """To first order a move of the weight is not felt through u and v: so training may hold them constant."""
    norm, rng = SpectralNorm(), np.random.default_rng(0)
    u, _, v = singular(w)
    _, cache = norm.forward(w, u=u, v=v)
    dy, direction = rng.normal(size=(2, *w.shape))
    ends = [(w + sign * 1e-6 * direction) / singular(w + sign * 1e-6 * direction)[1] for sign in (1, -1)]
    slope = ((ends[0] - ends[1]) / 2e-6 * dy).sum()
    assert (norm.backward(dy, cache)["x"] * direction).sum() == pytest.approx(slope, rel=1e-6)


def test_at_the_singular_vectors_neither_is_pulled_but_along_itself(w):
    norm, rng = SpectralNorm(), np.random.default_rng(0)
    u, _, v = singular(w)
    _, cache = norm.forward(w, u=u, v=v)
    grads = norm.backward(rng.normal(size=w.shape), cache)
    for name, vector in (("u", u), ("v", v)):
        along = (grads[name] * vector).sum()
        np.testing.assert_allclose(grads[name], along * vector, atol=1e-12)
        assert abs(along) > 1e-3


def test_a_weight_made_larger_as_a_whole_comes_out_the_same(w):
    norm = SpectralNorm(iterations=2)
    params = norm.init(w.shape)
    for scale in (1e-5, 7.0):
        found = norm.power_iteration(scale * w, **params)
        np.testing.assert_allclose(
            norm.forward(scale * w, **found)[0], norm.forward(w, **norm.power_iteration(w, **params))[0], rtol=1e-12
        )


@pytest.mark.parametrize("layout", ["NHWC", "HWKM"])
def test_the_power_iteration_knows_its_layout(w, layout):
    axes = {"NHWC": (0, 2, 3, 1), "HWKM": (2, 3, 1, 0)}[layout]
    plain, turned = SpectralNorm(iterations=3), SpectralNorm(iterations=3, layout=layout)
    there = w.transpose(axes)
    found, expected = (norm.power_iteration(x, **norm.init(x.shape)) for norm, x in ((turned, there), (plain, w)))
    assert found["v"].shape == turned.init(there.shape)["v"].shape
    np.testing.assert_allclose(found["u"], expected["u"], rtol=1e-13)
    np.testing.assert_allclose(
        turned.forward(there, **found)[0].transpose(np.argsort(axes)), plain.forward(w, **expected)[0]
    )


def test_a_weight_of_zeros_stays_zero_and_its_vectors_finite():
    norm, x = SpectralNorm(), np.zeros((2, 3, 1, 1))
    found = norm.power_iteration(x, **norm.init(x.shape))
    y, cache = norm.forward(x, **found)
    dy = np.random.default_rng(0).normal(size=x.shape)
    np.testing.assert_array_equal(y, 0)
    grads = norm.backward(dy, cache)
    np.testing.assert_array_equal(grads["x"], dy)  # as if divided by 1
    np.testing.assert_array_equal(grads["u"], 0)
    assert all(np.isfinite(p).all() for p in found.values())


def test_the_power_iteration_keeps_the_dtype_and_its_inputs(w):
    norm, x = SpectralNorm(), w.astype(np.float32)
    start = norm.init(x.shape)
    before = {name: p.copy() for name, p in start.items()}
    found = norm.power_iteration(x, **start)
    assert {p.dtype for p in found.values()} == {np.dtype(np.float32)}
    assert all(np.array_equal(start[name], before[name]) for name in start)


def test_vectors_of_another_shape_are_refused_by_the_power_iteration_too(w):
    start = SpectralNorm().init(w.shape)
    with pytest.raises(ValueError, match=r"v must have shape \(3, 2, 5\) for x .*got \(30,\)"):
        SpectralNorm().power_iteration(w, u=start["u"], v=start["v"].ravel())
    with pytest.raises(ValueError, match="power_iteration: x's shape must have 4 axes"):
        SpectralNorm().power_iteration(w[0], **start)
