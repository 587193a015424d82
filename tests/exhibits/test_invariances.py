"""The table of what an operator does not mind: its cells, its examples, and what the slide says of both."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from classroom.exhibits.invariances import CHANGES, GROUPS, JOINED, MARKS, OPERATORS, ROWS, Data, Invariances
from classroom.picture import Cell, Note, Table

CELLS = [
    (operator, change)
    for operator, change in product(OPERATORS, CHANGES)
    if operator in ("local response", "spatial", "Lp", "batch", "group, G = 2", "switchable", "spectral")
    or change == "scale each sample"
]


def table_of(data: Data, exhibit: Invariances) -> Table:
    table = exhibit.picture(data)[0]
    assert isinstance(table, Table)
    return table


@pytest.fixture(scope="module")
def signs() -> dict[str, str]:
    """The marks of every row, in the order of the columns."""
    exhibit = Invariances()
    rows = table_of(exhibit.compute(), exhibit).rows
    return {str(row[0]): " ".join(cell.text for cell in row[1:] if isinstance(cell, Cell)) for row in rows}


@pytest.mark.parametrize(
    ("operator", "marks"),
    {
        "local response": "✕ ✕ ✕ ✕ ✕ ✕ ✓ ✓",
        "cross-channel, spatial": "✕ ✕ ✕ ✕ ✕ ✕ ✓ ✓",
        "batch": "✓ ε=0 ✕ ✓ ε=0 ✓ ✕ ✓ ✓ ✕",  # Ioffe & Szegedy 2015, section 3.3
        "batch, at inference": "✕ ✕ ✕ ✕ ✕ ✕ ✓ ✓",
        "layer": "✓ ε=0 ✓ ε=0 ✕ ✓ ✓ ✕ ✓ ✓",  # Ba et al. 2016, section 5.1
        "instance, mean-variance": "✓ ε=0 ✓ ε=0 ✓ ε=0 ✓ ✓ ✓ ✓ ✓",  # Ulyanov et al. 2016, section 2
        "root mean square, Lp": "✓ ε=0 ✓ ε=0 ✕ ✕ ✕ ✕ ✓ ✓",  # Zhang & Sennrich 2019, table 1
        "weight normalization": "✓ ✓ – ✕ ✕ – – –",  # Salimans & Kingma 2016, section 2
        "weight standardization": "✓ ε=0 ✓ ε=0 – ✓ ✓ – – –",  # Qiao et al. 2019, section 2
        "spectral": "✓ ✕ – ✕ ✕ – – –",  # Miyato et al. 2018, equation 8
    }.items(),
)
def test_the_rows_say_what_the_papers_do(signs: dict[str, str], operator: str, marks: str) -> None:
    assert signs[operator] == marks


def test_operators_that_share_a_row_answer_alike() -> None:
    found = Invariances().compute().found
    for name, first in JOINED.items():
        verdicts = [[finding.verdict for finding in found[operator].values()] for operator in (name, first)]
        assert verdicts[0] == verdicts[1]


def test_every_operator_has_a_row_and_every_change_a_column_below_its_group(signs: dict[str, str]) -> None:
    exhibit = Invariances()
    table = table_of(exhibit.compute(), exhibit)
    assert sorted(name for names in ROWS.values() for name in names) == sorted(OPERATORS)
    assert list(signs) == [", ".join(names) for names in ROWS.values()]
    assert sum(span for _, span in GROUPS) == len(table.columns) == 1 + len(CHANGES)
    names = [name for name, span in GROUPS for _ in range(span)][1:]
    words = {"times a": "scale", "plus b": "shift", "the batch": "batch"}
    assert all(words[name] in change for name, change in zip(names, CHANGES, strict=True))


@pytest.mark.parametrize(("operator", "change"), CELLS)
def test_the_example_shows_what_the_mark_says(operator: str, change: str) -> None:
    exhibit = Invariances(operator=operator, change=change)
    data = exhibit.compute()
    finding, example = data.found[operator][change], data.example
    beside = exhibit.picture(data)[1]
    if finding.holds is None:
        assert example is None
        assert isinstance(beside, Note)
        return
    assert example is not None
    assert isinstance(beside, Table)
    same = np.allclose(example.output, example.expected, atol=1e-9)
    assert same == finding.holds
    assert (example.x != example.changed if example.x.shape == example.changed.shape else np.array(True)).any()
    shown = [cell for row in beside.rows for cell in row if isinstance(cell, Cell)]
    assert ("✕" in "".join(cell.text for cell in shown)) == (not same)
    assert len(beside.rows) == example.x.size <= 8
    assert len({row[0] for row in beside.rows}) == len(beside.rows)  # every value has a place of its own


def test_batch_normalization_and_a_sample_that_is_scaled_by_hand() -> None:
    """0, 1 and 0, 1 become 0, 2 and 0, 3: mean 5/4, variance 13/4 - 25/16 = 27/16."""
    example = Invariances(operator="batch", change="scale each sample").compute().example
    assert example is not None
    assert example.x.ravel().tolist() == [0, 1, 0, 1]
    assert example.changed.ravel().tolist() == [0, 2, 0, 3]
    assert example.expected.ravel().tolist() == [-1, 1, -1, 1]
    np.testing.assert_allclose(example.output.ravel(), (np.array([0, 2, 0, 3]) - 5 / 4) / (27 / 16) ** 0.5)


def test_a_tick_for_eps_0_says_how_much_the_operators_own_eps_is_felt() -> None:
    """Of 1 and 3 the variance is 1, of twice as much 4."""
    exhibit = Invariances(operator="instance", change="scale all")
    data = exhibit.compute()
    assert data.example is not None
    first = 1 / (1 + 1e-5) ** 0.5, 2 / (4 + 1e-5) ** 0.5
    assert data.example.with_eps == pytest.approx(first[1] - first[0], rel=1e-6)
    assert "ε = 10⁻⁵" in exhibit.alt(data)


def test_what_is_held_fixed_is_said() -> None:
    for operator, words in (
        ("batch renormalization", "r and d are held fixed"),
        ("spectral", "u and v are held fixed"),
    ):
        exhibit = Invariances(operator=operator, change="scale all")
        assert words in exhibit.alt(exhibit.compute())


def test_a_click_on_a_cell_asks_about_it() -> None:
    exhibit = Invariances()
    table = table_of(exhibit.compute(), exhibit)
    for i, row in enumerate(table.rows):
        for j, cell in enumerate(row[1:], start=1):
            assert isinstance(cell, Cell)
            asked, notices = Invariances.from_state(dict(cell.sets))
            assert notices == []
            assert table_of(asked.compute(), asked).chosen == (i, j)


def test_a_click_in_the_row_of_two_keeps_the_chosen_one() -> None:
    exhibit = Invariances(operator="Lp")
    table = table_of(exhibit.compute(), exhibit)
    chosen = [cell for cell in table.rows[table.chosen[0]] if isinstance(cell, Cell)]
    assert {dict(cell.sets)["operator"] for cell in chosen} == {"Lp"}


def test_no_mark_is_told_by_its_colour_alone() -> None:
    assert len({cell.text for cell in MARKS.values()}) == len({cell.title for cell in MARKS.values()}) == len(MARKS)
