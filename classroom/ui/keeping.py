"""Hand the reader's answers and settings to the browser, and take them back after a reload."""

from __future__ import annotations

from functools import partial

from classroom.ui import memory
from classroom.ui.components import KEEP


def keep(key: str, focus: str = "") -> None:
    """Keep what the reader did; when `focus` (a CSS selector) changes, move the keyboard's focus there.

    A button that an answer disables loses the focus, and with it the keys that close a dialog.
    """
    KEEP(
        key=key,
        data={"keepsake": memory.keepsake(), "fresh": memory.is_fresh(), "focus": focus},
        on_kept_change=partial(memory.restore, key),
    )
