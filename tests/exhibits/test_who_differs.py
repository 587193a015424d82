"""Who differs: what each framework makes of a ramp of numbers, from its documented formula, by hand."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.chart import Chart, Label
from classroom.exhibits.who_differs import CASES, SPREADS, Data, WhoDiffers
from classroom.picture import Cell, Note, Table

MEANS = st.integers(-10, 10).map(lambda n: n / 10)
POWERS = st.integers(-50, 10).map(lambda n: n / 10)
COUNTS = st.integers(2, 12)
SETTINGS = settings(max_examples=15, deadline=None)


def watched(exhibit: WhoDiffers) -> dict[str, float]:
    data = exhibit.compute()
    return dict(zip(data.names, data.watched.tolist(), strict=True))


def top(count: int) -> float:
    """The largest of so many numbers in equal steps with mean 0 and deviation 1."""
    return sqrt(3 * (count - 1) / (count + 1))


def standardized(count: int, spread: float, eps: float) -> float:
    return top(count) * spread / sqrt(spread**2 + eps)


@SETTINGS
@given(MEANS, POWERS, COUNTS)
def test_batch_normalization_differs_by_eps_and_in_what_it_keeps(mean: float, power: float, count: int) -> None:
    exhibit = WhoDiffers(operator="batch", mean=mean, spread=power, cells=count)
    data, spread = exhibit.compute(), 10.0**power
    for name, eps in {"normlib": 1e-5, "PyTorch": 1e-5, "Keras": 1e-3, "Flax": 1e-5, "MatConvNet": 1e-4}.items():
        at = data.names.index(name)
        assert data.watched[at] == pytest.approx(standardized(count, spread, eps), rel=1e-6, abs=1e-9)
    assert data.running is not None
    unbiased = spread**2 * count / (count - 1)
    kept = {
        "PyTorch": (0.1 * mean, 0.9 + 0.1 * unbiased),
        "ONNX": (0.1 * mean, 0.9 + 0.1 * spread**2),
        "Keras": (0.01 * mean, 0.99 + 0.01 * spread**2),
        "Caffe": (mean, unbiased),
    }
    for name, expected in kept.items():
        assert data.running[data.names.index(name)] == pytest.approx(expected, rel=1e-9, abs=1e-12)


@SETTINGS
@given(MEANS, POWERS, COUNTS)
def test_the_others_follow_their_formulas(mean: float, power: float, count: int) -> None:
    spread = 10.0**power
    close = {"rel": 1e-5, "abs": 1e-9}

    def outputs(operator: str) -> dict[str, float]:
        return watched(WhoDiffers(operator=operator, mean=mean, spread=power, cells=count))

    layer = outputs("layer")  # the second position is twice as loud: together the variance is 5/2 as large
    assert layer["Flax"] == pytest.approx(standardized(count, spread, 1e-6), **close)
    assert layer["PyTorch"] == pytest.approx(top(count) * spread / sqrt(2.5 * spread**2 + 1e-5), **close)
    assert outputs("group")["Keras"] == pytest.approx(standardized(count, spread, 1e-3), **close)
    assert outputs("instance")["Flax"] == pytest.approx(standardized(count, spread, 1e-6), **close)
    mvn = outputs("mean-variance")
    assert mvn["OpenCV"] == pytest.approx(standardized(count, spread, 1e-9), **close)
    assert mvn["Caffe"] == pytest.approx(top(count) * spread / (spread + 1e-9), **close)
    assert mvn["ONNX"] == pytest.approx(top(count) * spread / (sqrt(2.5) * spread + 1e-9), **close)
    square, last = mean**2 + spread**2, mean + spread * top(count)
    assert outputs("root mean square")["ONNX"] == pytest.approx(last / sqrt(square + 1e-5), **close)
    assert outputs("L2")["MatConvNet"] == pytest.approx(last / sqrt(count * square + 0.01), **close)
    weights = outputs("weight standardization")
    unbiased = spread * sqrt(count / (count - 1))
    assert weights["Qiao et al."] == pytest.approx(top(count) * spread / (unbiased + 1e-5), **close)
    assert weights["timm"] == pytest.approx(standardized(count, spread, 1e-6), **close)


@SETTINGS
@given(MEANS, POWERS, COUNTS)
def test_local_response_sums_the_window_that_each_framework_sees(mean: float, power: float, count: int) -> None:
    ramp = (np.arange(12) - 5.5) / sqrt(143 / 12)
    squares = (mean + 10.0**power * ramp) ** 2
    short, long = (count - 1) // 2, count // 2
    high, low = squares[8 - short : 9 + long].sum(), squares[8 - long : 9 + short].sum()
    found = watched(WhoDiffers(operator="local response", mean=mean, spread=power, cells=count))
    assert found["ONNX"] == pytest.approx((1 + 1e-4 / count * high) ** -0.75, rel=1e-9)
    assert found["PyTorch"] == pytest.approx((1 + 1e-4 / count * low) ** -0.75, rel=1e-9)
    assert found["Krizhevsky et al."] == pytest.approx((2 + 1e-4 * high) ** -0.75, rel=1e-9)
    assert ("Caffe" in found) == ("TensorFlow" in found) == (count % 2 == 1)
    if count % 2:
        assert found["Caffe"] == pytest.approx((1 + high / count) ** -0.75, rel=1e-9)
        assert found["TensorFlow"] == pytest.approx((1 + high) ** -0.5, rel=1e-9)


@pytest.mark.parametrize("operator", CASES)
def test_the_curves_pass_through_the_watched_numbers(operator: str) -> None:
    for power in (-4.0, -1.5, 0.5):
        data = WhoDiffers(operator=operator, spread=power, cells=5).compute()
        at = int(np.argmin(np.abs(SPREADS - power)))
        np.testing.assert_allclose(data.curves[:, at], data.watched, rtol=1e-9)


def marked(exhibit: WhoDiffers, data: Data, column: int) -> set[str]:
    table = exhibit.picture(data)[0]
    assert isinstance(table, Table)
    return {str(row[0]) for row in table.rows if isinstance(row[column], Cell) and "◂" in row[column].text}


def test_the_furthest_are_marked_and_named() -> None:
    exhibit = WhoDiffers(operator="batch", mean=0.5, spread=-2.0)
    data = exhibit.compute()
    assert marked(exhibit, data, 2) == {"Keras"}  # the largest eps
    assert marked(exhibit, data, 3) == {"Caffe", "Ioffe & Szegedy"}  # 0.5 at once, where normlib has 0.05
    assert marked(exhibit, data, 4) == {"MatConvNet"}  # 0.01 (10^-4 + 10^-4) - 10^-4
    chart = exhibit.picture(data)[1]
    assert isinstance(chart, Chart)
    assert {mark.text for mark in chart.marks if isinstance(mark, Label)} == {"normlib", "Keras"}
    assert "furthest is Keras" in exhibit.alt(data)


def test_where_all_agree_none_is_marked() -> None:
    exhibit = WhoDiffers(operator="batch", mean=0.0)
    assert marked(exhibit, exhibit.compute(), 3) == set()


def test_the_row_of_normlib_states_every_field_in_which_somebody_differs() -> None:
    exhibit = WhoDiffers(operator="root mean square")
    data = exhibit.compute()
    assert data.fields == ({"eps": 1e-6}, {"eps": 2.0**-23}, {"eps": 1e-5}, {}, {})
    table = exhibit.picture(data)[0]
    assert isinstance(table, Table)
    words = [row[1].text for row in table.rows if isinstance(row[1], Cell)]
    assert words == ["ε 10⁻⁶", "ε 1.19·10⁻⁷", "ε 10⁻⁵", "nothing", "nothing"]


def test_an_even_window_says_who_takes_none() -> None:
    for count in (4, 5):
        exhibit = WhoDiffers(operator="local response", cells=count)
        note = exhibit.picture(exhibit.compute())[2]
        assert isinstance(note, Note)
        assert ("odd windows only" in note.text) == (count == 4)
