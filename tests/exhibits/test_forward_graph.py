"""The graph: its numbers by the formulas of the slide, and who moves with x₁ in training and at inference."""

from __future__ import annotations

import numpy as np
import pytest

from classroom.exhibits.forward_graph import COUNT, FIRST, NODES, ForwardGraph
from classroom.picture import Note, Plot, Table
from classroom.typeset import number

EPS = 1e-5


@pytest.mark.parametrize("first", [-2.0, 0.5, 4.0])
@pytest.mark.parametrize(("gamma", "beta"), [(1.5, 0.5), (-2.0, -1.0), (0.0, 1.0)])
def test_training_takes_mean_and_variance_from_these_values(first: float, gamma: float, beta: float) -> None:
    data = ForwardGraph(first=first, gamma=gamma, beta=beta).compute()
    assert data.x[0] == first
    assert data.mean == pytest.approx(sum(data.x) / COUNT)
    assert data.var == pytest.approx(sum((v - data.mean) ** 2 for v in data.x) / COUNT)
    assert np.allclose(data.x_hat, (data.x - data.mean) / np.sqrt(data.var + EPS))
    assert np.allclose(data.y, gamma * data.x_hat + beta)


def test_moving_one_input_moves_every_output_in_training_and_its_own_at_inference() -> None:
    for mode, expected in (("training", COUNT), ("inference", 1)):
        exhibit = ForwardGraph(mode=mode, first=FIRST + 1)
        data = exhibit.compute()
        assert np.sum(data.y != data.y_before) == expected
        assert f"{expected} of {COUNT} outputs differ" in exhibit.alt(data)
        [note] = [panel for panel in exhibit.picture(data) if isinstance(panel, Note)]
        assert f"moved {expected} of {COUNT} outputs" in note.text


def test_inference_looks_its_statistics_up_and_they_are_near_the_sources() -> None:
    still, moved = (ForwardGraph(mode="inference", first=first).compute() for first in (FIRST, 4.0))
    assert (still.mean, still.var) == (moved.mean, moved.var)
    assert still.mean == pytest.approx(0.8, abs=0.5)  # where all batches come from
    assert still.var == pytest.approx(1.4**2, rel=0.5)
    assert still.mean != ForwardGraph().compute().mean


def test_each_step_reveals_one_more_node() -> None:
    seen = []
    for step in range(1, len(NODES) + 1):
        exhibit = ForwardGraph(step=step)
        data = exhibit.compute()
        plot, table, _ = exhibit.picture(data)
        assert isinstance(plot, Plot)
        assert isinstance(table, Table)
        marks = [
            trace for trace in plot.figure.data if trace.mode == "markers" and trace.marker.symbol != "circle-open"
        ]
        assert len(marks) == step
        seen.append([cell != "·" for cell in table.rows[0][1:]])
        assert exhibit.alt(data).count("=") == step
    assert seen == [[True, False, False]] * 3 + [[True, True, False], [True, True, True]]


def test_no_arrow_leaves_x_for_the_statistics_at_inference() -> None:
    def lines(mode: str) -> int:
        exhibit = ForwardGraph(mode=mode)
        plot = exhibit.picture(exhibit.compute())[0]
        assert isinstance(plot, Plot)
        arrows = [a for a in plot.figure.layout.annotations if a.showarrow]
        return len(arrows)

    assert lines("training") == 7  # x to μ, σ², x̂; μ to σ², x̂; σ² to x̂; x̂ to y
    assert lines("inference") == 4


def test_what_is_drawn_stays_on_the_axis() -> None:
    for first in (-2.0, 4.0):
        for gamma in (-2.0, 2.0):
            for beta in (-1.0, 1.0):
                for mode in ("training", "inference"):
                    exhibit = ForwardGraph(mode=mode, first=first, gamma=gamma, beta=beta)
                    data = exhibit.compute()
                    plot = exhibit.picture(data)[0]
                    assert isinstance(plot, Plot)
                    low, high = plot.figure.layout.yaxis.range
                    drawn = [*data.x, data.mean, data.var, *data.x_hat, *data.y, *data.y_before]
                    assert low < min(drawn)
                    assert max(drawn) < high


def test_table_and_words_hold_the_arrays() -> None:
    exhibit = ForwardGraph(first=3.1)
    data = exhibit.compute()
    table = exhibit.picture(data)[1]
    assert isinstance(table, Table)
    assert [row[3] for row in table.rows] == [number(v) for v in data.y]
    assert f"μ = {number(data.mean)}" in exhibit.alt(data)
