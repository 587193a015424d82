"""Options to be put in order: what an order is worth, and what is shown first."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import kendalltau

from classroom.quiz import AnswerError, Bank
from classroom.quiz.kinds import Order
from normlib.nodes import name_of
from normlib.norms.batch_norm import BatchNorm
from tests.quiz.anything import JSON, refused

FIELDS: dict[str, Any] = {
    "id": "q",
    "type": "order",
    "slide": "idea",
    "ask": "In which order?",
    "why": "Because.",
    "options": {letter: f"step {letter}" for letter in "ABCD"},
    "answer": ["C", "A", "D", "B"],
    "explain": {"DA": "D needs A.", "BC": "B needs C."},
}
ORDER = Order.model_validate(FIELDS)


def made(**fields: Any) -> Order:
    return Order.model_validate({**FIELDS, **fields})


@pytest.mark.parametrize(
    ("order", "credit"),
    # Of the six pairs CA, CD, CB, AD, AB, DB so many are in order: 6, 5, 5, 4, 4, 3, 2, 0; twice the share, less one.
    [
        ("CADB", 1),
        ("ACDB", 2 / 3),
        ("CABD", 2 / 3),
        ("ACBD", 1 / 3),
        ("CBAD", 1 / 3),
        ("BCAD", 0),
        ("BDCA", 0),
        ("BDAC", 0),
    ],
)
def test_an_order_earns_by_its_pairs(order: str, credit: float) -> None:
    verdict = ORDER.grade(list(order))
    assert verdict.score == pytest.approx(credit)
    assert verdict.right == (credit == 1)


def test_the_credit_is_kendalls_tau() -> None:
    for order in permutations("ABCD"):
        places = [ORDER.answer.index(letter) for letter in order]
        tau = kendalltau(range(4), places).statistic
        assert ORDER.grade(order).score == pytest.approx(max(0, tau))


@given(st.permutations("ABCDEFGH"), st.integers(3, 8), st.from_regex("[a-z0-9]{1,8}", fullmatch=True))
def test_what_is_shown_first_is_worth_nothing_and_stays_so(letters: list[str], size: int, name: str) -> None:
    answer = [letter for letter in letters if letter in "ABCDEFGH"[:size]]
    if answer == sorted(answer):
        return
    question = made(id=name, options={letter: letter for letter in sorted(answer)}, answer=answer, explain={})
    shown = list(question.public()["options"])
    assert sorted(shown) == sorted(answer)
    assert question.grade(shown).score == 0
    assert shown == list(made(id=name, options=question.options, answer=answer, explain={}).public()["options"])


def test_the_order_that_is_shown_first_depends_on_the_id() -> None:
    assert len({made(id=f"q{i}").start for i in range(20)}) > 5


def test_a_pair_that_is_turned_round_gets_its_reason() -> None:
    assert ORDER.reason(["D", "C", "A", "B"]).this == {"D before A": "D needs A."}
    assert ORDER.reason(["B", "D", "C", "A"]).this == {"B before C": "B needs C.", "D before A": "D needs A."}
    assert ORDER.reason(["C", "A", "B", "D"]) == ("Because.", {})


def test_the_key_and_an_answer_are_written_with_letters() -> None:
    assert ORDER.key() == "the order is C, A, D, B"
    assert ORDER.said(["D", "C", "A", "B"]) == "D, C, A, B"
    assert ORDER.grade(ORDER.solution()).right


@pytest.mark.parametrize(
    "wrong",
    [None, "CADB", ["C"], ["C", "A", "D", "D"], ["C", "A", "D", "Z"], ["C", "A", "D", ["B"]], list("CADBC"), {}],
)
def test_every_letter_once_or_no_answer(wrong: object) -> None:
    assert refused(ORDER, wrong)
    with pytest.raises(AnswerError):
        ORDER.grade(wrong)


@given(JSON | st.permutations("ABCD"))
def test_whatever_arrives_is_graded_or_refused(anything: Any) -> None:
    assert refused(ORDER, anything) != (isinstance(anything, list) and sorted(map(str, anything)) == list("ABCD"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"answer": ["C", "A", "D"]}, "must name each option once"),
        ({"answer": ["C", "A", "D", "B", "B"]}, "must name each option once"),
        ({"answer": ["C", "A", "D", "E"]}, "must be among the options A, B, C, D"),
        ({"answer": ["A", "B", "C", "D"]}, "must not be alphabetical"),
        ({"explain": {"CA": "Right."}}, "the other way round"),
        ({"explain": {"CE": "No option."}}, "the other way round"),
        ({"explain": {"C": "One."}}, "two letters"),
        ({"options": {"A": "a", "B": "b"}, "answer": ["B", "A"]}, "at least 3"),
    ],
)
def test_what_cannot_be_asked_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        made(**fields)


def test_a_question_is_a_value() -> None:
    assert hash(ORDER) == hash(ORDER.model_copy())
    assert Order.model_validate_json(ORDER.model_dump_json()) == ORDER


def test_the_key_of_the_talk_follows_from_the_layers_own_formulas(bank: Bank) -> None:
    question = bank["backward-input-order"]
    assert isinstance(question, Order)
    quantity = {r"of $\sigma^2$": "var", "of $x$": "x", r"of $\hat x$": "x_hat", r"of $\mu$": "mean"}
    done = {"y"}
    uses = {f.name: {name_of(e) for e in f.rhs.atoms(sp.Indexed, sp.Symbol)} for f in BatchNorm().derive().definition}
    for letter in question.answer:
        name = quantity[question.options[letter]]
        assert {user for user, used in uses.items() if name in used} <= done
        done.add(name)
