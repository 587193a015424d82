"""Hand the reader's answers and settings to the browser, and take them back after a reload."""

from __future__ import annotations

from functools import partial

from classroom.ui import memory
from classroom.ui.components import KEEP


def keep(key: str) -> None:
    """Keep what the reader did."""
    KEEP(
        key=key,
        data={"keepsake": memory.keepsake(), "fresh": memory.is_fresh()},
        on_kept_change=partial(memory.restore, key),
    )
