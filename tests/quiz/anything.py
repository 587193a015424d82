"""What a browser may send in place of an answer: anything that JSON holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from classroom.quiz import AnswerError, Asked

NESTED: list[Any] = []
for _ in range(900):  # nearly as deep as Python's reader of JSON goes
    NESTED = [NESTED]
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from("ABCDE12345")
JSON = st.recursive(
    LEAVES,
    lambda inside: (
        st.lists(inside, max_size=6) | st.dictionaries(st.text() | st.sampled_from("1234"), inside, max_size=6)
    ),
    max_leaves=12,
)
JSON |= st.sampled_from([10**5000, NESTED, [NESTED], {"1": NESTED}])


def refused(question: Asked, given: Any) -> bool:
    """Say whether an answer is none, everywhere alike; one that is must be worth something from 0 to 1."""
    said = {_refusal(ask, given) for ask in (question.grade, question.reason, question.said)}
    assert len(said) == 1
    (sentence,) = said
    if sentence:
        assert sentence.startswith(("The answer must ", "The expression must "))
        assert sentence.endswith(".")
        return True
    verdict = question.grade(given)
    assert 0 <= verdict.score <= 1
    assert verdict.right == (verdict.score == 1)
    assert question.reason(given).why == question.why
    return False


def _refusal(ask: Callable[[Any], object], given: Any) -> str:
    try:
        ask(given)
    except AnswerError as error:
        return str(error)
    return ""
