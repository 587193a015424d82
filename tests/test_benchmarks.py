"""The benchmark's arithmetic; nothing here is timed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import (
    bench_deck,
    bench_interaction,
    bench_lab,
    bench_norms,
    keys,
    mixture,
    moves,
    sliders,
    table,
    visitors,
)
from benchmarks.rivals import exhibit, serving
from classroom.content import content
from classroom.exhibit import Range
from classroom.exhibits import EXHIBITS
from normlib import Norm


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.floats(0, 1))
def test_quantile_lies_among_the_samples_and_leaves_its_share_below(samples: list[float], share: float) -> None:
    value = table.quantile(samples, share)
    below = sum(sample <= value + 1e-6 for sample in samples)
    assert min(samples) <= value <= max(samples)
    assert below >= math.floor(share * (len(samples) - 1)) + 1


def test_a_goal_in_floors_is_judged_by_the_ratio_of_the_medians() -> None:
    assert table.ratio("page", [29.0, 30.0, 900.0], [20.0], 1.5).met is True
    assert table.ratio("page", [31.0, 31.0], [20.0], 1.5).met is False
    assert table.ratio("page", [], [20.0], 1.5).met is None


def test_the_table_shows_what_was_not_measured_as_such() -> None:
    text = table.table([("Part", [table.Line(what="nothing", samples=(), below=1.0)])])
    assert "not measured" in text
    assert "met" not in text.lower().replace("not measured", "")


def test_a_frame_that_shows_the_old_words_under_the_new_heading_is_counted() -> None:
    old = {"heading": {"is": "A", "top": 0}, "lede": {"is": "a", "top": 50}}
    new = {"heading": {"is": "B", "top": 0}, "lede": {"is": "b", "top": 50}}
    assert mixture.judge([old, old, new, new]) == (0, 0, 0)
    assert mixture.judge([old, new | {"lede": old["lede"]}, new]) == (1, 0, 0)
    assert mixture.judge([old, {"heading": new["heading"]}, new]) == (0, 1, 0)
    assert mixture.judge([old, new | {"lede": {"is": "b", "top": 80}}, new]) == (0, 0, 30)


@pytest.mark.parametrize("target", sliders.TARGETS, ids=lambda target: target.slide)
def test_a_measured_control_exists_and_follows_a_drag(target: sliders.Target) -> None:
    slide = content().deck.find(target.slide)
    assert slide is not None
    assert slide.exhibit is not None
    control = EXHIBITS[slide.exhibit].controls()[target.control]
    assert isinstance(control, Range)
    assert not control.slow


def test_every_kind_of_slide_has_its_line() -> None:
    assert {line.what.split(",")[0] for line in keys.lines(keys.Times())} >= {
        "text slide", "words and formulas", "canvas exhibit", "Plotly exhibit",
    }  # fmt: skip
    assert set(bench_deck.SECTIONS) == {"keys", "frames", "sliders", "pictures", "first", "settings", "memory"}


@pytest.mark.parametrize(("key", "norm"), [(key, norm) for key, _, norm in bench_norms.cases()], ids=str)
def test_what_is_timed_beside_normlib_computes_the_same(key: str, norm: Norm) -> None:
    bench_norms.check(key, norm)


def test_a_goal_in_shares_of_pytorch_is_judged_by_the_median_of_the_pairs() -> None:
    row = bench_norms.Row("batch_norm", "batch", "forward", (32, 64, 56, 56))
    row.seconds |= {"normlib": [1.0, 5.0, 1.0], "PyTorch": [2.0, 10.0, 1.0]}
    assert row.ratio("PyTorch") == 0.5
    assert row.goal == ("≤ 0.7 × PyTorch", True)
    row.seconds["PyTorch"] = []
    assert row.goal == ("≤ 0.7 × PyTorch", None)


def test_a_small_array_has_its_goal_in_microseconds() -> None:
    row = bench_norms.Row("batch_norm", "batch", "backward", (8, 16, 16, 16), {"normlib": [101e-6]})
    assert row.goal == ("≤ 100 µs", False)
    assert bench_norms.spoken(101e-6) == "101 µs"


def test_a_visitor_who_gets_less_than_the_others_is_seen() -> None:
    served = [visitors.Visit([1.0] * count, [9000] * count) for count in (10, 20, 30)]
    assert visitors.share(served) == 0.5
    assert visitors.share([visitors.Visit(), visitors.Visit()]) == 0.0
    assert visitors.lines(served[:1], [visitors.Visit([900.0] * 20, [9000] * 20)])[1].met is False


def test_the_dragged_control_of_the_explorer_exists_and_no_value_comes_twice_in_a_sweep() -> None:
    control = EXHIBITS[bench_interaction.EXHIBIT].controls()[bench_interaction.CONTROL]
    assert isinstance(control, Range)
    assert round((control.high - control.low) / control.step) + 1 > 2 * bench_interaction.MOVES


def test_rivals_are_judged_by_how_many_times_as_long_they_take() -> None:
    found = {bench_interaction.OURS: moves.Moves([30.0], [25.0], [60.0]), serving.STREAMLIT: moves.Moves([60.0], [0.0])}
    ours, tail, streamlit, absent = bench_interaction.steps(found)
    assert (ours.met, tail.met, streamlit.met) == (True, True, True)
    assert "2.0 ×" in streamlit.said
    assert "--rivals" in absent.what
    assert bench_interaction.rates(found)[2].met is True
    found[serving.STREAMLIT].times = [20.0]
    assert bench_interaction.steps(found)[2].met is False


def test_the_rivals_show_normalized_maps_and_shares_of_all_values() -> None:
    shown = exhibit.shown(0.0)
    tile = exhibit.X[:, 5]  # the second map of the second row
    expected = (tile[0] - tile.mean()) / tile.std()
    np.testing.assert_allclose(shown.maps[64:, 64:128], expected, rtol=1e-5, atol=1e-6)
    assert math.isclose(shown.before.sum(), 1.0)
    assert math.isclose(shown.after.sum(), 1.0)


def test_the_labs_share_of_pytorchs_time_is_the_median_over_turns_and_judged_by_it() -> None:
    case = next(case for case in bench_lab.cases() if case.goal == 3.0)
    row = bench_lab.row(case, {"lab": [1e-3, 2e-3, 9e-3], "PyTorch": [1e-3, 1e-3, 1e-3]})
    assert row[1:] == ("3", "2000 µs", "1000 µs", "2.00", "≤ 3.00", "met")
    assert bench_lab.row(case, {"lab": [4e-3], "PyTorch": [1e-3]})[-1] == "MISSED"
    assert bench_lab.row(case, {"lab": [4e-3]})[2:] == ("4000 µs", "", "", "≤ 3.00", "")


def test_the_lab_is_measured_on_its_own_networks_with_and_without_bn() -> None:
    networks = {case.name: case.network for case in bench_lab.cases()}
    assert len(networks["3×100, BN"].layers) == len(networks["3×100, plain"].layers) + 3
    for case in bench_lab.cases():
        run = bench_lab.in_lab(case, seed=0)
        assert [next(run).number for _ in range(2)] == [1, 2]
