"""What one reader has done: where they are, how the controls stand, what they answered.

Lives in the session, so moving on and coming back loses nothing; the address holds the slide and its settings, so a
link or a reload opens the same picture.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import streamlit as st

from classroom.content import content
from classroom.deck import Slide
from classroom.exhibits import EXHIBITS, Exhibit
from classroom.quiz import Question, Reason, Record, is_over, is_right, restored
from classroom.quiz import reason as reason_of
from classroom.ui import messages

SEEDS = 2**31  # readers with different questions


class UnknownSlideError(LookupError):
    """The address names a slide that the deck does not have."""


def _store() -> dict[str, Any]:
    if "deck" not in st.session_state:
        st.session_state.deck = {"at": None, "url": None, "seq": 0, "settings": {}, "moves": {}, "records": {},
                                 "shown": {}, "rounds": {}, "refusals": {}, "notices": {}, "corrected": False,
                                 "fresh": True, "epoch": 0, "seed": random.randrange(SEEDS)}  # fmt: skip
    return st.session_state.deck


def sequence() -> int:
    """Return the number of the last navigation move that was handled."""
    return int(_store()["seq"])


def current_slide() -> Slide:
    """Return the slide to show: the newest of the reader's moves and the address. Raises UnknownSlideError."""
    memory, deck = _store(), content().deck
    url = st.query_params.get("slide", "")
    if (move := _new_move()) is not None:
        memory["at"] = deck.pages[move].id
    elif memory["url"] != url or memory["at"] is None:  # first visit, back, forward
        slide = _find(url)
        if memory["at"] is None or slide.id not in memory["settings"]:
            _take_settings(slide)
        memory["at"] = slide.id
    slide = _find(memory["at"])
    memory["notices"] = {name: said for name, said in memory["notices"].items() if name == slide.id}
    corrected, memory["corrected"] = memory["corrected"], False  # the address says what is not shown
    if corrected or (url != slide.id and not (slide.number == 0 and not url)):
        st.query_params.from_dict({"slide": slide.id, **settings(slide)})
        url = slide.id
    memory["url"] = url
    return slide


def _new_move() -> int | None:
    """Return the place that a key, button or swipe asked for, once."""
    memory = _store()
    move = messages.move(st.session_state.get("nav"))
    if move is None or move.seq <= memory["seq"]:
        return None
    memory["seq"] = move.seq
    return min(move.at, len(content().deck))


def asked_for() -> Slide | None:
    """Return the slide that a page other than the slides was told to go to."""
    move = _new_move()
    if move is None:
        return None
    slide = content().deck.pages[move]
    _store()["at"] = slide.id
    return slide


def _find(name: str) -> Slide:
    deck = content().deck
    if not name:
        return deck.cover
    numbered = {str(slide.number): slide for slide in deck.pages}  # int() refuses a number of thousands of digits
    slide = numbered.get(name) or deck.find(name)
    if slide is None:
        raise UnknownSlideError(name)
    return slide


def _take_settings(slide: Slide) -> None:
    """Adopt the settings of the address for this slide, made legal."""
    if slide.exhibit is None:
        return
    exhibit, notices = EXHIBITS[slide.exhibit].from_state(st.query_params.to_dict(), slide.state)
    given = {name: value for name, value in exhibit.state().items() if name in st.query_params}
    if given:
        _store()["settings"][slide.id] = given
    _store()["notices"][slide.id] = notices
    _store()["corrected"] = bool(notices)


def notices(slide: Slide) -> list[str]:
    """Return what had to change in the settings of the address, until the reader moves on."""
    return list(_store()["notices"].get(slide.id, []))


def settings(slide: Slide) -> dict[str, Any]:
    """Return the settings of a slide's exhibit that the reader has touched."""
    return dict(_store()["settings"].get(slide.id, {}))


def exhibit_of(slide: Slide) -> Exhibit:
    """Return the slide's exhibit as the reader has set it."""
    assert slide.exhibit is not None
    exhibit, _ = EXHIBITS[slide.exhibit].from_state(settings(slide), slide.state)
    return exhibit


def moves(slide: Slide) -> int:
    """Return how many settings of this slide the server has taken over; the browser drops older pictures by it."""
    return int(_store()["moves"].get(slide.id, 0))


