"""The noise layer, and the experiment that puts it in after batch normalization."""

from dataclasses import replace

import numpy as np
import pytest

from lab.data import digits
from lab.experiments.noise_after_bn import BN, NOISY, NOISY_ARMS, PLAIN, NoiseAfterBn, Result
from lab.layers import Dense
from lab.network import Network
from lab.noise import Noise
from lab.normalize import Normalize
from lab.training import Sgd, cross_entropy, train_scheduled
from normlib.norms.batch_norm import BatchNorm

FEW = NoiseAfterBn(steps=20, width=8, depth=2, every=10, seeds=2)
T_975_2 = 4.3027  # Student's t for three seeds


def drawn(noise, examples=4000, units=6):
    """Return shift and scale of every activation: y at x = 0, and what x = 1 adds."""
    zero = noise.forward(np.zeros((examples, units)))[0]
    return zero, noise.forward(np.ones((examples, units)))[0] - zero


def test_noise_has_a_mean_and_a_scale_per_unit_and_a_tenth_of_it_per_example():
    m, s = drawn(Noise(seed=0, place=0))
    middle = (m.min(axis=0) + m.max(axis=0)) / 2  # of U(μ − 0.1, μ + 0.1)
    assert np.all(np.abs(middle) <= 0.5)
    assert np.ptp(middle) > 0.1
    np.testing.assert_allclose(np.ptp(m, axis=0), 0.2, rtol=0.02)
    np.testing.assert_allclose(m.std(axis=0), 0.2 / 12**0.5, rtol=0.05)
    assert np.all((s.mean(axis=0) > 1 - 0.01) & (s.mean(axis=0) < 1.25 + 0.01))
    np.testing.assert_allclose(s.std(axis=0), 0.1, rtol=0.05)


def test_over_many_steps_shift_and_scale_are_uniform():
    zero, one = np.zeros((1, 50)), np.ones((1, 50))
    layers = [Noise(seed=1, place=0, jitter=0, step=step) for step in range(100)]
    shift = np.array([layer.forward(zero)[0] for layer in layers])
    scale = np.array([layer.forward(one)[0] for layer in layers]) - shift
    for values, low, high in ((shift, -0.5, 0.5), (scale, 1.0, 1.25)):
        assert values.min() >= low - 1e-12
        assert values.max() <= high + 1e-12
        quarters = np.quantile(values, (0.25, 0.5, 0.75))
        np.testing.assert_allclose(quarters, low + (high - low) * np.array([0.25, 0.5, 0.75]), atol=0.03 * (high - low))


def test_the_same_seed_place_and_step_give_the_same_noise_and_any_other_another():
    x = np.ones((3, 4), np.float32)
    one = Noise(seed=1, place=2, step=3)
    assert one.forward(x)[0].tobytes() == replace(one).forward(x)[0].tobytes()
    assert one.forward(x)[0].dtype == np.float32
    others = [replace(one, **{name: 9}) for name in ("seed", "place", "step")]
    assert len({layer.forward(x)[0].tobytes() for layer in (one, *others)}) == 4


def test_noise_of_no_strength_changes_nothing():
    x = np.random.default_rng(0).standard_normal((3, 4))
    silent = Noise(seed=0, place=0, shift=0, scale=1, jitter=0)
    assert np.array_equal(silent.forward(x)[0], x)
    assert np.array_equal(silent.infer(x, {}, None), x)


def test_the_trained_network_has_the_noises_mean_and_no_noise():
    x = np.linspace(-1, 1, 6).reshape(2, 3)
    steps = [Noise(seed=0, place=0, step=step) for step in range(4000)]
    np.testing.assert_allclose(steps[0].infer(x, {}, None), 1.125 * x)  # the mean of U(1, 1.25)
    np.testing.assert_allclose(np.mean([layer.forward(x)[0] for layer in steps], axis=0), 1.125 * x, atol=0.03)


@pytest.mark.parametrize("shape", [(5, 4), (3, 2, 4, 4)], ids=["dense", "maps"])
def test_the_gradient_carries_the_scale(shape):
    rng = np.random.default_rng(2)
    layer, x = Noise(seed=0, place=1, scale=3.0, jitter=0.5), rng.standard_normal(shape)
    dy, direction, h = rng.standard_normal(shape), rng.standard_normal(shape), 1e-6
    _, cache = layer.forward(x)
    slope = sum(sign * (dy * layer.forward(x + sign * h * direction)[0]).sum() for sign in (1, -1)) / (2 * h)
    assert (layer.backward(dy, cache)["x"] * direction).sum() == pytest.approx(slope, rel=1e-6)


def test_a_noisy_networks_gradients_are_the_slopes_of_its_loss():
    rng = np.random.default_rng(7)
    layers = (Dense(6, bias=False), Normalize(BatchNorm()), Noise(seed=0, place=0, scale=2.0, step=5), Dense(4))
    network, x, labels = Network((9,), layers), rng.standard_normal((7, 9)), rng.integers(0, 4, 7)
    params = tuple({k: v + 0.1 * rng.standard_normal(v.shape) for k, v in p.items()} for p in network.init(1).params)
    logits, caches = network.forward(params, x)
    grads = network.backward(cross_entropy(logits, labels)[1], caches)
    w, direction, h = params[0]["w"], rng.standard_normal(params[0]["w"].shape), 1e-5

    def loss(value):
        return cross_entropy(network.forward(({"w": value}, *params[1:]), x)[0], labels)[0]

    slope = (loss(w + h * direction) - loss(w - h * direction)) / (2 * h)
    assert (grads[0]["w"] * direction).sum() == pytest.approx(slope, rel=1e-5)


