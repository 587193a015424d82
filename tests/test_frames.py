"""Frames are computed once, and the room for them is counted in bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import pytest

from classroom.exhibit import Exhibit, Range
from classroom.frames import at_hand, frame_of
from classroom.picture import Note, Picture


@dataclass(frozen=True, kw_only=True)
class Counting(Exhibit):
    """Counts how often it is computed."""

    title = "Counting"
    times: ClassVar[list[int]] = []

    n: Annotated[int, Range("n", 0, 99, 1)] = 0

    def compute(self) -> int:
        """Count."""
        self.times.append(self.n)
        return self.n

    def picture(self, data: Any) -> Picture:
        """Show a note."""
        return [Note(text=str(data))]

    def alt(self, data: Any) -> str:
        """Say the number."""
        return f"The number {data}."


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    Counting.times.clear()
    frame_of.clear()
    yield
    frame_of.clear()


def test_a_frame_is_computed_once_and_at_hand_afterwards() -> None:
    assert at_hand(Counting(n=1)) is None
    frame = frame_of(Counting(n=1))
    assert frame_of(Counting(n=1)) is at_hand(Counting(n=1)) is frame
    assert Counting.times == [1]


def test_room_is_counted_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_of, "room", 2 * len(frame_of(Counting(n=1))))
    for n in (2, 1, 3):
        frame_of(Counting(n=n))
    assert [n for n in (1, 2, 3) if at_hand(Counting(n=n))] == [1, 3]
