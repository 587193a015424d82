"""Frames are computed once, also when many ask at once, and the oldest give way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from time import sleep
from typing import Annotated, Any, ClassVar

import pytest

from classroom import frames
from classroom.exhibit import Exhibit, Range
from classroom.picture import Note, Picture


@dataclass(frozen=True, kw_only=True)
class Counting(Exhibit):
    """Counts how often it is computed."""

    title = "Counting"
    lock: ClassVar[Lock] = Lock()
    times: ClassVar[dict[int, int]] = {}

    n: Annotated[int, Range("n", 0, 99, 1)] = 0

    def compute(self) -> int:
        """Take a while, so that others ask meanwhile."""
        sleep(0.02)
        with self.lock:
            self.times[self.n] = self.times.get(self.n, 0) + 1
        if self.n == 13:
            raise ArithmeticError("thirteen")
        return self.n

    def picture(self, data: Any) -> Picture:
        """Show a note."""
        return [Note(text=str(data))]

    def alt(self, data: Any) -> str:
        """Say the number."""
        return f"The number {data}."


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    Counting.times.clear()
    frames._frames.clear()
    monkeypatch.setattr(frames, "_size", 0)


def test_twenty_who_ask_at_once_get_the_same_frame_and_it_is_computed_once() -> None:
    with ThreadPoolExecutor(20) as pool:
        found = set(pool.map(lambda _: frames.frame_of(Counting(n=7)), range(20)))
    assert len(found) == 1
    assert Counting.times == {7: 1}


def test_a_frame_is_at_hand_only_after_it_was_asked_for() -> None:
    assert frames.at_hand(Counting(n=1)) is None
    assert frames.at_hand(Counting(n=1)) is None
    frame = frames.frame_of(Counting(n=1))
    assert frames.at_hand(Counting(n=1)) == frame


def test_a_computation_that_fails_is_tried_again_and_blocks_nobody() -> None:
    for _ in range(2):
        with pytest.raises(ArithmeticError):
            frames.frame_of(Counting(n=13))
    assert Counting.times == {13: 2}


def test_the_frame_that_nobody_asked_for_longest_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    one = len(frames.frame_of(Counting(n=1)))
    monkeypatch.setattr(frames, "KEPT_BYTES", 2 * one)
    frames.frame_of(Counting(n=2))
    frames.at_hand(Counting(n=1))  # now 2 is the oldest
    frames.frame_of(Counting(n=3))
    kept = [n for n in (1, 2, 3) if frames.at_hand(Counting(n=n))]
    assert kept == [1, 3]


def test_a_frame_that_was_computed_twice_counts_once() -> None:
    for _ in range(3):
        frame = frames._keep(Counting(n=5), b"frame")
    assert frames._size == len(frame)
