"""What a reader did survives moving on and reloading; what a browser sends is never trusted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classroom.content import content
from classroom.quiz import Record
from classroom.ui import memory, messages
from tests.app.conftest import Session


def hand_back(session: Session, kept: object) -> None:
    session["keep"] = {"kept": kept if isinstance(kept, str) else json.dumps(kept)}
    memory.restore("keep")


def test_what_was_kept_comes_back_after_a_reload(session: Session) -> None:
    memory.records()["quiz-gamma-count"] = Record(("B",))
    session.deck["settings"]["cross-channel"] = {"k": 7, "size": 3, "alpha": 0.5, "beta": 0.75}
    kept = json.dumps(memory.keepsake())
    session.clear()
    assert memory.is_fresh()
    hand_back(session, kept)
    assert memory.records() == {"quiz-gamma-count": Record(("B",))}
    assert memory.shown() == {"quiz-gamma-count": "B"}
    slide = content().deck.find("cross-channel")
    assert slide is not None
    assert memory.exhibit_of(slide).state()["k"] == 7
    assert not memory.is_fresh()


def test_what_is_newer_than_what_was_kept_stays(session: Session) -> None:
    memory.records()["quiz-gamma-count"] = Record(("A",))
    hand_back(session, {"records": {"quiz-gamma-count": {"given": ["B"]}}, "settings": {}})
    assert memory.records() == {"quiz-gamma-count": Record(("A",))}


def test_unknown_questions_and_malformed_answers_are_dropped(session: Session) -> None:
    records = {"no-such-question": {"given": ["A"]}, "quiz-gamma-count": {"given": ["Z"]}, "quiz-picture-which": 1}
    hand_back(session, {"records": records, "settings": {"no-such-slide": {"k": 3}, "cross-channel": "nonsense"}})
    assert memory.keepsake() | {"seed": 0} == {"records": {}, "settings": {}, "seed": 0}


def test_settings_out_of_range_become_legal(session: Session) -> None:
    hand_back(session, {"records": {}, "settings": {"cross-channel": {"k": 1e9, "alpha": "<script>"}}})
    slide = content().deck.find("cross-channel")
    assert slide is not None
    assert memory.exhibit_of(slide).state() | {"k": 0} == type(memory.exhibit_of(slide))().state() | {"k": 0}
    assert memory.exhibit_of(slide).state()["k"] == 12


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kept=JSON, raw=st.text(max_size=30))
def test_whatever_a_browser_hands_back_is_survived(session: Session, kept: Any, raw: str) -> None:
    for value in (kept, {"records": kept, "settings": kept, "seed": kept}, raw):
        session.clear()
        hand_back(session, value)
        assert set(memory.keepsake()) == {"records", "settings", "seed"}


def test_starting_over_forgets_everything(session: Session) -> None:
    memory.records()["quiz-gamma-count"] = Record(("B",))
    memory.refusals()["spatial-corner-count"] = "no number"
    memory.forget()
    assert memory.keepsake() | {"seed": 0} == {"records": {}, "settings": {}, "seed": 0}
    assert memory.refusals() == {}
    assert memory.epoch() == 1  # so that the browser forgets what is typed and not sent
    assert not memory.is_fresh()  # so that the browser forgets too


NUMBERS = st.integers(-(2**70), 2**70) | st.floats() | st.booleans() | st.text(max_size=4) | st.none()
MESSAGES = JSON | st.fixed_dictionaries(
    {},
    optional={
        "slide": st.sampled_from(["cross-channel", "mvn", "no-such"]) | JSON,
        "at": NUMBERS,
        "seq": NUMBERS,
        "values": JSON | st.dictionaries(st.sampled_from(["k", "beta"]), JSON),
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=MESSAGES, whole=JSON)
def test_whatever_a_component_says_is_survived_and_only_legal_places_and_settings_are_taken(
    session: Session, said: Any, whole: Any
) -> None:
    slide = content().deck.find("cross-channel")
    assert slide is not None
    for held in ({"pos": said, "settings": said, "kept": said}, whole):
        session.clear()
        session["nav"] = session["controls"] = session["keep"] = held
        asked = memory.asked_for()
        assert asked is None or asked in content().deck.pages
        memory.keep_settings("controls")
        memory.restore("keep")
        assert 1 <= memory.exhibit_of(slide).state()["k"] <= 12
        assert isinstance(memory.sequence(), int)
        assert isinstance(memory.moves(slide), int)


@pytest.mark.parametrize("at", [None, "3", True, 1.5, -1, float("nan"), float("inf"), 10**400, [3], {}])
def test_no_place_is_no_move(at: Any) -> None:
    assert messages.move({"pos": {"at": at, "seq": 1}}) is None
    assert messages.move({"pos": {"at": 3, "seq": at}}) is None
    assert messages.settings({"settings": {"slide": "mvn", "values": {}, "seq": at}}) is None


def test_a_whole_number_may_come_as_a_float() -> None:
    assert messages.move({"pos": {"at": 3.0, "seq": 1}}) == (3, 1)


def test_what_is_nested_too_deeply_was_not_kept_here() -> None:
    assert messages.kept({"kept": "[" * 100_000}) is None


def test_a_setting_of_a_thousand_digits_becomes_legal(session: Session) -> None:
    slide = content().deck.find("cross-channel")
    assert slide is not None
    values = {"k": 10**5000, "alpha": -(10**400)}
    session["controls"] = {"settings": {"slide": slide.id, "values": values, "seq": 1}}
    memory.keep_settings("controls")
    assert memory.exhibit_of(slide).state() == type(memory.exhibit_of(slide))(**slide.state).state()
