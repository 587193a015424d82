"""Noise after BN in pictures: of a result made by hand, the whole one or what there is so far."""

from dataclasses import replace

import numpy as np
import pytest

from classroom.exhibits.noise_after_bn import PLACE, STEPS, WIDTH, NoiseAfterBn
from classroom.picture import Note, Plot
from classroom.plots import BN, COLOURS, DASHES, NAMES, NOISY, PLAIN, SYMBOLS
from lab.experiments.noise_after_bn import NOISY_ARMS, Result

T_975_2 = 4.3027  # Student's t for three seeds


def made(moments: int = 4) -> Result:
    """Return a result of three seeds, a moment every 100 steps; without BN it is slow, with noise restless."""
    steps = np.arange(moments) * 100
    seeds = np.array([-0.01, 0.0, 0.01])[:, None]
    right = np.stack([0.1 + rate * steps / 300 + seeds for rate in (0.5, 0.85, 0.8)])
    moved = np.stack([level * (1 + seeds) + 0 * steps for level in (0.02, 0.002, 0.2)])
    moved[..., 0] = np.nan
    return Result(steps, right, moved, 2 * moved)


def plots(exhibit: NoiseAfterBn, result: Result) -> list[Plot]:
    return [panel for panel in exhibit.picture(exhibit.seen_in(result)) if isinstance(panel, Plot)]


def test_the_labs_arms_are_the_pictures_and_differ_in_more_than_colour() -> None:
    assert tuple(NAMES[arm] for arm in (PLAIN, BN, NOISY)) == NOISY_ARMS
    assert len(set(COLOURS)) == len(set(DASHES)) == len(set(SYMBOLS)) == 3


def test_the_accuracy_is_mean_and_interval_of_the_seeds() -> None:
    data = NoiseAfterBn().seen_in(made())
    assert data.accuracy[:, -1, 0] == pytest.approx([60, 95, 90])
    assert data.accuracy[:, -1, 1] == pytest.approx([T_975_2 / 3**0.5] * 3, rel=1e-4)  # of seeds a point apart


@pytest.mark.parametrize(("change", "times"), [(PLACE, 1), (WIDTH, 2)])
def test_the_lower_plot_holds_every_seed_and_their_mean_in_percent(change: str, times: int) -> None:
    figure = plots(NoiseAfterBn(change=change), made())[1].figure
    for arm, level in ((PLAIN, 2.0), (BN, 0.2), (NOISY, 20.0)):
        thin, mean = (t for t in figure.data if t.mode == "lines" and t.line.color == COLOURS[arm])
        assert mean.y[1:] == pytest.approx([times * level] * 3)
        at = np.asarray(thin.x) == 300
        assert sorted(np.asarray(thin.y)[at & np.isfinite(thin.y)]) == pytest.approx(
            [times * level * seed for seed in (0.99, 1.0, 1.01)]
        )
        assert mean.line.dash == DASHES[arm]


def test_every_curve_is_named_once_at_its_end_and_names_keep_apart() -> None:
    for plot in plots(NoiseAfterBn(), made()):
        names = [note for note in plot.figure.layout.annotations if note.text in NAMES]
        assert sorted(note.text for note in names) == sorted(NAMES)
        assert {note.x for note in names} == {300.0}
        low, high = plot.figure.layout.yaxis.range
        heights = sorted(note.y for note in names)
        assert np.all(np.diff(heights) >= 1.2 * (high - low) / plot.height_rem)


@pytest.mark.parametrize("step", [0, 100, STEPS])
def test_the_curves_end_at_the_chosen_step_on_the_same_axes(step: int) -> None:
    exhibit = NoiseAfterBn(step=step)
    for plot, whole in zip(plots(exhibit, made()), plots(NoiseAfterBn(), made()), strict=True):
        assert plot.figure.layout.yaxis.range == whole.figure.layout.yaxis.range
        marks = [t for t in plot.figure.data if t.mode == "markers"]
        assert all(mark.x[0] == step for mark in marks)
        known = [np.asarray(t.x)[np.isfinite(np.asarray(t.y, float))] for t in plot.figure.data]
        assert all(x.max() <= step for x in known if x.size)


def test_a_run_at_its_first_moments_is_a_picture_without_nan() -> None:
    exhibit = NoiseAfterBn()
    for moments in (1, 2):
        data = exhibit.seen_in(made(moments))
        said = [note.text for note in exhibit.picture(data) if isinstance(note, Note)]
        assert "nan" not in " ".join([*said, exhibit.alt(data)])
    assert exhibit.alt(exhibit.seen_in(made(1))).startswith("After 0 of 300 steps 10.0 ± 2.5 % noise after BN")


def test_a_diverged_network_has_no_curve_and_is_told() -> None:
    result = made()
    result.moved[PLAIN, 0, 1:] = np.nan
    exhibit = NoiseAfterBn()
    data = exhibit.seen_in(result)
    assert "In some run a unit's inputs diverged" in data.verdict
    assert "nan" not in exhibit.alt(data)


def test_the_note_is_the_labs_verdict() -> None:
    exhibit, result = NoiseAfterBn(), made()
    (note,) = [p for p in exhibit.picture(exhibit.seen_in(result)) if isinstance(p, Note) and p.mark == "computed"]
    assert note.text == result.verdict()
    assert result.verdict() in exhibit.alt(exhibit.seen_in(result))


def test_only_what_trains_starts_a_new_run() -> None:
    exhibit = NoiseAfterBn()
    assert replace(exhibit, step=100, change=WIDTH).run() == exhibit.run()
    runs = [replace(exhibit, **{name: value}).run() for name, value in (("strength", 2.0), ("rate", 0.1), ("seeds", 5))]
    assert len({exhibit.run(), *runs}) == 4
    assert exhibit.run() == type(exhibit.run())()  # the lab's own defaults
