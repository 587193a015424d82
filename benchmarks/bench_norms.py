"""Measure how quickly normlib normalizes: `python -m benchmarks.bench_norms [--quick]`.

For every image operator, forward and backward, at three shapes in float32 and with one thread: normlib, the textbook's
NumPy, PyTorch where it is installed, and the memory's limit. They take turns, and each turn gives one ratio, so that a
noisy machine moves both sides of it; what is printed are medians.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import in_torch
from benchmarks.table import markdown, median, number
from benchmarks.textbook import TEXTBOOK
from normlib import NORMS, Norm
from normlib.pool import Array

SHAPES = ((32, 64, 56, 56), (128, 256, 14, 14), (8, 16, 16, 16))
LARGE = 1 << 20  # values; a smaller array has a goal in microseconds
ARRAYS_MOVED = {"forward": 2, "backward": 3}  # x and y; dy, x and dx
SETTINGS: Mapping[str, Mapping[str, dict[str, Any]]] = {  # of operators with more than one case, or no fitting default
    "layer_norm": {"layer": {}},
    "group_norm": {"group, 8 groups": {"groups": 8}},
    "rms_norm": {"root mean square": {"over": "sample"}, "root mean square, over channels": {}},
    "local_response_norm": {"LRN across": {}, "LRN within": {"mode": "within_channel"}},
}


class Goals(NamedTuple):
    """What an operator must reach: shares of PyTorch's time on large arrays, and microseconds on the small one."""

    forward: float | None = None
    backward: float | None = None
    small: float | None = None


GOALS: Mapping[str, Goals] = {
    "batch_norm": Goals(0.7, 1.0, 100),
    "layer_norm": Goals(2.0, 2.0, 100),
    "group_norm": Goals(2.0, 2.0, 100),
    "instance_norm": Goals(small=100),
    "rms_norm": Goals(small=100),
    "mean_variance_norm": Goals(small=100),
    "batch_renorm": Goals(small=100),
    "switchable_norm": Goals(small=100),
    "filter_response_norm": Goals(small=100),
    "local_response_norm": Goals(0.25, 0.25, 200),
}
HEAD = ("what", "n", "normlib", "textbook", "PyTorch", "memory", "÷ textbook", "÷ PyTorch", "÷ memory", "goal", "")


@dataclass
class Row:
    """One operator in one direction at one shape; seconds, one of each for every turn."""

    key: str
    name: str
    direction: str
    shape: tuple[int, ...]
    seconds: dict[str, list[float]] = field(default_factory=dict)  # by side: normlib, textbook, PyTorch, memory

    def ratio(self, side: str) -> float | None:
        """Return the median over the turns of normlib's time over another's; None where it has none."""
        others = self.seconds.get(side)
        if not others:
            return None
        return median([own / other for own, other in zip(self.seconds["normlib"], others, strict=True)])

    @property
    def goal(self) -> tuple[str, bool | None]:
        """Return the goal in words and whether it is met; None where there is none, or no PyTorch."""
        goals = GOALS.get(self.key, Goals())
        if np.prod(self.shape) < LARGE:
            if goals.small is None:
                return "", None
            return f"≤ {goals.small:g} µs", median(self.seconds["normlib"]) * 1e6 <= goals.small
        limit, share = getattr(goals, self.direction), self.ratio("PyTorch")
        if limit is None:
            return "", None
        return f"≤ {limit:g} × PyTorch", None if share is None else share <= limit

    def cells(self) -> tuple[str, ...]:
        """Return the row as text."""
        sides = ("normlib", "textbook", "PyTorch", "memory")
        times = [spoken(median(self.seconds[side])) if self.seconds.get(side) else "" for side in sides]
        shares = ["" if (r := self.ratio(side)) is None else f"{r:.2f}" for side in sides[1:]]
        words, met = self.goal
        verdict = {True: "met", False: "MISSED", None: ""}[met]
        return (f"{self.name}, {self.direction}", str(len(self.seconds["normlib"])), *times, *shares, words, verdict)


def spoken(seconds: float) -> str:
    """Write a time with its unit.

    >>> spoken(0.0123), spoken(0.0000456)
    ('12.3 ms', '45.6 µs')
    """
    return f"{number(seconds * 1e3)} ms" if seconds >= 1e-3 else f"{number(seconds * 1e6)} µs"


def cases() -> Iterator[tuple[str, str, Norm]]:
    """Yield key, name and operator of every case: all of the registry whose x is a batch of maps."""
    for key, cls in NORMS.items():
        if cls.of_weights:
            continue
        default = {cls.title.lower().removesuffix(" normalization"): {}}
        for name, hypers in SETTINGS.get(key, default).items():
            yield key, name, cls(**hypers)


def inputs(norm: Norm, shape: tuple[int, ...]) -> tuple[Array, Array, dict[str, Array]]:
    """Return x off centre, a random dy, and parameters none of which is 1; float32."""
    rng = np.random.default_rng(2015)
    x, dy = rng.normal(0.5, 1.5, shape), rng.normal(size=shape)
    params = {name: rng.uniform(0.5, 1.5, p.shape).astype(np.float32) for name, p in norm.init(shape).items()}
    return x.astype(np.float32), dy.astype(np.float32), params