def keep_settings(key: str) -> None:
    """Take over what the controls hold; values from a browser are made legal like those of a link."""
    sent = messages.settings(st.session_state.get(key))
    slide = content().deck.find(sent.slide) if sent else None
    if sent is None or slide is None or slide.exhibit is None:
        return
    exhibit, _ = EXHIBITS[slide.exhibit].from_state(sent.values, slide.state)
    _store()["settings"][slide.id] = exhibit.state()
    _store()["moves"][slide.id] = sent.seq


def keepsake() -> dict[str, Any]:
    """Return what the browser keeps for a reload: answers and settings, all of it the reader's own."""
    memory = _store()
    records = {name: record.wire() for name, record in memory["records"].items()}
    return {"records": records, "settings": memory["settings"], "seed": memory["seed"]}


def is_fresh() -> bool:
    """Say whether this session has neither been told what the browser kept nor been given anything since."""
    memory = _store()
    return bool(memory["fresh"]) and not memory["records"]


def restore(key: str) -> None:
    """Take back what the browser kept; what is not an answer or a setting here is dropped, what is newer stays."""
    memory, both = _store(), content()
    memory["fresh"] = False
    kept = messages.kept(st.session_state.get(key))
    if kept is None:
        return
    if kept.seed is not None and not memory["records"]:  # the same drawn questions as before
        memory["seed"] = kept.seed % SEEDS
    for name, said in kept.records.items():
        record = restored(question(name), said) if name in both.bank else None
        if record is None or name in memory["records"]:
            continue
        memory["records"][name] = record
        if record.given:
            memory["shown"].setdefault(name, record.given[-1])
    for slide in both.deck:
        state = kept.settings.get(slide.id)
        if slide.exhibit is not None and isinstance(state, Mapping) and slide.id not in memory["settings"]:
            exhibit, _ = EXHIBITS[slide.exhibit].from_state(state, slide.state)
            memory["settings"][slide.id] = exhibit.state()


def forget() -> None:
    """Start over: no answers, every control as the slide has it, other numbers in the questions."""
    memory = _store()
    memory |= {"records": {}, "shown": {}, "rounds": {}, "refusals": {}, "settings": {}, "moves": {}, "fresh": False,
               "seed": random.randrange(SEEDS)}  # fmt: skip
    memory["epoch"] += 1


def epoch() -> int:
    """Return how often this reader has started over: the browser then forgets too."""
    return int(_store()["epoch"])


def alias() -> str:
    """Return an opaque name of the reader, the same as long as their answers are kept."""
    return f"reader-{_store()['seed']:08x}"


def questions() -> Mapping[str, Question]:
    """Return all questions as this reader gets them, in the order of the bank; of those drawn, the one that counts."""
    return content().bank.variants(_store()["seed"])


def question(name: str) -> Question:
    """Return a question as this reader sees it now: of one that is drawn, it may be another one like it."""
    memory = _store()
    return content().bank[name].variant(memory["seed"] + memory["rounds"].get(name, 0))


def reason(name: str, given: Any) -> Reason:
    """Say why an answer to the question that this reader sees is right or wrong."""
    memory = _store()
    return reason_of(content().bank[name], memory["seed"] + memory["rounds"].get(name, 0), given)


def is_practice(name: str) -> bool:
    """Say whether the reader is at another question like it, which counts for nothing."""
    return name in _store()["rounds"]


def another(name: str) -> None:
    """Draw another question like it."""
    memory = _store()
    memory["rounds"][name] = memory["rounds"].get(name, 0) + 1
    memory["shown"].pop(name, None)


def records() -> dict[str, Record]:
    """Return what counts of what the reader did at each question, in the order of answering."""
    return _store()["records"]


def record(name: str) -> Record:
    """Return what counts at one question."""
    return records().get(name, Record())


def state_of(name: str) -> str:
    """Return how a question stands: right, missed, told (a poll), or open, while an attempt may still count."""
    asked, done = content().bank[name].variant(_store()["seed"]), record(name)
    if not done.given:
        return "open"
    if not asked.scored:
        return "told"
    return "right" if is_right(asked, done) else "missed" if is_over(asked, done) else "open"


def refusals() -> dict[str, str]:
    """Return, for each question whose last answer was none, what was wrong with it."""
    return _store()["refusals"]


def shown() -> dict[str, Any]:
    """Return the answer to each question that its card shows now; trying again clears it."""
    return _store()["shown"]
