"""The presenter's view: what the hall sees, what comes next, what to say, and how long it has been."""

from __future__ import annotations

from classroom.ui import slides


def show() -> None:
    """Draw the presenter's view of the current slide; its moves take the slides' window along."""
    slides.show(presenter=True)
