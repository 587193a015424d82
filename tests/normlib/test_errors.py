"""What is wrong with an input is said in words: what must hold, what was given, what to do."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from normlib import NORMS, discover
from normlib.gradcheck import certify

every_norm = pytest.mark.parametrize("norm", [cls() for cls in NORMS.values()], ids=NORMS.keys())
X = np.random.default_rng(0).normal(size=(2, 3, 4, 5))


@every_norm
@pytest.mark.parametrize("dtype", [int, bool, np.uint8, complex, object, "datetime64[s]"])
def test_what_is_not_floating_point_is_refused(norm, dtype):
    x = np.zeros(norm.pool.fit((2, 3, 4, 5)), dtype=dtype)
    with pytest.raises(ValueError, match=rf"{type(norm).__name__}: x must hold floating-point .*got .*astype\(float\)"):
        norm.forward(x, **norm.init(x.shape))


@every_norm
@pytest.mark.parametrize(
    ("shape", "remedy"),
    [
        ((), "there are some for 2 to 5"),
        ((3,), "there are some for 2 to 5"),
        ((2, 3), "NC"),
        ((2, 3, 4), "NCL, NLC"),
        ((2, 3, 4, 5, 6), "NCDHW, NDHWC"),
    ],
)
def test_what_has_not_the_axes_of_its_layout_is_refused(norm, shape, remedy):
    words = rf"x's shape must have 4 axes \(NCHW\), got {re.escape(str(shape))}. .*as many axes: {remedy}\."
    with pytest.raises(ValueError, match=words):
        norm.forward(np.zeros(shape))


@every_norm
def test_each_layout_says_how_many_axes_it_has(norm):
    with pytest.raises(ValueError, match=r"x's shape must have 3 axes \(NLC\), got \(2, 3, 4, 5\)"):
        replace(norm, layout="NLC").forward(X)


@every_norm
@pytest.mark.parametrize("shape", [(0, 3, 4, 5), (2, 3, 0, 5)])
def test_an_empty_axis_is_refused(norm, shape):
    with pytest.raises(ValueError, match=r"x's shape must have no empty axis, got .* Leave an empty batch out"):
        norm.forward(np.zeros(shape))


@every_norm
def test_a_shape_of_another_layout_has_no_parameters(norm):
    with pytest.raises(ValueError, match=r"init: shape must have 4 axes \(NCHW\), got \(2, 3\)"):
        norm.init((2, 3))


@every_norm
@pytest.mark.parametrize("shape", [(2, 3, 4, 6), (3, 4, 5), ()])
def test_an_upstream_gradient_of_another_shape_is_refused(norm, shape):
    x = np.zeros(norm.pool.fit((2, 3, 4, 5)))
    _, cache = norm.forward(x, **norm.init(x.shape))
    with pytest.raises(ValueError, match=rf"backward: dy must have the shape {re.escape(str(x.shape))} of y, got "):
        norm.backward(np.zeros(shape), cache)


def test_of_a_volume_the_depth_and_rows_of_an_upstream_gradient_are_told_together():
    norm, x = NORMS["batch_norm"](layout="NDHWC"), np.zeros((2, 3, 4, 5, 6))
    _, cache = norm.forward(x, **norm.init(x.shape))
    with pytest.raises(ValueError, match=r"dy must have the shape \(2, D, H, 5, 6\) with D \* H = 12 of y, got"):
        norm.backward(np.zeros((2, 3, 3, 5, 6)), cache)


@every_norm
def test_an_integer_upstream_gradient_is_refused(norm):
    x = np.zeros(norm.pool.fit((2, 3, 4, 5)))
    _, cache = norm.forward(x, **norm.init(x.shape))
    with pytest.raises(ValueError, match="dy must hold floating-point numbers, got int64"):
        norm.backward(np.ones(x.shape, dtype=int), cache)


@every_norm
def test_an_unknown_parameter_is_refused(norm):
    x = np.zeros(norm.pool.fit((2, 3, 4, 5)))
    with pytest.raises(ValueError, match=r"forward: the parameters must be .*got .*'delta'.*init\(x.shape\)"):
        norm.forward(x, **norm.init(x.shape), delta=np.zeros(3))


@pytest.mark.parametrize("missing", ["gamma", "beta", "running_mean", "running_var"])
def test_a_missing_parameter_is_refused(missing):
    norm = NORMS["batch_norm"](training=False)
    params = {name: p for name, p in norm.init(X.shape).items() if name != missing}
    with pytest.raises(ValueError, match=rf"the parameters must be \[.*'{missing}'.*\], got "):
        norm.forward(X, **params)


@pytest.mark.parametrize("shape", [(4,), (1,), (3, 1), (1, 3, 1, 1), ()])
def test_a_misshapen_parameter_is_refused(shape):
    with pytest.raises(ValueError, match=r"gamma must have shape \(3,\) for x \(2, 3, 4, 5\) \(NCHW\), got "):
        NORMS["batch_norm"]().forward(X, gamma=np.ones(shape), beta=np.zeros(3))


def test_a_negative_running_variance_is_refused():
    norm = NORMS["batch_norm"](training=False)
    params = norm.init(X.shape) | {"running_var": np.array([1.0, -0.5, 1.0])}
    with pytest.raises(ValueError, match=r"running_var must not be negative, got -0.5. Pass variances"):
        norm.forward(X, **params)


@pytest.mark.parametrize(
    ("key", "fields", "words"),
    [
        ("batch_norm", {"eps": -1e-5}, r"BatchNorm: eps must be in \[0, 10\], got -1e-05"),
        ("batch_norm", {"eps": float("nan")}, "eps must be in .*got nan"),
        ("batch_norm", {"eps": float("inf")}, "eps must be in .*got inf"),
        ("batch_norm", {"eps": "1e-5"}, "eps must be a number, got '1e-5'"),
        ("batch_norm", {"eps": None}, "eps must be a number, got None"),
        ("batch_norm", {"momentum": 1.5}, r"momentum must be in \[0, 1\], got 1.5"),
        ("batch_norm", {"training": 1}, "training must be True or False, got 1"),
        ("batch_norm", {"layout": "CHWN"}, r"layout must be one of \['NCHW', 'NHWC', .*\], got 'CHWN'"),
        ("cross_channel_norm", {"size": 0}, "size must be in .*got 0. The number of channels in the window"),
        ("cross_channel_norm", {"size": 2.5}, "size must be an integer, got 2.5"),
        ("cross_channel_norm", {"size": True}, "size must be an integer, got True"),
        ("cross_channel_norm", {"k": 0.0}, "k must be in .*got 0.0"),
        ("spatial_norm", {"height": -1}, "height must be in .*got -1"),
        ("spatial_norm", {"alpha": -1.0}, "alpha must be in .*got -1.0"),
        (
            "local_response_norm",
            {"mode": "WITHIN_CHANNEL"},
            r"mode must be one of \['across_channels', 'within_channel'\]",
        ),
        ("local_response_norm", {"lean": "left"}, r"lean must be one of \['high', 'low'\], got 'left'"),
        ("mean_variance_norm", {"across_channels": "no"}, "across_channels must be True or False, got 'no'"),
    ],
)
def test_a_hyperparameter_outside_its_range_is_refused(key, fields, words):
    with pytest.raises(ValueError, match=words):
        NORMS[key](**fields)


@every_norm
@pytest.mark.parametrize("cell", [(2, 0, 0, 0), (0, 0, 0, -1), (0, 0, 0)])
def test_a_cell_outside_the_shape_is_refused(norm, cell):
    shape = norm.pool.fit((2, 3, 4, 5))
    words = rf"pooled: cell must be an index into the 4 axes of shape {re.escape(str(shape))}, got "
    with pytest.raises(ValueError, match=words):
        norm.pooled(shape, cell)


@every_norm
def test_cells_of_a_shape_of_another_layout_are_refused(norm):
    with pytest.raises(ValueError, match=r"pooled: shape must have 4 axes \(NCHW\), got \(2, 3\)"):
        norm.pooled((2, 3), (0, 0))


@every_norm
def test_a_certificate_speaks_up_about_a_wrong_input(norm):
    with pytest.raises(ValueError, match="must have 4 axes"):
        certify(norm, np.zeros((2, 3)))


# The registry.


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Make a package of operator files; its name is its own, for modules are remembered."""

    def make(name, **files):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").write_text("")
        for file, text in files.items():
            (folder / f"{file}.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        made = import_module(name)
        for loaded in [m for m in sys.modules if m.startswith(name)]:
            monkeypatch.delitem(sys.modules, loaded)
        return made

    return make


def test_a_file_without_an_operator_is_named(package):
    with pytest.raises(ImportError, match=r"^without_any/empty.py must define exactly one Norm, found 0"):
        discover(package("without_any", empty="from normlib.norms.batch_norm import BatchNorm"))


def test_a_file_with_two_operators_is_named(package):
    text = "from normlib.norms.batch_norm import BatchNorm\nclass A(BatchNorm): pass\nclass B(BatchNorm): pass"
    with pytest.raises(ImportError, match=r"^with_two/both.py must define exactly one Norm, found 2"):
        discover(package("with_two", both=text))


def test_a_new_file_is_found_without_being_listed(package):
    text = "from normlib.norms.batch_norm import BatchNorm\nclass Mine(BatchNorm): pass"
    assert [cls.__name__ for cls in discover(package("with_one", mine=text)).values()] == ["Mine"]


def test_the_registry_holds_the_talks_operators_and_cannot_be_written():
    talk = {"cross_channel_norm", "spatial_norm", "local_response_norm", "mean_variance_norm", "batch_norm"}
    assert talk <= set(NORMS)
    with pytest.raises(TypeError):
        NORMS["mine"] = NORMS["batch_norm"]
