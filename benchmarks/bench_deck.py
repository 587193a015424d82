"""Measure how quickly the talk answers: `python -m benchmarks.bench_deck [--quick]`.

Starts the talk as `run.py talk` does and a bare Streamlit page beside it, drives both in one headless Chromium, and
prints one table. Measurements of the talk and of the floor take turns, so that a noisy machine moves both.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import time
from collections.abc import Sequence
from datetime import date

from playwright.sync_api import Browser, sync_playwright

from benchmarks import first_paint, keys, mixture, pictures, readers, settings, sliders
from benchmarks.browser import launch
from benchmarks.servers import Server, deck, floor
from benchmarks.table import Line, table

SECTIONS = ("keys", "frames", "sliders", "pictures", "first", "settings", "memory")
QUICK = tuple(name for name in SECTIONS if name != "settings")  # four more servers would take most of the time


def main() -> int:
    """Run the sections that were asked for and print the table."""
    about = "Measure how quickly the talk answers."
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_deck", description=about)
    parser.add_argument("--quick", action="store_true", help="fewer samples, and not the four servers: 90 seconds")
    parser.add_argument("--only", choices=SECTIONS, nargs="+", help="these sections alone")
    parser.add_argument("--slides", action="store_true", help="also list the time of every slide")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # being ended ends the servers too
    began, sections = time.monotonic(), []
    with deck() as talk, floor() as bare, sync_playwright() as playwright:
        talk.settle(15 if given.quick else 40)
        browser = launch(playwright)
        try:
            for name in given.only or (QUICK if given.quick else SECTIONS):
                print(f"{time.monotonic() - began:4.0f} s  {name} ...", file=sys.stderr, flush=True)
                sections.append(section(name, browser, talk, bare, given.quick, given.slides))
        finally:
            print(heading(time.monotonic() - began), table(sections), sep="\n\n", flush=True)
            browser.close()
    return int(any(line.met is False for _, found in sections for line in found))


def section(
    name: str, browser: Browser, talk: Server, bare: Server, quick: bool, each: bool
) -> tuple[str, Sequence[Line]]:
    """Measure one section; `each` also says what every slide took."""
    match name:
        case "keys":
            times = keys.measure(browser, talk, bare, quick)
            slow = sorted(times.worst.items(), key=lambda item: -item[1])
            if each:
                print(*(f"  {slide:28} {longest:6.0f} ms" for slide, longest in slow), sep="\n", file=sys.stderr)
            return "Key press to painted slide", keys.lines(times)
        case "frames":
            changes = mixture.measure(browser, talk, quick)
            if each:
                print(*(f"  {slide:28} {found}" for slide, found in changes.worst.items()), sep="\n", file=sys.stderr)
            return "The change of slide, frame by frame", mixture.lines(changes)
        case "sliders":
            return "Control to painted picture", sliders.lines(sliders.measure(browser, talk, quick))
        case "pictures":
            return "A picture on the server, processor time", pictures.lines(pictures.measure(quick))
        case "first":
            return "First visit", first_paint.lines(*first_paint.measure(browser, talk, bare, quick))
        case "settings":
            return "Settings of the server: key to its answer", settings.lines(settings.measure(browser, talk, quick))
        case _:
            return "Memory", readers.lines(*readers.measure(talk, quick))


def heading(seconds: float) -> str:
    """Say when and on what kind of machine this was measured."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (f"{date.today():%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}), headless Chromium without GPU"
            f"{load}, {seconds:.0f} s")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
