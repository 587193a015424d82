"""Controls that have no effect rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from classroom.exhibit import acting_for, render
from classroom.exhibits import EXHIBITS


@pytest.mark.parametrize("key", [k for k, e in EXHIBITS.items() if e().acting() != e().controls()])
def test_what_rests_has_no_effect_on_the_picture(key: str) -> None:
    exhibit = EXHIBITS[key]()
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
