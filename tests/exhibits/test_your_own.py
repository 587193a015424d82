from dataclasses import replace

import numpy as np
import pytest

from classroom.exhibit import render
from classroom.exhibits.your_own import STEPS, YourOwn
from classroom.picture import Note, Plot
from classroom.training import finished
from lab.data import named
from lab.experiments.your_own import GRID, NORMS, REACH
from lab.training import Sgd, train


@pytest.fixture(scope="module")
def result():
    return finished(YourOwn().run())


def plots(exhibit: YourOwn) -> list[Plot]:
    return [panel for panel in exhibit.picture(exhibit.compute()) if isinstance(panel, Plot)]


def test_each_side_is_what_its_controls_say() -> None:
    run = YourOwn(norm_a="layer", depth_a=2, rate_a="3", scale_a="0.3", norm_b="none", depth_b=7, rate_b="0.001").run()
    assert (run.norms, run.depths, run.rates, run.scales) == (("layer", "none"), (2, 7), (3.0, 0.001), (0.3, 1.0))


def test_the_map_is_what_the_network_of_the_first_seed_takes_each_point_for(result) -> None:
    run, data = YourOwn().run(), named("spirals")
    for side, panel in enumerate(plots(YourOwn())[:2]):
        network = run.network(side)
        *_, last = train(network, data, Sgd(run.rates[side]), steps=STEPS, batch=run.batch, seed=0)
        heat, *points = panel.figure.data
        assert np.shape(heat.z) == (GRID, GRID)
        for row, column in ((0, 0), (3, 30), (20, 20), (40, 11)):
            place = np.array([heat.x[column], heat.y[row]], np.float32).reshape(1, 2, 1, 1)
            logits = network.infer(last.state, place)[0].astype(float)
            odds = np.exp(logits - logits.max())
            assert heat.z[row, column] == pytest.approx(odds[1] / odds.sum(), abs=1e-5)
        x, labels = data.held_out.take(slice(150))
        for label, drawn in enumerate(points):
            assert np.array_equal(np.c_[drawn.x, drawn.y], x[labels == label].reshape(-1, 2))
            assert np.abs(drawn.x).max() < REACH


def test_scrubbing_trains_nothing_and_shows_the_last_recorded_step(result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        type(YourOwn().run()), "run", lambda self: pytest.fail("a step of a finished run must not train")
    )
    for step in (0, 10, 300, STEPS):
        data = YourOwn(step=step).compute()
        assert data.steps[data.now] == result.steps[result.steps <= step].max()
        assert np.array_equal(data.decision, result.decision[:, data.now])


def test_pictures_have_no_map_and_are_raced_all_the_same() -> None:
    exhibit = YourOwn(data="digits")
    (race,) = plots(exhibit)
    assert "A: no norm, 4 layers, η 0.03; B: batch norm" in race.label
    assert exhibit.run().result().verdict() in exhibit.alt(exhibit.compute())


def test_the_verdict_is_the_runs_and_the_words_name_both_sides(result) -> None:
    exhibit = YourOwn()
    data = exhibit.compute()
    verdict, _ = (panel for panel in exhibit.picture(data) if isinstance(panel, Note))
    assert (verdict.text, verdict.mark) == (result.verdict(), "computed")
    assert "A: no norm, 4 layers, η 0.03. B: batch norm, 4 layers, η 0.03." in exhibit.alt(data)


def test_a_side_that_diverges_is_drawn_and_told() -> None:
    exhibit = replace(YourOwn(), rate_a="10", scale_a="10", depth_a=8)
    assert b"nan" not in render(exhibit).lower().split(b"panels")[0]
    assert "A reached 90 % in no run" in exhibit.alt(exhibit.compute())


def test_equal_sides_end_equal() -> None:
    exhibit = YourOwn(norm_a="batch")
    result = finished(exhibit.run())
    assert np.array_equal(result.accuracy[0], result.accuracy[1])
    assert "the difference is 0.0 ± 0.0 points: 3 seeds show no difference" in result.verdict()


@pytest.mark.parametrize("norm", list(NORMS))
def test_every_norm_can_be_raced_to_the_ends_of_its_settings(norm: str) -> None:
    low = YourOwn(norm_a=norm, depth_a=1, rate_a="0.001", scale_a="0.03", norm_b=norm, depth_b=8, rate_b="10")
    run = replace(low.run(), steps=20, recorded=4, seeds=2)
    *_, last = run.run()
    assert np.isfinite(last.result.accuracy).all()
    assert "nan" not in last.result.verdict()
