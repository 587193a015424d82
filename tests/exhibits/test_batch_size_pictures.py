"""The error by batch size in pictures: of results made by hand, with every run or with some."""

from dataclasses import replace

import numpy as np
import pytest

from classroom.exhibits.batch_size import ERROR, IMAGES
from classroom.exhibits.error_by_batch_size import (
    AT_32,
    COLOURS,
    DASHES,
    EVERYTHING,
    GAP,
    PLACES,
    SYMBOLS,
    WHOLE,
    ErrorByBatchSize,
)
from classroom.picture import Note, Plot
from lab.experiments.error_by_batch_size import NORM_ARMS, Result

SIZES = np.array([32, 2])
PERCENT = np.array([[[4.0, 6.0], [8.0, 12.0]], [[5.0, 5.0], [5.0, 7.0]], [[3.0, 3.0]] * 2, [[9.0, 9.0]] * 2])


def made(percent: np.ndarray = PERCENT) -> Result:
    return Result(5120, SIZES, percent / 100)


def first_seed() -> Result:
    """Return what there is after three runs: no second seed, nothing at 2, no instance norm."""
    some = np.full(PERCENT.shape, np.nan)
    some[:3, 0, 0] = PERCENT[:3, 0, 0]
    return made(some)


def plots(exhibit: ErrorByBatchSize, result: Result) -> list[Plot]:
    return [panel for panel in exhibit.picture(exhibit.seen_in(result)) if isinstance(panel, Plot)]


def of_arm(plot: Plot, arm: int, mode: str) -> object:
    (trace,) = [t for t in plot.figure.data if t.mode == mode and t.marker.color == COLOURS[arm]]
    return trace


def test_the_norms_differ_in_more_than_colour() -> None:
    assert all(len(set(marks)) == len(NORM_ARMS) for marks in (COLOURS, DASHES, SYMBOLS, PLACES))


def test_lines_are_the_means_and_every_run_is_a_dot() -> None:
    here, _ = plots(ErrorByBatchSize(), made())
    for arm, means in enumerate(([5, 10], [5, 6], [3, 3], [9, 9])):
        assert of_arm(here, arm, "lines+markers").y == pytest.approx(means)
        dots = of_arm(here, arm, "markers")
        assert dots.y == pytest.approx(PERCENT[arm].ravel())
        assert dots.x == pytest.approx(np.array([32, 32, 2, 2]) * 10 ** PLACES[arm])


def test_the_distance_from_group_norm_is_taken_seed_by_seed() -> None:
    here, cited = plots(ErrorByBatchSize(show=GAP), made())
    assert of_arm(here, 0, "markers").y == pytest.approx([-1, 1, 3, 5])
    assert of_arm(here, 0, "lines+markers").y == pytest.approx([0, 4])
    assert np.all(of_arm(here, 1, "lines+markers").y == 0)
    assert of_arm(cited, 0, "lines+markers").y == pytest.approx([-0.5, -0.5, 0.8, 3.1, 10.6])
    assert of_arm(cited, 3, "lines+markers").y[0] == pytest.approx(28.4 - 24.1)


def test_the_cited_errors_are_the_neighbours_and_the_papers_at_32() -> None:
    _, cited = plots(ErrorByBatchSize(), made())
    for arm, name in enumerate(NORM_ARMS[:2]):
        trace = of_arm(cited, arm, "lines+markers")
        assert (tuple(trace.x), tuple(trace.y)) == (IMAGES, ERROR[name])
    assert AT_32 == {"layer norm": 25.3, "instance norm": 28.4}
    assert of_arm(cited, 2, "lines+markers").y[0] == 25.3
    alt = ErrorByBatchSize().alt(ErrorByBatchSize().seen_in(made()))
    assert "batch norm 23.6, 23.7, 24.8, 27.3, 34.7" in alt
    assert "with 32, layer norm 25.3, instance norm 28.4" in alt


@pytest.mark.parametrize("show", [WHOLE, GAP])
def test_everything_lies_within_the_axes(show: str) -> None:
    for result in (made(), made(8 * PERCENT)):
        for plot in plots(ErrorByBatchSize(show=show), result):
            low, high = plot.figure.layout.yaxis.range
            y = np.concatenate([np.asarray(t.y, float) for t in plot.figure.data])
            assert np.nanmin(y) >= low
            assert np.nanmax(y) <= high


@pytest.mark.parametrize("show", [WHOLE, GAP])
def test_some_runs_are_a_picture_without_nan(show: str) -> None:
    exhibit = ErrorByBatchSize(show=show)
    data = exhibit.seen_in(first_seed())
    here = plots(exhibit, first_seed())[0]
    assert [note.text for note in here.figure.layout.annotations if note.name == "end"] == ["batch", "group", "layer"]
    said = [panel.text for panel in exhibit.picture(data) if isinstance(panel, Note)]
    assert said[0] == "3 of 16 runs so far: not yet enough to compare batch sizes."
    assert "nan" not in " ".join([*said, exhibit.alt(data)])
    nothing = exhibit.seen_in(made(np.full(PERCENT.shape, np.nan)))
    assert exhibit.picture(nothing)


def test_the_words_have_the_numbers_of_the_lines() -> None:
    exhibit = ErrorByBatchSize()
    alt = exhibit.alt(exhibit.seen_in(made()))
    assert alt.startswith("Held-out error in percent by images in the batch: batch norm 5 ± 13 at 32, 10 ± 25 at 2;")
    assert made().verdict() in alt


def test_what_is_small_and_what_trains_starts_a_new_run() -> None:
    exhibit = ErrorByBatchSize()
    assert replace(exhibit, show=GAP).run() == exhibit.run()
    assert exhibit.run() == type(exhibit.run())()  # the lab's own defaults
    every = replace(exhibit, vary=EVERYTHING).run()
    assert (exhibit.run().vary, every.vary) == ("statistics", "batch")
    assert max(every.updates(size) for size in every.sizes) <= 1000  # seconds a seed, not minutes
