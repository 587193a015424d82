"""Measure how quickly the lab trains: `python -m benchmarks.bench_lab [--quick]`.

Steps of the 3×100 network and of the convolutional one, with and without BN, beside PyTorch eager where that is
installed: both begin alike, see the same batches and take turns, and each turn gives one ratio. Then the default run of
covariate-shift to its whole figure in the pool of this machine, and the same while a page follows its growing picture.
One thread each.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import lab_in_torch
from benchmarks.table import markdown, median, number
from classroom.exhibits.covariate_shift import CovariateShift as Exhibit
from classroom.training_routes import picture_of
from lab.data import Data, digits
from lab.experiment import RESULTS
from lab.experiments.covariate_shift import CovariateShift
from lab.experiments.digits_convnet import DigitsConvnet
from lab.network import Network
from lab.pool import ACTIVE, Pool
from lab.training import Sgd, batches, train

HEAD = ("what", "n", "lab", "PyTorch", "÷ PyTorch", "goal", "")
STEPS = 60  # a turn of one side
WHOLE = 3.0  # seconds: the default figure
DRAWING = 1.10  # of the time without


@dataclass(frozen=True)
class Case:
    """A network to train, and the largest share of PyTorch's time that it may take."""

    name: str
    network: Network
    data: Data
    sgd: Sgd
    batch: int
    goal: float | None


def cases() -> list[Case]:
    """Return the networks of the goals, and the same without BN."""
    shift, convnet = CovariateShift(), DigitsConvnet()
    ink, centred = digits(centred=False), digits()
    return [
        Case("3×100, BN", shift.network(True), ink, Sgd(shift.rate), shift.batch, 1 / 1.5),
        Case("3×100, plain", shift.network(False), ink, Sgd(shift.rate), shift.batch, None),
        *(
            Case(f"convolutional, {name}", convnet.network(centred, normalized), centred,
                 Sgd(convnet.rate, convnet.momentum), convnet.batch, 3.0 if normalized else None)
            for name, normalized in (("BN", True), ("plain", False))
        ),
    ]  # fmt: skip


def check(case: Case, steps: int = 5) -> None:
    """Raise AssertionError unless both sides have the same losses."""
    theirs = in_torch(case, seed=0)
    if theirs is None:
        return
    ours = [step.loss for step in islice(in_lab(case, seed=0), steps)]
    np.testing.assert_allclose([theirs() for _ in range(steps)], ours, rtol=2e-3, err_msg=case.name)


def in_lab(case: Case, seed: int) -> Iterator[Any]:
    """Return the updates of the lab."""
    run = train(case.network, case.data, case.sgd, steps=10**9, batch=case.batch, seed=seed)
    next(run)  # the untrained network
    return run


def in_torch(case: Case, seed: int) -> Callable[[], float] | None:
    """Return what makes PyTorch's next update on the same batches; None where it is not installed."""
    step = lab_in_torch.training(case.network, case.network.init(seed), case.data, case.sgd)
    if step is None:
        return None
    order = batches(len(case.data.train.labels), case.batch, np.random.default_rng([seed, 1]))
    return lambda: step(next(order))


def measure(case: Case, turns: int) -> dict[str, list[float]]:
    """Return seconds a step of both sides, one for each turn."""
    run, theirs = in_lab(case, seed=1), in_torch(case, seed=1)
    sides: dict[str, Callable[[], object]] = {"lab": lambda: next(run)}
    if theirs is not None:
        sides["PyTorch"] = theirs
    found: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(turns + 1):
        for name, side in sides.items():
            start = time.perf_counter()
            for _ in range(STEPS):
                side()
            if turn:  # the first warms up
                found[name].append((time.perf_counter() - start) / STEPS)
    return found


def row(case: Case, found: dict[str, list[float]]) -> tuple[str, ...]:
    """Return a case as text."""
    theirs = found.get("PyTorch", [])
    share = median([a / b for a, b in zip(found["lab"], theirs, strict=True)]) if theirs else None
    verdict = "" if case.goal is None or share is None else "met" if share <= case.goal else "MISSED"
    return (
        case.name, str(len(found["lab"])), f"{number(median(found['lab']) * 1e6)} µs",
        f"{number(median(theirs) * 1e6)} µs" if theirs else "", "" if share is None else f"{share:.2f}",
        "" if case.goal is None else f"≤ {case.goal:.2f}", verdict,
    )  # fmt: skip


def whole(pool: Pool, *, drawn: bool) -> float:
    """Return the seconds of the default figure's training; `drawn`: a page follows, and has every picture made."""
    exhibit = Exhibit()
    experiment = exhibit.run()
    RESULTS.clear()
    start = time.perf_counter()
    run = pool.follow(experiment, "reader", anew=True)
    while (view := pool.view(run)).state in ACTIVE:
        pool.follow(experiment, "reader")
        if drawn:
            picture_of(exhibit, view)
        pool.changed(run, view.version).result(timeout=60)
    if view.state != "over":
        raise RuntimeError(f"bench_lab: the run must end, got {view.state}. {view.fault}")
    return time.perf_counter() - start


def figures(turns: int) -> list[tuple[str, ...]]:
    """Return the lines of the default figure."""
    pool = Pool()
    try:
        pool.warm()
        whole(pool, drawn=True)
        pairs = [(whole(pool, drawn=False), whole(pool, drawn=True)) for _ in range(turns)]
    finally:
        pool.close()
    seconds, share = median([a for a, _ in pairs]), median([b / a for a, b in pairs])
    return [
        ("covariate-shift, default, whole", str(turns), f"{number(seconds)} s", "", "", f"≤ {WHOLE:g} s",
         "met" if seconds <= WHOLE else "MISSED"),
        ("the same, its picture drawn as it grows, ÷ undrawn", str(turns), f"{share:.2f}", "", "", f"≤ {DRAWING:.2f}",
         "met" if share <= DRAWING else "MISSED"),
    ]  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Check that both sides train alike, measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few turns")
    quick = parser.parse_args(arguments).quick
    with threadpool_limits(limits=1, user_api="blas"):
        rows = []
        for case in cases():
            check(case)
            rows.append(row(case, measure(case, 5 if quick else 25)))
    rows += figures(2 if quick else 7)
    print(f"{date.today()}, Python {platform.python_version()}, NumPy {np.__version__}, "
          f"PyTorch {lab_in_torch.version() or 'not installed'}, {os.cpu_count()} cores\n")  # fmt: skip
    print(markdown((HEAD, *rows)))


if __name__ == "__main__":
    main()
