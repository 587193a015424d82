import numpy as np
import pytest

from lab.statistics import Interval, interval, t_quantile


@pytest.mark.parametrize(
    ("p", "dof", "expected"),  # Abramowitz & Stegun 1964, table 26.10
    [(0.975, 1, 12.706), (0.975, 2, 4.303), (0.975, 4, 2.776), (0.975, 9, 2.262), (0.995, 5, 4.032), (0.95, 30, 1.697)],
)
def test_t_quantiles_are_those_of_the_tables(p, dof, expected):
    assert t_quantile(p, dof) == pytest.approx(expected, abs=5e-4)


def test_a_95_percent_interval_covers_the_truth_95_times_in_100():
    rng = np.random.default_rng(0)
    covered = [(i := interval(rng.normal(3, 2, 4))).mean - i.half <= 3 <= i.mean + i.half for _ in range(2000)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)


def test_too_few_values_have_no_interval():
    assert str(interval([4.0])) == "4"
    assert np.isnan(interval([]).mean)
    assert not interval([4.0]).excludes_zero


def test_an_interval_that_reaches_zero_shows_no_difference():
    assert Interval(1.0, 0.9).excludes_zero
    assert Interval(-1.0, 0.9).excludes_zero
    assert not Interval(1.0, 1.0).excludes_zero
