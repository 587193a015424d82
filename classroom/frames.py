"""Frames of exhibits, kept: a setting that somebody has seen is not computed again, and never twice at once."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from classroom.exhibit import Exhibit, render

KEPT_BYTES = 48_000_000

_guard = Lock()  # of the tables below
_frames: OrderedDict[Exhibit, bytes] = OrderedDict()
_computing: dict[Exhibit, Lock] = {}
_size = 0


def at_hand(exhibit: Exhibit) -> bytes | None:
    """Return the frame of an exhibit if it is kept, without computing anything."""
    with _guard:
        if exhibit in _frames:
            _frames.move_to_end(exhibit)
            return _frames[exhibit]
        return None


def frame_of(exhibit: Exhibit) -> bytes:
    """Return the frame of an exhibit at its settings; who asks while it is computed waits for it."""
    if (frame := at_hand(exhibit)) is not None:
        return frame
    with _guard:
        lock = _computing.setdefault(exhibit, Lock())
    with lock:
        if (frame := at_hand(exhibit)) is not None:  # computed while this one waited
            return frame
        try:
            return _keep(exhibit, render(exhibit))
        finally:
            with _guard:
                _computing.pop(exhibit, None)


def _keep(exhibit: Exhibit, frame: bytes) -> bytes:
    global _size
    with _guard:
        _size += len(frame) - len(_frames.pop(exhibit, b""))  # after a failure two may compute the same one
        _frames[exhibit] = frame
        while _size > KEPT_BYTES and len(_frames) > 1:
            _, oldest = _frames.popitem(last=False)
            _size -= len(oldest)
    return frame
