"""Certificates: what they say, where they are taken, and how long they take."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from normlib import NORMS
from normlib.gradcheck import central_difference, certify, complex_step
from normlib.symbolic import _residue

every_norm = pytest.mark.parametrize("norm", [cls() for cls in NORMS.values()], ids=NORMS.keys())


def test_both_slopes_of_a_function_with_a_known_one():
    at, direction = np.array([0.3, -1.2]), np.array([2.0, 0.5])
    expected = (3 * at**2 * direction).sum()
    assert central_difference(lambda v: (v**3).sum(), at, direction) == pytest.approx(expected, rel=1e-8)
    assert complex_step(lambda v: (v**3).sum(), at, direction) == pytest.approx(expected, rel=1e-15)


@every_norm
def test_a_certificate_is_taken_at_the_numbers_shown(norm):
    x = np.random.default_rng(0).normal(3, 0.1, norm.pool.fit((2, 3, 4, 5))).astype(np.float32)
    params = {name: p + 0.5 for name, p in norm.init(x.shape).items()}
    certificate = certify(norm, x, params=params, cases=5)
    assert certificate.holds
    assert certificate.method == ("complex step" if norm.analytic else "central differences")
    assert certificate.code_cases == 5
    assert certificate.difference_cases == 2 * (1 + len(params))


@pytest.mark.parametrize("layout", ["NHWC", "HWKM"])
def test_x_is_taken_in_the_norms_layout(layout):
    norm = NORMS["batch_norm"](layout=layout)
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    channels = x.shape[layout.replace("K", "C").index("C")]
    assert certify(norm, x, params={"gamma": np.ones(channels), "beta": np.zeros(channels)}).holds
    with pytest.raises(ValueError, match="gamma must have shape"):
        certify(norm, x, params={"gamma": np.ones(channels + 1), "beta": np.zeros(channels)})


@every_norm
def test_an_operator_that_is_not_analytic_is_held_to_central_differences(norm):
    @dataclass(frozen=True, kw_only=True)
    class Twin(type(norm)):
        analytic = False

    certificate = certify(Twin(), cases=2)
    assert certificate.holds
    assert certificate.method == "central differences"
    assert 1e-14 < certificate.difference_error < 1e-6


@every_norm
def test_a_seed_fixes_the_random_cases(norm):
    assert certify(norm, cases=2, seed=1) == certify(norm, cases=2, seed=1)
    assert certify(norm, cases=2, seed=1) != certify(norm, cases=2, seed=2)


@every_norm
def test_moving_a_slider_does_not_prove_again(norm):
    """The proof depends on the formulas and the pool, not on the numbers that symbols stand for."""
    certify(norm)
    number = next(name for name in ("eps", "alpha", "alpha_start") if name in vars(norm))
    moved = replace(norm, **{number: getattr(norm, number) * 1.01})
    proved = _residue.cache_info().misses
    assert certify(moved, np.random.default_rng(0).normal(size=norm.pool.fit((2, 5, 4, 4)))).holds
    assert _residue.cache_info().misses == proved
