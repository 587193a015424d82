"""Whole networks against central differences, in float64, with random labels."""

import numpy as np
import pytest

from lab.layers import Conv3x3, Dense, Layer, MaxPool, ReLU, Sigmoid
from lab.network import Network, State, perceptron
from lab.normalize import Normalize
from lab.training import cross_entropy
from normlib import NORMS
from normlib.norms.batch_norm import BatchNorm

NETWORKS = {
    "sigmoids": perceptron((1, 4, 4), depth=3, width=6, activation=Sigmoid(), norm=None, scale=3.0, classes=4),
    "sigmoids with BN": perceptron((16,), depth=3, width=6, activation=Sigmoid(), norm=BatchNorm(), classes=4),
    "rectified with BN": perceptron((16,), depth=2, width=9, activation=ReLU(), norm=BatchNorm(), classes=4),
    "convolutions": Network((2, 8, 8), (Conv3x3(3), ReLU(), MaxPool(), Conv3x3(4), Sigmoid(), MaxPool(), Dense(4))),
    "convolutions on odd maps": Network((2, 7, 5), (Conv3x3(3), ReLU(), MaxPool(), Conv3x3(4), MaxPool(), Dense(4))),
    **{
        f"convolutions with {name}": Network(
            (2, 6, 6), (Conv3x3(channels, bias=False), Normalize(norm()), Sigmoid(), MaxPool(), Dense(4))
        )
        for name, norm in NORMS.items()
        for _, channels, _, _ in [norm().pool.fit((1, 5, 1, 1))]
        if not norm.of_weights
    },
}


def float64(params):
    return tuple({k: v.astype(np.float64) for k, v in p.items()} for p in params)


def jittered(params, rng):
    """Biases, gamma and beta away from their initial 0 and 1, where mistakes hide."""
    return tuple({k: v + 0.1 * rng.standard_normal(v.shape) for k, v in p.items()} for p in params)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS.keys())
def test_every_parameter_gradient_is_the_slope_of_the_loss(network):
    rng = np.random.default_rng(7)
    x, labels = rng.standard_normal((5, *network.shape)), rng.integers(0, 4, 5)
    params = jittered(float64(network.init(seed=1).params), rng)
    logits, caches = network.forward(params, x)
    grads = network.backward(cross_entropy(logits, labels)[1], caches)
    assert [set(g) for g in grads] == [set(p) for p in params]

    def loss(layer, name, value):
        moved = tuple({**p, name: value} if i == layer else p for i, p in enumerate(params))
        return cross_entropy(network.forward(moved, x)[0], labels)[0]

    h = 1e-5
    for layer, gradient in enumerate(grads):
        for name, d in gradient.items():
            direction = rng.standard_normal(d.shape)
            p = params[layer][name]
            slope = (loss(layer, name, p + h * direction) - loss(layer, name, p - h * direction)) / (2 * h)
            assert d.dtype == np.float64
            assert slope == pytest.approx((d * direction).sum(), rel=1e-5, abs=1e-9), (layer, name)


LAYERS: dict[str, Layer] = {
    "Dense": Dense(3),
    "Conv3x3": Conv3x3(3),
    "MaxPool": MaxPool(),
    "ReLU": ReLU(),
    "Sigmoid": Sigmoid(),
    "Normalize": Normalize(BatchNorm()),
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS.keys())
def test_every_layer_hands_back_the_gradient_of_its_input(layer):
    rng = np.random.default_rng(3)
    x = rng.standard_normal((3, 2, 5, 6))
    params = float64([layer.init(x.shape[1:], rng)])[0]
    y, cache = layer.forward(x, **params)
    dy, direction, h = rng.standard_normal(y.shape), rng.standard_normal(x.shape), 1e-6
    slope = sum(s * (dy * layer.forward(x + s * h * direction, **params)[0]).sum() for s in (1, -1)) / (2 * h)
    dx = layer.backward(dy, cache)["x"]
    assert y.shape[1:] == layer.out_shape(x.shape[1:])
    assert slope == pytest.approx((dx * direction).sum(), rel=1e-6)


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS.keys())
def test_float32_stays_float32(layer):
    rng = np.random.default_rng(3)
    x = rng.standard_normal((3, 2, 4, 4), dtype=np.float32)
    y, cache = layer.forward(x, **layer.init(x.shape[1:], rng))
    assert y.dtype == np.float32
    assert {d.dtype for d in layer.backward(y, cache).values()} == {np.dtype(np.float32)}


