"""Normlib computes what ONNX's own node tests and its reference evaluator compute.

ONNX has no gradients. Its node tests are float32 and are held to their own tolerance; inputs of our own are held to
ours. Of the two LRN node tests both also pass where nothing is normalized (alpha is 1e-4 there), so they prove little.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from math import prod
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.backend.test.case import node as node_tests
from onnx.reference import ReferenceEvaluator

from normlib import NORMS

from .case import Array
from .compare import assert_agree


def lrn(x, size, alpha=1e-4, beta=0.75, bias=1.0):
    """LRN-13: alpha over the size; an even window has its extra channel above, ceil((size - 1) / 2)."""
    norm = replace(NORMS["local_response_norm"].presets()["ONNX"], size=size, alpha=alpha, beta=beta, k=bias)
    return (norm.forward(x)[0],)


def batch_normalization(x, scale, bias, mean, var, epsilon=1e-5, momentum=0.9, training_mode=0):
    """BatchNormalization-15: momentum weighs the old value; the running variance is biased."""
    norm = replace(NORMS["batch_norm"].presets()["ONNX"], eps=epsilon, momentum=1 - momentum)
    if not training_mode:
        fixed = {"running_mean": mean, "running_var": var}
        return (replace(norm, training=False).forward(x, gamma=scale, beta=bias, **fixed)[0],)
    y, cache = norm.forward(x, gamma=scale, beta=bias)
    running = norm.update(norm.start(x.shape[1])._replace(mean=mean, var=var), cache)
    return y, running.mean.astype(x.dtype), running.var.astype(x.dtype)


def mean_variance_normalization(x, axes=(0, 2, 3)):
    """MeanVarianceNormalization-13: eps 1e-9 outside the root; which axes is up to the node."""
    norm = replace(NORMS["mean_variance_norm"].presets()["ONNX"], across_samples=0 in axes, across_channels=1 in axes)
    return (norm.forward(x)[0],)


def per_channel(key: str) -> Callable[..., Any]:
    """InstanceNormalization-22 and GroupNormalization-21: scale and bias per channel."""

    def compute(x, scale, bias, epsilon=1e-5, num_groups=None):
        settings = {"groups": num_groups} if num_groups else {}
        norm = replace(NORMS[key].presets()["ONNX"], eps=epsilon, **settings)
        return (norm.forward(x, gamma=scale, beta=bias)[0],)

    return compute


def over_last_axes(key: str) -> Callable[..., Any]:
    """LayerNormalization-17 and RMSNormalization-23: every axis from `axis` on shares a statistic."""

    def compute(x, *params, axis=-1, epsilon=1e-5):
        columns = prod(x.shape[axis:])
        norm = replace(NORMS[key].presets()["ONNX"], eps=epsilon, layout="NC")
        given = {name: p.reshape(columns) for name, p in zip(("gamma", "beta"), params, strict=False)}
        return (norm.forward(x.reshape(-1, columns), **given)[0].reshape(x.shape),)

    return compute


def lp_normalization(x, axis=-1, p=2):
    """LpNormalization-22, by turning the axis to the channels; a zero norm gives zeros."""
    norm = replace(NORMS["lp_norm"].presets()["ONNX"], p=p, layout="NC")
    turned = np.moveaxis(x, axis, -1)
    y, _ = norm.forward(turned.reshape(-1, x.shape[axis]))
    return (np.moveaxis(y.reshape(turned.shape), -1, axis),)


OPERATORS: dict[str, tuple[str, Callable[..., Any]]] = {  # the file of its node tests, and the same by normlib
    "LRN": ("lrn", lrn),
    "BatchNormalization": ("batch_normalization", batch_normalization),
    "MeanVarianceNormalization": ("meanvariancenormalization", mean_variance_normalization),
    "InstanceNormalization": ("instance_normalization", per_channel("instance_norm")),
    "GroupNormalization": ("groupnormalization", per_channel("group_norm")),
    "LayerNormalization": ("layernormalization", over_last_axes("layer_norm")),
    "RMSNormalization": ("rmsnormalization", over_last_axes("rms_norm")),
    "LpNormalization": ("lpnormalization", lp_normalization),
}


def collected() -> list[Any]:
    """Return ONNX's node tests of these operators; those of one node, not the same once more as a function's body."""
    for file, _ in OPERATORS.values():
        with warnings.catch_warnings():  # they are computed at import, by 0 / 0 in one place
            warnings.simplefilter("ignore", RuntimeWarning)
            import_module(f"onnx.backend.test.case.node.{file}")
    single = [test for test in node_tests._NodeTestCases if len(test.model.graph.node) == 1]
    return [test for test in single if test.model.graph.node[0].op_type in OPERATORS]


NODE_TESTS = collected()


def attributes(node) -> dict[str, Any]:
    """Return a node's attributes as Python values; an integer's list as a tuple."""
    values = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    return {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}


@pytest.mark.parametrize("test", NODE_TESTS, ids=[test.name for test in NODE_TESTS])
def test_normlib_passes_onnxs_node_test(test):
    (node,) = test.model.graph.node
    _, compute = OPERATORS[node.op_type]
    for inputs, outputs in test.data_sets:
        ours = compute(*inputs, **attributes(node))
        for actual, expected in zip(ours, outputs, strict=False):  # layer's mean and deviation are no output of normlib
            np.testing.assert_allclose(actual, expected, rtol=test.rtol, atol=test.atol)


def test_there_are_node_tests_of_every_operator():
    assert {test.model.graph.node[0].op_type for test in NODE_TESTS} == set(OPERATORS)


def test_the_node_tests_of_lrn_pass_without_any_normalization_too():
    """So they prove little, and inputs of our own follow."""
    for test in NODE_TESTS:
        if test.model.graph.node[0].op_type == "LRN":
            (((x,), (expected,)),) = test.data_sets
            given = attributes(test.model.graph.node[0])
            nothing = x * given.get("bias", 1.0) ** -given.get("beta", 0.75)
            np.testing.assert_allclose(nothing, expected, rtol=test.rtol, atol=test.atol)


# Inputs of our own, through the reference evaluator.


def reference(op: str, inputs: list[Array], outputs: int = 1, opset: int = 23, **settings: Any) -> list[Array]:
    """Run one node in ONNX's reference evaluator."""
    kind = onnx.helper.np_dtype_to_tensor_dtype(inputs[0].dtype)
    names, results = [f"in{i}" for i in range(len(inputs))], [f"out{i}" for i in range(outputs)]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(op, names, results, **settings)],
        op,
        [onnx.helper.make_tensor_value_info(name, kind, a.shape) for name, a in zip(names, inputs, strict=True)],
        [onnx.helper.make_tensor_value_info(name, kind, None) for name in results],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)])
    return ReferenceEvaluator(model).run(None, dict(zip(names, inputs, strict=True)))


