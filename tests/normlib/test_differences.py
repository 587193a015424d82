"""The same numbers through every framework's habits, counted by hand."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from normlib import NORMS
from normlib.differences import differences

BatchNorm = NORMS["batch_norm"]
PAIR = np.array([0.0, 4.0]).reshape(2, 1, 1, 1)  # mean 2, variance 4, unbiased 8


def rows_of(norm, x):
    return {row.framework: row for row in differences(norm, x)}


@pytest.mark.parametrize(
    ("framework", "fields", "eps", "mean", "var"),
    [
        ("normlib", {}, 1e-5, 0.1 * 2, 0.9 + 0.1 * 8),
        ("PyTorch", {}, 1e-5, 0.1 * 2, 0.9 + 0.1 * 8),
        ("ONNX", {"unbiased": False}, 1e-5, 0.1 * 2, 0.9 + 0.1 * 4),
        ("Keras", {"eps": 1e-3, "momentum": 0.01, "unbiased": False}, 1e-3, 0.01 * 2, 0.99 + 0.01 * 4),
        ("Flax", {"momentum": 0.01, "unbiased": False}, 1e-5, 0.01 * 2, 0.99 + 0.01 * 4),
        ("Caffe", {"momentum": 0.001, "affine": False, "debias": True}, 1e-5, 2, 8),
        (
            "MatConvNet",
            {"eps": 1e-4, "unbiased": False, "averages": "deviation"},
            1e-4,
            0.1 * 2,
            0.01 * (4 + 1e-4) - 1e-4,
        ),
        ("Ioffe & Szegedy", {"momentum": 0.0, "debias": True}, 1e-5, 2, 8),
    ],
)
def test_two_numbers_through_every_batch_normalization(framework, fields, eps, mean, var):
    row = rows_of(BatchNorm(), PAIR)[framework]
    assert dict(row.fields) == fields
    np.testing.assert_allclose(row.y.ravel(), [-2 / sqrt(4 + eps), 2 / sqrt(4 + eps)], rtol=1e-13)
    assert (row.running.mean.item(), row.running.var.item()) == pytest.approx((mean, var), rel=1e-12)


def test_each_mean_variance_normalization_by_hand():
    """0, 2 and 4, 8: alone 1 +- 1 and 6 +- 2; together 3.5 and a variance of (12.25 + 2.25 + .25 + 20.25) / 4."""
    x = np.array([0.0, 2.0, 4.0, 8.0]).reshape(2, 1, 1, 2)
    rows = rows_of(NORMS["mean_variance_norm"](), x)
    assert {name: dict(row.fields) for name, row in rows.items()} == {
        "normlib": {},
        "Caffe": {},
        "OpenCV": {"eps_in_root": True},
        "ONNX": {"across_samples": True},
    }
    for name in ("normlib", "Caffe", "OpenCV"):
        np.testing.assert_allclose(rows[name].y.ravel(), [-1, 1, -1, 1], rtol=1e-8)
    np.testing.assert_allclose(rows["ONNX"].y.ravel(), np.array([-3.5, -1.5, 0.5, 4.5]) / sqrt(8.75), rtol=1e-8)
    assert {row.running for row in rows.values()} == {None}


def test_one_number_through_every_root_mean_square():
    rows = rows_of(NORMS["rms_norm"](), np.full((1, 1, 1, 1), 1e-3))
    for name, eps in (("PyTorch", 2.0**-23), ("ONNX", 1e-5), ("Keras", 1e-6), ("Flax", 1e-6)):
        assert rows[name].y.item() == pytest.approx(1e-3 / sqrt(1e-6 + eps))
        assert dict(rows[name].fields) == ({} if eps == 1e-6 else {"eps": eps})


def test_fields_are_told_beside_the_operator_that_is_asked_about():
    rows = rows_of(BatchNorm.keras(), PAIR)
    assert dict(rows["Keras"].fields) == {}
    assert dict(rows["PyTorch"].fields) == {"eps": 1e-5, "momentum": 0.1, "unbiased": True}


def test_an_even_window_that_all_are_given_leans_high_in_onnx_and_low_in_pytorch():
    """Of 0, 3, 4 in three channels the middle one sees 3 and 4, or 0 and 3."""
    x = np.array([0.0, 3.0, 4.0]).reshape(1, 3, 1, 1)
    rows = {row.framework: row for row in differences(NORMS["local_response_norm"](), x, size=2)}
    assert dict(rows["ONNX"].fields) == {"alpha": 1e-4}
    assert dict(rows["PyTorch"].fields) == {"alpha": 1e-4, "lean": "low"}
    for name, squares in (("ONNX", 25), ("PyTorch", 9)):
        assert rows[name].y[0, 1, 0, 0] == pytest.approx(3 * (1 + 1e-4 / 2 * squares) ** -0.75, rel=1e-14)


def test_rows_keep_to_the_layout_of_the_operator():
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    first, last = (rows_of(BatchNorm(layout=layout), x) for layout in ("NCL", "NLC"))
    for row in first.values():
        expected = x.mean((0, 2)) * row.running.mean[0] / x.mean((0, 2))[0]
        np.testing.assert_allclose(row.running.mean, expected)
    for name, row in last.items():
        assert row.running.mean.shape == (4,)
        assert row.y.shape == x.shape
        assert "layout" not in row.fields, name


@pytest.mark.parametrize("key", NORMS)
def test_every_operator_has_a_row_for_each_of_its_presets(key):
    cls = NORMS[key]
    x = np.random.default_rng(0).normal(size=(2, 64, 2, 2))
    rows = differences(cls(), x)
    assert [row.framework for row in rows] == ["normlib", *cls.presets()]
    for row in rows:
        np.testing.assert_array_equal(row.y, row.norm.forward(x, **row.norm.init(x.shape))[0])
        assert all(getattr(row.norm, name) == value for name, value in row.fields.items())
        assert (row.running is not None) == hasattr(cls, "update")


def test_at_inference_there_is_nothing_to_average():
    with pytest.raises(ValueError, match=r"BatchNorm.update: .*got training=False"):
        differences(BatchNorm(training=False), PAIR)
