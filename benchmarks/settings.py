"""What two settings of the server bring: no garbage collection after every run, and uvloop."""

from __future__ import annotations

import contextlib

from playwright.sync_api import Browser

from benchmarks.browser import fresh, measured, open_page
from benchmarks.servers import Server, streamlit_run
from benchmarks.table import Line, median
from classroom.content import content

PAIR = ("citations", "citations-2")  # two slides of words, side by side
VARIANTS = {  # name -> (collects after every run, uvloop)
    "both settings": (False, True),
    "without uvloop": (False, False),
    "with collection after each run": (True, True),
    "neither": (True, False),
}


def measure(browser: Browser, deck: Server, quick: bool) -> dict[str, list[float]]:
    """Press the same keys on four servers and on the talk's own, in turn."""
    slides = [content().deck.find(name) for name in PAIR]
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(streamlit_run(*how)) for name, how in VARIANTS.items()}
        servers = {"run.py talk": deck} | servers
        pages = {name: stack.enter_context(fresh(browser)) for name in servers}
        for name, page in pages.items():
            open_page(page, f"{servers[name].url}/?slide={PAIR[0]}")
        for server in servers.values():
            server.settle(12)  # they started together
        found: dict[str, list[float]] = {name: [] for name in servers}
        for i in range(8 if quick else 20):
            slide = slides[(i + 1) % 2]
            assert slide is not None
            for name, page in pages.items():
                found[name].append(measured(page, "answered", {"id": slide.id}, "ArrowLeft" if i % 2 else "ArrowRight"))
                page.wait_for_timeout(250)
    return found


def lines(found: dict[str, list[float]]) -> list[Line]:
    """Return the lines of the table."""
    best = median(found["both settings"])
    rows = []
    for name, samples in found.items():
        how = "python3 run.py talk" if name == "run.py talk" else f"streamlit run, {name}"
        rows.append(Line(what=how, samples=tuple(samples), said=f"{median(samples) / best:.2f} × both settings"))
    return rows