def float32(value: float) -> float:
    """Return the number that an attribute of ONNX, a float32, holds."""
    return float(np.float32(value))


both = pytest.mark.parametrize("dtype", ["float64", "float32"])


# The evaluator's LRN counts its channels by the examples, `for c in range(x.shape[0])`: with fewer examples than
# channels the last ones stay undamped, with more it fails. So as many examples as channels, where it is right; and it
# divides alpha, a float32, by the size in float32: here without a remainder.
@both
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 11])
def test_local_response_normalization_that_tells(size, dtype):
    x = np.random.default_rng(size).normal(size=(6, 6, 2, 3)).astype(dtype)
    settings = {"alpha": 0.25 * size, "beta": 0.75, "bias": 2.0, "size": size}
    (expected,) = reference("LRN", [x], opset=13, **settings)
    assert float(np.abs(expected / x).max()) < 0.6  # 2^-0.75: all is damped
    assert_agree(lrn(x, **settings)[0], expected, dtype, "y")


def test_an_even_window_that_leans_low_is_told_apart():
    x = np.random.default_rng(0).normal(size=(6, 6, 2, 3))
    (expected,) = reference("LRN", [x], opset=13, size=4, alpha=1.0)
    low = replace(NORMS["local_response_norm"].presets()["PyTorch"], size=4, alpha=1.0)
    with pytest.raises(AssertionError, match="ulps"):
        assert_agree(low.forward(x)[0], expected, "float64", "y", 1e6)


SHAPES = pytest.mark.parametrize("shape", [(4, 3, 3, 2), (1, 3, 2, 2), (5, 3, 1, 1), (3, 1, 2, 2), (1, 1, 1, 1)])


def channel_inputs(shape, dtype, statistics=True):
    rng = np.random.default_rng(sum(shape))
    x = rng.normal(1, 0.02, shape)  # so little spread that eps tells
    params = [rng.normal(size=shape[1]) for _ in range(3 if statistics else 2)]
    return [a.astype(dtype) for a in (x, *params, *([rng.uniform(0.5, 2, shape[1])] if statistics else []))]


