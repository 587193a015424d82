"""Items to be matched with options."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from classroom.quiz import Bank
from classroom.quiz.kinds import Match
from normlib import NORMS
from tests.quiz.anything import JSON, refused

FIELDS: dict[str, Any] = {
    "id": "q",
    "type": "match",
    "slide": "idea",
    "ask": "Which belongs to which?",
    "why": "Because.",
    "items": {"1": "one", "2": "two", "3": "three", "4": "four"},
    "options": {letter: f"option {letter}" for letter in "ABCDE"},
    "answer": {"1": "B", "2": "A", "3": "B", "4": "E"},
    "explain": {"1A": "A is for two.", "4C": "Never."},
}
MATCH = Match.model_validate(FIELDS)


def letters(text: str) -> dict[str, str]:
    return dict(zip("1234", text, strict=False))


@pytest.mark.parametrize(
    ("given_letters", "credit"),
    [("BABE", 1), ("BABC", 3 / 4), ("ABBE", 1 / 2), ("CCBC", 1 / 4), ("ABAC", 0), ("BBBB", 1 / 2)],
)
def test_a_match_earns_the_share_that_is_right(given_letters: str, credit: float) -> None:
    verdict = MATCH.grade(letters(given_letters))
    assert verdict.score == credit
    assert verdict.right == (credit == 1)


def test_a_known_mistake_gets_its_reason() -> None:
    assert MATCH.reason(letters("ABBC")).this == {"1 with A": "A is for two.", "4 with C": "Never."}
    assert MATCH.reason(letters("CABE")) == ("Because.", {})


def test_the_key_and_an_answer_are_written_in_the_order_of_the_items() -> None:
    assert MATCH.key() == "the pairs are 1B, 2A, 3B, 4E"
    assert MATCH.said({"4": "A", "2": "B", "3": "C", "1": "D"}) == "1D, 2B, 3C, 4A"
    assert MATCH.grade(MATCH.solution()).right


def test_items_are_shown_and_the_key_is_not() -> None:
    public = MATCH.public()
    assert public["items"] == FIELDS["items"]
    assert public["options"] == FIELDS["options"]
    assert "answer" not in public
    assert "explain" not in public


@pytest.mark.parametrize(
    "wrong",
    [
        *(None, "BABE", list("BABE"), {}, {1: "B", 2: "A", 3: "B", 4: "E"}),
        *(letters("BAB"), letters("BABE") | {"5": "A"}, letters("BABF"), letters("bABE")),
        *(letters("BAB") | {"4": None}, letters("BAB") | {"4": ["E"]}),
    ],
)
def test_a_letter_for_every_item_or_no_answer(wrong: object) -> None:
    assert refused(MATCH, wrong)


@given(JSON | st.fixed_dictionaries({item: st.sampled_from("ABCDE") for item in "1234"}))
def test_whatever_arrives_is_graded_or_refused(anything: Any) -> None:
    whole = (
        isinstance(anything, dict)
        and set(anything) == set("1234")
        and all(v in list("ABCDE") for v in anything.values())
    )
    assert refused(MATCH, anything) != whole


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"answer": letters("BAB")}, "must have a letter for each of the items 1, 2, 3, 4"),
        ({"answer": letters("BABF")}, "must be among the options A, B, C, D, E"),
        ({"answer": letters("BABE") | {"5": "A"}}, "must have a letter for each of the items 1, 2, 3, 4"),
        ({"items": {"1": "one", "2": "one", "3": "three", "4": "four"}}, "must differ from"),
        ({"items": {"1": "one"}, "answer": {"1": "B"}, "explain": {}}, "at least 2"),
        ({"items": {"a": "one", "2": "two"}, "explain": {}}, "a digit as its key"),
        ({"explain": {"1B": "It is right."}}, "do not belong together"),
        ({"explain": {"5B": "No item."}}, "do not belong together"),
        ({"explain": {"B1": "Turned."}}, "a digit and a letter"),
    ],
)
def test_what_cannot_be_asked_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Match.model_validate({**FIELDS, **fields})


def test_a_question_is_a_value() -> None:
    assert hash(MATCH) == hash(MATCH.model_copy())
    assert Match.model_validate_json(MATCH.model_dump_json()) == MATCH


def test_the_key_of_the_talk_is_what_the_operators_pool(bank: Bank) -> None:
    question = bank["same-tensor-cells"]
    assert isinstance(question, Match)
    shape, (n, c, h, w) = (3, 6, 4, 5), (1, 2, 1, 3)
    every = {letter: np.zeros(shape, bool) for letter in "ABCDE"}
    every["A"][n] = every["B"][n, c] = every["D"][:, c] = True
    every["C"][n, c - 1 : c + 2, h, w] = True
    every["E"][n, c // 3 * 3 : c // 3 * 3 + 3] = True  # of two groups its own
    norms = {
        "1": NORMS["batch_norm"](),
        "2": NORMS["instance_norm"](),
        "3": NORMS["layer_norm"](),
        "4": NORMS["group_norm"](groups=2),
    }
    for item, norm in norms.items():
        pooled = norm.pooled(shape, (n, c, h, w))
        assert [letter for letter in "ABCDE" if np.array_equal(every[letter], pooled)] == [question.answer[item]]
