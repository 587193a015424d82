"""Normlib computes what PyTorch, Keras, TensorFlow, Flax and timm compute: y, every gradient, running statistics."""

from __future__ import annotations

from dataclasses import replace

import pytest

from normlib import NORMS

from .case import Case
from .compare import assert_agree, loss_of
from .golden import FRAMEWORKS, committed, path

GOLDEN = {name: committed(name) for name in FRAMEWORKS}
CASES = [
    pytest.param(name, case, dtype, id=f"{name}: {case.name}, {dtype}")
    for name, framework in FRAMEWORKS.items()
    for case in framework.cases
    for dtype in case.dtypes
    if case.operator in NORMS
]
RUNNING = [
    pytest.param(name, case, id=f"{name}: {case.name}")
    for name, framework in FRAMEWORKS.items()
    for case in framework.running
]
every_case = pytest.mark.parametrize(("name", "case", "dtype"), CASES)

LAYOUTS = {
    "NCHW": ("NHWC", "HWKM"),
    "NHWC": ("NCHW", "HWKM"),
    "NCL": ("NLC",),
    "NLC": ("NCL",),
    "NCDHW": ("NDHWC",),
    "NC": (),
}


def operator(case: Case):
    """Return the operator of normlib that the case names."""
    cls = NORMS[case.operator]
    return replace(cls.presets()[case.preset] if case.preset else cls(), **case.settings)


def outputs_of(norm, inputs):
    """Return y and all gradients as normlib computes them, named as in the golden file."""
    given = dict(inputs)
    dy = given.pop("dy")
    shapes = {name: p.shape for name, p in norm.init(given["x"].shape).items()}
    y, cache = norm.forward(**{name: a.reshape(shapes.get(name, a.shape)) for name, a in given.items()})
    return {"y": y, **{f"d{name}": grad for name, grad in norm.backward(dy, cache).items()}}


def turned(array, layout, other):
    """Return an array in another layout: a whole x, an example of it, or what has no such axes at all."""
    names, wanted = layout.replace("K", "C").replace("M", "N"), other.replace("K", "C").replace("M", "N")
    if 1 < array.ndim == len(layout) - 1:
        names, wanted = names.replace("N", ""), wanted.replace("N", "")
    return array.transpose([names.index(axis) for axis in wanted]) if array.ndim == len(names) > 1 else array


def golden_of(name: str, case: Case, dtype: str):
    """Return what the framework computed, by name."""
    prefix = f"{case.name}/{dtype}/"
    return {key.removeprefix(prefix): array for key, array in GOLDEN[name].items() if key.startswith(prefix)}


@every_case
def test_normlib_computes_what_the_framework_computes(name, case, dtype):
    ours, theirs = outputs_of(operator(case), case.inputs(dtype)), golden_of(name, case, dtype)
    assert {"y", "dx"} <= set(theirs) <= set(ours)
    for what, expected in theirs.items():
        assert ours[what].dtype == dtype
        assert_agree(ours[what].reshape(expected.shape), expected, dtype, what, loss_of(case))


@every_case
def test_and_in_every_layout(name, case, dtype):
    norm = operator(case)
    theirs = golden_of(name, case, dtype)
    for layout in LAYOUTS[norm.layout]:
        inputs = {key: turned(a, norm.layout, layout) for key, a in case.inputs(dtype).items()}
        ours = outputs_of(replace(norm, layout=layout), inputs)
        for what, expected in theirs.items():
            expected_there = turned(expected, norm.layout, layout)
            actual = ours[what].reshape(expected_there.shape)
            assert_agree(actual, expected_there, dtype, f"{what} in {layout}", loss_of(case))


@pytest.mark.parametrize(("name", "case"), RUNNING)
def test_running_statistics_are_the_frameworks(name, case):
    norm = replace(NORMS["batch_norm"].presets()[case.preset], **case.settings)
    running = norm.start(case.shape[2])
    for x in case.batches():
        _, cache = norm.forward(x, **norm.init(x.shape))
        running = norm.update(running, cache)
    for what in ("mean", "var"):
        assert_agree(getattr(running, what), GOLDEN[name][f"{case.name}/{what}"], "float64", what)


def test_every_operator_is_held_against_something_that_is_not_normlib():
    assert set(NORMS) <= {case.operator for framework in FRAMEWORKS.values() for case in framework.cases}


# The cases can tell: what another framework does there is not accepted.


