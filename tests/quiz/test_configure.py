"""Settings of an exhibit that make it measure what is asked for."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from classroom.exhibits import EXHIBITS
from classroom.quiz import Bank
from classroom.quiz.kinds import Configure
from tests.quiz.anything import JSON, refused

FIELDS: dict[str, Any] = {
    "id": "q",
    "type": "configure",
    "slide": "forward",
    "exhibit": "scale_and_shift",
    "ask": "Set it.",
    "why": "Because.",
    "controls": ["gamma", "beta", "eps"],
    "state": {"gamma": "1", "beta": "0", "eps": "0.2"},
    "targets": {"mean of y": "0.5", "standard deviation of y": "2"},
    "within": "0.05",
    "answer": {"gamma": "2", "beta": "0.5", "eps": "0"},
    "explain": {"mean of y": "It is β."},
}
ASKED = Configure.model_validate(FIELDS)
VARIANCE = float(EXHIBITS["scale_and_shift"]().compute().x.var())


def given_settings(gamma: float, beta: float, eps: float) -> dict[str, float]:
    return {"gamma": gamma, "beta": beta, "eps": eps}


def spread(gamma: float, eps: float) -> float:
    """What the standard deviation of the output must be, by the formula on the slide."""
    return abs(gamma) * math.sqrt(VARIANCE / (VARIANCE + eps))


@pytest.mark.parametrize(
    ("values", "credit"),
    [
        ((2, 0.5, 0), 1),
        ((-2, 0.5, 0), 1),  # the sign of γ does not count
        ((2.0, 0.5, 0.01), 1),  # 1.96
        ((2, 0.6, 0), 1 / 2),
        ((2, 0, 0), 1 / 2),
        ((1.9, 0.5, 0), 1 / 2),
        ((1, 0, 0.2), 0),
    ],
)
def test_every_setting_that_measures_right_is_right(values: tuple[float, float, float], credit: float) -> None:
    verdict = ASKED.grade(given_settings(*values))
    assert verdict == (credit == 1, credit)


@settings(max_examples=40, deadline=None)
@given(st.integers(-30, 30), st.integers(-30, 30), st.integers(0, 100))
def test_the_formula_of_the_slide_says_what_is_right(gamma: int, beta: int, eps: int) -> None:
    given = given_settings(gamma / 10, beta / 10, eps / 100)
    off = abs(spread(gamma / 10, eps / 100) - 2)
    if abs(off - 0.05) > 1e-6:
        met = (abs(beta / 10 - 0.5) < 0.05) + (off < 0.05)
        assert ASKED.grade(given).score == met / 2


def test_a_large_epsilon_is_made_up_for_by_gamma() -> None:
    gamma = 0.1 * round(20 * math.sqrt((VARIANCE + 0.2) / VARIANCE))
    assert gamma > 2.5
    assert ASKED.grade(given_settings(gamma, 0.5, 0.2)).right


def test_what_is_missed_is_explained_and_measured() -> None:
    missed = given_settings(2, 0, 0)
    assert ASKED.reason(missed) == ("Because.", {"mean of y": "It is β."})
    assert ASKED.reason(ASKED.solution()) == ("Because.", {})
    mean, deviation = ASKED.revealed(missed)["rows"]
    assert mean == {"name": "mean of y", "wanted": "0.5", "got": "0.00", "met": False}
    assert deviation == {"name": "standard deviation of y", "wanted": "2", "got": "2.00", "met": True}


def test_the_key_is_one_of_the_right_settings() -> None:
    assert ASKED.key() == "one right setting is scale γ 2, shift β 0.5, ε under the root 0"
    assert ASKED.solution() == {"gamma": 2.0, "beta": 0.5, "eps": 0.0}
    assert ASKED.said({"eps": 0.31, "gamma": -2, "beta": 0.5}) == "gamma = −2, beta = 0.5, eps = 0.31"


@pytest.mark.parametrize(
    "given",
    [
        *("", None, 3, [], [2, 0.5, 0], {}, {"gamma": 2}),
        given_settings(2, 0.5, 0) | {"channel": 1},
        given_settings(3.01, 0.5, 0),
        given_settings(2, 0.5, -0.01),
        given_settings(math.nan, 0.5, 0),
        given_settings(2, math.inf, 0),
        given_settings(2, 10**5000, 0),
        given_settings(True, 0.5, 0),
        given_settings(2, 0.5, "0"),  # type: ignore[arg-type]
        given_settings(2, 0.5, [0]),  # type: ignore[arg-type]
    ],
)
def test_only_settings_that_the_sliders_can_have_are_an_answer(given: object) -> None:
    assert refused(ASKED, given)


@settings(max_examples=60, deadline=None)
@given(JSON | st.fixed_dictionaries({"gamma": JSON, "beta": JSON | st.floats(-4, 4), "eps": st.floats(-1, 2)}))
def test_whatever_comes_is_refused_or_judged(given: object) -> None:
    refused(ASKED, given)


@pytest.mark.parametrize(
    ("change", "must"),
    [
        ({"exhibit": "scale_and_shifts"}, "known exhibit.*Write 'scale_and_shift'"),
        ({"controls": ["gama"]}, "must be among.*Write 'gamma'"),
        (
            {"exhibit": "convnet_training", "controls": ["norm"], "targets": {"x": 1}, "state": {}, "answer": {}},
            "must be among",
        ),
        ({"state": {"gamma": "4"}}, "from -3 to 3 in steps of 0.1"),
        ({"state": {"gamma": "0.55"}}, "in steps of 0.1"),
        ({"state": {"gama": "1"}}, "Write 'gamma'"),
        ({"targets": {"mean": "0.5"}}, "what the exhibit measures: mean of y"),
        ({"targets": {}}, "at least 1"),
        ({"within": "0"}, "more than 0"),
        ({"answer": {"gamma": "2"}}, "must set gamma, beta, eps"),
        ({"answer": {"gamma": "1", "beta": "0.5", "eps": "0"}}, "must give standard deviation of y 2, got 1"),
        ({"state": {"gamma": "2", "beta": "0.5", "eps": "0"}}, "differ from the start"),
        ({"explain": {"mode of y": "No."}}, "must explain targets"),
    ],
)
def test_what_cannot_be_asked_is_said(change: dict[str, Any], must: str) -> None:
    with pytest.raises(ValidationError, match=must):
        Configure.model_validate(FIELDS | change)


def test_no_browser_knows_the_settings_before_the_answer() -> None:
    usual = {"channel": 4, "numbers": "of every stage"}
    assert ASKED.public()["state"] == {"gamma": 1.0, "beta": 0.0, "eps": 0.2, **usual}
    assert not {"answer", "targets", "why", "explain"} & set(ASKED.public())


def test_the_slopes_that_the_talk_asks_for_are_one_over_the_root_mean_square_and_alpha(bank: Bank) -> None:
    question = bank["no-batch-configure"].variant(0)
    assert isinstance(question, Configure)
    x = EXHIBITS["response_curves"](loudness=0.5).compute().x
    assert math.sqrt((x**2).mean()) == pytest.approx(0.5)
    assert question.grade({"loudness": 0.5, "alpha": 2}).right
    assert question.grade({"loudness": 2, "alpha": 2}).score == 1 / 2  # slope 1/2: the other way round
    assert question.grade({"loudness": 0.5, "alpha": 0.5}).score == 1 / 2
