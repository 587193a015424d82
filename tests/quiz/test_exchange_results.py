"""A reader's results as CSV, JSON and xAPI statements."""

from __future__ import annotations

import csv
import io
import json
import re
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.quiz import Bank, Record
from classroom.quiz.exchange.results import COLUMNS, results_csv, results_json
from classroom.quiz.exchange.xapi import xapi
from tests.quiz.readers.questions import answer, made

HEAD = {"slide": "idea", "ask": "Ask $x$?", "why": "w"}
ABC = {"options": {"A": "*a*", "B": "b", "C": "c"}}
QUESTIONS: dict[str, Any] = {
    entry["id"]: made({**HEAD, **entry})
    for entry in (
        {"id": "one", "type": "choice", **ABC, "answer": "B", "points": 4, "attempts": 2, "hints": ["h"]},
        {"id": "some", "type": "choices", **ABC, "answer": ["A", "C"]},
        {"id": "is", "type": "truth", "answer": "false"},
        {"id": "near", "type": "number", "answer": "-1/2", "within": "0.25"},
        {"id": "row", "type": "order", **ABC, "answer": ["C", "A", "B"]},
        {"id": "both", "type": "match", **ABC, "items": {"1": "x", "2": "y"}, "answer": {"1": "A", "2": "B"}},
        {"id": "say", "type": "text"},
        {"id": "rate", "type": "rating", "low": "no", "high": "yes"},
        {"id": "left", "type": "truth", "answer": "true"},
    )
}
RECORDS = {
    "one": Record(("A", "B"), hints=1, sure=0.75),
    "some": Record((["C", "A"],)),
    "is": Record(("T",)),
    "near": Record(("-0,5",)),
    "row": Record((["C", "B", "A"],)),
    "both": Record(({"1": "A", "2": "C"},)),
    "say": Record(("=1+1; cmd",)),
    "rate": Record((3,)),
    "gone": Record(("A",)),
}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_row_for_each_question() -> None:
    found = rows(results_csv(QUESTIONS, RECORDS))
    assert [row["id"] for row in found] == list(QUESTIONS)
    assert tuple(found[0]) == COLUMNS
    # 4 points, the second of two tries earns half, a hint leaves three quarters: 1.5
    assert list(found[0].values()) == ["one", "idea", "choice", "4", "1.5", "2", "1", "0.75", "yes", "A | B"]
    assert [row["earned"] for row in found] == ["1.5", "1.0", "0.0", "1.0", "0.333333", "0.5", "", "", ""]
    assert [row["right"] for row in found] == ["yes", "yes", "no", "yes", "no", "no", "", "", ""]
    assert (found[-1]["attempts"], found[-1]["given"]) == ("0", "")


def test_no_cell_is_a_formula() -> None:
    found = {row["id"]: row["given"] for row in rows(results_csv(QUESTIONS, RECORDS))}
    assert found["say"] == "'=1+1; cmd"
    assert found["near"] == "'-0,5"  # a comma: not a number to every spreadsheet


@given(st.text(min_size=1, max_size=20))
def test_whatever_is_written_is_no_formula_and_survives(text: str) -> None:
    question = {"say": QUESTIONS["say"]}
    record = Record((text,))
    try:
        said = question["say"].said(text)
    except ValueError:
        return  # no answer
    (row,) = rows(results_csv(question, {"say": record}))
    assert row["given"].removeprefix("'") == said.removeprefix("'")
    begins = row["given"].lstrip(" ")[:1]
    assert begins not in tuple("=@\t\r＝＋－＠")
    assert begins not in ("+", "-") or re.fullmatch(r"[-+][0-9.eE+-]+", row["given"])


def test_json_holds_the_rows_the_answers_and_the_sums() -> None:
    whole = json.loads(results_json(QUESTIONS, RECORDS))
    assert (whole["of"], whole["right"], whole["answered"]) == (9, 3, 6)
    assert whole["points"] == pytest.approx(1.5 + 1 + 1 + 1 / 3 + 0.5)
    by_id = {row["id"]: row for row in whole["questions"]}
    assert by_id["both"]["answers"] == [{"1": "A", "2": "C"}]
    assert by_id["say"]["given"] == "=1+1; cmd"  # JSON calculates nothing
    assert (by_id["left"]["answers"], by_id["left"]["earned"]) == ([], None)


