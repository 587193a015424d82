"""Outcomes of computations to be predicted, and the computations themselves against what theory says of them."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from classroom.quiz import Bank
from classroom.quiz.kinds import Predict
from classroom.quiz.runs import RUNS, outcome
from tests.quiz.anything import JSON, refused

FIELDS: dict[str, Any] = {
    "id": "q",
    "type": "predict",
    "slide": "forward-steps",
    "computes": "running_variance",
    "ask": "Where is it?",
    "why": "Because.",
    "within": "0.25",
    "zero_at": "1.25",
    "explain": {"flat": "It moves.", "falling": "It moves up."},
}
ASKED = Predict.model_validate(FIELDS)
TRUTH = [4 - 3 * 0.9**n for n in (1, 5, 10, 20, 40)]  # from 1 to 4, a tenth of the way that is left with each batch


@pytest.mark.parametrize(
    ("off", "credit"),
    [((0, 0, 0, 0, 0), 1), ((0.2, 0.2, -0.2, -0.2, 0.2), 1), ((1, 0, 0, 0, 0), 1), ((1.25, 1, 0, 0, -0.25), 3 / 4),
     ((0.75, 0.75, 0.75, -0.75, -0.75), 1 / 2), ((1.25, 1.25, -1.25, -1.25, -1.25), 0), ((3, 2, 1, -2, -3), 0)],
)  # fmt: skip
def test_credit_falls_in_a_line_with_the_mean_distance(off: tuple[float, ...], credit: float) -> None:
    verdict = ASKED.grade([value + by for value, by in zip(TRUTH, off, strict=True)])
    assert verdict.score == pytest.approx(credit, abs=1e-9)
    assert verdict.right == (credit == 1)


def test_just_within_is_right_and_just_beyond_is_not() -> None:
    assert ASKED.grade([value + 0.2499 for value in TRUTH]).right
    beyond = ASKED.grade([value + 0.26 for value in TRUTH])
    assert not beyond.right
    assert beyond.score == pytest.approx(0.99)


def test_a_reason_says_how_far_off_where_most_and_what_is_wrong_with_the_course() -> None:
    assert ASKED.reason(ASKED.solution()) == ("Because.", {})
    said = ASKED.reason([4, 4, 4, 4, 4]).this["Your prediction"]
    # 2.7, 1.7715, 1.046, 0.3647, 0.0443 off
    assert (
        said == "1.19 off on average; 0.25 would be right. Farthest off, after batch 1: 4.00, and it is 1.30. It moves."
    )
    assert ASKED.reason([3, 2, 2, 1, 1]).this["Your prediction"].endswith("It moves up.")
    assert ASKED.reason([0, 0, 0, 1, 5]).this["Your prediction"].endswith("and it is 2.95.")


def test_the_key_an_answer_and_the_outcome_are_written_alike() -> None:
    assert ASKED.key() == "it gives 1.30, 2.23, 2.95, 3.64, 3.96"
    assert ASKED.said([1, 2, 3, 4, 0.5]) == "1.00, 2.00, 3.00, 4.00, 0.50"
    assert ASKED.revealed([1] * 5)["outcome"] == pytest.approx(TRUTH)
    assert "35 % of the way" in ASKED.revealed([1] * 5)["says"]  # 0.9 to the tenth


@pytest.mark.parametrize(
    "given",
    ["", "12345", None, 3, [], [1, 2, 3, 4], [1, 2, 3, 4, 5.01], [-0.01, 2, 3, 4, 5], [1, 2, 3, 4, math.nan],
     [1, 2, 3, 4, math.inf], [True, 2, 3, 4, 5], ["1", 2, 3, 4, 5], [[1], 2, 3, 4, 5], {"1": 1}, [10**5000] * 5],
)  # fmt: skip
def test_only_a_number_on_the_axis_for_each_point_is_an_answer(given: object) -> None:
    assert refused(ASKED, given)


@given(JSON | st.lists(st.floats(-1, 6) | st.integers(), min_size=5, max_size=5))
def test_whatever_comes_is_refused_or_judged(given: object) -> None:
    refused(ASKED, given)


@pytest.mark.parametrize(
    ("change", "must"),
    [
        ({"computes": "running_variances"}, "known run.*Write 'running_variance'"),
        ({"within": "0"}, "more than 0"),
        ({"zero_at": "0.25"}, "more than 'within'"),
        ({"explain": {"rising": "But it does."}}, "wrong courses only, and this one is rising"),
        ({"explain": {"wavy": "No."}}, "explain"),
    ],
)
def test_what_cannot_be_asked_is_said(change: dict[str, Any], must: str) -> None:
    with pytest.raises(ValidationError, match=must):
        Predict.model_validate(FIELDS | change)


def test_no_browser_knows_the_outcome_before_the_answer() -> None:
    public = ASKED.public()
    assert public["points"] == ["1", "5", "10", "20", "40"]
    assert not {"outcome", "says", "why", "explain", "within"} & set(public)


@pytest.mark.parametrize("name", list(RUNS))
def test_every_run_has_a_number_on_its_axis_for_each_point_and_speaks_of_them(name: str) -> None:
    run, values = RUNS[name], outcome(name)
    assert len(values) == len(run.points) == len(set(run.names()))
    assert all(run.low <= value <= run.high for value in values)
    assert run.compute() == values  # nothing in it depends on when it runs
    assert run.says(values).endswith(".")
    assert any(digit in run.says(values) for digit in "123456789")


def test_every_run_is_asked_about(bank: Bank) -> None:
    asked = [entry.variant(0) for entry in bank.values() if entry.type == "predict"]
    assert {question.computes for question in asked if isinstance(question, Predict)} == set(RUNS)


def test_a_question_of_the_talk_is_not_answered_by_leaving_the_points_where_they_are(bank: Bank) -> None:
    for entry in bank.values():
        question = entry.variant(0)
        if isinstance(question, Predict):
            for level in np.linspace(question.run.low, question.run.high, 41):
                assert question.grade([float(level)] * len(question.run.points)).score < 0.7, (question.id, level)


# The runs against theory


def test_the_running_variance_goes_a_tenth_of_the_way_each_time() -> None:
    assert outcome("running_variance") == pytest.approx(TRUTH)


def test_of_two_values_one_is_normalized_to_plus_and_one_to_minus_one() -> None:
    above = NormalDist().cdf(1)  # how often the partner is smaller
    values = outcome("spread_by_batch_size")
    assert values[0] == pytest.approx(2 * math.sqrt(above * (1 - above)), abs=0.02)
    assert values[-1] == pytest.approx(math.sqrt((1 + 1 / 2) / 32), rel=0.05)  # the delta method, for 32 values


def test_the_gradient_falls_with_the_root_of_variance_plus_epsilon() -> None:
    by_formula = [math.sqrt(0.01 / (0.01 + eps)) for eps in (1e-4, 1e-3, 1e-2, 1e-1, 1)]
    assert outcome("gradient_by_eps") == pytest.approx(by_formula, rel=0.01)


def test_each_rectifier_halves_the_mean_square() -> None:
    values = outcome("spread_by_depth")
    for layer, value in zip((1, 2, 4, 8, 12), values, strict=True):
        assert value == pytest.approx(2 ** (-(layer - 1) / 2), rel=0.06 + 0.02 * layer)


def test_a_loud_cell_damps_itself() -> None:
    by_formula = [x / (1 + x**2 / 5) ** 0.75 for x in (0, 1, 2, 4, 8, 16)]
    assert outcome("lrn_response") == pytest.approx(by_formula)
