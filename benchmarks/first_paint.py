"""How long a first visitor waits for the cover, beside an empty page."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Browser

from benchmarks.browser import fresh
from benchmarks.servers import Server
from benchmarks.table import Line, ratio


@dataclass
class First:
    """Milliseconds from the start of the visit."""

    fcp: list[float] = field(default_factory=list)
    heading: list[float] = field(default_factory=list)
    complete: list[float] = field(default_factory=list)


def measure(browser: Browser, deck: Server, bare: Server, quick: bool) -> tuple[First, First]:
    """Visit the cover and the bare page in turn, each time in a new browser context."""
    cover, empty = First(), First()
    for _ in range(3 if quick else 7):
        for server, first in ((bare, empty), (deck, cover)):
            with fresh(browser) as page:
                page.goto(server.url, wait_until="commit")
                seen = page.evaluate("(cover) => bench.first({ cover })", first is cover)
                first.fcp.append(seen["fcp"])
                first.heading.append(seen["heading"])
                if first is cover:
                    first.complete.append(seen["complete"])
    return cover, empty


def lines(cover: First, empty: First) -> list[Line]:
    """Return the lines of the table."""
    return [
        Line(what="floor: empty page, first contentful paint", samples=tuple(empty.fcp)),
        Line(what="floor: empty page, its heading", samples=tuple(empty.heading)),
        ratio("cover, first contentful paint", cover.fcp, empty.fcp, 1.5),
        ratio("cover, its heading", cover.heading, empty.heading, 1.5),
        ratio("cover complete: photographs, fonts, bar", cover.complete, empty.heading, 1.5),
    ]
