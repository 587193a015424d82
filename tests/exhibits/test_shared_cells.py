"""The operators side by side: the numbers of their sets by hand, and the paint against what an output feels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classroom.exhibits.shared_cells import EIGHT, EIGHT_MORE, FIRST, MORE, SHAPE, SharedCells
from classroom.picture import Block
from normlib import NORMS
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.batch_renorm import BatchRenorm
from normlib.running import Running

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
# Windows are of three and clipped at the edge; the spatial one is of two and leans to the later position.
MORE_BY_HAND = {
    "local response": (3, K * L * M, "3 of K of one sample", "="),
    "within a channel": (3, K * L * M, "3 of H·W of one sample", "="),
    "cross-channel": (3, K * L * M, "as in local response", "="),
    "spatial": (2, K * L * M, "2 of H·W of one sample", "="),
    "mean-variance": (L, K * M, "H·W of one sample", "="),
    "Lp": (K, L * M, "K of one sample", "="),
    "renormalized": (L * M, K, "H·W·M, across samples", "≈"),
    "dynamic tanh": (0, 1, "no statistic", "="),
}
ALL_BY_HAND = BY_HAND | MORE_BY_HAND


def showing(operator: str) -> str:
    return FIRST if operator in BY_HAND else MORE


def blocks(exhibit: SharedCells) -> dict[str, Block]:
    found = [panel for panel in exhibit.picture(exhibit.compute()) if isinstance(panel, Block)]
    return {block.label: replace(block, below=block.below.replace("\N{NO-BREAK SPACE}", " ")) for block in found}


def test_every_operator_has_a_count_by_hand() -> None:
    assert (set(EIGHT), set(EIGHT_MORE)) == (set(BY_HAND), set(MORE_BY_HAND))


def test_every_operator_on_activations_of_the_library_is_shown() -> None:
    shown = {type(norm) for norm in SharedCells().norms()}
    assert shown == {norm for norm in NORMS.values() if not norm().of_weights}


@pytest.mark.parametrize("operator", ALL_BY_HAND)
def test_block_and_words_give_the_counts_done_by_hand(operator: str) -> None:
    exhibit = SharedCells(sample=2, channel=4, operators=showing(operator))
    cells, sets, extent, test = ALL_BY_HAND[operator]
    block = blocks(exhibit)[operator]
    assert int(block.painted.sum()) == cells
    note = f"{cells} cells × {sets} sets" if cells else "no cells"
    assert block.note == note
    assert block.below.startswith(extent)
    assert block.below.endswith(f"test {test} training")
    assert f"{operator} {note}, {extent}" in exhibit.alt(exhibit.compute())


@pytest.mark.parametrize("operator", [name for name in ALL_BY_HAND if name != "dynamic tanh"])
def test_painted_is_what_moves_the_outlined_cells_output(operator: str) -> None:
    """A cell shares the statistic exactly if the output there feels it: change each cell, and look."""
    exhibit = SharedCells(sample=3, channel=5, groups="3", operators=showing(operator))
    data = exhibit.compute()
    norm = dict(zip(ALL_BY_HAND, exhibit.norms(), strict=True))[operator]
    x = np.random.default_rng(1).normal(1.0, 1.0, SHAPE)
    before = norm.forward(x, **norm.init(SHAPE))[0][data.chosen]
    felt = np.zeros(SHAPE, dtype=bool)
    for cell in np.ndindex(*SHAPE):
        changed = x.copy()
        changed[cell] += 0.7
        felt[cell] = abs(norm.forward(changed, **norm.init(SHAPE))[0][data.chosen] - before) > 1e-9
    assert np.array_equal(felt, data.shared[operator].painted)


def test_of_dynamic_tanh_nothing_is_painted_and_each_cell_moves_its_own_output_alone() -> None:
    exhibit = SharedCells(operators=MORE)
    data, norm = exhibit.compute(), EIGHT_MORE["dynamic tanh"]
    assert not data.shared["dynamic tanh"].painted.any()
    x = np.random.default_rng(4).normal(1.0, 1.0, SHAPE)
    changed = x.copy()
    changed[data.chosen] += 0.7
    felt = norm.forward(changed, **norm.init(SHAPE))[0] != norm.forward(x, **norm.init(SHAPE))[0]
    assert np.argwhere(felt).tolist() == [list(data.chosen)]


def test_renormalization_computes_in_training_what_the_test_does_as_long_as_no_clip_acts() -> None:
    renorm = BatchRenorm(layout="NCL")
    test = BatchNorm(layout="NCL", eps=renorm.eps, training=False)
    x = np.random.default_rng(5).normal(0.5, 2.0, SHAPE)
    running = Running(np.linspace(-1, 1, K), np.linspace(1, 3, K))
    y, _ = renorm.forward(x, **renorm.init(SHAPE) | renorm.corrections(x, running))
    given = test.init(SHAPE) | {"running_mean": running.mean, "running_var": running.var}
    np.testing.assert_allclose(y, test.forward(x, **given)[0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("operator", [name for name in ALL_BY_HAND if name != "renormalized"])
def test_equal_signs_stand_exactly_where_company_changes_nothing(operator: str) -> None:
    """One sample alone gives the output it gives in its batch, or it does not."""
    norm = dict(zip(ALL_BY_HAND, SharedCells().norms(), strict=True))[operator]
    x = np.random.default_rng(2).normal(0.5, 2.0, SHAPE)
    alone, _ = norm.forward(x[:1], **norm.init(x[:1].shape))
    together, _ = norm.forward(x, **norm.init(SHAPE))
    below = blocks(SharedCells(operators=showing(operator)))[operator].below
    assert (np.abs(alone[0] - together[0]).max() < 1e-12) == below.endswith("= training")


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
