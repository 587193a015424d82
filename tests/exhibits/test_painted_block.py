"""The block: painted cells, their number and the number of sets, against counts done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from classroom.exhibit import render
from classroom.exhibits.mystery_block import MysteryBlock
from classroom.exhibits.painted_block import OPERATORS, SHAPE, PaintedBlock
from classroom.picture import Block, Facts

H, W, K, M = SHAPE
# Cells that share a statistic with row 2, column 2, map 3, sample 1; and how many different sets the block holds.
BY_HAND = {
    "batch": (H * W * M, K),
    "mean-variance, per channel": (H * W, K * M),
    "… across channels": (H * W * K, M),
    "cross-channel": (3, H * W * K * M),
    "spatial": (2 * 2, H * W * K * M),
    "local response, across channels": (3, H * W * K * M),
    "… within a channel": (3 * 3, H * W * K * M),
}


def test_every_operator_has_a_count_by_hand() -> None:
    assert set(OPERATORS) == set(BY_HAND)


@pytest.mark.parametrize("operator", BY_HAND)
def test_facts_and_words_give_the_counts_done_by_hand(operator: str) -> None:
    exhibit = PaintedBlock(operator=operator, column=2)
    data = exhibit.compute()
    count, sets = BY_HAND[operator]
    facts = [panel.items[0][0] for panel in exhibit.picture(data) if isinstance(panel, Facts)]
    assert facts == [str(count), str(sets)]
    assert f"{count} of {H * W * K * M} cells are painted" in exhibit.alt(data)
    assert f"holds {sets} such sets" in exhibit.alt(data)


@pytest.mark.parametrize("operator", BY_HAND)
def test_painted_is_what_moves_the_outlined_cells_output(operator: str) -> None:
    """A cell shares the statistic exactly if the output there feels it: change each cell, and look."""
    exhibit = PaintedBlock(operator=operator, column=2, channel=4, sample=2)
    data, norm = exhibit.compute(), exhibit.norm()
    x = np.random.default_rng(1).normal(1.0, 1.0, SHAPE)
    before = norm.forward(x, **norm.init(SHAPE))[0][data.chosen]
    felt = np.zeros(SHAPE, dtype=bool)
    for cell in np.ndindex(*SHAPE):
        changed = x.copy()
        changed[cell] += 0.7
        felt[cell] = abs(norm.forward(changed, **norm.init(SHAPE))[0][data.chosen] - before) > 1e-9
    assert np.array_equal(felt, data.painted)


def test_sets_without_overlap_multiply_to_the_whole_block_and_windows_do_not() -> None:
    for operator, (count, sets) in BY_HAND.items():
        data = PaintedBlock(operator=operator, column=2).compute()
        assert data.overlap == (count * sets > H * W * K * M)


def test_the_outlined_cell_follows_its_controls_and_is_painted() -> None:
    for channel in (1, K):
        for column in (1, W):
            for sample in (1, M):
                data = PaintedBlock(operator="spatial", channel=channel, column=column, sample=sample).compute()
                assert data.chosen[1:] == (column - 1, channel - 1, sample - 1)
                assert data.painted[data.chosen]


def test_the_gap_reaches_the_browser() -> None:
    exhibit = PaintedBlock(gap=1.5)
    [block] = [panel for panel in exhibit.picture(exhibit.compute()) if isinstance(panel, Block)]
    assert block.gap == 1.5


def test_the_mystery_names_no_operator_but_describes_every_painted_cell() -> None:
    exhibit = MysteryBlock()
    words = exhibit.alt(exhibit.compute())
    frame = render(exhibit).decode("latin-1").lower()
    for giveaway in ("batch", "norm", "mean", "variance", "spatial", "cross", "local", "response"):
        assert giveaway not in frame
    assert "48 of 288 cells are painted: every row, every column, feature map 4, every sample" in words
    assert not exhibit.controls()


def test_the_mystery_is_batch_normalizations_picture() -> None:
    data = MysteryBlock().compute()
    assert np.array_equal(data.painted, PaintedBlock(operator="batch", channel=4, sample=2).compute().painted)
