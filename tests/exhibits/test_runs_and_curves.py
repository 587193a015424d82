"""What the training pictures share: runs that are trained once, and labels that do not cover each other."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import anyio
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from classroom.plots import padded, spread
from classroom.training import close_pool, finished, ready
from lab.experiment import RESULTS, Experiment, Progress
from lab.experiments.digits_convnet import DigitsConvnet


def apart(function: Any, *args: Any) -> None:
    """Run a coroutine in a thread of its own: the browser tests keep an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(anyio.run, function, *args).result()


class Result(NamedTuple):
    value: int

    def verdict(self) -> str:
        return str(self.value)


@dataclass(frozen=True, kw_only=True)
class Counted(Experiment[Result]):
    """Counts its own runs, and waits in each until it may go on."""

    title = claim = source = "for the test"
    go: ClassVar[threading.Event] = threading.Event()
    begun: ClassVar[list[int]] = []
    number: int = 0

    def run(self) -> Iterator[Progress[Result]]:
        self.begun.append(self.number)
        self.go.wait(10)
        yield Progress(1.0, Result(self.number))


@pytest.fixture(autouse=True)
def fresh() -> None:
    Counted.go.clear()
    Counted.begun.clear()
    RESULTS.clear()


def test_many_who_ask_at_once_get_one_run() -> None:
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(finished, Counted(number=1)) for _ in range(6)]
        Counted.go.set()
        assert {future.result(10).value for future in asked} == {1}
    assert Counted.begun == [1]


def test_a_run_without_its_data_is_left_to_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIFAR10_FOLDER", str(tmp_path))
    apart(ready, DigitsConvnet(data="cifar10"))
    close_pool()


@given(st.lists(st.floats(0, 100), min_size=1, max_size=6), st.floats(0.5, 12))
def test_labels_keep_their_order_and_their_distance(values: list[float], gap: float) -> None:
    assume(gap * (len(values) - 1) < 100)
    placed = spread(values, 0.0, 100.0, gap)
    order = np.argsort(values, kind="stable")
    assert np.all(np.diff(np.asarray(placed)[order]) >= gap - 1e-9)
    assert max(placed) <= 100 + 1e-9
    apart = np.diff(np.sort(values))
    if np.all(apart >= gap):
        assert placed == pytest.approx(values)


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1))
def test_a_range_holds_every_number(values: list[float]) -> None:
    low, high = padded(values)
    assert low < high
    assert all(low < value < high for value in values if np.isfinite(value))
