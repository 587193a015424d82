"""Controls that have no effect rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classroom.exhibit import Exhibit, acting_for, render
from classroom.exhibits import EXHIBITS
from classroom.exhibits.explorer import BACKWARD, COMPARE, FORWARD, GRAPH, Explorer
from classroom.explorer.operators import CHOICES
from classroom.explorer.scene import UPSTREAM
from classroom.explorer.tensors import DIGITS, OWN, RANDOM
from classroom.explorer.uploads import keep


@pytest.mark.parametrize("key", [k for k, e in EXHIBITS.items() if e().acting() != e().controls()])
def test_what_rests_has_no_effect_on_the_picture(key: str) -> None:
    assert_what_rests_has_no_effect(EXHIBITS[key]())


# The operators of the explorer that together have every control.
EXPLORED = ["batch", "batch_at_inference", "batch_renorm", "dynamic_tanh", "group", "layer_at_each_position",
            "local_response_across_channels", "lp_of_the_sample", "mean_variance", "spatial", "spectral"]  # fmt: skip


@pytest.mark.parametrize("view", [FORWARD, BACKWARD, GRAPH, COMPARE])
@pytest.mark.parametrize("operator", EXPLORED)
def test_what_rests_in_a_view_of_the_explorer_has_no_effect_there(view: str, operator: str) -> None:
    source = [DIGITS, RANDOM, OWN][(EXPLORED.index(operator) + len(view)) % 3]
    own = keep(np.random.default_rng(2).normal(0.5, 2.0, (2, 3, 5, 4)), "own.npy") if source == OWN else ""
    upstream = UPSTREAM[EXPLORED.index(operator) % len(UPSTREAM)]
    exhibit = Explorer(
        view=view, operator=operator, source=source, own=own, upstream=upstream, paint="f" * 4 + "0" * 28
    )
    assert exhibit.acting().keys() < exhibit.controls().keys()
    assert_what_rests_has_no_effect(exhibit)


def test_the_sample_of_the_explorers_operators_has_every_control_of_theirs() -> None:
    of_sample = {control for operator in EXPLORED for control in CHOICES[operator].controls}
    assert of_sample == {control for choice in CHOICES.values() for control in choice.controls}


def assert_what_rests_has_no_effect(exhibit: Exhibit) -> None:
    data = exhibit.compute()
    for name in exhibit.controls().keys() - exhibit.acting().keys():
        control = exhibit.controls()[name]
        other = next(v for v in _values(control) if v != getattr(exhibit, name))
        changed = replace(exhibit, **{name: other})
        assert changed.alt(changed.compute()) == exhibit.alt(data), name
        assert render(changed).partition(b'"alt"')[2] == render(exhibit).partition(b'"alt"')[2], name


def _values(control: object) -> list[object]:
    match control:
        case tuple() if hasattr(control, "options"):
            return list(control.options)
        case tuple() if hasattr(control, "low"):
            return [control.low, control.high]
    return ["", "0123456789ab", "0" * 31 + "1"]


def test_the_seed_rests_until_the_input_is_random() -> None:
    shown = EXHIBITS["before_after"]
    assert "seed" not in acting_for(shown())
    assert "seed" in acting_for(shown(source="random"))
