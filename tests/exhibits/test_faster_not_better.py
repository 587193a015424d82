import numpy as np
import pytest

from classroom.exhibit import render
from classroom.exhibits.faster_not_better import FasterNotBetter
from classroom.picture import Note, Plot
from lab.experiments.faster_not_better import FasterNotBetter as Run


def first_at(steps, accuracy, target: float) -> float:
    for step, value in zip(steps, accuracy, strict=True):
        if value >= 100 * target - 1e-9:
            return float(step)
    return float("nan")


@pytest.mark.parametrize("target", [0.5, 0.9, 0.95, 0.99])
def test_a_target_is_read_from_the_runs_at_hand(target: float, monkeypatch: pytest.MonkeyPatch) -> None:
    FasterNotBetter().compute()
    monkeypatch.setattr(Run, "run", lambda self: pytest.fail("another target must not train"))
    data = FasterNotBetter(target=target).compute()
    for arm in (0, 1):
        expected = [first_at(data.steps, seed, target) for seed in data.accuracy[arm]]
        assert data.reached[arm] == pytest.approx(expected, nan_ok=True)
        there = [step for step in expected if np.isfinite(step)]
        assert data.speed[arm].mean == pytest.approx(np.mean(there) if there else np.nan, nan_ok=True)


def test_a_seed_that_never_gets_there_stands_at_never() -> None:
    exhibit = FasterNotBetter(target=0.99)
    data = exhibit.compute()
    assert np.isnan(data.reached).any()
    figure = [p for p in exhibit.picture(data) if isinstance(p, Plot)][1].figure
    never = dict(zip(figure.layout.xaxis.ticktext, figure.layout.xaxis.tickvals, strict=True))["never"]
    dots = [t for t in figure.data if len(t.x) == exhibit.seeds]
    for arm, trace in enumerate(dots):
        assert np.array_equal(np.asarray(trace.x) == never, np.isnan(data.reached[arm]))


def test_the_crosses_are_the_means_and_their_intervals() -> None:
    exhibit = FasterNotBetter()
    data = exhibit.compute()
    figure = [p for p in exhibit.picture(data) if isinstance(p, Plot)][1].figure
    crosses = [t for t in figure.data if t.error_x.array is not None]
    for arm, cross in enumerate(crosses):
        assert (cross.x[0], cross.y[0]) == (data.speed[arm].mean, pytest.approx(data.final[arm].mean()))
        assert cross.error_y.array[0] == data.end[arm].half
        assert cross.error_x.array[0] == data.speed[arm].half


def test_the_verdict_is_the_labs_and_follows_the_target() -> None:
    said = set()
    for target in (0.8, 0.95):
        exhibit = FasterNotBetter(target=target)
        data = exhibit.compute()
        note = next(p for p in exhibit.picture(data) if isinstance(p, Note) and p.mark == "computed")
        assert note.text == data.verdict
        said.add(note.text)
    assert len(said) == 2


def test_the_smallest_comparison_renders() -> None:
    assert render(FasterNotBetter(seeds=3, depth=2))
