"""Cells of a block to be painted."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from classroom.quiz import Bank
from classroom.quiz.kinds import Paint
from tests.quiz.anything import JSON, refused

FIELDS: dict[str, Any] = {
    "id": "q",
    "type": "paint",
    "slide": "forward-tensor",
    "norm": "batch_norm",
    "ask": "Which?",
    "why": "Because.",
    "shape": ["3", "4", "3", "3"],  # as YAML's scalars arrive
    "cell": ["2", "3", "1", "2"],
    "explain": {"HW": "Instance.", "CHW": "Layer."},
}
PAINT = Paint.model_validate(FIELDS)
BLOCK = list(product(range(3), range(4), range(3), range(3)))  # sample, channel, row, column of cell 0, 1, ...


def cells(sample: tuple[int, ...] = (0, 1, 2), channel: tuple[int, ...] = (2,), column: int = 3) -> list[int]:
    """Number the cells of these samples and channels, in the first columns."""
    return [i for i, (n, c, _, w) in enumerate(BLOCK) if n in sample and c in channel and w < column]


def test_the_right_cells_of_batch_normalization_are_one_channel_of_every_sample() -> None:
    assert PAINT.solution() == cells()
    assert len(PAINT.solution()) == 27
    assert PAINT.grade(cells()) == (True, 1.0)
    assert PAINT.key() == "it is every sample, channel 3, every row, every column (27 cells)"


@pytest.mark.parametrize(
    ("painted", "credit"),
    [
        (cells(), 1),
        (cells(sample=(0, 2)), 18 / 27),
        (cells(column=2), 18 / 27),
        (cells(channel=(2, 3)), 27 / 54),  # just half of the union
        (cells(channel=(1, 2, 3)), 0),  # 27 of 81
        (cells(sample=(1,)), 0),  # 9 of 27: what a single sample shares
        (cells(sample=(0, 2), channel=(1, 2)), 0),  # 18 of 45
        (cells(channel=(0, 1, 3)), 0),
        (list(range(108)), 0),
    ],
)
def test_credit_is_the_overlap_from_one_half_on(painted: list[int], credit: float) -> None:
    assert PAINT.grade(painted).score == pytest.approx(credit)
    assert PAINT.grade(painted).right == (credit == 1)
    assert PAINT.grade([*reversed(painted)]) == PAINT.grade(painted)


def test_a_reason_counts_the_cells_and_names_the_mistake() -> None:
    assert PAINT.reason(cells()) == ("Because.", {})
    said = PAINT.reason(cells(sample=(1,), channel=(0, 1, 2, 3))).this["Your cells"]
    assert said == "9 of 27 cells found, 27 too many; overlap 9 of 54, or 17 %. Layer."
    said = PAINT.reason(cells(sample=(1,))).this["Your cells"]
    assert said == "9 of 27 cells found, 0 too many; overlap 9 of 27, or 33 %. Instance."


def test_cells_of_another_operator_are_told_by_its_name() -> None:
    plain = Paint.model_validate(FIELDS | {"explain": {}})
    said = plain.reason(cells(sample=(1,), channel=(0, 1, 2, 3))).this["Your cells"]
    assert said.endswith("These are the cells of layer normalization.")
    assert "These are" not in plain.reason([0, 50]).this["Your cells"]


def test_a_window_is_cut_off_at_the_first_channel() -> None:
    window = {"norm": "cross_channel_norm", "settings": {"size": "3"}, "shape": [2, 6, 2, 2], "cell": [1, 1, 2, 1]}
    question = Paint.model_validate(FIELDS | window | {"explain": {"C": "All."}})
    assert question.solution() == [2, 6]  # row 2, column 1 of channels 1 and 2, four cells each
    assert question.grade([2, 6, 10]).score == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "given",
    ["", "12", None, 3, [], [108], [-1], [1.0], [True], ["1"], [[1]], {"1": 1}, list(range(109)), [10**5000], [None]],
)
def test_only_a_list_of_cells_is_an_answer(given: object) -> None:
    assert refused(PAINT, given)


@given(JSON | st.lists(st.integers(-2, 110), max_size=120))
def test_whatever_comes_is_refused_or_judged(given: object) -> None:
    inside = isinstance(given, list) and all(type(i) is int and 0 <= i < 108 for i in given)
    assert refused(PAINT, given) == (not inside or not 1 <= len(given) <= 108)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "must"),
    [
        ({"norm": "batchnorm"}, "known norm"),
        ({"settings": {"group": "2"}}, "settings of batch_norm"),
        ({"norm": "group_norm", "settings": {"groups": "two"}}, "takes"),
        ({"norm": "group_norm", "settings": {"groups": "3"}}, "fit the operator"),
        ({"norm": "dynamic_tanh"}, "share a statistic"),
        ({"shape": [5, 4, 3, 3]}, "at most 4 × 6 × 4 × 4"),
        ({"shape": [1, 1, 1, 1], "cell": [1, 1, 1, 1]}, "two cells"),
        ({"cell": [2, 5, 1, 1]}, "a cell of the block"),
        ({"cell": [0, 1, 1, 1]}, "a cell of the block"),
        ({"explain": {"NHW": "But this is right."}}, "wrong axes only"),
        ({"explain": {"WH": "Not in order."}}, "in this order"),
    ],
)
def test_what_cannot_be_asked_is_said(change: dict[str, Any], must: str) -> None:
    with pytest.raises(ValidationError, match=must):
        Paint.model_validate(FIELDS | change)


def test_no_browser_knows_the_cells_before_the_answer() -> None:
    assert set(PAINT.public()) == {"id", "type", "slide", "ask", "points", "seconds", "attempts", "shape", "cell"}
    assert PAINT.revealed(cells()) == {"cells": cells()}


def test_every_explained_box_of_the_talk_is_told_apart(bank: Bank) -> None:
    questions = [entry.variant(0) for entry in bank.values() if entry.type == "paint"]
    assert questions
    for question in questions:
        assert isinstance(question, Paint)
        for axes, text in question.explain.items():
            at = [value - 1 for value in question.cell]
            ranges = [
                range(n) if axis in axes else [at[i]]
                for i, (axis, n) in enumerate(zip("NCHW", question.shape, strict=True))
            ]
            _, c, h, w = question.shape
            box = [((n * c + k) * h + i) * w + j for n, k, i, j in product(*ranges)]
            assert text in question.reason(box).this["Your cells"]
