"""How long the server computes and packs one picture: processor time, for every exhibit at its defaults."""

from __future__ import annotations

import time
from collections.abc import Mapping

from benchmarks.table import Line, median
from classroom.exhibit import render
from classroom.exhibits import EXHIBITS

GOAL = 15.0  # milliseconds: what a drag at 30 pictures a second leaves the server


def measure(quick: bool) -> Mapping[str, float]:
    """Return each exhibit's median in milliseconds; runs of the lab and fixed inputs are kept by then."""
    found = {}
    for key, kind in EXHIBITS.items():
        exhibit, spent = kind(), []
        render(exhibit)
        for _ in range(7 if quick else 21):
            start = time.process_time()
            render(exhibit)
            spent.append(1000 * (time.process_time() - start))
        found[key] = median(spent)
    return found


def lines(times: Mapping[str, float]) -> list[Line]:
    """Return the lines of the table: all exhibits together, and the three that take longest."""
    slowest = sorted(times, key=lambda key: -times[key])[:3]
    return [
        Line(what=f"all {len(times)} exhibits", samples=tuple(times.values())),
        *(Line(what=key, samples=(times[key],), below=GOAL) for key in slowest),
    ]
