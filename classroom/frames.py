"""Frames of exhibits, kept: a setting that somebody has seen is not computed again, and never twice at once."""

from __future__ import annotations

from classroom.exhibit import Exhibit, render
from lab.kept import Kept

frame_of: Kept[Exhibit, bytes] = Kept(render, room=48_000_000, size=len)
"""Return the frame of an exhibit at its settings."""

at_hand = frame_of.at_hand
"""Return the frame of an exhibit if it is kept, without computing anything."""
