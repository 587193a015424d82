"""Measure how soon a picture follows a hand: `python -m benchmarks.bench_interaction [--quick] [--rivals]`.

Starts the talk as `run.py talk` does, and the same exhibit as small apps in plain Streamlit, Dash and Panel; drives all
of them in one headless Chromium, in turn, so that a noisy machine moves all; and prints one table.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import signal
import sys
import time
from collections.abc import Sequence
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import visitors
from benchmarks.bench_deck import heading
from benchmarks.browser import fresh, launch
from benchmarks.first_paint import First
from benchmarks.moves import SCRIPT, Moves, Target, drag, hover, opened, single, visit
from benchmarks.rivals import serving
from benchmarks.servers import Server, deck, floor
from benchmarks.table import Line, median, p95, ratio, table

SECTIONS = ("drag", "point", "first", "visitors")
PAGE, EXHIBIT, CONTROL = "/explore", "explorer", "plus"
ROUNDS, MOVES = 4, 25  # of single moves: 100 of them, no value twice
DRAGS = 6  # of a second each, from end to end, so that no value comes twice
SIDE = 64  # rows and columns of a map
OURS = Target(
    name="ours",
    slider=f".controls input[name={CONTROL}]",
    reads="stage",
    of=CONTROL,
    event="input",
)
POINTED = Target(name="ours", slider=".stage .map-panel .map", reads="text", of=".arithmetic-panel .lines")
EMPTY = Target(name="empty page", slider="", reads="text", of="[data-testid=stMain] h1")


def main() -> int:
    """Run the sections that were asked for and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_interaction", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the moves")
    parser.add_argument("--rivals", action="store_true", help="install Dash and Panel first, if they are not")
    parser.add_argument("--only", choices=SECTIONS, nargs="+", default=SECTIONS, help="these sections alone")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # being ended ends the servers too
    if given.rivals and not serving.installed():
        serving.install()
    began, sections = time.monotonic(), []
    with contextlib.ExitStack() as stack:
        talk = stack.enter_context(deck())
        browser = launch(stack.enter_context(sync_playwright()))
        talk.settle(240)  # what is computed at the start would stand in the way
        try:
            for name in given.only:
                print(f"{time.monotonic() - began:4.0f} s  {name} ...", file=sys.stderr, flush=True)
                sections += section(name, browser, talk, given.quick)
        finally:
            print(heading(time.monotonic() - began), table(sections), sep="\n\n", flush=True)
            browser.close()
    return int(any(line.met is False for _, found in sections for line in found))


def section(name: str, browser: Browser, talk: Server, quick: bool) -> list[tuple[str, Sequence[Line]]]:
    """Measure one section."""
    match name:
        case "drag":
            with serving.served() as rivals:
                found = drags(browser, talk, rivals, quick)
            return [("A slider moved: to the painted picture", steps(found)),
                    ("A slider dragged from end to end in a second", rates(found))]  # fmt: skip
        case "point":
            times = points(browser, talk, 25 if quick else 100)
            return [("Pointing at a number: to its painted arithmetic", follows("from cell to cell of y", times))]
        case "first":
            return [("First visit", paints(*visits(browser, talk, 3 if quick else 7)))]
        case _:
            return [(f"Visitors who drag for {visitors.SECONDS:g} s", crowd(talk))]


def drags(browser: Browser, talk: Server, rivals: dict[Target, str], quick: bool) -> dict[Target, Moves]:
    """Move and drag the slider of every page, in turn."""
    found = {target: Moves() for target in (OURS, *rivals)}
    rounds, drags = (1, 2) if quick else (ROUNDS, DRAGS)
    with contextlib.ExitStack() as stack:
        pages = {target: stack.enter_context(opened(browser, url, target)) for target, url in rivals.items()}
        pages[OURS] = stack.enter_context(opened(browser, f"{talk.url}{PAGE}", OURS))
        for i in range(rounds):
            shares = [(j + (i + 0.5) / rounds) / MOVES for j in range(MOVES)]
            for target, moves in found.items():
                _elsewhere(pages[target], target, talk, row=2 * i + 1)
                moves.times += single(pages[target], target, shares)
        for i in range(drags):
            for target, moves in found.items():
                _elsewhere(pages[target], target, talk, row=2 * i + 2)
                drag(pages[target], target, moves)
    return found


