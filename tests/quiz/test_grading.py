"""An answer is worth what the rule says; what is no answer is refused and costs nothing."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from classroom.quiz import AnswerError, Bank, Choice, Choices, Number

COMMON = {"id": "q", "slide": "idea", "ask": "Which?", "why": "Because."}
CHOICE = Choice(
    **COMMON, type="choice", options={"A": "one", "B": "two", "C": "three"}, answer="B", explain={"A": "Not A."}
)
CHOICES = Choices(
    **COMMON,
    type="choices",
    options={"A": "one", "B": "two", "C": "three", "D": "four", "E": "five"},
    answer=("A", "C"),
    explain={"B": "Not B.", "D": "Not D."},
)
NUMBER = Number(**COMMON, type="number", answer="0.5", within="0.005", explain={"2": "Upside down."})


def test_a_choice_is_all_or_nothing() -> None:
    assert CHOICE.grade("B")[:2] == (True, 1.0)
    assert CHOICE.grade("A")[:2] == (False, 0.0)


@pytest.mark.parametrize("given", ["", "D", "b", "AB", "two", None, 1, ["B"], {"B": 1}, [None], "x" * 9999])
def test_a_choice_takes_one_of_its_letters_only(given: object) -> None:
    for ask in (CHOICE.grade, CHOICE.reason):
        with pytest.raises(AnswerError, match=r"^The answer must be one of A, B, C, got .*: pick one of them\.$"):
            ask(given)


@pytest.mark.parametrize(
    ("given", "score"),
    [("AC", 1), ("A", 1 / 2), ("ABC", 2 / 3), ("AB", 1 / 6), ("BDE", 0), ("B", 0), ("ABCDE", 0), ("ABD", 0)],
)
def test_choices_earn_their_share_and_lose_for_wrong_ones(given: str, score: float) -> None:
    verdict = CHOICES.grade(list(given))
    assert verdict.score == pytest.approx(score)
    assert verdict.right == (score == 1)


def test_a_huge_number_is_refused_like_any_other_value() -> None:
    with pytest.raises(AnswerError, match="got a very long number"):
        CHOICE.grade(10**5000)


@pytest.mark.parametrize("given", ["", "A", "AC", None, 3, [], ["A", "Z"], ["A", None], [["A"]], {"A": True}])
def test_choices_take_a_list_of_their_letters_only(given: object) -> None:
    for ask in (CHOICES.grade, CHOICES.reason):
        with pytest.raises(AnswerError, match=r"^The answer must .*, got .*: pick .*\.$"):
            ask(given)


@st.composite
def choices_and_picks(draw: st.DrawFn) -> tuple[Choices, set[str]]:
    letters = "ABCDEFGH"[: draw(st.integers(2, 8))]
    size = draw(st.integers(1, len(letters) - 1))
    answer = draw(st.permutations(letters))[:size]
    picked = draw(st.sets(st.sampled_from(letters), min_size=1))
    return Choices(**COMMON, type="choices", options={k: f"text {k}" for k in letters}, answer=tuple(answer)), picked


@given(choices_and_picks())
def test_partial_credit_stays_within_bounds_and_is_whole_only_when_right(case: tuple[Choices, set[str]]) -> None:
    question, picked = case
    verdict = question.grade(picked)
    assert 0 <= verdict.score <= 1
    assert (verdict.score == 1) == verdict.right == (picked == set(question.answer))
    for letter in set(question.answer) - picked:
        assert question.grade(picked | {letter}).score >= verdict.score
    for letter in set(question.options) - set(question.answer) - picked:
        assert question.grade(picked | {letter}).score <= verdict.score
    assert question.grade(set(question.options)).score == 0


def test_a_number_is_right_up_to_and_including_its_tolerance() -> None:
    # In floating point 0.505 - 0.5 is more than 0.005.
    for right in ("0.5", "1/2", "0,505", "0.495", 0.505, "5e-1"):
        assert NUMBER.grade(right)[:2] == (True, 1.0), right
    for wrong in ("0.5051", "0.4949", "-0.5", 2):
        assert NUMBER.grade(wrong)[:2] == (False, 0.0), wrong


@pytest.mark.parametrize("given", ["", "half", "nan", "1/0", None, True, ["0.5"]])
def test_a_number_takes_numbers_only(given: object) -> None:
    for ask in (NUMBER.grade, NUMBER.reason):
        with pytest.raises(AnswerError):
            ask(given)


def test_a_reason_speaks_of_what_was_given() -> None:
    assert CHOICE.reason("A") == ("Because.", {"A": "Not A."})
    assert CHOICE.reason("B") == CHOICE.reason("C") == ("Because.", {})
    assert CHOICES.reason(["D", "A", "B"]) == ("Because.", {"B": "Not B.", "D": "Not D."})
    assert NUMBER.reason(" 2.004") == ("Because.", {"2.004": "Upside down."})
    assert NUMBER.reason("0.5") == NUMBER.reason("7") == ("Because.", {})


def test_what_is_shown_before_an_answer_holds_no_key_and_no_reason(bank: Bank) -> None:
    for question in bank.variants(3).values():
        sent = json.dumps(question.public(), ensure_ascii=False)
        explain = getattr(question, "explain", None)
        reasons = [
            question.why,
            *(explain.values() if isinstance(explain, Mapping) else [explain or ""]),
            *question.hints,
        ]
        assert not [text for text in reasons if text and json.dumps(text, ensure_ascii=False)[1:-1] in sent]
        assert not {"answer", "why", "explain", "hints", "solution"} & set(question.public())


def test_what_is_shown_can_be_changed_without_changing_the_question() -> None:
    CHOICE.public()["options"]["A"] = "changed"
    assert CHOICE.options["A"] == "one"


def test_a_question_is_a_value() -> None:
    with pytest.raises(ValidationError):
        CHOICE.answer = "A"  # type: ignore[misc]
    with pytest.raises(TypeError):
        CHOICE.options["A"] = "changed"  # type: ignore[index]
    for question in (CHOICE, CHOICES, NUMBER):
        assert pickle.loads(pickle.dumps(question)) == question
        assert hash(question) == hash(question.model_copy())
        assert type(question).model_validate_json(question.model_dump_json()) == question


def test_every_subset_of_every_multiple_choice_of_the_talk_can_be_graded(bank: Bank) -> None:
    for question in bank.variants(3).values():
        if isinstance(question, Choices):
            letters = list(question.options)
            subsets = chain.from_iterable(combinations(letters, n) for n in range(1, len(letters) + 1))
            right = [picked for picked in subsets if question.grade(picked).right]
            assert right == [question.answer]
