"""The operators side by side: the numbers of their sets by hand, and the paint against what an output feels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classroom.exhibits.shared_cells import OPERATORS, SHAPE, SharedCells
from classroom.picture import Block

M, K, L = SHAPE
# Cells that share a statistic with sample 2, feature map 4; how many different sets; over which letters; which test.
BY_HAND = {
    "batch": (L * M, K, "H·W·M", "≠"),
    "layer": (L * K, M, "H·W·K", "="),
    "instance": (L, K * M, "H·W", "="),
    "group": (L * K // 2, 2 * M, "H·W·K/G", "="),
    "layer, channels": (K, L * M, "K", "="),
    "root mean square": (K, L * M, "as in layer, channels", "="),
    "filter response": (L, K * M, "as in instance", "="),
    "switchable": (L * (K + M - 1), K * M, "mixed", "≠"),
}


def blocks(exhibit: SharedCells) -> dict[str, Block]:
    found = [panel for panel in exhibit.picture(exhibit.compute()) if isinstance(panel, Block)]
    return {block.label: replace(block, below=block.below.replace("\N{NO-BREAK SPACE}", " ")) for block in found}


def test_every_operator_has_a_count_by_hand() -> None:
    assert set(OPERATORS) == set(BY_HAND)


@pytest.mark.parametrize("operator", BY_HAND)
def test_block_and_words_give_the_counts_done_by_hand(operator: str) -> None:
    exhibit = SharedCells(sample=2, channel=4)
    cells, sets, extent, test = BY_HAND[operator]
    block = blocks(exhibit)[operator]
    assert int(block.painted.sum()) == cells
    assert block.note == f"{cells} cells × {sets} sets"
    assert block.below.startswith(extent)
    assert block.below.endswith(f"test {test} training")
    assert f"{operator} {cells} cells × {sets} sets, {extent}" in exhibit.alt(exhibit.compute())


@pytest.mark.parametrize("operator", BY_HAND)
def test_painted_is_what_moves_the_outlined_cells_output(operator: str) -> None:
    """A cell shares the statistic exactly if the output there feels it: change each cell, and look."""
    exhibit = SharedCells(sample=3, channel=5, groups="3")
    data = exhibit.compute()
    norm = dict(zip(data.shared, exhibit.norms(), strict=True))[operator]
    x = np.random.default_rng(1).normal(1.0, 1.0, SHAPE)
    before = norm.forward(x, **norm.init(SHAPE))[0][data.chosen]
    felt = np.zeros(SHAPE, dtype=bool)
    for cell in np.ndindex(*SHAPE):
        changed = x.copy()
        changed[cell] += 0.7
        felt[cell] = abs(norm.forward(changed, **norm.init(SHAPE))[0][data.chosen] - before) > 1e-9
    assert np.array_equal(felt, data.shared[operator].painted)


@pytest.mark.parametrize("operator", BY_HAND)
def test_equal_signs_stand_exactly_where_company_changes_nothing(operator: str) -> None:
    """One sample alone gives the output it gives in its batch, or it does not."""
    norm = OPERATORS[operator] if operator != "group" else SharedCells().norms()[list(BY_HAND).index("group")]
    x = np.random.default_rng(2).normal(0.5, 2.0, SHAPE)
    alone, _ = norm.forward(x[:1], **norm.init(x[:1].shape))
    together, _ = norm.forward(x, **norm.init(SHAPE))
    assert (np.abs(alone[0] - together[0]).max() < 1e-12) == blocks(SharedCells())[operator].below.endswith(
        "= training"
    )


@pytest.mark.parametrize(("groups", "other"), [("1", "layer"), ("6", "instance")])
def test_the_ends_of_group_normalization_are_layer_and_instance(groups: str, other: str) -> None:
    found = blocks(SharedCells(groups=groups, sample=2))
    assert np.array_equal(found["group"].painted, found[other].painted)
    assert found["group"].below.startswith(f"as in {other}:")


def test_two_groups_paint_the_half_that_holds_the_outlined_map() -> None:
    for channel in range(1, K + 1):
        painted = SharedCells(channel=channel).compute().shared["group"].painted
        assert np.flatnonzero(painted.any(axis=(0, 2))).tolist() == ([0, 1, 2] if channel <= 3 else [3, 4, 5])


def test_samples_lie_in_the_depth_of_the_block_and_the_outlined_cell_is_painted() -> None:
    exhibit = SharedCells(sample=4, channel=2)
    for block in blocks(exhibit).values():
        assert block.painted.shape == (L, M, K, 1)
        assert block.chosen[1:3] == (3, 1)
        assert block.painted[block.chosen]
        assert block.axes == ("H, W", "M", "K")
