import numpy as np
import pytest

from lab.data import KINDS, named, points
from lab.layers import ReLU
from lab.network import perceptron
from lab.training import Sgd, accuracy, train

TOYS = [name for name, kind in KINDS.items() if kind == "points"]


@pytest.mark.parametrize("name", TOYS)
def test_points_come_in_two_equal_classes_near_the_origin_and_stay_the_same(name):
    data = named(name)
    assert (data.shape, data.classes, len(data.train.labels), len(data.held_out.labels)) == ((2, 1, 1), 2, 600, 400)
    labels = np.concatenate([data.train.labels, data.held_out.labels])
    assert labels.sum() == 500
    x, _ = data.train.take(slice(None))
    assert x.dtype == np.float32
    assert np.abs(x).max() < 1.5
    assert np.all(x.std(axis=0) > 0.3)
    points.cache_clear()
    assert np.array_equal(named(name).train.pictures, data.train.pictures)
    assert not {p.tobytes() for p in data.train.pictures} & {p.tobytes() for p in data.held_out.pictures}


def test_the_classes_lie_where_their_names_say():
    x, labels = (np.squeeze(part) for part in named("circles").held_out.take(slice(None)))
    radius = np.hypot(*x.T)
    assert np.mean((radius < 0.75) == labels) > 0.99
    x, labels = (np.squeeze(part) for part in named("xor").held_out.take(slice(None)))
    assert np.mean((x[:, 0] * x[:, 1] > 0) == labels) > 0.99
    x, labels = (np.squeeze(part) for part in named("spirals").held_out.take(slice(None)))
    turned = (np.arctan2(x[:, 1], x[:, 0]) - 2.5 * np.pi * np.hypot(*x.T) / 1.1) % (2 * np.pi)
    near = np.cos(turned) < 0  # half a turn from the first arm
    assert np.mean(near == labels) > 0.97


@pytest.mark.parametrize("name", TOYS)
def test_no_straight_line_parts_them_and_a_network_does(name):
    data = named(name)
    x, labels = (np.squeeze(part) for part in data.train.take(slice(None)))
    design = np.c_[x, np.ones(len(x))]
    fit, *_ = np.linalg.lstsq(design, 2.0 * labels - 1, rcond=None)
    assert np.mean((design @ fit > 0) == labels) < 0.9
    network = perceptron(data.shape, depth=3, width=32, activation=ReLU(), norm=None, classes=2)
    *_, last = train(network, data, Sgd(0.1, 0.9), steps=600, batch=32, seed=0)
    assert accuracy(network, last.state, data.held_out) > 0.97


def test_a_set_that_is_none_is_refused_by_name():
    with pytest.raises(ValueError, match=r"named: the data must be one of digits, mnist, .*, got '\.\./etc'"):
        named("../etc")
