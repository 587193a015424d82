"""Whether a reader ever sees parts of two slides at once, or parts that jump after they have come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser

from benchmarks.browser import fresh, open_page
from benchmarks.servers import Server
from benchmarks.table import Line
from classroom.content import content

WATCH = 700  # milliseconds after a key
Frame = dict[str, dict[str, Any]]  # part -> what it is and where its top is, in pixels


@dataclass
class Changes:
    """What the changes of slide looked like, one number each."""

    mixed: list[float] = field(default_factory=list)  # frames with parts of both slides
    partial: list[float] = field(default_factory=list)  # frames with the new heading and something still missing
    jumps: list[float] = field(default_factory=list)  # pixels that a part moved after the new heading had come
    worst: dict[str, tuple[float, float, float]] = field(default_factory=dict)


def judge(frames: list[Frame]) -> tuple[int, int, int]:
    """Count frames that mix the first and the last one, frames that are not complete, and pixels of the largest jump.

    >>> old, new = {"heading": {"is": "A", "top": 0}}, {"heading": {"is": "B", "top": 0}, "lede": {"is": "b", "top": 9}}
    >>> judge([old, new | {"lede": {"is": "a", "top": 5}}, {"heading": new["heading"]}, new])
    (1, 1, 0)
    """
    first, last = frames[0], frames[-1]
    parts = [part for part in first | last if _is(first, part) != _is(last, part)]
    mixed = partial = jump = 0
    for seen in frames[1:-1]:
        arrived = {part for part in parts if _is(seen, part) == _is(last, part)}
        # A part that only goes, or only comes, is missing and not old.
        stale = {part for part in parts if part in seen and part in first and _is(seen, part) == _is(first, part)}
        other = {part for part in parts if part in seen} - arrived - stale
        shown = {part for part in arrived if part in last}
        mixed += bool(shown and (stale or other))
        partial += bool("heading" in shown and not stale and not other and len(arrived) < len(parts))
        if _is(seen, "heading") == _is(last, "heading"):
            came = [part for part in seen if _is(seen, part) == _is(last, part)]
            jump = max([jump, *(abs(seen[part]["top"] - last[part]["top"]) for part in came)])
    return mixed, partial, jump


def _is(frame: Frame, part: str) -> str | None:
    return frame[part]["is"] if part in frame else None


def measure(browser: Browser, deck: Server, quick: bool) -> Changes:
    """Walk through the talk and look at every frame after each key."""
    changes, slides = Changes(), list(content().deck.pages)[1:]
    with fresh(browser) as page:
        open_page(page, deck.url, idle=2500)
        for slide in slides[:10] if quick else slides:
            page.evaluate("(ms) => { window.measuring = bench.frames(ms); }", WATCH)
            page.keyboard.press("ArrowRight")
            found = judge(page.evaluate("() => window.measuring"))
            changes.worst[slide.id] = found
            for samples, value in zip((changes.mixed, changes.partial, changes.jumps), found, strict=True):
                samples.append(value)
    return changes


def lines(changes: Changes) -> list[Line]:
    """Return the lines of the table; the worst change is judged."""
    worst = {name: max(samples, default=0.0) for name, samples in vars(changes).items() if name != "worst"}
    return [
        Line(what="frames that mix two slides", samples=tuple(changes.mixed), unit="", below=1, judged=worst["mixed"],
             said=f"≤ 1; worst {worst['mixed']:.0f}"),
        Line(what="frames with the new heading, not yet all of the slide", samples=tuple(changes.partial), unit="",
             said=f"worst {worst['partial']:.0f}"),
        Line(what="jump of a part after the new heading", samples=tuple(changes.jumps), unit="px", below=2,
             judged=worst["jumps"], said=f"≤ 2 px; worst {worst['jumps']:.0f}"),
    ]  # fmt: skip
