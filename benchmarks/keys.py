"""From a key press to the painted slide, beside Streamlit's floor in the same run."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page

from benchmarks.browser import fresh, measured, open_page
from benchmarks.servers import Server
from benchmarks.table import Line, ratio
from classroom.content import content
from classroom.deck import Slide

QUICK, FULL = 40, 100  # seconds that the whole walk may take
REST = 450  # milliseconds between keys: the reader looks, and the page fetches ahead


@dataclass
class Times:
    """Samples in milliseconds by kind of slide."""

    floor: list[float] = field(default_factory=list)
    fragment: list[float] = field(default_factory=list)
    slides: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    worst: dict[str, float] = field(default_factory=dict)  # a slide -> its longest time to the picture or heading

    def add(self, slide: Slide, out: dict[str, float], way: str) -> None:
        """File what one key press gave."""
        if slide.exhibit is not None:
            self.slides[f"{'plotly' if out['plot'] else 'canvas'} {way}"].append(out["picture painted"])
        if slide.formulas:
            self.slides[f"formulas {way}"].append(out["formulas painted"])
        elif slide.exhibit is None:
            self.slides[f"text {way}"].append(out["heading painted"])
        last = out["picture painted"] if slide.exhibit else out["heading painted"]
        self.worst[slide.id] = max(last, self.worst.get(slide.id, 0.0))


class Floor:
    """The two bare pages, pressed in turn with the deck."""

    def __init__(self, title: Page, fragment: Page, server: Server) -> None:
        open_page(title, server.url)
        open_page(fragment, f"{server.url}/?only=fragment")
        self.title, self.fragment, self.at = title, fragment, 0

    def press(self, times: Times) -> None:
        """Press a key on each."""
        self.at += 1
        awaited = {"title": f"Place {self.at}", "at": self.at}
        times.floor.append(measured(self.title, "floor", awaited, "ArrowRight"))
        times.fragment.append(measured(self.fragment, "floor", {"at": self.at}, "ArrowRight"))


def walk(page: Page, slides: Sequence[Slide], key: str, way: str, times: Times, floor: Floor, until: float) -> None:
    """Press the key from slide to slide until the time is up; `slides` are those that it leads to, in order."""
    for slide in slides:
        if time.monotonic() > until:
            return
        parts = {"formulas": bool(slide.formulas), "picture": slide.exhibit is not None}
        out = measured(page, "slide", {"title": slide.title, "id": slide.id, **parts}, key)
        times.add(slide, out, way)
        page.wait_for_timeout(REST)
        floor.press(times)


def measure(browser: Browser, deck: Server, bare: Server, quick: bool) -> Times:
    """Go through the whole talk, each time in a browser that has never seen it."""
    times, pages = Times(), list(content().deck.pages)
    until = time.monotonic() + (QUICK if quick else FULL)
    with fresh(browser) as title, fresh(browser) as fragment:
        floor = Floor(title, fragment, bare)
        while time.monotonic() < until:
            with fresh(browser) as page:
                open_page(page, deck.url, idle=2500)  # as a reader who looks at the cover
                walk(page, pages[1:-1], "ArrowRight", "ahead", times, floor, until)
                walk(page, pages[-3:0:-1], "ArrowLeft", "again", times, floor, until)
    return times


def lines(times: Times) -> list[Line]:
    """Return the lines of the table."""
    found = [
        Line(what="floor: empty fragment", samples=tuple(times.fragment)),
        Line(what="floor: bare page swaps its title", samples=tuple(times.floor)),
    ]
    names = {"ahead": "first visit", "again": "back to it"}
    for way, said in names.items():
        found += [
            ratio(f"text slide, {said}", times.slides[f"text {way}"], times.floor, 1.5),
            ratio(f"words and formulas, {said}", times.slides[f"formulas {way}"], times.floor, 1.5),
            Line(what=f"canvas exhibit, {said}", samples=tuple(times.slides[f"canvas {way}"]), below=120),
            Line(what=f"Plotly exhibit, {said}", samples=tuple(times.slides[f"plotly {way}"]), below=120),
        ]
    return found