def _elsewhere(page: Page, target: Target, talk: Server, row: int) -> None:
    """Ask the explorer about another cell, so that no picture comes that was made before; rivals keep none."""
    if target is OURS:
        visit(page, f"{talk.url}{PAGE}?row={row}", OURS)
    page.bring_to_front()


def points(browser: Browser, talk: Server, count: int) -> list[float]:
    """Point at cells of y, none of them twice."""
    cells = random.Random(0).sample([(row, column) for row in range(SIDE) for column in range(SIDE)], count)
    with opened(browser, f"{talk.url}{PAGE}", POINTED) as page:
        return hover(page, POINTED, [((column + 0.5) / SIDE, (row + 0.5) / SIDE) for row, column in cells])


def visits(browser: Browser, talk: Server, count: int) -> tuple[First, First]:
    """Visit the explorer and an empty page in turn, each time in a browser that has seen neither."""
    ours, empty = First(), First()
    with floor() as bare:
        for _ in range(count):
            for first, url, target in ((empty, bare.url, EMPTY), (ours, f"{talk.url}{PAGE}", OURS)):
                with fresh(browser) as page:
                    page.add_init_script(SCRIPT)
                    seen = visit(page, url, target)
                first.fcp.append(seen["fcp"])
                first.complete.append(seen["picture"])
    return ours, empty


def crowd(talk: Server) -> list[Line]:
    """Let one visitor drag, then all of them; no two settings are alike, so that nothing that was kept answers."""
    paths = [[_path(visitor, move) for move in range(640)] for visitor in range(visitors.VISITORS + 1)]
    alone = visitors.measure(talk, paths[:1])
    return visitors.lines(alone, visitors.measure(talk, paths[1:]))


def _path(visitor: int, move: int) -> str:
    from classroom.exhibits import EXHIBITS

    control = EXHIBITS[EXHIBIT].controls()[CONTROL]
    steps = round((control.high - control.low) / control.step) + 1
    value = control.nearest(control.low + (move % steps) * control.step)
    settings = {CONTROL: value, "row": 2 * visitor + 10, "column": 1 + move // steps % SIDE}
    return f"/api/exhibit/{EXHIBIT}?{urlencode(settings)}"


def follows(what: str, times: list[float]) -> list[Line]:
    """Return the lines of a picture that is to follow a hand."""
    return [
        Line(what=what, samples=tuple(times), below=50),
        Line(what=f"{what}: p95", samples=tuple(times), below=100, judged=p95(times), said="p95 ≤ 100 ms"),
    ]


def steps(found: dict[Target, Moves]) -> list[Line]:
    """Return the lines of single moves: ours, then how many times as long a rival takes."""
    ours = found[OURS].times
    lines = follows(f"the explorer, {CONTROL}", ours)
    for target, moves in found.items():
        if target is not OURS:
            times = median(moves.times) / median(ours)
            how = " (by key: it does not follow the pointer)" if target.key else ""
            lines.append(Line(what=f"{target.name}{how}", samples=tuple(moves.times), above=1.0, judged=times,
                              said=f"slower than ours: {times:.1f} ×"))  # fmt: skip
    return [*lines, *missing(found)]


def rates(found: dict[Target, Moves]) -> list[Line]:
    """Return the lines of drags."""
    ours = median(found[OURS].rates)
    lines = [
        Line(what="the explorer: pictures shown", samples=tuple(found[OURS].rates), unit="/s", above=20),
        Line(what="the explorer: moves that the page heard of", samples=tuple(found[OURS].asked), unit="/s"),
    ]
    for target, moves in found.items():
        if target is not OURS:
            lines.append(Line(what=target.name, samples=tuple(moves.rates), unit="/s", below=ours,
                              said=f"fewer than ours: {median(moves.rates) / ours:.2f} ×"))  # fmt: skip
    return [*lines, *missing(found)]


def missing(found: dict[Target, Moves]) -> list[Line]:
    """Return a line that says how to get the rivals that are not there."""
    return [] if serving.DASH in found else [Line(what=f"Dash, Panel: {serving.HINT}", samples=())]


def paints(ours: First, empty: First) -> list[Line]:
    """Return the lines of the first visit."""
    return [
        Line(what="floor: empty page, first contentful paint", samples=tuple(empty.fcp)),
        Line(what="floor: empty page, its heading", samples=tuple(empty.complete)),
        ratio("the explorer, first contentful paint", ours.fcp, empty.fcp, 1.5),
        ratio("the explorer, its picture", ours.complete, empty.complete, 1.5),
    ]


if __name__ == "__main__":
    sys.exit(main())
