"""Normlib computes what PyTorch, Keras, TensorFlow, Flax and timm compute: y, every gradient, running statistics."""

from __future__ import annotations

from dataclasses import replace

import pytest

from normlib import NORMS
from normlib.running import Running

from .case import Case
from .compare import assert_agree, loss_of
from .golden import FRAMEWORKS, committed, path

GOLDEN = {name: committed(name) for name in FRAMEWORKS}
CASES = [
    pytest.param(name, case, dtype, id=f"{name}: {case.name}, {dtype}")
    for name, framework in FRAMEWORKS.items()
    for case in framework.cases
    for dtype in case.dtypes
]
RUNNING = [
    pytest.param(name, case, id=f"{name}: {case.name}")
    for name, framework in FRAMEWORKS.items()
    for case in framework.running
]
every_case = pytest.mark.parametrize(("name", "case", "dtype"), CASES)

FAMILIES = (("NCHW", "NHWC", "HWKM"), ("NCL", "NLC"), ("NCDHW", "NDHWC"), ("NC",))
LAYOUTS = {layout: [other for other in family if other != layout] for family in FAMILIES for layout in family}


def operator(case: Case):
    """Return the operator of normlib that the case names."""
    cls = NORMS[case.operator]
    return replace(cls.presets()[case.preset] if case.preset else cls(), **case.settings)


def outputs_of(norm, inputs):
    """Return what normlib computes of a case, y and all gradients first, named as in the golden file."""
    given = dict(inputs)
    dy = given.pop("dy")
    moved = {}
    if hasattr(
        norm, "corrections"
    ):  # batch renormalization: r and d come of the running statistics, in a step of its own
        given |= norm.corrections(given["x"], Running(given.pop("running_mean"), given.pop("running_var")))
    if hasattr(norm, "power_iteration"):  # spectral normalization: and so do u and v of those before
        moved = norm.power_iteration(**norm.init(given["x"].shape) | given)
        given |= moved
    y, cache = norm.forward(**given)
    return {"y": y, **moved, **{f"d{name}": grad for name, grad in norm.backward(dy, cache).items()}}


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


def names_of(case: Case) -> set[str]:
    """Return what a framework computes of a case: y, what else it returns, and a gradient for all that is not fixed."""
    return {"y", *case.besides, *(f"d{name}" for name in case.shapes if name not in case.fixed)}


@every_case
def test_normlib_computes_what_the_framework_computes(name, case, dtype):
    ours, theirs = outputs_of(operator(case), case.inputs(dtype)), golden_of(name, case, dtype)
    assert set(theirs) == names_of(case) <= set(ours)
    for what, expected in theirs.items():
        assert ours[what].dtype == dtype
        assert_agree(ours[what], expected, dtype, what, loss_of(case))


@every_case
def test_and_in_every_layout(name, case, dtype):
    norm = operator(case)
    theirs = golden_of(name, case, dtype)
    for layout in LAYOUTS[norm.layout]:
        inputs = {key: turned(a, norm.layout, layout) for key, a in case.inputs(dtype).items()}
        ours = outputs_of(replace(norm, layout=layout), inputs)
        for what, expected in theirs.items():
            there = turned(expected, norm.layout, layout)
            assert_agree(ours[what], there, dtype, f"{what} in {layout}", loss_of(case))


def averaged(norm, case, **changes):
    """Return normlib's running statistics after the batches of a case."""
    norm = replace(norm, **changes)
    running = norm.start(case.shape[2])
    for x in case.batches():
        _, cache = norm.forward(x, **norm.init(x.shape))
        running = norm.update(running, cache)
    return running


@pytest.mark.parametrize(("name", "case"), RUNNING)
def test_running_statistics_are_the_frameworks(name, case):
    running = averaged(operator(case), case)
    for what in ("mean", "var"):
        assert_agree(getattr(running, what), GOLDEN[name][f"{case.name}/{what}"], "float64", what)


def test_every_operator_is_held_against_something_that_is_not_normlib():
    assert set(NORMS) == {case.operator for framework in FRAMEWORKS.values() for case in framework.cases}


# The cases can tell: what another framework does there is not accepted.


WRONG = [
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
    ("pytorch", "lp_norm, p 2, shorter than its least norm", {"eps": 0.0}),
    ("tensorflow", "lp_norm, TensorFlow, l2, shorter than its least norm", {"eps": 1e-12}),
    ("papers", "lp_norm, MatConvNet", {"eps_in_sum": False}),
    ("pytorch", "spectral_norm, one step", {"first": "v"}),
    ("pytorch", "spectral_norm, three steps", {"iterations": 2}),
    ("keras", "spectral_norm, Keras", {"first": "u"}),
    ("papers", "weight_standardization, authors", {"unbiased": False}),
    ("timm", "weight_standardization, timm, eps", {"eps_in_root": False}),
    ("timm", "filter_response_norm, timm, eps", {"eps": 1e-6}),
    ("keras", "batch_renorm, Keras, clipped", {"r_max": 1.2}),
    ("papers", "batch_renorm, clipped", {"d_max": 0.06}),
    ("papers", "switchable_norm, authors' code", {"unbiased": False}),
]


@pytest.mark.parametrize(("name", "what", "wrong"), WRONG)
def test_another_convention_is_told_apart(name, what, wrong):
    (case,) = (case for case in FRAMEWORKS[name].cases if case.name == what)
    for dtype in case.dtypes:
        ours = outputs_of(replace(operator(case), **wrong), case.inputs(dtype))
        with pytest.raises(AssertionError, match="ulps"):
            assert_agree(ours["y"], golden_of(name, case, dtype)["y"], dtype, "y", 1e3 * loss_of(case))


@pytest.mark.parametrize(("name", "case"), RUNNING)
def test_another_weight_of_the_new_batch_is_told_apart(name, case):
    running = averaged(operator(case), case, momentum=0.123)
    with pytest.raises(AssertionError, match="ulps"):
        assert_agree(running.var, GOLDEN[name][f"{case.name}/var"], "float64", "var", 1e6)


@pytest.mark.parametrize(("name", "case"), [pair for pair in RUNNING if pair.values[1].operator == "batch_norm"])
def test_the_other_variance_is_told_apart(name, case):
    running = averaged(operator(case), case, unbiased=not operator(case).unbiased)
    with pytest.raises(AssertionError, match="ulps"):
        assert_agree(running.var, GOLDEN[name][f"{case.name}/var"], "float64", "var", 1e6)


# The files.


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_file_holds_the_numbers_of_its_cases_and_no_others(name):
    framework = FRAMEWORKS[name]
    wanted = {
        f"{case.name}/{dtype}/{what}" for case in framework.cases for dtype in case.dtypes for what in names_of(case)
    }
    wanted |= {f"{case.name}/{what}" for case in framework.running for what in ("mean", "var")}
    assert set(GOLDEN[name]) == wanted


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
