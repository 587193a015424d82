"""Finding the part of a formula that is wrong: what the talk printed, and what slips make."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from classroom.errata import ERRATA
from classroom.quiz import Bank, Question, Template
from classroom.quiz.kinds import FindError
from classroom.quiz.mutation import can_be_marked, mutants
from normlib import NORMS
from tests.quiz.anything import JSON, refused

COMMON: dict[str, Any] = {"id": "q", "type": "find_error", "slide": "mvn", "ask": "Which part is wrong?"}
PRINTED: dict[str, Any] = COMMON | {
    "erratum": "mvn-denominator",
    "printed": r"y=\frac{<A>}{<B>+<C>}",
    "parts": {"A": r"x-\mu", "B": r"\epsilon", "C": r"\sqrt{\sum x^2}"},
    "answer": "C",
    "explain": {"A": "The mean is taken off."},
}
MADE: dict[str, Any] = COMMON | {"norm": "batch_norm", "mutant": "root-forgotten", "changed": "x_hat"}


def made(fields: dict[str, Any]) -> FindError:
    return FindError.model_validate(fields)


def test_a_printed_formula_has_a_brace_for_each_part() -> None:
    shown = made(PRINTED).public()["shown"]
    assert shown == (
        r"y=\frac{\underbrace{x-\mu}_{\text{A}}}"
        r"{\underbrace{\epsilon}_{\text{B}}+\underbrace{\sqrt{\sum x^2}}_{\text{C}}}"
    )


def test_the_reason_and_the_number_are_the_erratums_own() -> None:
    question = made(PRINTED)
    assert question.why == ERRATA["mvn-denominator"].why
    found = question.revealed("A")
    assert found["mended"] == ERRATA["mvn-denominator"].right
    # x = (0, 1): the mean is 1/2, the printed root sqrt(0 + 1) = 1, the deviation 1/2.
    assert "x = (0, 1): as printed (−0.5, 0.5), right (−1, 1)" in found["failure"]
    assert made(PRINTED | {"why": "Mine."}).why == "Mine."


def test_a_slip_makes_formula_parts_key_reason_and_number() -> None:
    question = made(MADE)
    assert question.key() == "it is C"
    assert "sqrt" not in question.puzzle.parts["C"]
    assert question.puzzle.parts["C"] == r"\frac{1}{\sigma_{k}^{2} + \epsilon}"
    assert "sqrt" in question.revealed("C")["mended"]
    # x = (0, 1): the mean is 1/2 and the variance 1/4, so −1/2 : 1/4 = −2, and with the root −1.
    assert "x = (0, 1)" in question.failure()
    assert "gives −2 for the first y; right is −1" in question.failure()
    assert made(MADE | {"mutant": "mean-path-sign", "changed": "d x"}).solution() == "C"
    assert made(MADE | {"mutant": "own-n-forgotten", "changed": "d x"}).solution() == "B"


@pytest.mark.parametrize("name", ["batch_norm", "weight_norm", "local_response_norm"])
def test_every_slip_that_can_be_marked_makes_a_question(name: str) -> None:
    found = [mutant for mutant in mutants(NORMS[name]()) if can_be_marked(mutant)]
    assert found
    for mutant in found:
        question = made(COMMON | {"norm": name, "mutant": mutant.tag, "changed": mutant.changed})
        braces = re.findall(r"_\{\\text\{([A-F])\}\}", question.puzzle.shown)
        assert sorted(braces) == list(question.puzzle.parts)
        rights = [letter for letter in question.puzzle.parts if question.grade(letter).right]
        assert rights == [question.solution()]
        assert question.why == mutant.says
        assert "right is" in question.failure()


def test_only_the_wrong_part_is_right() -> None:
    question = made(PRINTED)
    assert [letter for letter in "ABC" if question.grade(letter).right] == ["C"]
    assert question.reason("A").this == {"A": "The mean is taken off."}
    assert question.reason("B").this == question.reason("C").this == {}


@given(JSON)
def test_whatever_arrives_is_graded_or_refused(anything: Any) -> None:
    assert refused(made(PRINTED), anything) != (anything in ["A", "B", "C"])


def test_nothing_of_the_key_is_shown() -> None:
    question = made(PRINTED)
    sent = str(question.public())
    assert "answer" not in question.public()
    assert question.why not in sent
    assert question.puzzle.right not in sent


@pytest.mark.parametrize("fields", [PRINTED, MADE])
def test_a_question_is_a_value(fields: dict[str, Any]) -> None:
    question = made(fields)
    assert hash(question) == hash(question.model_copy())
    assert FindError.model_validate_json(question.model_dump_json()) == question


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (PRINTED | {"erratum": None, "why": "Because."}, "must have an erratum or a mutant, got neither"),
        (PRINTED | MADE, "must have an erratum or a mutant, got both"),
        (PRINTED | {"erratum": "mvn-denominatr"}, "Write 'mvn-denominator'"),
        (PRINTED | {"erratum": "lrn-mode-names"}, "must be an erratum for which a number speaks"),
        (PRINTED | {"answer": "D"}, "must be one of the parts A, B, C"),
        (PRINTED | {"answer": None}, "must be one of the parts A, B, C"),
        (PRINTED | {"printed": "<A>+<B>"}, "must have a place for each part once"),
        (PRINTED | {"printed": "<A>+<B>+<C>+<C>"}, "must have a place for each part once"),
        (PRINTED | {"printed": None}, "must have a place for each part once"),
        (PRINTED | {"parts": {"C": "x"}, "printed": "<C>", "explain": {}}, "must have 2 to 6 entries"),
        (PRINTED | {"explain": {"C": "It is wrong."}}, "must explain parts that are right"),
        (PRINTED | {"changed": "y"}, "must be of a mutant"),
        (MADE | {"mutant": "root-forgoten"}, "Write 'root-forgotten'"),
        (MADE | {"norm": None}, "must be an operator"),
        (MADE | {"changed": None}, "Write 'changed: x_hat' or 'changed: d x'"),
        (MADE | {"changed": "mean"}, "must be a formula of batch_norm in which root-forgotten changes one part"),
        (MADE | {"mutant": "two-forgotten"}, "this one changes no formula of the operator so"),
        (MADE | {"answer": "C"}, "must be left out beside a mutant"),
        (MADE | {"parts": {"A": "x", "B": "y"}}, "must be left out beside a mutant"),
    ],
)
def test_what_cannot_be_asked_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(said)):
        made(fields)


def test_every_such_question_of_the_talk_fails_on_a_number(bank: Bank) -> None:
    asked: list[Question] = []
    for entry in bank.values():
        seeds = range(12) if isinstance(entry, Template) else range(1)
        asked += [question for seed in seeds if isinstance(question := entry.variant(seed), FindError)]
    assert len({question.id for question in asked}) >= 2
    assert len({question.puzzle.shown for question in asked if isinstance(question, FindError)}) >= 5
    for question in asked:
        wrong, right = question.revealed("A")["failure"].split("right", 1)
        numbers = [re.findall(r"−?\d+(?:[./]\d+)?", side) for side in (wrong, right)]
        assert numbers[0], question.id
        assert numbers[1], question.id
        assert numbers[0][-1] != numbers[1][0] or numbers[0] != numbers[1], question.id
