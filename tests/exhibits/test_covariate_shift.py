from dataclasses import replace

import numpy as np
import pytest

from classroom.exhibit import render
from classroom.exhibits.covariate_shift import STEPS, CovariateShift
from classroom.picture import Note, Plot
from classroom.training import finished
from lab.experiments.covariate_shift import CovariateShift as Run


@pytest.fixture(scope="module")
def run():
    return finished(Run())


def plots(exhibit: CovariateShift) -> list[Plot]:
    return [panel for panel in exhibit.picture(exhibit.compute()) if isinstance(panel, Plot)]


def test_scrubbing_trains_nothing_and_shows_the_last_recorded_step(run, monkeypatch: pytest.MonkeyPatch) -> None:
    CovariateShift().compute()
    monkeypatch.setattr(Run, "run", lambda self: pytest.fail("a step of a finished run must not train"))
    for step in range(0, STEPS + 1, 10):
        data = CovariateShift(step=step).compute()
        assert data.steps[data.now] <= step
        assert data.now == len(run.steps) - 1 or run.steps[data.now + 1] > step


def test_the_curves_end_at_the_step(run) -> None:
    for step in (0, 300, STEPS):
        last = run.steps[run.steps <= step].max()
        for plot in plots(CovariateShift(step=step)):
            assert max(np.max(trace["x"]) for trace in plot.figure.data) == last


def test_every_unit_is_read_from_one_run(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "run", lambda self: pytest.fail("another unit of a finished run must not train"))
    for unit in (1, 37, 100):
        data = CovariateShift(step=400, unit=unit).compute()
        assert np.array_equal(data.percentiles, run.percentiles[:, 0, :, :, unit - 1])
    assert render(CovariateShift(unit=2)) != render(CovariateShift(unit=3))


def test_arms_steps_and_units_share_one_axis_that_holds_the_whole_run(run) -> None:
    drawn = [plot for step in (0, STEPS) for unit in (1, 50, 100)
             for plot in plots(CovariateShift(step=step, unit=unit))[:2]]  # fmt: skip
    ranges = {tuple(plot.figure.layout.yaxis.range) for plot in drawn}
    ((low, high),) = ranges
    assert low < run.percentiles[:, 0].min() <= run.percentiles[:, 0].max() < high


def test_the_note_and_the_words_give_the_measured_drift(run) -> None:
    exhibit = CovariateShift()
    notes = [p for p in exhibit.picture(exhibit.compute()) if isinstance(p, Note)]
    assert [note.mark for note in notes] == ["computed", "contested"]
    assert notes[0].text == run.verdict()
    for value, plot in zip(run.drift()[:, 0, 0], plots(exhibit), strict=False):
        assert f"{value:.2f}" in plot.note
        assert f"{value:.2f}" in exhibit.alt(exhibit.compute())


@pytest.mark.parametrize("change", [{"rate": 0.1}, {"rate": 1.0}])
def test_the_ends_of_the_slow_control_render(change: dict[str, float]) -> None:
    exhibit = replace(CovariateShift(), **change)
    assert render(exhibit) != render(CovariateShift())
    assert np.isfinite(exhibit.compute().percentiles).all()
