"""Layer, instance, group and root mean square normalization by hand, and where two of them are one."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from normlib import NORMS

LayerNorm, InstanceNorm, GroupNorm, RMSNorm = (
    NORMS[key] for key in ("layer_norm", "instance_norm", "group_norm", "rms_norm")
)


@pytest.fixture
def x():
    return np.random.default_rng(16).normal(3, 2, (2, 6, 3, 4))


def standardized(x, axes, eps):
    mean = x.mean(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(axis=axes, keepdims=True) + eps)


# By hand.


def test_layer_normalization_of_one_sample_by_hand():
    """1, 2, 3, 6 have the mean 3 and the variance (4 + 1 + 0 + 9) / 4 = 3.5; eps = 0.5 makes the root 2."""
    x = np.array([1.0, 2.0, 3.0, 6.0]).reshape(1, 2, 1, 2)
    gamma = np.array([[[2.0, 1.0]], [[10.0, -1.0]]])
    beta = np.array([[[0.0, 5.0]], [[7.0, 0.5]]])
    y, cache = LayerNorm(eps=0.5).forward(x, gamma=gamma, beta=beta)
    np.testing.assert_allclose(y.ravel(), [-2.0, 4.5, 7.0, -1.0])
    dy = np.array([3.0, 0.0, 1.0, -2.0]).reshape(x.shape)
    grads = LayerNorm(eps=0.5).backward(dy, cache)
    np.testing.assert_allclose(grads["gamma"].ravel(), [-3.0, 0.0, 0.0, -3.0])
    np.testing.assert_allclose(grads["beta"].ravel(), dy.ravel())
    # gamma dy = 6, 0, 10, 2 has the mean 4.5; times x_hat = -1, -0.5, 0, 1.5 the mean is -0.75
    np.testing.assert_allclose(grads["x"].ravel(), [0.75 / 2, -4.875 / 2, 5.5 / 2, -1.375 / 2])


def test_layer_normalization_over_the_channels_of_each_token_by_hand():
    x = np.array([[[1.0, 3.0], [10.0, 4.0]]])  # one sequence of two tokens of two channels
    norm = LayerNorm(over="channels", eps=3.0, layout="NLC")
    y, _ = norm.forward(x, gamma=np.array([1.0, 2.0]), beta=np.array([0.0, 1.0]))
    np.testing.assert_allclose(y, [[[-0.5, 2.0], [3 / sqrt(12), 1 - 6 / sqrt(12)]]])


def test_instance_normalization_of_two_maps_by_hand():
    x = np.array([0.0, 2.0, 100.0, 106.0]).reshape(1, 2, 1, 2)
    y, _ = InstanceNorm(eps=0.0).forward(x, gamma=np.array([3.0, 1.0]), beta=np.array([0.0, 10.0]))
    np.testing.assert_allclose(y.ravel(), [-3.0, 3.0, 9.0, 11.0])


def test_group_normalization_takes_neighbouring_channels_by_hand():
    x = np.array([0.0, 2.0, 10.0, 16.0]).reshape(1, 4, 1, 1)
    y, _ = GroupNorm(groups=2, eps=0.0, affine=False).forward(x)
    np.testing.assert_allclose(y.ravel(), [-1.0, 1.0, -1.0, 1.0])


def test_the_root_mean_square_of_a_vector_by_hand():
    """3, 4, 0, 5 have a mean square of 12.5; with eps = 3.5 the root is 4, and the mean of 2 is no matter."""
    x = np.array([[3.0, 4.0, 0.0, 5.0]])
    norm = RMSNorm(eps=3.5, layout="NC")
    y, cache = norm.forward(x, gamma=np.array([1.0, 10.0, 7.0, -1.0]))
    np.testing.assert_allclose(y, [[0.75, 10.0, 0.0, -1.25]])
    grads = norm.backward(np.array([[1.0, 0.0, 2.0, 5.0]]), cache)
    np.testing.assert_allclose(grads["gamma"], [0.75, 0.0, 0.0, 6.25])
    # gamma dy = 1, 0, 14, -5; its mean with x_hat = .75, 1, 0, 1.25 is -1.375
    np.testing.assert_allclose(grads["x"], [[2.03125 / 4, 1.375 / 4, 14 / 4, -3.28125 / 4]])


# Which is which.


def test_one_group_is_a_sample_and_as_many_as_channels_are_maps(x):
    sample, maps = standardized(x, (1, 2, 3), 0.3), standardized(x, (2, 3), 0.3)
    np.testing.assert_allclose(LayerNorm(affine=False, eps=0.3).forward(x)[0], sample, rtol=1e-12)
    np.testing.assert_allclose(GroupNorm(groups=1, affine=False, eps=0.3).forward(x)[0], sample, rtol=1e-12)
    np.testing.assert_allclose(InstanceNorm(affine=False, eps=0.3).forward(x)[0], maps, rtol=1e-12)
    np.testing.assert_allclose(GroupNorm(groups=6, affine=False, eps=0.3).forward(x)[0], maps, rtol=1e-12)


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_groups_are_contiguous_and_gamma_is_per_channel(x, groups):
    gamma, beta = np.random.default_rng(0).normal(size=(2, 6))
    y, _ = GroupNorm(groups=groups, eps=0.3).forward(x, gamma=gamma, beta=beta)
    for part in np.split(np.arange(6), groups):
        expected = standardized(x[:, part], (1, 2, 3), 0.3) * gamma[part, None, None] + beta[part, None, None]
        np.testing.assert_allclose(y[:, part], expected, rtol=1e-12)
        mask = GroupNorm(groups=groups).pooled(x.shape, (1, int(part[-1]), 1, 2))
        assert mask[1, part].all()
        assert mask.sum() == len(part) * 3 * 4


@pytest.mark.parametrize("over", ["sample", "channels"])
def test_layer_and_root_mean_square_normalization_take_the_axes_they_are_told(x, over):
    axes = (1, 2, 3) if over == "sample" else (1,)
    y, _ = LayerNorm(over=over, eps=0.3, affine=False).forward(x)
    np.testing.assert_allclose(y, standardized(x, axes, 0.3), rtol=1e-12)
    y, _ = RMSNorm(over=over, eps=0.3, affine=False).forward(x)
    np.testing.assert_allclose(y, x / np.sqrt((x**2).mean(axis=axes, keepdims=True) + 0.3), rtol=1e-12)


def test_of_centred_values_root_mean_square_is_layer_normalization(x):
    centred = x - x.mean(axis=1, keepdims=True)
    y, _ = RMSNorm(eps=0.3, affine=False).forward(centred)
    np.testing.assert_allclose(y, standardized(x, (1,), 0.3), rtol=1e-12)


# Invariances.


@pytest.mark.parametrize("key", ["layer_norm", "instance_norm", "group_norm", "rms_norm"])
def test_a_sample_scaled_as_a_whole_comes_out_the_same(key, x):
    options = {"groups": 3} if key == "group_norm" else {}
    norm = NORMS[key](eps=0.0, affine=False, **options)
    louder = x * np.array([7.0, 0.01])[:, None, None, None]
    np.testing.assert_allclose(norm.forward(louder)[0], norm.forward(x)[0], rtol=1e-11)


@pytest.mark.parametrize("key", ["layer_norm", "instance_norm", "group_norm", "rms_norm"])
def test_a_sample_does_not_see_its_batch(key, x):
    norm = NORMS[key](**({"groups": 3} if key == "group_norm" else {}))
    alone, _ = norm.forward(x[:1], **norm.init(x[:1].shape))
    together, _ = norm.forward(x, **norm.init(x.shape))
    np.testing.assert_allclose(together[:1], alone, rtol=1e-13)


def test_a_shift_is_taken_off_by_all_but_root_mean_square(x):
    for norm in (LayerNorm(affine=False), InstanceNorm(affine=False), GroupNorm(groups=3, affine=False)):
        np.testing.assert_allclose(norm.forward(x + 5)[0], norm.forward(x)[0], rtol=1e-9)
    assert np.abs(RMSNorm(affine=False).forward(x + 5)[0] - RMSNorm(affine=False).forward(x)[0]).max() > 0.1


# Presets and edges.


@pytest.mark.parametrize(
    ("norm", "axes", "eps"),
    [
        *((LayerNorm.presets()[name], (1, 2, 3), 1e-5) for name in ("PyTorch", "ONNX")),
        (LayerNorm.keras(), (1,), 1e-3),
        (LayerNorm.flax(), (1,), 1e-6),
        *((InstanceNorm.presets()[name], (2, 3), 1e-5) for name in ("PyTorch", "ONNX")),
        (InstanceNorm.flax(), (2, 3), 1e-6),
    ],
)
def test_a_preset_has_its_frameworks_axes_and_eps(norm, axes, eps):
    x = np.random.default_rng(0).normal(0, 1e-3, (3, 4, 5, 6))  # so little spread that eps tells
    y, _ = norm.forward(x, **norm.init(x.shape))
    np.testing.assert_allclose(y, standardized(x, axes, eps), rtol=1e-9)


@pytest.mark.parametrize(("framework", "eps"), [("Wu & He", 1e-5), ("Keras", 1e-3), ("Flax", 1e-6)])
def test_a_preset_of_group_normalization_has_32_groups_and_its_eps(framework, eps):
    x = np.random.default_rng(0).normal(0, 1e-3, (2, 64, 3, 4))
    norm = GroupNorm.presets()[framework]
    y, _ = norm.forward(x, **norm.init(x.shape))
    expected = standardized(x.reshape(2, 32, 2, 3, 4), (2, 3, 4), eps).reshape(x.shape)
    np.testing.assert_allclose(y, expected, rtol=1e-9)


@pytest.mark.parametrize(("framework", "eps"), [("PyTorch", None), ("ONNX", 1e-5), ("Keras", 1e-6), ("Flax", 1e-6)])
def test_a_preset_of_root_mean_square_normalization_has_its_eps(framework, eps):
    eps = float(np.finfo(np.float32).eps) if eps is None else eps  # PyTorch takes the type's own
    x = np.random.default_rng(0).normal(0, 1e-4, (2, 4, 3, 3))
    norm = RMSNorm.presets()[framework]
    y, _ = norm.forward(x, **norm.init(x.shape))
    np.testing.assert_allclose(y, x / np.sqrt((x**2).mean(axis=1, keepdims=True) + eps), rtol=1e-9)


def test_pytorchs_instance_normalization_has_no_parameters():
    assert InstanceNorm.pytorch().init((2, 3, 4, 5)) == {}


def test_groups_that_do_not_divide_the_channels_are_refused_in_words():
    norm, x = GroupNorm(groups=3), np.zeros((2, 4, 2, 2))
    words = r"^GroupNorm: groups=3 must divide the 4 channels of x \(2, 4, 2, 2\)\. Choose a divisor of 4\.$"
    for refuse in (lambda: norm.forward(x), lambda: norm.init(x.shape), lambda: norm.pooled(x.shape, (0, 0, 0, 0))):
        with pytest.raises(ValueError, match=words):
            refuse()


def test_a_matrix_has_maps_of_one_pixel_so_that_beta_is_left():
    norm = InstanceNorm(layout="NC")
    y, cache = norm.forward(np.array([[3.0, -2.0]]), gamma=np.array([5.0, 5.0]), beta=np.array([1.0, 2.0]))
    np.testing.assert_array_equal(y, [[1.0, 2.0]])
    np.testing.assert_array_equal(norm.backward(np.ones((1, 2)), cache)["x"], [[0.0, 0.0]])


@pytest.mark.parametrize(
    ("layout", "x_shape", "shape"),
    [
        ("NCHW", (2, 3, 4, 5), (3, 4, 5)),
        ("NHWC", (2, 4, 5, 3), (4, 5, 3)),
        ("HWKM", (4, 5, 3, 2), (4, 5, 3)),
        ("NCL", (2, 3, 7), (3, 7)),
        ("NLC", (2, 7, 3), (7, 3)),
        ("NC", (2, 3), (3,)),
        ("NCDHW", (2, 3, 4, 5, 6), (3, 4, 5, 6)),
        ("NDHWC", (2, 4, 5, 6, 3), (4, 5, 6, 3)),
    ],
)
def test_a_parameter_per_element_is_shaped_like_a_sample(layout, x_shape, shape):
    for kind in (LayerNorm(layout=layout), RMSNorm(over="sample", layout=layout)):
        assert {p.shape for p in kind.init(x_shape).values()} == {shape}
        with pytest.raises(ValueError, match=rf"gamma must have shape .* for x .*\({layout}\), got \(99,\)"):
            kind.forward(np.zeros(x_shape), **(kind.init(x_shape) | {"gamma": np.ones(99)}))


@pytest.mark.parametrize("over", ["sample", "channels"])
def test_without_eps_root_mean_square_normalization_refuses_zeros_alone(over):
    norm = RMSNorm(over=over, eps=0.0, affine=False)
    np.testing.assert_allclose(norm.forward(np.full((1, 3, 2, 2), -4.0))[0], -1.0)
    with pytest.raises(ValueError, match=r"RMSNorm.forward: eps must be positive .* 0, got eps=0. Choose a larger"):
        norm.forward(np.zeros((1, 3, 2, 2)))


def test_float32_squares_of_root_mean_square_normalization_do_not_overflow():
    x = np.array([3e25, -4e25], dtype=np.float32).reshape(1, 2)
    y, _ = RMSNorm(affine=False, layout="NC").forward(x)
    np.testing.assert_allclose(y, [[3 / sqrt(12.5), -4 / sqrt(12.5)]], rtol=1e-6)
