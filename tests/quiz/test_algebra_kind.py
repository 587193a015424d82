"""Expressions to type: equal ones are right, known slips are explained, and every wrong one meets a number."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.testclient import TestClient

from classroom.quiz import AnswerError, Bank
from classroom.quiz.kinds import Algebra
from classroom.server import ROUTES
from normlib.norms.batch_norm import BatchNorm
from tests.quiz.anything import JSON, refused

FIELDS: dict[str, Any] = {
    "id": "q",
    "type": "algebra",
    "slide": "idea",
    "ask": "What is it?",
    "why": "Because.",
    "names": {"x": "real", "mean": "real", "var": "positive", "eps": "positive"},
    "answer": "(x - mean)/sqrt(var + eps)",
    "explain": {"(x - mean)/(var + eps)": "The root is missing.", "x/sqrt(var + eps)": "The mean is still there."},
}
ALGEBRA = Algebra.model_validate(FIELDS)


def made(**fields: Any) -> Algebra:
    return Algebra.model_validate({**FIELDS, **fields})


@pytest.mark.parametrize(
    "text",
    [
        "(x-mean)/sqrt(var+eps)",
        "(x - μ)(var + ε)^(-1/2)",
        "-(mean-x)/√(eps+var)",
        "x/sqrt(var+eps) - mean/sqrt(eps+var)",
    ],
)
def test_what_equals_the_key_is_right_however_it_is_written(text: str) -> None:
    assert ALGEBRA.grade(text) == (True, 1.0)
    assert ALGEBRA.reason(text) == ("Because.", {})


def test_a_known_slip_is_explained_and_fails_on_a_number() -> None:
    assert not ALGEBRA.grade("(x-mean)/(eps+var)").right
    ((part, said),) = ALGEBRA.reason("(x-mean)/(eps+var)").this.items()
    assert part == r"$\displaystyle \frac{x - \mu}{\epsilon + \sigma^{2}}$"
    # At x = 0, mean = var = eps = 1 it is −1/2, and −1/sqrt(2) is right.
    point = r"$x = 0,$ $\mu = 1,$ $\sigma^{2} = 1,$ $\epsilon = 1,$"
    assert said == f"The root is missing. For {point} yours gives −0.5; right is −0.70711."


def test_an_unknown_mistake_meets_a_number_of_its_own() -> None:
    question = made(names={"x": "positive"}, answer="sqrt(x)", explain={})
    (said,) = question.reason("x").this.values()
    point = re.fullmatch(r"For \$x = ([0-9/]+),\$ yours gives ([0-9.]+); right is ([0-9.]+)\.", said)
    assert point is not None, said
    x = math.prod(float(n) ** (-1) ** i for i, n in enumerate(point[1].split("/")))
    assert float(point[2]) == pytest.approx(x)
    assert float(point[3]) == pytest.approx(math.sqrt(x), rel=1e-4)


def test_values_that_hardly_differ_are_written_so_that_one_sees_it() -> None:
    question = made(names={"x": "positive"}, answer="x", explain={})
    (said,) = question.reason("x + 1e-9").this.values()
    assert "yours gives 1.000000001; right is 1." in said


def test_what_has_no_real_value_where_the_key_has_one_is_said_to_have_none() -> None:
    question = made(names={"x": "real"}, answer="abs(x)", explain={})
    (said,) = question.reason("sqrt(x)^2").this.values()
    assert "yours has no real value; right is" in said


def test_the_key_is_set_and_what_was_typed_is_kept() -> None:
    assert ALGEBRA.key() == r"it is $\frac{x - \mu}{\sqrt{\sigma^{2} + \epsilon}}$"
    assert ALGEBRA.said(" x/2 ") == "x/2"
    assert ALGEBRA.grade(ALGEBRA.solution()).right
    assert ALGEBRA.public()["names"] == FIELDS["names"]
    assert "answer" not in ALGEBRA.public()


@pytest.mark.parametrize(
    "wrong", ["", "x+", "y", "1/0", "9^9^9^9", "x=1", "__import__('os')", "x" * 201, "(" * 100, None, 2, ["x"], {}]
)
def test_what_is_no_expression_is_refused(wrong: object) -> None:
    with pytest.raises(AnswerError, match=r"^The expression must "):
        ALGEBRA.grade(wrong)


@settings(max_examples=60, deadline=None)
@given(JSON)
def test_whatever_arrives_is_graded_or_refused(anything: Any) -> None:
    assert refused(ALGEBRA, anything) or isinstance(anything, str)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"answer": "(x - mean"}, "must be an expression"),
        ({"answer": "x/y"}, "must be an expression"),
        ({"answer": "1/(x - x)", "explain": {}}, "must have a value"),
        ({"names": {"x": "complex"}}, "Input should be 'real', 'positive' or 'whole'"),
        ({"names": {"sqrt": "real"}}, "must be a symbol that is no function"),
        ({"names": {}}, "at least 1"),
        ({"explain": {"(mean - x)/-sqrt(eps + var)": "No slip."}}, "must differ from the answer"),
        (
            {"explain": {"x/sqrt(var + eps)": "One.", "x*(eps + var)^(-0.5)": "The same."}},
            "must differ from each other",
        ),
        ({"explain": {"x/": "Broken."}}, "must be an expression"),
    ],
)
def test_what_cannot_be_asked_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(said)):
        made(**fields)


def test_a_question_is_a_value() -> None:
    assert hash(ALGEBRA) == hash(ALGEBRA.model_copy())
    assert Algebra.model_validate_json(ALGEBRA.model_dump_json()) == ALGEBRA


def test_the_keys_of_the_talk_are_what_the_operator_computes(bank: Bank) -> None:
    values = {"x": 3.0, "mean": 1.0, "var": 4.0, "eps": 5.0, "gamma": 2.0, "beta": 7.0}
    python = {"sqrt": math.sqrt, **values}
    norm = BatchNorm(eps=values["eps"], training=False)
    params = {name: np.array([values[name]]) for name in ("gamma", "beta")}
    running = {"running_mean": np.array([values["mean"]]), "running_var": np.array([values["var"]])}
    y = [norm.forward(np.full((1, 1, 1, 1), x), **params, **running)[0].item() for x in (0.0, values["x"])]
    shift, x_hat = bank["bn-parameters-shift"], bank["idea-x-hat"]
    assert isinstance(shift, Algebra)
    assert isinstance(x_hat, Algebra)
    assert eval(shift.answer, python) == pytest.approx(y[0])
    assert eval(x_hat.answer, python) == pytest.approx((y[1] - values["beta"]) / values["gamma"])


def client() -> TestClient:
    return TestClient(Starlette(routes=ROUTES))


def test_what_is_typed_is_previewed() -> None:
    ask = client()
    reply = ask.get("/api/quiz/preview", params={"question": "idea-x-hat", "text": "x/2"})
    assert reply.json() == {"latex": r"\frac{x}{2}"}
    assert reply.headers["cache-control"] == "no-store"
    for text in ("x/", "y", "", "x" * 5000, "\0", "(" * 150):
        reply = ask.get("/api/quiz/preview", params={"question": "idea-x-hat", "text": text})
        assert reply.status_code == 200
        assert reply.json()["error"].startswith("The expression must ")
    assert "error" in ask.get("/api/quiz/preview", params={"question": "idea-x-hat"}).json()


@pytest.mark.parametrize("question", ["", "nothing", "quiz-gamma-count"])
def test_only_a_question_that_asks_for_an_expression_previews_one(question: str) -> None:
    reply = client().get("/api/quiz/preview", params={"question": question, "text": "x"})
    assert reply.status_code == 404
    assert "latex" not in reply.json()
