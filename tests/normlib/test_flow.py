"""Paths to x and the way through the graph: against backward, differences with statistics held, the paper's steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from normlib import NORMS
from normlib.evaluation import Evaluation
from normlib.flow import graph, paths
from normlib.layout import to_nchw
from tests.normlib.conftest import inputs_for, run
from tests.normlib.test_contract import every_norm, every_variant, inside

# What y names among the statistics, by operator: what is held while one of them moves.
STATISTICS = {
    "through the mean": "mean",
    "through the variance": "var",
    "through the standard deviation": "sigma",
    "through the norm": "nu",
    "through the sum": "s",
    "through the singular value": "s",
}
MEAN_SQUARE = {"spatial_norm": "n2", "rms_norm": "r2", "filter_response_norm": "r2"}


@pytest.fixture
def rng():
    return np.random.default_rng(1986)


def setting(norm, rng, shape=(2, 5, 3, 4)):
    inputs = inside(norm, inputs_for(norm, rng, shape))
    return inputs, rng.normal(size=inputs["x"].shape)


@every_variant
@pytest.mark.parametrize("shape", [(2, 3, 2, 3), (3, 7, 1, 4), (2, 9, 6, 3)])
def test_paths_add_up_to_backward(norm, rng, shape):
    inputs = inputs_for(norm, rng, shape)
    dy = rng.normal(size=inputs["x"].shape)
    _, grads = run(norm, inputs, dy)
    found = paths(Evaluation(norm.derive(), inside(norm, inputs), to_nchw(dy, norm.layout)))
    assert all(part.shape == to_nchw(dy, norm.layout).shape for part in found.values())
    np.testing.assert_allclose(sum(found.values()), to_nchw(grads["x"], norm.layout), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("key", NORMS)
def test_each_path_is_what_moves_while_the_other_statistics_are_held(key, rng):
    """Differences along a random direction, of y as a function of x and of the statistics that it names."""
    norm = NORMS[key]()
    inputs, dy = setting(norm, rng)
    derivation, x = norm.derive(), inputs["x"]
    found = paths(Evaluation(derivation, inputs, dy))
    names = {path: STATISTICS.get(path) or MEAN_SQUARE[key] for path in found if path != "direct"}
    lets = {let.name: let for let in derivation.definition}
    held = replace(
        derivation,
        inputs={**derivation.inputs, **{name: lets[name].free for name in names.values()}},
        definition=tuple(let for let in derivation.definition if let.name not in names.values()),
    )

    def statistics(values):
        evaluation = Evaluation(derivation, {**inputs, "x": values})
        return {name: squeezed(evaluation.value(name), lets[name].free) for name in names.values()}

    def output(values, taken):
        return (Evaluation(held, {**inputs, **taken, "x": values}).y * dy).sum()

    direction, step = rng.normal(size=x.shape), 1e-6
    fixed, ends = statistics(x), [statistics(x + step * direction), statistics(x - step * direction)]
    slopes = {"direct": output(x + step * direction, fixed) - output(x - step * direction, fixed)}
    for path, name in names.items():
        slopes[path] = output(x, fixed | {name: ends[0][name]}) - output(x, fixed | {name: ends[1][name]})
    for path, part in found.items():
        assert (part * direction).sum() == pytest.approx(slopes[path] / (2 * step), rel=1e-6, abs=1e-7), path


def squeezed(array, free):
    axes = {"m": 0, "k": 1, "i": 2, "j": 3}
    return array.squeeze(tuple(set(range(4)) - {axes[str(index)] for index in free}))


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("batch_norm", ["direct", "through the mean", "through the variance"]),
        ("switchable_norm", ["direct", "through the mean", "through the variance"]),
        ("mean_variance_norm", ["direct", "through the mean", "through the standard deviation"]),
        ("rms_norm", ["direct", "through the mean square"]),
        ("spatial_norm", ["direct", "through the mean square"]),
        ("local_response_norm", ["direct", "through the sum"]),
        ("weight_norm", ["direct", "through the norm"]),
        ("spectral_norm", ["direct", "through the singular value"]),
        ("dynamic_tanh", ["direct"]),
    ],
)
def test_paths_have_the_names_of_what_they_lead_through(key, names, rng):
    norm = NORMS[key]()
    assert list(paths(Evaluation(norm.derive(), *setting(norm, rng)))) == names


def test_at_inference_every_path_is_direct(rng):
    norm = NORMS["batch_norm"](training=False)
    inputs, dy = setting(norm, rng)
    (direct,) = paths(Evaluation(norm.derive(), inputs, dy)).values()
    slope = inputs["gamma"] / np.sqrt(inputs["running_var"] + norm.eps)
    np.testing.assert_allclose(direct, dy * slope[:, None, None], rtol=1e-12)


def test_batch_normalizations_three_paths_by_hand(rng):
    norm = NORMS["batch_norm"](eps=0.1)
    inputs, dy = setting(norm, rng)
    x, axes = inputs["x"], (0, 2, 3)
    std = np.sqrt(x.var(axes, keepdims=True) + 0.1)
    x_hat, slope = (x - x.mean(axes, keepdims=True)) / std, inputs["gamma"][:, None, None] / std
    expected = [
        slope * dy,
        np.broadcast_to(-slope * dy.mean(axes, keepdims=True), x.shape),
        -slope * x_hat * (dy * x_hat).mean(axes, keepdims=True),
    ]
    for part, by_hand in zip(paths(Evaluation(norm.derive(), inputs, dy)).values(), expected, strict=True):
        np.testing.assert_allclose(part, by_hand, rtol=1e-10, atol=1e-13)


# The graph.


@every_variant
def test_what_comes_back_along_the_edges_of_a_node_is_its_gradient(norm, rng):
    inputs = inputs_for(norm, rng, (2, 5, 3, 4))
    dy = rng.normal(size=inputs["x"].shape)
    output, grads = run(norm, inputs, dy)
    evaluation = Evaluation(norm.derive(), inside(norm, inputs), to_nchw(dy, norm.layout))
    cell = tuple(n // 2 for n in evaluation.shape)
    found = graph(evaluation, cell)
    first, *_, last = found.nodes
    assert (first.name, last.name) == ("x", "y")
    assert first.value == to_nchw(inputs["x"], norm.layout)[cell]
    assert first.gradient == pytest.approx(to_nchw(grads["x"], norm.layout)[cell], rel=1e-9, abs=1e-11)
    assert last.value == pytest.approx(to_nchw(output, norm.layout)[cell], rel=1e-9)
    assert last.gradient == to_nchw(dy, norm.layout)[cell]
    for node in found.nodes[:-1]:
        back = sum(edge.gradient for edge in found.edges if edge.start == node.name)
        assert back == pytest.approx(node.gradient, rel=1e-9, abs=1e-12), node.name


@every_norm
def test_edges_go_from_earlier_to_later_nodes_and_each_node_is_on_the_way_to_y(norm, rng):
    found = graph(Evaluation(norm.derive(), *setting(norm, rng)), (0, 0, 0, 0))
    order = [node.name for node in found.nodes]
    assert all(order.index(edge.start) < order.index(edge.end) for edge in found.edges)
    assert {edge.start for edge in found.edges} == set(order[:-1])
    assert {edge.end for edge in found.edges} == set(order[1:])
    assert len({edge[:2] for edge in found.edges}) == len(found.edges)


def test_batch_normalizations_graph_is_the_papers(rng):
    """Ioffe & Szegedy 2015, the chain rule after Algorithm 1, arXiv:1502.03167."""
    norm = NORMS["batch_norm"](eps=0.1)
    inputs, dy = setting(norm, rng)
    cell = (1, 2, 0, 3)
    x, upstream, gamma = inputs["x"][:, 2], dy[:, 2], inputs["gamma"][2]
    mean, spread = x.mean(), x.var() + 0.1
    to_hat = upstream * gamma
    to_var = (to_hat * (x - mean)).sum() * -0.5 * spread**-1.5
    to_mean = -to_hat.sum() / spread**0.5 + to_var * (-2 * (x - mean)).sum() / x.size
    found = graph(Evaluation(norm.derive(), inputs, dy), cell)
    assert {node.name: node.gradient for node in found.nodes} == pytest.approx(
        {
            "x": to_hat[1, 0, 3] / spread**0.5 + to_var * 2 * (x[1, 0, 3] - mean) / x.size + to_mean / x.size,
            "mean": to_mean,
            "var": to_var,
            "x_hat": to_hat[1, 0, 3],
            "y": upstream[1, 0, 3],
        },
        rel=1e-10,
    )
    assert {(edge.start, edge.end): edge.value for edge in found.edges} == pytest.approx(
        {
            ("x", "mean"): 1 / x.size,
            ("x", "var"): 2 * (x[1, 0, 3] - mean) / x.size,
            ("mean", "var"): 0.0,
            ("x", "x_hat"): spread**-0.5,
            ("mean", "x_hat"): -(spread**-0.5),
            ("var", "x_hat"): -0.5 * (x[1, 0, 3] - mean) * spread**-1.5,
            ("x_hat", "y"): gamma,
        },
        rel=1e-10,
        abs=1e-14,
    )
    assert [node.symbol for node in found.nodes] == [
        "x_{ijkm}", r"\mu_{k}", r"\sigma_{k}^{2}", r"\hat{x}_{ijkm}", "y_{ijkm}",
    ]  # fmt: skip


def test_a_groups_mean_does_not_move_its_variance(rng):
    """Its values' distances sum to zero over the whole group, not over one channel."""
    norm = NORMS["group_norm"](groups=2, eps=0.1)
    inputs, dy = setting(norm, rng, (2, 6, 3, 4))
    x, slope = inputs["x"], dy * inputs["gamma"][:, None, None]
    std = np.sqrt(x[1, 3:].var() + 0.1)
    found = graph(Evaluation(norm.derive(), inputs, dy), (1, 4, 0, 0))
    edges = {(edge.start, edge.end): edge for edge in found.edges}
    assert edges["mean", "var"].value == pytest.approx(0, abs=1e-14)
    assert edges["mean", "var"].gradient == pytest.approx(0, abs=1e-13)
    assert edges["mean", "x_hat"].gradient == pytest.approx(-slope[1, 4].sum() / std)