def test_statements_say_what_was_answered() -> None:
    found = xapi(QUESTIONS, RECORDS, "k3x9", "https://example.org/talk")
    assert len(found) == 9  # "one" twice, "gone" not at all, and nothing is completed while "left" is open
    assert len({each["id"] for each in found}) == 9
    assert found == xapi(QUESTIONS, RECORDS, "k3x9", "https://example.org/talk")
    assert all(each["actor"]["account"] == {"homePage": "https://example.org/talk", "name": "k3x9"} for each in found)
    assert {each["verb"]["id"] for each in found} == {"http://adlnet.gov/expapi/verbs/answered"}
    said = {each["object"]["id"].rsplit("/", 1)[1]: each for each in found}
    definitions = {name: each["object"]["definition"] for name, each in said.items()}
    kinds = {name: definition["interactionType"] for name, definition in definitions.items()}
    assert kinds == {
        "one": "choice", "some": "choice", "is": "true-false", "near": "numeric", "row": "sequencing",
        "both": "matching", "say": "long-fill-in", "rate": "likert",
    }  # fmt: skip
    right = {name: definition.get("correctResponsesPattern") for name, definition in definitions.items()}
    assert right == {
        "one": ["B"], "some": ["A[,]C"], "is": ["false"], "near": ["-0.75[:]-0.25"], "row": ["C[,]A[,]B"],
        "both": ["1[.]A[,]2[.]B"], "say": None, "rate": None,
    }  # fmt: skip
    responses = {name: each["result"]["response"] for name, each in said.items()}
    assert responses == {
        "one": "B", "some": "C[,]A", "is": "true", "near": "-0.5", "row": "C[,]B[,]A",
        "both": "1[.]A[,]2[.]C", "say": "=1+1; cmd", "rate": "3",
    }  # fmt: skip
    assert said["row"]["result"]["score"]["scaled"] == pytest.approx(1 / 3, abs=1e-6)
    assert (said["one"]["result"]["success"], said["is"]["result"]["success"]) == (True, False)
    assert "score" not in said["say"]["result"]
    assert definitions["one"]["choices"][0] == {"id": "A", "description": {"en": "a"}}
    assert [each["id"] for each in definitions["rate"]["scale"]] == ["1", "2", "3", "4", "5"]


def test_the_talk_is_completed_when_all_is_over() -> None:
    records = {**RECORDS, "left": Record(("T",))}
    (done,) = [
        each for each in xapi(QUESTIONS, records, "k", "https://e.org") if each["verb"]["id"].endswith("completed")
    ]
    assert done["result"]["score"]["max"] == 10
    assert done["result"]["score"]["raw"] == pytest.approx(1.5 + 1 + 1 + 1 / 3 + 0.5 + 1, abs=1e-5)
    assert done["result"]["score"]["scaled"] == pytest.approx(done["result"]["score"]["raw"] / 10, abs=1e-6)


def test_every_kind_of_the_bank_has_rows_and_statements(bank: Bank) -> None:
    questions = bank.variants(5)
    records = {name: Record((question.solution(),)) for name, question in questions.items()}
    assert all(row["right"] in ("yes", "") for row in rows(results_csv(questions, records)))
    json.loads(results_json(questions, records))
    found = xapi(questions, records, "k", "https://e.org")
    assert json.loads(json.dumps(found)) == found
    assert all(each["result"].get("success", True) for each in found)
    assert found[-1]["result"]["score"]["scaled"] == 1
    assert len(found) == len(questions) + 1
    dice = Random(4)
    for question in questions.values():
        if question.type in ("choice", "choices", "truth", "number", "order", "match"):
            assert xapi({question.id: question}, {question.id: Record((answer(question, dice),))}, "k", "https://e.org")


def test_an_answer_that_is_none_any_more_is_wrong_and_saved_all_the_same() -> None:
    records = {"near": Record(("four",))}
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(results_csv(QUESTIONS, records)))}
    assert rows["near"]["given"] == "four"
    assert rows["near"]["right"] == "no"
    (statement,) = xapi(QUESTIONS, records, "reader-1", "http://localhost")
    assert statement["result"]["response"] == "four"
    assert statement["result"]["success"] is False
