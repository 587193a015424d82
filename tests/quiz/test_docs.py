"""docs/quizzes.md is true: its examples load, and it names every field and no other."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from classroom.quiz import KINDS, AnswerError, Choice, Choices, Number, load
from classroom.quiz.template import OWN
from tests.quiz.conftest import ROOT

DOCS = (ROOT / "docs" / "quizzes.md").read_text(encoding="utf-8")


def test_the_examples_load_and_cover_every_kind(tmp_path: Path) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", DOCS, flags=re.S)
    path = tmp_path / "quizzes.yaml"
    path.write_text("\n".join(examples), encoding="utf-8")
    kinds = [question.type for question in load(path).values()]
    assert set(kinds) == set(KINDS)


def test_every_field_has_a_row_and_every_row_a_field() -> None:
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", DOCS, flags=re.M)
    named = [name for row in rows for name in re.findall(r"\w+", row)]
    assert Counter(named) == Counter({*OWN, *(name for kind in KINDS.values() for name in kind.model_fields)})


def test_the_defaults_and_limits_are_those_of_the_code() -> None:
    for name in ("points", "seconds"):
        field = Choice.model_fields[name]
        low, high = (getattr(limit, bound) for limit, bound in zip(field.metadata, ("ge", "le"), strict=True))
        assert re.search(rf"^\| `{name}` \|.*{low} to {high}.*default {field.default}", DOCS, flags=re.M), name


def test_the_table_of_partial_credit_is_what_the_code_gives() -> None:
    question = Choices(
        id="q", type="choices", slide="s", ask="a", why="w", options={k: k for k in "ABCDE"}, answer=("A", "C")
    )
    rows = re.findall(r"^\| ((?:[A-E](?:, )?)+) \| ([0-9/]+) \|", DOCS, flags=re.M)
    assert len(rows) >= 5
    for picked, credit in rows:
        above, _, below = credit.partition("/")
        assert abs(question.grade(picked.split(", ")).score - int(above) / int(below or 1)) < 1e-12, picked


def test_what_is_said_of_numbers_is_so() -> None:
    question = Number(id="q", type="number", slide="s", ask="a", why="w", answer="1/2")
    yes, no = (
        re.findall(r"`([^`]+)`", line)
        for line in DOCS.splitlines()
        if line.startswith(("All of these are one half:", "None of these is a number:"))
    )
    assert len(yes) >= 4
    assert len(no) >= 4
    assert all(question.grade(text).right for text in yes)
    for text in no:
        with pytest.raises(AnswerError):
            question.grade(text)
