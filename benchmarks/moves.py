"""What a hand does to a page, ours or a rival's, and how soon and how often the picture follows."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page

from benchmarks.browser import fresh

SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
EVERY, SECONDS = 0.016, 1.0  # a drag: seconds from one move of the hand to the next, and from end to end
REST = 60  # milliseconds between single moves: what the last one has started is over
THUMB = 9.5  # pixels from the end of a track to the middle of the thumb at an end of its range


@dataclass(frozen=True, kw_only=True)
class Target:
    """A slider on a page, and where the page tells what its picture shows."""

    name: str
    slider: str  # what the pointer goes along
    reads: Literal["stage", "text", "bokeh"]
    of: str = ""  # the setting of a stage; the selector of a text
    event: str = "pointermove"  # what is timed
    key: str = ""  # the slider moves by this key on what `focus` selects, for the picture does not follow the pointer
    focus: str = ""

    def told(self, event: str | None = None) -> dict[str, Any]:
        """Return what the script in the page needs to know."""
        return {"reads": self.reads, "of": self.of, "event": event or self.event}


@dataclass
class Moves:
    """What one page gave."""

    times: list[float] = field(default_factory=list)  # ms, single moves
    rates: list[float] = field(default_factory=list)  # pictures a second during a drag
    asked: list[float] = field(default_factory=list)  # moves a second that the page heard of


@contextlib.contextmanager
def opened(browser: Browser, url: str, target: Target) -> Iterator[Page]:
    """Open a page and wait until it shows its picture."""
    with fresh(browser) as page:
        page.add_init_script(SCRIPT)
        visit(page, url, target)
        yield page


def visit(page: Page, url: str, target: Target) -> dict[str, float]:
    """Go to a page; return the milliseconds until its first paint and its picture."""
    page.goto(url, wait_until="commit")
    seen: dict[str, float] = page.evaluate(f"what => {_bounded('moves.first(what)', 60)}", target.told())
    page.wait_for_timeout(800)
    return seen


def single(page: Page, target: Target, shares: list[float]) -> list[float]:
    """Move to each of these places on the slider, resting in between; return milliseconds to the painted picture."""
    found = []
    if target.key:
        page.locator(target.focus).focus()
        for _ in shares:
            found.append(_timed(page, target, partial(page.keyboard.press, target.key)))
        return found
    left, width, middle = _track(page, target)
    _seize(page, left + width / 2, middle)
    for share in shares:
        found.append(_timed(page, target, partial(page.mouse.move, left + width * share, middle)))
    page.mouse.up()
    return found


def drag(page: Page, target: Target, moves: Moves) -> None:
    """Drag the slider from its left end to its right one, at an even pace."""
    left, width, middle = _track(page, target)
    _seize(page, left, middle)
    page.evaluate("what => moves.drag(what)", target.told("pointermove"))
    began = at = time.monotonic()
    while at < began + SECONDS:
        page.mouse.move(left + width * (at - began) / SECONDS, middle)
        # A page that is slow to hear of a move misses those meanwhile, as with a hand.
        at = max(at + EVERY, time.monotonic())
        time.sleep(max(0.0, at - time.monotonic()))
    seen = page.evaluate("() => moves.dragged()")
    page.mouse.up()
    page.wait_for_timeout(4 * REST)
    moves.rates.append(seen["values"] / seen["seconds"])
    moves.asked.append(seen["events"] / seen["seconds"])


def hover(page: Page, target: Target, places: list[tuple[float, float]]) -> list[float]:
    """Point at each of these places, (across, down) as shares, of what `slider` selects; return milliseconds."""
    shown = page.locator(target.slider).last
    shown.scroll_into_view_if_needed()
    box = shown.bounding_box()
    assert box is not None, f"{target.name}: {target.slider} must be visible."
    points = [(box["x"] + across * box["width"], box["y"] + down * box["height"]) for across, down in places]
    return [_timed(page, target, partial(page.mouse.move, *point)) for point in points]


def _seize(page: Page, x: float, y: float) -> None:
    """Bring the thumb to a place by a click and take hold of it; some sliders glide there."""
    page.mouse.click(x, y)
    page.wait_for_timeout(8 * REST)
    page.mouse.down()
    page.wait_for_timeout(4 * REST)


def _timed(page: Page, target: Target, act: Callable[[], None]) -> float:
    page.evaluate(f"what => {{ window.measuring = {_bounded('moves.move(what)', 10)}; }}", target.told())
    act()
    found: float = page.evaluate("() => window.measuring")
    page.wait_for_timeout(REST)
    return found


def _bounded(call: str, seconds: int) -> str:
    late = f"new Error('nothing new was painted for {seconds} s')"
    return f"Promise.race([{call}, new Promise((_, no) => setTimeout(() => no({late}), {1000 * seconds}))])"


def _track(page: Page, target: Target) -> tuple[float, float, float]:
    """Return where the middle of the thumb is at the low end, how far it goes, and at what height."""
    slider = page.locator(target.slider).first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None, f"{target.name}: {target.slider} must be visible."
    return box["x"] + THUMB, box["width"] - 2 * THUMB, box["y"] + box["height"] / 2
