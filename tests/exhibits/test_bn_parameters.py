import numpy as np
import pytest

from classroom.content import content
from classroom.exhibit import render
from classroom.exhibits.bn_parameters import QUANTITIES, START, STEPS, BnParameters
from classroom.picture import Plot
from classroom.training import finished
from lab.experiments.bn_parameters import BnParameters as Run

EVERY = pytest.mark.parametrize("show", list(QUANTITIES))


def chart(exhibit: BnParameters):
    return next(p for p in exhibit.picture(exhibit.compute()) if isinstance(p, Plot)).figure


@EVERY
def test_every_quantity_begins_at_one_value(show: str) -> None:
    data = BnParameters(show=show, step=0).compute()
    assert data.step == 0
    assert (data.values == START[show]).all()


@EVERY
def test_every_unit_is_a_tick_and_every_layer_a_ridge(show: str) -> None:
    exhibit = BnParameters(show=show, step=600)
    data, figure = exhibit.compute(), chart(exhibit)
    outlines, units = figure.data[::2], figure.data[1::2]
    assert len(outlines) == len(units) == len(data.values)
    for values, ticks in zip(data.values, units, strict=True):
        drawn = np.asarray(ticks["x"], float)
        assert np.array_equal(drawn[np.isfinite(drawn)][::2], values)
    bases = [min(outline["y"]) for outline in outlines]
    assert bases == sorted(bases, reverse=True)  # the first layer is on top


@EVERY
def test_a_ridge_is_the_histogram_of_its_layer(show: str) -> None:
    exhibit = BnParameters(show=show)
    data, figure = exhibit.compute(), chart(exhibit)
    for values, outline in zip(data.values, figure.data[::2], strict=True):
        x, y = np.asarray(outline["x"]), np.asarray(outline["y"]) - min(outline["y"])
        area = float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))
        left, right = x[np.flatnonzero(y)[[0, -1]]]
        assert left <= values.min() <= values.max() <= right
        counts = area / y.max() / (x[-1] - x[0]) * 48  # in units of the highest bar
        assert counts == pytest.approx(values.size / np.histogram(values, 48, (x[0], x[-1]))[0].max())


@EVERY
def test_the_axis_holds_the_whole_run(show: str) -> None:
    run = finished(Run(steps=STEPS))
    whole = getattr(run, show.replace(" ", "_"))[0]  # the seed that is drawn
    ranges = {tuple(chart(BnParameters(show=show, step=step)).layout.xaxis.range) for step in (0, 300, STEPS)}
    ((low, high),) = ranges
    assert low < whole.min() <= whole.max() < high


def test_weight_decay_changes_the_run() -> None:
    assert render(BnParameters(decay="0")) != render(BnParameters(decay="0.005"))


def test_no_map_is_switched_off_as_the_slide_says() -> None:
    slide = content().deck.find("bn-parameters")
    assert slide is not None
    assert "(none here is)" in slide.lede
    assert BnParameters(show="gamma").compute().values.min() > 0.5
