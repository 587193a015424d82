import numpy as np
import pytest

from classroom.exhibits.paper_experiments import CITED, MODELS, RERUN, PaperExperiments
from classroom.picture import Note, Plot, Table
from lab.statistics import interval

FIGURE_3 = {  # Ioffe & Szegedy 2015: initial learning rate, millions of steps to 72.2 %, highest accuracy in %
    "Inception": (0.0015, 31.0, 72.2),
    "BN-Baseline": (0.0015, 13.3, 72.7),
    "BN-x5": (0.0075, 2.1, 73.0),
    "BN-x30": (0.045, 2.7, 74.8),
    "BN-x5-Sigmoid": (0.0075, None, 69.8),
}


def panels(show: str):
    exhibit = PaperExperiments(show=show)
    return exhibit.picture(exhibit.compute())


def test_the_cited_numbers_are_the_papers() -> None:
    assert {m.name: (m.rate, m.steps, m.best) for m in MODELS} == FIGURE_3


def test_every_model_is_a_point_at_its_numbers_and_named_there() -> None:
    plot = next(p for p in panels(CITED) if isinstance(p, Plot)).figure
    (points,) = plot.data
    for x, y, (name, _), (_, steps, best) in zip(points.x, points.y, points.customdata, FIGURE_3.values(), strict=True):
        assert y == best
        assert steps is None or x == steps
        label = next(a for a in plot.layout.annotations if a.text.startswith(f"<b>{name}</b>"))
        assert 10**label.x == pytest.approx(x)  # labels on a log axis stand at the exponent
        assert label.y == best
    never = dict(zip(plot.layout.xaxis.ticktext, plot.layout.xaxis.tickvals, strict=True))["never"]
    assert points.x[-1] == never > max(x for x in points.x[:-1])


def test_what_is_cited_and_what_is_computed_is_marked() -> None:
    assert [p.mark for p in panels(CITED) if isinstance(p, Note)] == ["cited", ""]
    assert [p.mark for p in panels(RERUN) if isinstance(p, Note)] == ["computed"]


def test_the_rerun_names_the_first_recorded_step_at_each_target() -> None:
    exhibit = PaperExperiments(show=RERUN)
    result = exhibit.run().result()
    data = exhibit.compute()
    table = next(p for p in panels(RERUN) if isinstance(p, Table))
    for target, *cells in table.rows:
        for arm, cell in zip((1, 0), cells, strict=True):
            firsts = [
                next((s for s, a in zip(result.steps, seed, strict=True) if 100 * a >= int(target[:2])), None)
                for seed in result.accuracy[arm]
            ]
            met = [step for step in firsts if step is not None]
            assert cell.startswith(str(interval(met)) if met else "not reached")
            assert (f"({len(met)} of {len(firsts)} seeds)" in cell) == (0 < len(met) < len(firsts))
    assert f"{interval(100 * result.accuracy[1, :, -1])} %" in exhibit.alt(data)


def test_the_paper_is_shown_without_training() -> None:
    data = PaperExperiments(show=CITED).compute()
    assert not np.size(data.steps)
