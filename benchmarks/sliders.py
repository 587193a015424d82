"""From a moved control to the painted picture: by key, and while the mouse drags."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import NamedTuple

from playwright.sync_api import Browser, Page

from benchmarks.browser import fresh, measured, open_page
from benchmarks.servers import Server
from benchmarks.table import Line


class Target(NamedTuple):
    """A control of a slide's exhibit."""

    what: str
    slide: str
    control: str


TARGETS = (
    Target("strip, two maps, two histograms", "cross-channel", "alpha"),
    Target("three maps and histograms, a table", "forward", "gamma"),
    Target("two charts, two numbers", "idea", "mean"),
)
MOVES = 70  # positions of the mouse in one drag
BETWEEN = 12  # milliseconds from one to the next, before what the browser takes


@dataclass
class Moves:
    """What one control gave."""

    new: list[float] = field(default_factory=list)  # ms, settings that nobody has asked for before
    seen: list[float] = field(default_factory=list)  # ms, settings that this reader has seen
    lags: list[float] = field(default_factory=list)  # ms, the picture behind the pointer during a drag
    rates: list[float] = field(default_factory=list)  # pictures a second during a drag
    asked: list[float] = field(default_factory=list)  # positions a second that the pointer asked for


def measure(browser: Browser, deck: Server, quick: bool) -> dict[Target, Moves]:
    """Move every target's control."""
    found = {}
    for target in TARGETS:
        with fresh(browser) as page:
            open_page(page, f"{deck.url}/?slide={target.slide}", idle=2500)
            moves = found[target] = Moves()
            _step(page, target, moves, 6 if quick else 10)
            _drag(page, target, moves)
    return found


def _input(target: Target) -> str:
    return f'.sheet[data-slide="{target.slide}"] input[name="{target.control}"]'


def _step(page: Page, target: Target, moves: Moves, steps: int) -> None:
    """Step away from the setting by key, and back."""
    page.focus(_input(target))
    for samples, key in ((moves.new, "ArrowRight"), (moves.seen, "ArrowLeft")):
        for _ in range(steps):
            samples.append(measured(page, "step", {"id": target.slide, "name": target.control}, key))
            page.wait_for_timeout(250)


def _drag(page: Page, target: Target, moves: Moves) -> None:
    """Drag the control over its whole range with the mouse."""
    box = page.locator(_input(target)).bounding_box()
    assert box is not None, f"{target.slide}: the control {target.control} must be visible."
    state = json.loads(page.locator(f'.stage[data-stage="{target.slide}"]').get_attribute("data-state") or "{}")
    low, high = (float(page.locator(_input(target)).get_attribute(name) or 0) for name in ("min", "max"))
    thumb = 9.5  # pixels from the end of the track to the middle of the thumb at an end of its range
    track = box["width"] - 2 * thumb
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + thumb + track * (state[target.control] - low) / (high - low), middle)
    page.mouse.down()
    page.evaluate("(argument) => bench.drag(argument)", {"id": target.slide, "name": target.control})
    for i in range(MOVES):
        share = abs(1 - 2 * i / MOVES)  # from the right end to the left one and back
        page.mouse.move(box["x"] + thumb + track * share, middle)
        page.wait_for_timeout(BETWEEN)
    page.mouse.up()
    page.wait_for_timeout(300)
    seen = page.evaluate("() => bench.dragged()")
    moves.lags += seen["lags"]
    moves.rates.append(seen["shown"] / seen["seconds"])
    moves.asked.append(seen["inputs"] / seen["seconds"])


def lines(found: dict[Target, Moves]) -> list[Line]:
    """Return the lines of the table."""
    rows = []
    for target, moves in found.items():
        name = f"{target.slide} ({target.what})"
        rows += [
            Line(what=f"{name}: key, new setting", samples=tuple(moves.new), below=60),
            Line(what=f"{target.slide}: key, setting seen before", samples=tuple(moves.seen), below=60),
            Line(what=f"{target.slide}: drag, picture behind the pointer", samples=tuple(moves.lags), below=60),
            Line(what=f"{target.slide}: drag, values asked for", samples=tuple(moves.asked), unit="/s"),
            Line(what=f"{target.slide}: drag, pictures drawn", samples=tuple(moves.rates), unit="/s", above=15),
        ]
    return rows
