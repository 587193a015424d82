"""A reader's results as a table and as JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from classroom.quiz.kinds import Question
from classroom.quiz.numbers import AnswerError
from classroom.quiz.record import Record, earned, is_right
from classroom.quiz.scoring import score

COLUMNS = ("id", "slide", "type", "points", "earned", "attempts", "hints", "sure", "right", "given")
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # a spreadsheet would calculate what begins so
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")


def results_csv(questions: Mapping[str, Question], records: Mapping[str, Record]) -> str:
    """Write a row for each question; polls earn nothing and are neither right nor wrong, so those cells are empty.

    A text that a spreadsheet would take for a formula has an apostrophe before it. Numbers have none.
    """
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for row in _rows(questions, records):
        table.writerow([_cell(row[name]) for name in COLUMNS])
    return out.getvalue()


def results_json(questions: Mapping[str, Question], records: Mapping[str, Record]) -> str:
    """Write the same rows with their sums; what was given stands there as the browser sent it, too."""
    total = score(questions, records)
    rows = [
        {**row, "answers": list(records[row["id"]].given) if row["id"] in records else []}
        for row in _rows(questions, records)
    ]
    whole = {
        "points": total.points,
        "of": total.of,
        "right": total.right,
        "answered": total.answered,
        "questions": rows,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1)


def _rows(questions: Mapping[str, Question], records: Mapping[str, Record]) -> Iterator[dict[str, Any]]:
    for name, question in questions.items():
        record = records.get(name, Record())
        counts = question.scored and bool(record.given)
        yield {
            "id": name,
            "slide": question.slide,
            "type": question.type,
            "points": question.points if question.scored else None,
            "earned": round(question.points * earned(question, record), 6) if counts else None,
            "attempts": len(record.given),
            "hints": record.hints,
            "sure": record.sure,
            "right": is_right(question, record) if counts else None,
            "given": " | ".join(_said(question, each) for each in record.given),
        }


def _said(question: Question, given: Any) -> str:
    try:
        return question.said(given)
    except AnswerError:  # no answer any more: the question has changed
        return str(given)


def _cell(value: object) -> object:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str() if value.lstrip(" ").startswith(_FORMULA) and not _NUMBER.fullmatch(value):
            return f"'{value}"
        case _:
            return value
