"""docs/exchange.md says of each format what the code does."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from classroom.quiz import KINDS, Bank
from classroom.quiz.exchange.forms import IN_WORDS, TAKES, Form, Words, item
from classroom.quiz.exchange.reach import FORMATS, reasons, table
from tests.quiz.conftest import ROOT

DOCS = (ROOT / "docs" / "exchange.md").read_text(encoding="utf-8")


def test_the_table_is_what_the_code_says() -> None:
    assert table() in DOCS, f"paste this:\n{table()}"
    assert reasons() in DOCS, f"paste this:\n{reasons()}"


def test_every_kind_has_a_row_and_every_row_a_kind() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", DOCS, flags=re.M)
    assert sorted(rows) == sorted(KINDS) == sorted([*TAKES, *IN_WORDS])


def test_every_format_says_something_of_every_form() -> None:
    for name, says in FORMATS.items():
        assert set(says) == set(get_args(Form)), name


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_takes_the_form_that_its_row_says(kind: str, bank: Bank) -> None:
    asked: list[Any] = [question for question in bank.variants(1).values() if question.type == kind]
    expected = TAKES[kind].form if kind in TAKES else Words
    assert asked
    assert {type(item(question).form) for question in asked} == {expected}
