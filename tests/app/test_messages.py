"""What is too large to have been given by hand is not looked at."""

from __future__ import annotations

import json
from typing import Any

import pytest

from classroom.quiz.problems import show
from classroom.ui import messages


def nested(depth: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize(
    "given",
    [[0] * 10**6, "x" * 10**6, {str(n): n for n in range(10**5)}, [[0] * 99] * 99, nested(10**5)],
    ids=["row", "text", "mapping", "rows", "deep"],
)
def test_an_answer_that_no_hand_gives_is_none(given: Any) -> None:
    said = messages.answer({"question": "q", "given": given})
    assert said is not None
    assert said.given is None


@pytest.mark.parametrize("given", ["A", list(range(384)), {"gamma": 1.5}, "a long word " * 300, None])
def test_an_answer_by_hand_arrives_as_it_is(given: Any) -> None:
    said = messages.answer({"question": "q", "given": given})
    assert said is not None
    assert said.given == given


def test_what_a_tab_kept_is_read_up_to_a_length() -> None:
    text = json.dumps({"records": {}, "settings": {}, "seed": 5})
    assert messages.kept({"kept": text}) == messages.Kept({}, {}, 5)
    assert messages.kept({"kept": text + " " * messages.LONGEST_KEPT}) is None


def test_a_million_parts_are_shown_in_one_short_line() -> None:
    assert show([0] * 10**6) == f"[{', '.join('0' * 20)}]"
