"""The textbook's ways to a variance, against fractions and against the bounds that their authors give."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from normlib.variance import exact, textbook, two_passes, welford

ALGORITHMS = pytest.mark.parametrize("algorithm", [textbook, two_passes, welford])
FORMATS = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
FINITE = st.floats(-1e6, 1e6, width=32)


def in_fractions(values: np.ndarray) -> Fraction:
    """The mean of the squared deviations, with no rounding at all."""
    numbers = [Fraction(float(v)) for v in values]
    mean = sum(numbers) / len(numbers)
    return sum((v - mean) ** 2 for v in numbers) / len(numbers)


def numbers(mean: float, spread: float, dtype: type, n: int = 64) -> np.ndarray:
    return np.random.default_rng(7).normal(mean, spread, n).astype(dtype)


@given(x=arrays.arrays(np.float64, st.integers(1, 9), elements=st.floats(allow_nan=False, allow_infinity=False)))
def test_the_exact_variance_is_that_of_fractions(x: np.ndarray) -> None:
    assert exact(x) == in_fractions(x)


@given(x=arrays.arrays(np.float32, st.tuples(st.integers(1, 5), st.just(2), st.just(3)), elements=FINITE))
def test_the_exact_variance_is_taken_along_the_first_axis(x: np.ndarray) -> None:
    found = exact(x)
    assert found.shape == (2, 3)
    assert all(found[at] == in_fractions(x[:, *at]) for at in np.ndindex(2, 3))


@ALGORITHMS
@FORMATS
def test_a_small_mean_leaves_every_algorithm_right(algorithm, dtype) -> None:
    x = numbers(0.3, 1.0, dtype)
    found = algorithm(x)
    assert found.dtype == dtype
    assert float(found) == pytest.approx(float(in_fractions(x)), rel=30 * float(np.finfo(dtype).eps))


@ALGORITHMS
def test_whole_numbers_that_a_format_holds_give_the_very_variance(algorithm) -> None:
    x = np.array([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0])
    assert algorithm(x) == pytest.approx(4.0, rel=1e-15)
    np.testing.assert_allclose(algorithm(np.stack([x, 3 * x, x + 1], axis=1)), [4.0, 36.0, 4.0], rtol=1e-15)


@pytest.mark.parametrize("ratio", [10.0, 100.0, 1000.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("algorithm", "bound"),
    [
        (textbook, lambda n, kappa, u: n * kappa**2 * u),
        (two_passes, lambda n, kappa, u: n * u + (n * kappa * u) ** 2),
        (welford, lambda n, kappa, u: n * kappa * u),
    ],
)
def test_the_errors_keep_to_the_bounds_of_chan_golub_and_leveque(algorithm, bound, ratio, dtype) -> None:
    x = numbers(ratio, 1.0, dtype)
    right = in_fractions(x)
    error = abs(Fraction(float(algorithm(x))) - right) / right
    kappa, unit = (1 + float(x.mean(dtype=float) ** 2 / float(right))) ** 0.5, float(np.finfo(dtype).eps) / 2
    assert float(error) <= 2 * bound(len(x), kappa, unit)


def test_a_large_mean_ruins_the_textbook_first_and_two_passes_last() -> None:
    x = np.random.default_rng(3).normal(1e4, 1.0, (64, 100)).astype(np.float32)
    right = np.array([float(in_fractions(column)) for column in x.T])
    errors = [np.median(np.abs(algorithm(x) / right - 1)) for algorithm in (textbook, welford, two_passes)]
    assert errors[0] > 1 > 1e-3 > errors[1] > 1e-5 > errors[2]


def test_the_textbook_goes_below_zero_and_the_others_never_do() -> None:
    x = np.random.default_rng(0).normal(1e4, 0.1, (16, 200)).astype(np.float32)
    assert (textbook(x) < 0).any()
    assert (two_passes(x) >= 0).all()
    assert (welford(x) >= 0).all()


def test_a_sum_adds_one_value_after_another() -> None:
    """Half a unit in the last place of 1 is lost each time; all seven together would not be."""
    x = np.array([1.0, *[2.0**-11] * 7], np.float16)
    assert textbook(x) == 1 / 8 - 1 / 64
    assert abs(float(in_fractions(x)) - (1 / 8 - 1 / 64)) > np.spacing(np.float16(1 / 8 - 1 / 64))


@ALGORITHMS
def test_one_value_has_the_variance_0(algorithm) -> None:
    assert algorithm(np.array([7.25], np.float32)) == 0.0
