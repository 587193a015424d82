"""How an option looks on its card."""

from __future__ import annotations

from typing import Any


def card_state(letter: str, given: Any, right: set[str], over: bool, single: bool) -> str:
    """Return the look of an option: of several, what is right shows only once nothing more can count."""
    if given is None:
        return "open"
    if letter in right and (over or (single and letter in given)):
        return "right yours" if letter in given else "right"
    if letter not in given:
        return "rest"
    return "wrong" if over or single else "chosen"
