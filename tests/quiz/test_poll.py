"""Polls: no key, but not everything is an answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from classroom.quiz import KINDS, Record, score
from classroom.quiz.kinds import OpenText, Rating
from tests.quiz.anything import JSON, refused

COMMON: dict[str, Any] = {"id": "q", "slide": "idea", "ask": "What do you think?", "why": "Others think so too."}
TEXT = OpenText.model_validate({**COMMON, "type": "text", "longest": 20})
RATING = Rating.model_validate({**COMMON, "type": "rating", "steps": 4, "low": "never", "high": "always"})


@pytest.mark.parametrize("text", ["yes", " a\tb\nc ", "σ² ≥ 0", "👩🏽‍🏫", "é" * 20, "one\r\ntwo"])
def test_a_text_that_says_something_is_taken(text: str) -> None:
    assert not refused(TEXT, text)
    assert TEXT.said(text) == " ".join(text.split())


@pytest.mark.parametrize(
    "wrong",
    [None, 3, "", " \n ", "x" * 21, "a\0b", "a\x1b[31m", "a\rb", "\x7f", "\u202eabc", "\u2066a", "\ud800", ["yes"], {}],
)
def test_a_text_without_words_or_with_controls_is_refused(wrong: object) -> None:
    assert refused(TEXT, wrong)


@pytest.mark.parametrize("wrong", [None, 0, 5, -1, 2.0, "2", True, [2], float("nan"), 10**400])
def test_a_rating_is_a_number_of_the_scale(wrong: object) -> None:
    assert refused(RATING, wrong)


@given(JSON | st.integers(0, 6))
def test_whatever_arrives_is_taken_or_refused(anything: Any) -> None:
    whole = isinstance(anything, int) and not isinstance(anything, bool) and 1 <= anything <= 4
    assert refused(RATING, anything) != whole
    assert refused(TEXT, anything) or isinstance(anything, str)


def test_a_poll_counts_for_nothing() -> None:
    result = score({"t": TEXT, "r": RATING}, {"t": Record(("yes",)), "r": Record((1,))})
    assert (result.points, result.of, result.answered, result.missed, result.unanswered) == (0, 0, 0, (), ())
    assert [kind for kind, cls in KINDS.items() if not cls.scored] == ["text", "rating"]


def test_all_of_a_poll_is_shown_but_what_comes_after() -> None:
    assert TEXT.public()["longest"] == 20
    assert {name: RATING.public()[name] for name in ("steps", "low", "high")} == {
        "steps": 4,
        "low": "never",
        "high": "always",
    }
    assert "why" not in RATING.public()
    assert TEXT.key() == RATING.key() == "there is no right answer"
    assert not refused(TEXT, TEXT.solution())
    assert RATING.solution() == 2


@pytest.mark.parametrize("fields", [{"longest": 5}, {"longest": 9999}, {"answer": "yes"}])
def test_a_text_has_bounds_and_no_key(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OpenText.model_validate({**COMMON, "type": "text", **fields})


@pytest.mark.parametrize("fields", [{"steps": 1}, {"steps": 11}, {"low": ""}, {"high": None}])
def test_a_scale_has_bounds_and_names(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Rating.model_validate({**COMMON, "type": "rating", "low": "never", "high": "always", **fields})
