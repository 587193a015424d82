"""A step there and a step back for every node; what is chosen twice stands once beside the input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classroom.exhibits.explorer import COMPARE, GRAPH, NOBODY
from classroom.explorer import graph
from classroom.explorer.operators import CHOICES
from classroom.explorer.panels import Graph
from classroom.explorer.scene import RANDOM
from classroom.picture import Histogram, Map, Table
from classroom.samples import synthetic
from tests.explorer.views import AT, AXES, SHAPE, asked, every_operator, pictured, read

# Graph: a step there and a step back for every node.


@pytest.mark.parametrize("operator", ["batch", "layer", "spatial", "switchable", "filter_response", "dynamic_tanh"])
def test_values_come_one_a_step_and_then_gradients(operator):
    exhibit = asked(view=GRAPH, operator=operator)
    last = graph.steps(exhibit.norm())
    for step in range(1, last + 1):
        now = replace(exhibit, step=step)
        (panel,) = (p for p in now.picture(now.compute()) if isinstance(p, Graph))
        values, gradients = ([bool(getattr(n, name)) for n in panel.nodes] for name in ("value", "gradient"))
        n = len(values)
        assert last == 2 * n
        assert values == [i < step for i in range(n)]
        assert gradients == [i >= last - step for i in range(n)]


@every_operator
def test_the_last_steps_gradient_of_x_is_the_operators_and_beyond_the_end_is_the_end(operator):
    exhibit = asked(view=GRAPH, operator=operator, upstream=RANDOM)
    found = replace(exhibit, step=30).compute()
    scene = found.scene
    y, cache = scene.norm.forward(scene.x, **scene.params)
    dx = scene.norm.backward(found.dy, cache)["x"]
    assert found.graph.nodes[0].name == "x"
    assert found.graph.nodes[0].value == scene.x[AT]
    assert found.graph.nodes[0].gradient == pytest.approx(dx[AT], rel=1e-8, abs=1e-10 * np.abs(dx).max())
    assert found.graph.nodes[-1].value == pytest.approx(y[AT], rel=1e-9)
    assert found.graph.nodes[-1].gradient == found.dy[AT]
    last = replace(exhibit, step=graph.steps(exhibit.norm()))
    assert last.step <= 30
    assert pictured(replace(exhibit, step=30)) == pictured(last)


# Compare: what is chosen twice stands once.


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (("batch", NOBODY, NOBODY, NOBODY), ["batch"]),
        (("batch", "batch", "batch", "batch"), ["batch"]),
        (("layer", NOBODY, "batch", "layer"), ["layer", "batch"]),
        (("layer_at_each_position", "instance", "layer_at_each_position", "batch"),
         ["layer at each position", "instance", "batch"]),
        (("batch", "layer", "instance", "group"), ["batch", "layer", "instance", "group"]),
    ],
)  # fmt: skip
def test_one_to_four_operators_stand_beside_the_input_each_once(chosen, expected):
    exhibit = asked(view=COMPARE, **dict(zip(("operator", "second", "third", "fourth"), chosen, strict=True)))
    picture = exhibit.picture(exhibit.compute())
    labels = ["input *x*", *expected]
    assert [panel.label for panel in picture if isinstance(panel, Map)] == labels
    assert sum(isinstance(panel, Histogram) for panel in picture) == len(labels)
    (table,) = (panel for panel in picture if isinstance(panel, Table))
    assert [row[0] for row in table.rows] == labels
    assert [type(norm) for norm in exhibit.norms()] == [CHOICES[name.replace(" ", "_")].kind for name in expected]


def test_the_table_of_compare_is_by_hand():
    exhibit = asked(view=COMPARE, operator="batch", second="layer", third="instance", fourth=NOBODY)
    (table,) = (panel for panel in exhibit.picture(exhibit.compute()) if isinstance(panel, Table))
    x = 0.5 * synthetic(SHAPE, seed=3) + 1.0
    outputs = [(x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + 1e-5) for axis in AXES.values()]
    for row, values, cells in zip(table.rows, (x, *outputs), ("", "1,024", "2,048", "256"), strict=True):
        assert read(row[1]) == pytest.approx(values[:, 5].mean(), abs=0.0051)
        assert read(row[2]) == pytest.approx(values[:, 5].std(), abs=0.0051)
        assert row[3] == cells