@pytest.mark.parametrize(
    ("name", "what", "wrong"),
    [
        ("pytorch", "local_response_norm, PyTorch, window of 4", {"lean": "high"}),
        ("pytorch", "local_response_norm, PyTorch, window of 3", {"divide": False}),
        ("pytorch", "local_response_norm, PyTorch", {"alpha": 0.0}),
        ("pytorch", "cross_channel_norm, MatConvNet", {"alpha": 1e-4}),
        ("tensorflow", "local_response_norm, TensorFlow", {"divide": True}),
        ("papers", "local_response_norm, Caffe within a channel", {"mode": "across_channels"}),
        ("papers", "local_response_norm, Krizhevsky", {"k": 1.0}),
        ("papers", "mean_variance_norm, eps outside the root", {"eps_in_root": True}),
        ("papers", "mean_variance_norm, OpenCV, large eps", {"eps_in_root": False}),
        ("papers", "mean_variance_norm, ONNX", {"across_samples": False}),
        ("pytorch", "batch_norm, training, eps that tells", {"eps": 1e-6}),
        ("keras", "batch_norm, Keras, training, eps that tells", {"eps": 1e-5}),
        ("flax", "batch_norm, Flax, training", {"eps": 1e-6}),
        ("pytorch", "layer_norm, eps that tells", {"eps": 1e-6}),
        ("keras", "layer_norm, Keras", {"eps": 1e-5}),
        ("flax", "layer_norm, Flax", {"eps": 1e-5}),
        ("pytorch", "instance_norm, eps that tells", {"eps": 1e-6}),
        ("flax", "instance_norm, Flax", {"eps": 1e-5}),
        ("pytorch", "group_norm, two groups", {"groups": 4}),
        ("keras", "group_norm, Keras, two groups", {"eps": 1e-5}),
        ("pytorch", "rms_norm, PyTorch's own eps", {"eps": 1e-6}),
        ("pytorch", "rms_norm, PyTorch's own eps of float64", {"eps": 2.0**-23}),
        ("flax", "rms_norm, Flax", {"eps": 1e-5}),
    ],
)
def test_another_convention_is_told_apart(name, what, wrong):
    (case,) = (case for case in FRAMEWORKS[name].cases if case.name == what)
    for dtype in case.dtypes:
        ours = outputs_of(replace(operator(case), **wrong), case.inputs(dtype))
        with pytest.raises(AssertionError, match="ulps"):
            assert_agree(ours["y"], golden_of(name, case, dtype)["y"], dtype, "y", 1e3 * loss_of(case))


@pytest.mark.parametrize(("name", "case"), RUNNING)
def test_the_other_variance_and_the_other_weight_are_told_apart(name, case):
    norm = replace(NORMS["batch_norm"].presets()[case.preset], **case.settings)
    other = replace(norm, unbiased=not norm.unbiased, momentum=1 - norm.momentum)
    running = other.start(case.shape[2])
    for x in case.batches():
        _, cache = other.forward(x, **other.init(x.shape))
        running = other.update(running, cache)
    with pytest.raises(AssertionError, match="ulps"):
        assert_agree(running.var, GOLDEN[name][f"{case.name}/var"], "float64", "var", 1e6)


# The files.


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_file_holds_the_numbers_of_its_cases_and_no_others(name):
    framework = FRAMEWORKS[name]
    wanted = {f"{case.name}/{dtype}/y" for case in framework.cases for dtype in case.dtypes}
    wanted |= {f"{case.name}/{what}" for case in framework.running for what in ("mean", "var")}
    held = {key for key in GOLDEN[name] if not key.rsplit("/", 1)[1].startswith("d")}
    assert held == wanted


def test_all_files_together_are_small():
    assert sum(path(name).stat().st_size for name in FRAMEWORKS) < 600_000


HERE = [name for name, framework in FRAMEWORKS.items() if framework.is_here]

if HERE:  # one more check where a framework is installed; without one there is nothing to hold the files against

    @pytest.mark.parametrize("name", HERE)
    def test_a_file_holds_what_the_framework_computes_here(name):
        fresh = FRAMEWORKS[name].compute()
        assert set(fresh) == set(GOLDEN[name])
        losses = {case.name: loss_of(case) for case in FRAMEWORKS[name].cases}
        for key, array in fresh.items():
            loss = losses.get(key.split("/")[0], 1.0)
            assert_agree(array, GOLDEN[name][key], str(array.dtype), key, loss)