def test_a_schedule_is_asked_for_every_step():
    network, asked = Network(digits().shape, (Dense(10),)), []
    for _ in train_scheduled(
        lambda number: asked.append(number) or network, lambda number: Sgd(0.1 * (number == 2)), digits(),
        steps=3, batch=10, seed=0,
    ):  # fmt: skip
        pass
    assert asked == [0, 1, 2, 3]
    states = list(train_scheduled(lambda _: network, lambda n: Sgd(0.1 * (n == 2)), digits(), steps=3, batch=9, seed=0))
    weights = [step.state.params[0]["w"] for step in states]
    assert np.array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[1], weights[2])
    assert np.array_equal(weights[2], weights[3])


def test_without_strength_the_noisy_network_is_the_one_with_bn():
    result = replace(FEW, strength=0.0).result()
    assert np.array_equal(result.accuracy[NOISY], result.accuracy[BN])
    assert np.array_equal(result.moved[NOISY], result.moved[BN], equal_nan=True)
    assert not np.array_equal(FEW.result().moved[NOISY], FEW.result().moved[BN], equal_nan=True)


def test_a_seeds_networks_begin_alike_but_for_the_bias_that_a_norm_makes_idle():
    first = [FEW.network(arm, 1, 0).init(1).params for arm in (PLAIN, BN, NOISY)]
    weights = [[p["w"] for p in params if "w" in p] for params in first]
    for w in zip(*weights, strict=True):
        assert np.array_equal(w[0], w[1])
        assert np.array_equal(w[0], w[2])


def test_the_median_and_the_band_move_as_the_inputs_of_two_steps_say():
    experiment = replace(FEW, steps=10)
    run = train_scheduled(
        lambda step: experiment.network(NOISY, 1, step), lambda _: Sgd(experiment.rate), digits(centred=False),
        steps=10, batch=experiment.batch, seed=1,
    )  # fmt: skip
    *_, before, now = run
    x, _ = digits(centred=False).held_out.take(slice(None))
    old, new = (np.sort(experiment.network(NOISY, 1, s.number).inputs(s.state, x)[-2], axis=0) for s in (before, now))
    at = [round(share * (len(x) - 1)) for share in (0.15, 0.5, 0.85)]
    width = new[at[2]] - new[at[0]]
    moved = np.median(np.abs(new[at[1]] - old[at[1]]) / width)
    stretched = np.median(np.abs(np.log(width / (old[at[2]] - old[at[0]]))))
    result = experiment.result()
    assert result.moved[NOISY, 1, -1] == pytest.approx(moved, abs=0.01)
    assert result.stretched[NOISY, 1, -1] == pytest.approx(stretched, abs=0.01)
    assert np.isnan(result.moved[:, :, 0]).all()


def made(accuracy, moved):
    """Return a result of three seeds and two moments, of numbers per arm."""
    right = np.zeros((3, 3, 2))
    right[:, :, 1] = accuracy
    way = np.full((3, 3, 2), np.nan)
    way[:, :, 1] = moved
    return Result(np.array([0, 50]), right, way, way)


def test_the_verdict_says_what_the_seeds_show_and_no_more():
    calm, shaken = [0.01, 0.011, 0.012], [0.2, 0.21, 0.22]
    good, bad = [0.95, 0.96, 0.97], [0.5, 0.52, 0.54]
    said = made([bad, good, good], [calm, calm, shaken]).verdict()
    half = T_975_2 * 1 / 3**0.5  # of three values a point apart
    assert f"moves by 21.0 ± {half:.1f} % of its 15–85 % band with noise after BN" in said
    assert "less stable with noise than without BN" in said
    assert f"Accuracy after 50 steps, in points, with noise minus without BN 44.0 ± {half:.1f}; " in said
    assert "; minus with BN 0.0 ± 0.0 (no difference shown). 3 seeds" in said
    said = made([good, good, bad], [shaken, calm, calm]).verdict()
    assert "more stable with noise than without BN" in said
    said = made([good, good, good], [[0.1, 0.2, 0.3], calm, [0.3, 0.2, 0.1]]).verdict()
    assert "whether noise makes it less stable, they do not show" in said
    assert said.count("no difference shown") == 2


def test_a_diverged_run_is_told_and_is_no_number():
    result = NoiseAfterBn(steps=40, width=16, depth=6, rate=10.0, scale=8.0, every=20, seeds=2).result()
    assert np.all(result.accuracy[PLAIN, :, -1] == 0.1)
    assert "diverged" in result.verdict()
    assert "nan" not in result.verdict()


def test_the_curves_are_the_numbers_of_the_result():
    result = FEW.result()
    curves = list(result.curves())
    assert {curve.arm for curve in curves} == set(NOISY_ARMS)
    assert len(curves) == 3 * 3 * 2
    (one,) = [c for c in curves if c.arm == "noise after BN" and c.seed == 1 and c.quantity.startswith("held-out")]
    assert np.array_equal(one.y, 100 * result.accuracy[NOISY, 1])
    assert np.array_equal(one.x, [0, 10, 20])


def test_shaken_distributions_do_not_keep_the_network_from_learning():
    result = NoiseAfterBn(steps=80).result()
    unrest = result.unrest()
    assert np.all(unrest[NOISY] > 2 * unrest[PLAIN])
    assert np.all(unrest[BN] < unrest[PLAIN])
    assert np.all(result.accuracy[NOISY, :, -1] > result.accuracy[PLAIN, :, -1] + 0.2)
    assert np.all(result.accuracy[NOISY, :, -1] > 0.85)
