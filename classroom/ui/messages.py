"""What a component in a browser may say. Whatever else arrives (anybody can send anything) counts as nothing said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

MOST_PARTS = 2000  # of an answer: the largest block to paint has 384 cells
LONGEST_KEPT = 2_000_000  # characters
LARGEST = 2**53  # beyond it, a browser's numbers skip integers


class Move(NamedTuple):
    """A key, button or swipe asked for a place."""

    at: int
    seq: int  # counts the moves of one mount


class Settings(NamedTuple):
    """The controls of a slide stand so; their values are not checked here."""

    slide: str
    values: Mapping[str, Any]
    seq: int


class Answer(NamedTuple):
    """A question is answered, or something else is asked of it; what is given is not checked here."""

    question: str
    given: Any
    wants: str  # "": it is answered; else "again", "another" (of its kind), "hint"
    sure: float | None  # the probability of being right that the reader names


class Kept(NamedTuple):
    """What a tab kept over a reload; nothing in it is checked here."""

    records: Mapping[str, Any]
    settings: Mapping[str, Any]
    seed: int | None


def move(component: object) -> Move | None:
    """Read the navigation's state."""
    said = _part(component, "pos")
    at, seq = _whole(said.get("at")), _whole(said.get("seq"))
    return None if at is None or seq is None else Move(at, seq)


def settings(component: object) -> Settings | None:
    """Read the state of a slide's controls."""
    said = _part(component, "settings")
    slide, values, seq = said.get("slide"), said.get("values"), _whole(said.get("seq"))
    if not isinstance(slide, str) or not isinstance(values, Mapping) or seq is None:
        return None
    return Settings(slide, values, seq)


def answer(said: object) -> Answer | None:
    """Read what a question has sent."""
    if not isinstance(said, Mapping) or not isinstance(said.get("question"), str):
        return None
    wants = next((each for each in ("again", "another", "hint") if said.get(each) is True), "")
    sure, given = said.get("sure"), said.get("given")
    return Answer(
        said["question"], given if _is_small(given) else None, wants, sure if isinstance(sure, float) else None
    )


def kept(component: object) -> Kept | None:
    """Read what a tab kept, JSON in a text."""
    text = component.get("kept") if isinstance(component, Mapping) else None
    try:
        said = json.loads(text) if isinstance(text, str) and len(text) <= LONGEST_KEPT else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, Mapping) or not {"records", "settings"} <= said.keys():
        return None
    return Kept(_part(said, "records"), _part(said, "settings"), _whole(said.get("seed")))


def operator(component: object) -> str:
    """Read which operator a link of the reference asks for; nothing for none."""
    asked = component.get("norm") if isinstance(component, Mapping) else None
    return asked if isinstance(asked, str) else ""


def _part(component: object, name: str) -> Mapping[str, Any]:
    part = component.get(name) if isinstance(component, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def _is_small(value: Any) -> bool:
    """Say whether a value could have been given by hand: grading looks at all of its parts."""
    left, stack = MOST_PARTS, [value]
    while stack:
        part = stack.pop()
        left -= 1 + (len(part) // 100 if isinstance(part, str) else 0)
        if left < 0 or (isinstance(part, list | dict) and len(part) > left):
            return False
        stack += part if isinstance(part, list) else part.values() if isinstance(part, dict) else ()
    return True


def _whole(value: object) -> int | None:
    """Return a whole number from 0 on; None for anything else: text, a bool, 1.5, infinity."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST:
        return None
    return int(value) if value == int(value) else None
