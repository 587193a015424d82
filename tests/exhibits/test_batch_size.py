"""One cell in many batches: it scatters with its partners; unclipped renormalization gives what inference gives."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from classroom.chart import Chart, Dots
from classroom.exhibits.batch_size import BATCHES, EPS, ERROR, FEATURE, IMAGES, NAMES, ONE, BatchSize
from classroom.picture import Table
from classroom.typeset import number


def pixel() -> np.ndarray:
    images = load_digits().images.reshape(-1, 64) / 16.0
    return ((images - images.mean()) / images.std())[:, FEATURE]


def test_at_inference_the_population_counts_and_no_partner() -> None:
    x = pixel()
    expected = (x[ONE] - x.mean()) / np.sqrt(x.var() + EPS)
    for size in (2, 32):
        assert BatchSize(size=size).compute().inference == pytest.approx(expected, rel=1e-9)


def test_of_two_images_batch_norm_tells_only_which_is_larger() -> None:
    output = BatchSize(size=2).compute().outputs["batch"]
    apart = np.abs(output[np.abs(output) > 0.5])
    assert len(apart) > BATCHES / 2
    assert np.all(apart > 0.9)
    assert np.all(apart <= 1.0)


def test_the_output_scatters_less_in_larger_batches_and_not_at_all_under_group_norm() -> None:
    spreads = [BatchSize(size=size).compute().outputs["batch"].std() for size in (2, 4, 8, 16, 32)]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[0] > 4 * spreads[-1]
    assert np.ptp(BatchSize(size=2).compute().outputs["group"]) == 0.0


def test_clipped_to_1_and_0_renormalization_is_batch_normalization() -> None:
    data = BatchSize(size=4, r_max=1.0, d_max=0.0).compute()
    np.testing.assert_allclose(data.outputs["renormalized"], data.outputs["batch"], rtol=1e-12)
    assert data.clipped == 1.0


def test_where_no_clip_acts_renormalization_gives_what_inference_gives() -> None:
    data = BatchSize(size=16).compute()
    assert data.clipped == 0.0
    np.testing.assert_allclose(data.outputs["renormalized"], data.inference, rtol=1e-9)


def test_the_clips_that_act_are_counted() -> None:
    loose, tight = (BatchSize(size=4, d_max=d).compute() for d in (5.0, 0.5))
    assert 0 < loose.clipped < tight.clipped < 1
    off = np.abs(tight.outputs["renormalized"] - tight.inference) > 1e-9
    assert off.mean() == pytest.approx(tight.clipped)


def test_every_output_is_a_dot_and_the_table_says_its_spread() -> None:
    exhibit = BatchSize(size=4)
    data = exhibit.compute()
    panels = exhibit.picture(data)
    scatter = next(panel for panel in panels if isinstance(panel, Chart))
    dots = [mark for mark in scatter.marks if isinstance(mark, Dots)]
    assert [len(mark.x) for mark in dots] == [BATCHES] * len(NAMES)
    table = next(panel for panel in panels if isinstance(panel, Table))
    for row, name in zip(table.rows, NAMES, strict=True):
        assert row[0] == name
        assert row[2] == number(float(np.std(data.outputs[name])))
        assert f"± {row[2]}" in exhibit.alt(data)


def test_the_cited_errors_are_those_of_the_paper() -> None:
    assert dict(zip(IMAGES, ERROR["batch norm"], strict=True)) == {32: 23.6, 16: 23.7, 8: 24.8, 4: 27.3, 2: 34.7}
    assert dict(zip(IMAGES, ERROR["group norm"], strict=True)) == {32: 24.1, 16: 24.2, 8: 24.0, 4: 24.2, 2: 24.1}


def test_all_ten_cited_errors_stand_below_their_batch_size_and_in_the_words() -> None:
    exhibit = BatchSize()
    data = exhibit.compute()
    table = [panel for panel in exhibit.picture(data) if isinstance(panel, Table)][1]
    assert table.columns == ("", "2", "4", "8", "16", "32")
    assert table.rows == (
        ("batch", "34.7", "27.3", "24.8", "23.7", "23.6"),
        ("group", "24.1", "24.2", "24.0", "24.2", "24.1"),
    )
    assert "batch norm 23.6, 23.7, 24.8, 27.3, 34.7; group norm 24.1, 24.2, 24.0, 24.2, 24.1" in exhibit.alt(data)