def test_convolution_weighs_every_neighbour_by_its_own_weight():
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    w = np.arange(1.0, 10.0).reshape(1, 9)
    y, _ = Conv3x3(1).forward(x, w)
    corner = 5 * 0 + 6 * 1 + 8 * 4 + 9 * 5  # centre, right, below, below right; the rest lies outside
    middle = sum(weight * x[0, 0, i, j] for weight, (i, j) in zip(range(1, 10), np.ndindex(3, 3), strict=True))
    assert (y[0, 0, 0, 0], y[0, 0, 1, 1]) == (corner, middle)


def test_pooling_drops_an_odd_last_row_and_refuses_a_single_one():
    x = np.arange(15.0).reshape(1, 1, 3, 5)
    assert MaxPool().forward(x)[0].tolist() == [[[[6.0, 8.0]]]]
    with pytest.raises(ValueError, match=r"MaxPool: maps must be at least 2×2, got \(3, 1, 4\)"):
        MaxPool().out_shape((3, 1, 4))


def test_sigmoid_survives_large_inputs():
    y, _ = Sigmoid().forward(np.array([[-1e4, 0.0, 1e4]], np.float32))
    assert y.tolist() == [[0.0, 0.5, 1.0]]


def test_with_and_without_norm_a_seed_gives_the_same_weights():
    plain, normed = (
        perceptron((9,), depth=2, width=4, activation=ReLU(), norm=norm).init(seed=5) for norm in (None, BatchNorm())
    )
    weights = [[p["w"] for p in state.params if "w" in p] for state in (plain, normed)]
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))


def test_initial_weights_have_the_spread_asked_for_and_a_norm_leaves_no_bias_before_it():
    network = perceptron((400,), depth=2, width=300, activation=ReLU(), norm=BatchNorm(), scale=0.5)
    first, gamma, *_ = network.init(seed=0).params
    assert set(first) == {"w"}
    assert set(gamma) == {"gamma", "beta"}
    assert first["w"].std() == pytest.approx(0.5 * np.sqrt(2 / 400), rel=0.01)
    kernels = Conv3x3(64).init((32, 8, 8), np.random.default_rng(0))["w"]
    assert kernels.std() == pytest.approx(np.sqrt(2 / (9 * 32)), rel=0.02)


def trained_state(network, x, batches=200):
    state = network.init(seed=0)
    for _ in range(batches):
        _, caches = network.forward(state.params, x)
        state = State(state.params, network.update(state.running, caches))
    return state


def test_running_statistics_approach_those_of_a_repeated_batch():
    x = np.random.default_rng(0).normal(3, 2, (20, 4)).astype(np.float32)
    state = trained_state(Network((4,), (Normalize(BatchNorm()),)), x)
    np.testing.assert_allclose(state.running[0].mean, x.mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(state.running[0].var, x.var(axis=0, ddof=1), rtol=1e-4)


def test_evaluation_normalizes_by_running_statistics_not_by_the_batch():
    rng = np.random.default_rng(0)
    network = Network((4,), (Normalize(BatchNorm(eps=1e-5)),))
    state = trained_state(network, rng.normal(3, 2, (20, 4)).astype(np.float32))
    x = rng.normal(-1, 5, (7, 4)).astype(np.float32)
    expected = (x - state.running[0].mean) / np.sqrt(state.running[0].var + 1e-5)
    np.testing.assert_allclose(network.infer(state, x), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(network.infer(state, x[:1]), expected[:1], rtol=1e-4, atol=1e-5)
