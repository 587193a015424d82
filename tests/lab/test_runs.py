"""Runs in processes: what is told while they train, who is served when, and what a crash costs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from lab.data import DataError
from lab.experiment import RESULTS
from lab.experiments.covariate_shift import CovariateShift
from lab.experiments.digits_convnet import DigitsConvnet
from lab.pool import ACTIVE, CRASHED, MOST_WAITING, CrowdedError, Pool, Run, View
from tests.lab.gated import Gated


@pytest.fixture
def pool() -> Iterator[Pool]:
    RESULTS.clear()
    pool = Pool(2, patience=120)  # a machine may be busy
    yield pool
    pool.close()


def until(
    pool: Pool, run: Run, holds: Callable[[View], bool], *follow: tuple[str, bool], others: Sequence[Gated] = ()
) -> View:
    """Follow a run until something holds of it, and as "reader" the others too."""
    end = time.monotonic() + 60
    while not holds(view := pool.view(run)):
        assert time.monotonic() < end, view
        for name, paused in follow:
            pool.follow(run.experiment, name, paused=paused)
        for other in others:
            pool.follow(other, "reader")
        time.sleep(0.02)
    return view


def test_a_run_tells_how_far_it_is_and_ends_in_what_it_gives_here(pool: Pool) -> None:
    experiment = CovariateShift(steps=500, recorded=30)
    run, seen = pool.follow(experiment, "reader"), []
    while (view := pool.view(run)).state in ACTIVE:
        pool.follow(experiment, "reader")
        if view.result is not None:
            seen.append((view.done, len(view.result.steps), view.version))
        time.sleep(0.02)
    assert view.state == "over"
    assert len(set(seen)) > 2, "it grows"
    assert seen == sorted(seen)
    assert RESULTS.at_hand(experiment) is view.result
    assert not view.result.accuracy.flags.writeable
    *_, here = experiment.run()
    for ours, theirs in zip(here.result, view.result, strict=True):
        np.testing.assert_array_equal(ours, theirs)  # bit for bit


def test_two_who_ask_for_one_run_share_it_and_who_comes_later_finds_its_result(pool: Pool, tmp_path: Path) -> None:
    experiment = Gated(folder=str(tmp_path))
    run = pool.follow(experiment, "first")
    assert pool.follow(experiment, "second") is run
    until(pool, run, lambda view: view.result is not None, ("first", False), ("second", False))
    pool.leave(experiment, "first")
    (tmp_path / "go").touch()
    assert until(pool, run, lambda view: view.state == "over", ("second", False)).result.value == [-1]
    later = pool.view(pool.follow(experiment, "third"))
    assert (later.state, later.result.value.tolist()) == ("over", [-1])
    assert (tmp_path / "begun-a").read_text() == "x"
    anew = pool.follow(experiment, "third", anew=True)
    until(pool, anew, lambda view: view.state == "over", ("third", False))
    assert (tmp_path / "begun-a").read_text() == "xx"


def test_a_third_run_waits_its_turn_and_a_place_that_is_left_goes_to_it(pool: Pool, tmp_path: Path) -> None:
    experiments = [Gated(folder=str(tmp_path), name=name) for name in "abcd"]
    names = [(name, False) for name in "wxyz"]
    runs = [pool.follow(e, name) for e, (name, _) in zip(experiments, names, strict=True)]
    for run, name in zip(runs[:2], names, strict=False):
        until(pool, run, lambda view: view.result is not None, name)
    assert [pool.view(run)[1:3] for run in runs] == [("training", 0), ("training", 0), ("waiting", 1), ("waiting", 2)]
    pool.leave(experiments[0], "w")
    until(pool, runs[2], lambda view: view.result is not None, *names[1:3])
    assert [pool.view(run).state for run in runs] == ["stopped", "training", "training", "waiting"]
    assert pool.view(runs[3]).place == 1
    assert not (tmp_path / "begun-d").exists()


def test_who_is_not_heard_of_has_left(tmp_path: Path) -> None:
    pool = Pool(1, patience=1)
    run = pool.follow(Gated(folder=str(tmp_path)), "reader")
    assert until(pool, run, lambda view: view.state not in ACTIVE).state == "stopped"
    pool.close()


def test_a_pause_holds_the_run_and_gives_its_place_to_one_that_waits(pool: Pool, tmp_path: Path) -> None:
    a, b, c = (Gated(folder=str(tmp_path), name=name) for name in "abc")
    first = pool.follow(a, "reader")
    until(pool, first, lambda view: view.result is not None, ("reader", False))
    pool.follow(a, "other")
    pool.follow(a, "reader", paused=True)
    assert pool.view(first).state == "training", "somebody else watches it"
    pool.leave(a, "other")
    until(pool, first, lambda view: view.state == "paused", ("reader", True))
    time.sleep(0.3)
    held = pool.view(first).result.value
    for _ in range(20):
        pool.follow(a, "reader", paused=True)
        time.sleep(0.02)
    assert pool.view(first).result.value == held
    others = [pool.follow(e, "other") for e in (b, c)]
    for run in others:
        until(pool, run, lambda view: view.result is not None, ("other", False))
        pool.follow(a, "reader", paused=True)
    for e in (b, c):
        pool.leave(e, "other")
    (tmp_path / "go").touch()
    assert until(pool, first, lambda view: view.state == "over", ("reader", False)).result.value == [-1]
    assert (tmp_path / "begun-a").read_text() == "xx"  # its place was gone: trained anew


def test_a_crash_costs_one_run_and_its_place_is_filled(pool: Pool, tmp_path: Path) -> None:
    doomed, safe, next_one = (Gated(folder=str(tmp_path), name=name) for name in "abc")
    runs = [pool.follow(e, "reader") for e in (doomed, safe, next_one)]
    for run in runs[:2]:
        until(pool, run, lambda view: view.result is not None, others=(doomed, safe, next_one))
    os.kill(pool.view(runs[0]).result.process, signal.SIGKILL)
    view = until(pool, runs[0], lambda view: view.state == "failed", others=(safe, next_one))
    assert view.fault == CRASHED
    assert pool.follow(doomed, "reader") is runs[0], "who was busy when it broke off hears of it all the same"
    pool.heard(runs[0], "reader")
    assert pool.follow(doomed, "reader") is not runs[0]
    (tmp_path / "go").touch()
    for run in runs[1:]:
        assert until(pool, run, lambda view: view.state == "over", others=(safe, next_one)).result.value == [-1]


def test_an_error_is_for_the_log_and_missing_data_are_for_whoever_can_bring_them(
    pool: Pool, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIFAR10_FOLDER", str(tmp_path))  # before the first process is started
    with pytest.raises(RuntimeError, match="must end, and it failed"):
        pool.result(Gated(folder=str(tmp_path), fails=True), "reader")
    assert "ZeroDivisionError: on purpose" in caplog.text
    with pytest.raises(DataError, match="data_batch_1"):
        pool.result(DigitsConvnet(data="cifar10"), "reader")
    (tmp_path / "go").touch()
    assert pool.result(Gated(folder=str(tmp_path)), "reader").value == [-1]


def test_a_crowd_is_told_so(pool: Pool, tmp_path: Path) -> None:
    for number in range(2 + MOST_WAITING):
        pool.follow(Gated(folder=str(tmp_path), name=str(number)), "reader")
    with pytest.raises(CrowdedError):
        pool.follow(Gated(folder=str(tmp_path), name="one more"), "reader")
