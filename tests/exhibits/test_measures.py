"""What an exhibit measures of its picture, for questions: the arrays' own numbers, computed otherwise."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from classroom.exhibits import EXHIBITS
from classroom.exhibits.groups import Groups
from classroom.exhibits.response_curves import ResponseCurves
from classroom.exhibits.scale_and_shift import ScaleAndShift


@pytest.mark.parametrize("key", [key for key, kind in EXHIBITS.items() if not kind.trains()])
def test_every_measure_is_a_finite_number(key: str) -> None:
    exhibit = EXHIBITS[key]()
    measures = exhibit.measures(exhibit.compute())
    assert all(isinstance(value, float) and math.isfinite(value) for value in measures.values())


def test_scale_and_shift_measures_the_affine_map_of_the_standardized_input() -> None:
    exhibit = ScaleAndShift(gamma=-1.5, beta=0.7, eps=0.3)
    data = exhibit.compute()
    y = -1.5 * (data.x - data.x.mean()) / np.sqrt(data.x.var() + 0.3) + 0.7
    assert exhibit.measures(data) == pytest.approx({"mean of y": y.mean(), "standard deviation of y": y.std()})


def test_response_curves_measure_slopes_as_differences_along_the_curves() -> None:
    exhibit = ResponseCurves(loudness=1.7, offset=0.4, alpha=0.8, tau=-2.0)
    data = exhibit.compute()
    measures = exhibit.measures(data)
    for name, curve in data.curves.items():
        middle = len(curve.output) // 2
        rise = (curve.output[middle + 1] - curve.output[middle - 1]) / (2 * 0.05)
        assert measures[f"slope of {name}"] == pytest.approx(rise, rel=2e-3)
        assert measures[f"deviation of {name}"] == pytest.approx(np.sqrt(np.var(curve.y)))


def test_groups_measure_the_chosen_channel() -> None:
    alone = Groups(groups="12", contrast=0.4, channel=3)
    assert alone.measures(alone.compute()) == pytest.approx(
        {"mean of channel k": 0.0, "deviation of channel k": 1.0}, abs=1e-3
    )
    together = replace(alone, groups="1")
    data = together.compute()
    k = (data.x[2] - data.x.mean()) / data.x.std()
    assert together.measures(data) == pytest.approx(
        {"mean of channel k": k.mean(), "deviation of channel k": k.std()}, abs=1e-3
    )