@both
@SHAPES
@pytest.mark.parametrize("training", [0, 1])
def test_batch_normalization(shape, dtype, training):
    inputs = channel_inputs(shape, dtype)
    settings = {"epsilon": float32(1e-3), "momentum": float32(0.7), "training_mode": training}
    outputs = 3 if training else 1
    expected = reference("BatchNormalization", inputs, outputs, opset=15, **settings)
    ours = batch_normalization(*inputs, **settings)
    for name, actual, wanted in zip(("y", "running mean", "running variance"), ours, expected, strict=False):
        # The mean is known to an ulp of 1, 50 times the spread of x; the evaluator sums float32 in float32.
        assert_agree(actual, wanted, dtype, name, 50)


# The operator is a function of other nodes, its eps a float32 constant among them: the evaluator takes float32 only. It
# is defined by E[x^2] - E[x]^2, which around a mean of a quarter of the spread still keeps all but an ulp or two.
@pytest.mark.parametrize("axes", [(0, 2, 3), (2, 3), (1, 2, 3), (0, 1, 2, 3)])
def test_mean_variance_normalization(axes):
    x = np.random.default_rng(1).normal(0.5, 2, (4, 3, 3, 2)).astype(np.float32)
    (expected,) = reference("MeanVarianceNormalization", [x], opset=13, axes=axes)
    assert_agree(mean_variance_normalization(x, axes)[0], expected, "float32", "y")


def test_mean_variance_normalization_of_onnx_fails_far_from_zero_where_normlib_holds():
    x = np.random.default_rng(1).normal(1e4, 1, (4, 3, 8, 8)).astype(np.float32)
    exact = mean_variance_normalization(x.astype(float))[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        (theirs,) = reference("MeanVarianceNormalization", [x], opset=13, axes=(0, 2, 3))
    assert not np.allclose(theirs, exact, atol=0.1)
    np.testing.assert_allclose(mean_variance_normalization(x)[0], exact, atol=1e-5)


# Layer, instance, group and root mean square.


@both
@SHAPES
@pytest.mark.parametrize("epsilon", [1e-5, 1e-3, 0.5])
def test_instance_normalization(shape, dtype, epsilon):
    inputs = channel_inputs(shape, dtype, statistics=False)
    (expected,) = reference("InstanceNormalization", inputs, opset=22, epsilon=float32(epsilon))
    (y,) = per_channel("instance_norm")(*inputs, epsilon=float32(epsilon))
    assert_agree(y, expected, dtype, "y", 50)


# A function of other nodes, which cast to float32 whatever comes in (stash_type 1).
@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_group_normalization(groups):
    inputs = channel_inputs((3, 6, 2, 2), "float32", statistics=False)
    (expected,) = reference("GroupNormalization", inputs, opset=21, epsilon=float32(1e-3), num_groups=groups)
    (y,) = per_channel("group_norm")(*inputs, epsilon=float32(1e-3), num_groups=groups)
    assert_agree(y, expected, "float32", "y", 50)


@both
@pytest.mark.parametrize("axis", [0, 1, 2, 3, -2])
@pytest.mark.parametrize(("op", "key"), [("LayerNormalization", "layer_norm"), ("RMSNormalization", "rms_norm")])
def test_normalization_over_the_last_axes(op, key, axis, dtype):
    rng = np.random.default_rng(7)
    x = rng.normal(0.01, 0.02, (2, 3, 2, 4)).astype(dtype)
    params = [rng.normal(size=x.shape[axis:]).astype(dtype) for _ in range(2 if op == "LayerNormalization" else 1)]
    (expected,) = reference(op, [x, *params], axis=axis, epsilon=float32(1e-4))
    (y,) = over_last_axes(key)(x, *params, axis=axis, epsilon=float32(1e-4))
    assert_agree(y, expected, dtype, "y")


# With p = 1 the evaluator divides by the sum of x, where the operator's text and its node tests say of |x|: it makes
# (1, -3, 4) / 2 of (1, -3, 4). So p = 1 is held against positive numbers.
@both
@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_lp_normalization(p, axis, dtype):
    x = np.random.default_rng(p).normal(size=(3, 4, 2)).astype(dtype)
    x = np.abs(x) if p == 1 else x
    x[0] = 0 if axis else x[0]  # a norm of zero gives zeros
    with np.errstate(invalid="ignore"):
        (expected,) = reference("LpNormalization", [x], opset=22, axis=axis, p=p)
    assert_agree(lp_normalization(x, axis, p)[0], expected, dtype, "y")