def test_a_window_hands_its_gradient_to_the_mirrored_window(rng):
    norm = NORMS["cross_channel_norm"](size=4, k=2.0, alpha=0.5, beta=0.75)  # from one below to two above
    inputs, dy = setting(norm, rng, (1, 6, 1, 1))
    x, upstream = inputs["x"].ravel(), dy.ravel()
    s = np.array([2 + 0.5 * (x[max(0, c - 1) : c + 3] ** 2).sum() for c in range(6)])
    to_s = -0.75 * upstream * x * s**-1.75
    edges = graph(Evaluation(norm.derive(), inputs, dy), (0, 3, 0, 0)).edges
    found = {(edge.start, edge.end): (edge.value, edge.gradient) for edge in edges}
    assert found["x", "s"] == pytest.approx((x[3], x[3] * to_s[1:5].sum()))
    assert found["x", "y"] == pytest.approx((s[3] ** -0.75, upstream[3] * s[3] ** -0.75))
    assert found["s", "y"] == pytest.approx((-0.75 * x[3] * s[3] ** -1.75, to_s[3]))


def test_without_dy_neither_has_anything_to_take_back(rng):
    norm = NORMS["batch_norm"]()
    inputs, _ = setting(norm, rng)
    for ask in (paths, lambda evaluation: graph(evaluation, (0, 0, 0, 0))):
        with pytest.raises(ValueError, match="Give the upstream gradient"):
            ask(Evaluation(norm.derive(), inputs))


def test_a_cell_that_is_not_there_is_refused(rng):
    norm = NORMS["batch_norm"]()
    with pytest.raises(ValueError, match="cell must be an index into x"):
        graph(Evaluation(norm.derive(), *setting(norm, rng)), (0, 0, 3, 0))