def check(key: str, norm: Norm, shape: tuple[int, ...] = (4, 16, 6, 5)) -> None:
    """Raise AssertionError unless textbook, and PyTorch where it is there, give what normlib gives."""
    x, dy, params = inputs(norm, shape)
    y, cache = norm.forward(x, **params)
    grads = norm.backward(dy, cache)
    if key in TEXTBOOK:
        y_too, cache_too = TEXTBOOK[key].forward(norm, x, params)
        np.testing.assert_allclose(y_too, y, rtol=2e-4, atol=2e-5, err_msg=key)
        for name, grad in TEXTBOOK[key].backward(norm, dy, cache_too).items():
            np.testing.assert_allclose(grad, grads[name], rtol=2e-4, atol=5e-5, err_msg=f"{key}: {name}")
    run = in_torch.run(key, norm, x, dy, params)
    if run is not None:
        y_too, found = in_torch.outputs(run)
        np.testing.assert_allclose(y_too, y, rtol=2e-4, atol=2e-5, err_msg=key)
        for name, grad in zip(("x", *params), found, strict=True):
            np.testing.assert_allclose(grad, grads[name], rtol=2e-4, atol=5e-5, err_msg=f"{key}: {name}")


def measure(key: str, name: str, norm: Norm, shape: tuple[int, ...], seconds: float) -> list[Row]:
    """Time all sides in turns, forward and backward, for so long."""
    x, dy, params = inputs(norm, shape)
    _, cache = norm.forward(x, **params)
    sides: dict[str, dict[str, Callable[[], object]]] = {
        "forward": {"normlib": lambda: norm.forward(x, **params)},
        "backward": {"normlib": lambda: norm.backward(dy, cache)},
    }
    if key in TEXTBOOK:
        book = TEXTBOOK[key]
        _, cache_too = book.forward(norm, x, params)
        sides["forward"]["textbook"] = lambda: book.forward(norm, x, params)
        sides["backward"]["textbook"] = lambda: book.backward(norm, dy, cache_too)
    run = in_torch.run(key, norm, x, dy, params)
    if run is not None:
        sides["forward"]["PyTorch"], sides["backward"]["PyTorch"] = run.forward, run.backward
    target = np.empty_like(x)
    rows = []
    for direction, functions in sides.items():
        share = ARRAYS_MOVED[direction] / 2  # of the arrays that a copy moves
        found = turns({**functions, "memory": lambda: np.copyto(target, x)}, seconds / 2)
        found["memory"] = [share * each for each in found["memory"]]
        rows.append(Row(key, name, direction, shape, found))
    return rows


def turns(sides: Mapping[str, Callable[[], object]], seconds: float) -> dict[str, list[float]]:
    """Call the sides one after another, for so long and five times at least; return each one's seconds a call."""
    calls = {name: max(1, int(2e-3 / max(_once(side), 1e-7))) for name, side in sides.items()}  # a clock is coarse
    found: dict[str, list[float]] = {name: [] for name in sides}
    began = time.perf_counter()
    while time.perf_counter() - began < seconds or len(found["normlib"]) < 5:
        for name, side in sides.items():
            start = time.perf_counter()
            for _ in range(calls[name]):
                side()
            found[name].append((time.perf_counter() - start) / calls[name])
    return found


def _once(side: Callable[[], object]) -> float:
    side()
    start = time.perf_counter()
    side()
    return time.perf_counter() - start


def report(rows: Sequence[Row]) -> str:
    """Return all rows as one table, by shape."""
    lines = [HEAD]
    for shape in dict.fromkeys(row.shape for row in rows):
        lines.append((f"**{' × '.join(map(str, shape))}**", *[""] * (len(HEAD) - 1)))
        lines += [row.cells() for row in rows if row.shape == shape]
    return markdown(lines)


def heading(seconds: float) -> str:
    """Say when and on what kind of machine this was measured, and whether PyTorch was there."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    beside = (
        f"PyTorch {in_torch.version()}" if in_torch.version() else "PyTorch is not installed: its columns are empty"
    )
    return (f"{date.today():%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}), one thread, float32, "
            f"NumPy {np.__version__}, {beside}{load}, {seconds:.0f} s")  # fmt: skip


def main() -> int:
    """Check that all sides agree, measure them, and print the table."""
    about = "Measure how quickly normlib normalizes, beside the textbook, PyTorch and the memory."
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_norms", description=about)
    parser.add_argument("--quick", action="store_true", help="a third of the turns")
    parser.add_argument("--only", choices=list(NORMS), nargs="+", help="these operators alone")
    given = parser.parse_args()
    began, rows = time.monotonic(), []
    chosen = [case for case in cases() if given.only is None or case[0] in given.only]
    with threadpool_limits(1):
        for key, _, norm in chosen:
            check(key, norm)
        for shape in SHAPES:
            for key, name, norm in chosen:
                print(f"{time.monotonic() - began:4.0f} s  {shape} {name} ...", file=sys.stderr, flush=True)
                rows += measure(key, name, norm, shape, 3 if given.quick else 9)
    print(heading(time.monotonic() - began), report(rows), sep="\n\n", flush=True)
    return int(any(row.goal[1] is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
