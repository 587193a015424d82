import numpy as np
import pytest

from classroom import trained
from classroom.exhibits.learning_rate_and_init import PLOT, SWEEP, TABLE, LearningRateAndInit
from classroom.picture import Plot

SHRINKING = "7×6×1024(3) → 7×6×256(1) → 512"
PRINTED = (  # the talk's table; 150,000 iterations each
    ("sn01", "", "tiled conv", "yes", "0.01", "300", "0.984000"),
    ("sn02", "", "tiled conv", "yes", "0.05", "400 / 500 / 700", "0.991167"),
    ("tn03", SHRINKING, "full conv", "yes", "0.03", "300", "0.989000"),
    ("tn01", SHRINKING, "full conv", "yes", "0.05", "400", "0.992667"),
    ("tn04", SHRINKING, "full conv", "yes", "0.1", "800 / 900", "0.990167"),
    ("np04", "tn01 without BN", "full conv", "no", "0.05", "400", "0.990500"),
    ("np05", "", "full conv", "no", "0.01", "500 / 800", "0.990000"),
)


def maps():
    exhibit = LearningRateAndInit(show=SWEEP)
    data = exhibit.compute()
    return data, [p for p in exhibit.picture(data) if isinstance(p, Plot)]


def test_the_talks_rows_are_as_printed_and_each_is_a_named_point() -> None:
    exhibit = LearningRateAndInit(show=TABLE)
    table = exhibit.picture(exhibit.compute())[0]
    assert table.rows == PRINTED
    assert [PRINTED[i][0] for i in table.strong] == ["tn01", "np04"]
    exhibit = LearningRateAndInit(show=PLOT)
    figure = exhibit.picture(exhibit.compute())[0].figure
    drawn = {c[0]: (x, y) for t in figure.data for x, y, c in zip(t.x, t.y, t.customdata, strict=True)}
    assert drawn == {row[0]: (float(row[4]), pytest.approx(100 * float(row[6]))) for row in PRINTED}
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol


def test_the_talks_table_trains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trained, "finished", lambda run: pytest.fail("nothing to train here"))
    for show in (PLOT, TABLE):
        LearningRateAndInit(show=show).compute()


def test_both_maps_share_one_fixed_scale_and_mark_what_diverged() -> None:
    data, plots = maps()
    for arm, plot in enumerate(plots):
        heat, numbers = plot.figure.data
        assert (heat.zmin, heat.zmax) == (0, 100)
        assert np.allclose(heat.z, 100 * data.accuracy[arm])
        for rate, scale, said in zip(numbers.y, numbers.x, numbers.text, strict=True):
            cell = heat.y.index(rate), heat.x.index(scale)
            assert said == ("×" if data.diverged[arm][cell] else f"{100 * data.accuracy[arm][cell]:.0f}")
        learn = sum(value >= 0.9 for value in data.accuracy[arm].ravel())
        assert plot.note == f"{learn} of {data.accuracy[arm].size} learn"


def test_the_sweep_is_a_choice_that_is_computed_ahead() -> None:
    assert LearningRateAndInit(show=SWEEP) in LearningRateAndInit().choices()


def test_a_shorter_sweep_learns_in_fewer_cells() -> None:
    short = LearningRateAndInit(show=SWEEP, steps=40, seeds=2).compute()
    assert (short.accuracy >= 0.9).sum() < (maps()[0].accuracy >= 0.9).sum()
