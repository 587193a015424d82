import numpy as np
import pytest

from lab.data import Data, Split, digits
from lab.layers import Dense, ReLU
from lab.network import Network, perceptron
from lab.training import Sgd, accuracy, batches, cross_entropy, in_step, train
from normlib.norms.batch_norm import BatchNorm


def test_cross_entropy_is_the_log_of_the_right_class_share():
    logits = np.log(np.array([[0.7, 0.2, 0.1], [0.25, 0.5, 0.25]])) + 1000  # a common shift changes nothing
    loss, dlogits = cross_entropy(logits, np.array([0, 2]))
    assert loss == pytest.approx(-(np.log(0.7) + np.log(0.25)) / 2)
    np.testing.assert_allclose(dlogits, [[-0.15, 0.1, 0.05], [0.125, 0.25, -0.375]])


def test_momentum_and_decay_move_as_written():
    one = np.array([1.0])
    params, grads = ({"w": one, "b": one},), ({"w": 2 * one, "b": 2 * one},)
    sgd = Sgd(rate=0.1, momentum=0.5, weight_decay=0.3)
    params, velocity = sgd.step(params, grads, None)
    assert params[0]["w"] == pytest.approx(1 - 0.1 * 2.3)
    assert params[0]["b"] == pytest.approx(1 - 0.1 * 2)  # a bias does not decay
    params, _ = sgd.step(params, grads, velocity)
    assert params[0]["b"] == pytest.approx(0.8 - 0.1 * (0.5 * 2 + 2))
    assert params[0]["w"] == pytest.approx(0.77 - 0.1 * (0.5 * 2.3 + 2 + 0.3 * 0.77))


def test_an_epoch_shows_every_example_once():
    some = batches(10, 5, np.random.default_rng(0))
    first, second = ([*next(some), *next(some)] for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second
    with pytest.raises(ValueError, match="size must be 1 to 10, the number of examples, got 11"):
        next(batches(10, 11, np.random.default_rng(0)))


def states(**options):
    network = perceptron(digits().shape, depth=2, width=16, activation=ReLU(), norm=BatchNorm())
    options = {"steps": 30, "seed": 4, **options}
    return list(train(network, digits(), Sgd(0.1, 0.9, 1e-4), batch=32, **options))


def leaves(step):
    params = [v for p in step.state.params for v in p.values()]
    running = [v for r in step.state.running if r is not None for v in (r.mean, r.var)]
    return [*params, *running, np.float64(step.loss)]


def same(a, b):
    return all(np.asarray(u).tobytes() == np.asarray(v).tobytes() for u, v in zip(leaves(a), leaves(b), strict=True))


def test_the_same_seed_gives_the_same_run_bit_for_bit():
    first, again = states(), states()
    assert all(same(a, b) for a, b in zip(first, again, strict=True))
    assert not same(first[-1], states(seed=5)[-1])
    assert {v.dtype for p in first[-1].state.params for v in p.values()} == {np.dtype(np.float32)}


def test_a_kept_state_is_a_moment_that_later_steps_leave_alone():
    run = states()
    fresh = states(steps=10)
    assert same(run[10], fresh[10])
    assert not same(run[10], run[11])


def test_a_diverging_run_says_so_and_stops_without_a_warning():
    network = Network(digits().shape, (Dense(50, scale=100), ReLU(), Dense(50, scale=100), ReLU(), Dense(10)))
    run = list(train(network, digits(), Sgd(1e6), steps=50, batch=32, seed=0))
    assert run[-1].diverged
    assert len(run) < 50
    assert accuracy(network, run[-1].state, digits().held_out) == 0.1


def test_runs_in_step_wait_for_nobody():
    class Fake:
        def __init__(self, count):
            self.steps = iter([object() for _ in range(count)])

        def __iter__(self):
            return self

        def __next__(self):
            return next(self.steps)

    moments = list(in_step([Fake(2), Fake(5)]))
    assert len(moments) == 5
    assert len({id(a) for a, _ in moments}) == 2
    assert len({id(b) for _, b in moments}) == 5


def test_accuracy_counts_right_answers_across_chunks():
    pictures = np.zeros((7, 1, 1, 2), np.uint8)
    pictures[:, 0, 0, 0] = [9, 0, 9, 0, 9, 0, 9]
    pictures[:, 0, 0, 1] = 4
    one = np.ones((1, 1, 1), np.float32)
    split = Split(pictures, np.array([0, 1, 0, 1, 1, 0, 1]), 0 * one, one)
    network = Network(Data(split, split, 2).shape, (Dense(2, bias=False),))
    state = network.init(0)._replace(params=({"w": np.eye(2, dtype=np.float32)},))
    assert accuracy(network, state, split, chunk=3) == pytest.approx(4 / 7)
