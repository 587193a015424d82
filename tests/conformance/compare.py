"""When two computations of the same numbers agree."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from .case import Array, Case

# The largest difference, over the largest value of the array, in units of the dtype's machine epsilon. Most arrays
# agree to 3 of them. 16 leaves room for another order of summation (what a vector unit of another machine does) and is
# a hundred thousand times less than what a wrong eps, divisor or window makes in these cases.
ULPS: Mapping[str, float] = MappingProxyType({"float64": 16, "float32": 16})


def assert_agree(actual: Array, expected: Array, dtype: str, what: str, loss: float = 1.0) -> None:
    """Raise AssertionError, with the error in ulps, unless two arrays of any layout of `dtype` agree."""
    assert actual.shape == expected.shape, f"{what}: shape {actual.shape}, not {expected.shape}"
    assert np.isfinite(expected).all(), f"{what}: the framework's own numbers are not finite"
    largest = float(np.abs(expected).max()) or 1.0
    ulps = float(np.abs(actual - expected).max()) / (largest * float(np.finfo(dtype).eps))
    allowed = ULPS[dtype] * loss
    assert ulps <= allowed, f"{what}: {ulps:.3g} ulps of the largest value {largest:.3g}, {allowed:g} are allowed"


def loss_of(case: Case) -> float:
    """Return how many times looser a case is: x at `shift` spreads from zero is known to shift * eps of a spread."""
    return case.loss * max(1.0, abs(case.shift))
