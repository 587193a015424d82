"""Runs in a bounded number of processes: a queue, partial results, pauses, and a crash that costs one run alone.

Whoever follows a run says so again and again (`Pool.follow`): a run that nobody follows any more is ended, and its
place goes to the next. A run that all who follow it have paused gives its place to one that waits, and is trained
anew, to the same numbers, when somebody goes on with it.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from itertools import count
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, Literal, NamedTuple

from lab.experiment import RESULTS, Experiment, read_only
from lab.worker import GO_ON, PAUSE, STOP, Failed, Stopped, Told

State = Literal["waiting", "training", "paused", "over", "failed", "stopped"]
ACTIVE = ("waiting", "training", "paused")
PATIENCE = 10.0  # seconds without a word after which a follower has left: a page says so itself, unless it is closed
GRACE = 2.0  # seconds that a process has to come to the next moment and stop; then it is ended
MOST_WAITING = 64  # runs; whoever comes later is told so at once
CRASHED = "its process ended; start it again"
FAULT = "the server's log says why"
_versions = count(1)  # of all runs: no two states have one number
_PROGRAM = "from lab.worker import main; main()"  # with -m its values would be of another module, __main__
_ROOT = Path(__file__).resolve().parent.parent

log = logging.getLogger(__name__)


def most_at_once() -> int:
    """Return how many processes suit this machine: as many as it has cores but one, two at least."""
    return max(2, (os.cpu_count() or 2) - 1)


class CrowdedError(RuntimeError):
    """Too many runs wait."""


class View(NamedTuple):
    """A run at one moment."""

    version: int  # grows with every change
    state: State
    place: int  # in the queue, from 1; 0 for a run that does not wait
    done: float
    left: float  # seconds, as far as can be told; not a number before anything is done
    result: Any  # so far; None before the first
    fault: str  # of a run that failed: why, for a reader
    error: Exception | None  # of a run that lacks its data


class Run:
    """One training, for all who follow it. Its fields belong to the pool's lock."""

    def __init__(self, experiment: Experiment[Any]) -> None:
        self.experiment = experiment
        self.state: State = "waiting"
        self.version, self.place = next(_versions), 0
        self.done = self.seconds = 0.0
        self.result: Any = None
        self.fault = ""
        self.error: Exception | None = None
        self.followers: dict[str, tuple[float, bool]] = {}  # name -> when last heard of, paused
        self.waiters: list[Future[None]] = []

    def is_paused(self) -> bool:
        """Say whether all who follow it have paused."""
        return bool(self.followers) and all(paused for _, paused in self.followers.values())


class Pool:
    """Trains experiments in processes of their own. Every method may be called from any thread."""

    def __init__(self, size: int | None = None, patience: float = PATIENCE) -> None:
        self.size, self.patience = size or most_at_once(), patience
        self._lock = threading.RLock()
        self._queue: list[Run] = []
        self._active: dict[Experiment[Any], Run] = {}
        self._failed: dict[Experiment[Any], tuple[float, Run]] = {}  # with those who have not heard of it yet
        self._workers: list[_Worker] = []
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="runs", daemon=True).start()

    def follow(self, experiment: Experiment[Any], follower: str, *, paused: bool = False, anew: bool = False) -> Run:
        """Return the run of an experiment, begun or queued if there is none; `anew` also where its result is kept.

        Whoever followed a run that failed gets that one, until they have heard of it. Raises CrowdedError where too
        many wait.
        """
        with self._lock:
            if experiment in self._failed and follower in self._failed[experiment][1].followers:
                return self._failed[experiment][1]
            run = self._active.get(experiment)
            if run is None:
                run = Run(experiment)
                if self._closed.is_set():
                    run.state = "stopped"
                    return run
                if not anew and (kept := RESULTS.at_hand(experiment)) is not None:
                    run.state, run.done, run.result = "over", 1.0, kept
                    return run
                if len(self._queue) >= MOST_WAITING:
                    raise CrowdedError
                self._active[experiment] = run
                self._queue.append(run)
            run.followers[follower] = (time.monotonic(), paused)
            self._arrange()
            return run

    def leave(self, experiment: Experiment[Any], follower: str) -> None:
        """Stop following a run; the last one to leave ends it."""
        with self._lock:
            if (run := self._active.get(experiment)) is not None:
                run.followers.pop(follower, None)
                self._arrange()

    def heard(self, run: Run, follower: str) -> None:
        """Note that somebody knows that a run is not active any more."""
        with self._lock:
            run.followers.pop(follower, None)

    def view(self, run: Run) -> View:
        """Return how a run stands."""
        with self._lock:
            left = run.seconds * (1 - run.done) / run.done if run.done else float("nan")
            return View(run.version, run.state, run.place, run.done, left, run.result, run.fault, run.error)

    def changed(self, run: Run, seen: int) -> Future[None]:
        """Return what is done as soon as the run is not at the version that was seen."""
        waiter: Future[None] = Future()
        with self._lock:
            if run.version != seen or run.state not in ACTIVE:
                waiter.set_result(None)
            else:
                run.waiters.append(waiter)
        return waiter

    def result(self, experiment: Experiment[Any], follower: str) -> Any:
        """Return the whole result; wait for it. Raises DataError or RuntimeError where the run fails."""
        run = self.follow(experiment, follower)
        try:
            while (view := self.view(run)).state in ACTIVE:
                self.follow(experiment, follower)
                with suppress(TimeoutError):
                    self.changed(run, view.version).result(timeout=min(1.0, self.patience / 3))
        finally:
            self.leave(experiment, follower)
        if view.error is not None:
            raise view.error
        if view.state != "over":
            raise RuntimeError(f"{type(experiment).__name__}: the run must end, and it {view.state}. {view.fault}")
        return view.result

    def warm(self) -> None:
        """Start the processes, so that the first runs need not wait for them."""
        with self._lock:
            while len(self._workers) < self.size and not self._closed.is_set():
                self._workers.append(_Worker(self._hear, self._lose))

    def close(self) -> None:
        """End every process, and every run with it."""
        self._closed.set()
        with self._lock:
            for run in list(self._active.values()):
                self._end(run, "stopped")
            workers, self._workers = self._workers, []
        for worker in workers:
            worker.end()

    # --- under the lock ---------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        """Give places to runs that wait, and take them from those that nobody follows or that are paused."""
        for run in list(self._active.values()):
            if not run.followers:
                self._end(run, "stopped")
        for worker in self._workers:
            if worker.run is not None:
                worker.pause(worker.run.is_paused())
                self._change(worker.run, "paused" if worker.run.is_paused() else "training")
        waiting = [run for run in self._queue if not run.is_paused()]
        if waiting and not self._is_a_place_free():
            self._take_a_place()
        for run in waiting:
            if (free := self._free_worker()) is None:
                break
            self._queue.remove(run)
            self._change(run, "training")
            free.train(run)
        for place, run in enumerate(self._queue, 1):
            self._change(run, "paused" if run.is_paused() else "waiting", place)

    def _take_a_place(self) -> None:
        """Let a paused run wait without a process, for whoever goes on with it."""
        for worker in self._workers:
            if worker.run is not None and worker.run.state == "paused":
                self._queue.append(worker.run)
                worker.run = None
                worker.stop()
                return

    def _is_a_place_free(self) -> bool:
        return len(self._workers) < self.size or any(worker.is_free for worker in self._workers)

    def _free_worker(self) -> _Worker | None:
        free = next((worker for worker in self._workers if worker.is_free), None)
        if free is None and len(self._workers) < self.size and not self._closed.is_set():
            free = _Worker(self._hear, self._lose)
            self._workers.append(free)
        return free

    def _end(self, run: Run, state: State) -> None:
        self._active.pop(run.experiment, None)
        if state == "failed":
            self._failed[run.experiment] = (time.monotonic(), run)
        if run in self._queue:
            self._queue.remove(run)
        for worker in self._workers:
            if worker.run is run:
                worker.run = None
                worker.stop()
        self._change(run, state)

    def _change(self, run: Run, state: State, place: int = 0, *, news: bool = False) -> None:
        if (run.state, run.place) == (state, place) and not news:
            return
        run.state, run.place = state, place
        run.version = next(_versions)
        waiters, run.waiters = run.waiters, []
        for waiter in waiters:
            if waiter.set_running_or_notify_cancel():
                waiter.set_result(None)

    # --- from the threads -------------------------------------------------------------------------------------------

    def _hear(self, worker: _Worker, said: Told | Failed | Stopped) -> None:
        going_on = isinstance(said, Told) and not said.over
        if isinstance(said, Told):
            read_only(said.result)
        with self._lock:
            run = worker.run
            if not going_on:
                worker.run, worker.is_busy, worker.is_told_to_stop = None, False, False
            if run is not None and isinstance(said, Told):
                run.done, run.result, run.seconds = said.done, said.result, said.seconds
                if said.over:
                    RESULTS.put(run.experiment, said.result)
                    self._end(run, "over")
                else:
                    self._change(run, run.state, news=True)
            elif run is not None and isinstance(said, Failed):
                log.error("%s failed\n%s", run.experiment, said.trace)
                run.fault, run.error = (said.error.public() if said.error else FAULT), said.error
                self._end(run, "failed")
            self._arrange()

    def _lose(self, worker: _Worker) -> None:
        """A process has ended, and nobody told it to: one run is lost, and another process takes its place."""
        with self._lock:
            run, worker.run = worker.run, None
            if worker in self._workers:
                self._workers.remove(worker)
            if run is not None and not self._closed.is_set():
                log.error("%s broke off: its process ended", run.experiment)
                run.fault = CRASHED
                self._end(run, "failed")
            if not self._closed.is_set():
                self._arrange()

    def _watch(self) -> None:
        """Leave for those who are not heard of any more, and end processes that do not stop."""
        while not self._closed.wait(0.5):
            with self._lock:
                now = time.monotonic()
                self._failed = {e: f for e, f in self._failed.items() if now - f[0] < self.patience}
                for run in self._active.values():
                    run.followers = {name: f for name, f in run.followers.items() if now - f[0] < self.patience}
                for worker in self._workers:
                    if worker.is_told_to_stop and now - worker.told_at > GRACE:
                        worker.end()
                self._arrange()


class _Worker:
    """A process, the pipe to it, and a thread that hears it. Its fields belong to the pool's lock."""

    def __init__(self, hear: Callable[[_Worker, Any], None], lose: Callable[[_Worker], None]) -> None:
        self.run: Run | None = None
        self.is_busy = self.is_told_to_stop = self.is_paused = False
        self.told_at = 0.0
        self._hear, self._lose = hear, lose
        self._pipe, theirs = Pipe()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, str(theirs.fileno())], pass_fds=[theirs.fileno()], cwd=_ROOT
            )
        threading.Thread(target=self._listen, args=(self._pipe,), name="run", daemon=True).start()

    @property
    def is_free(self) -> bool:
        """Whether it can train now."""
        return not self.is_busy and not self.is_told_to_stop

    def train(self, run: Run) -> None:
        self.run, self.is_busy, self.is_paused = run, True, False
        self._send(run.experiment)

    def pause(self, paused: bool) -> None:
        if paused != self.is_paused:
            self.is_paused = paused
            self._send(PAUSE if paused else GO_ON)

    def stop(self) -> None:
        """Tell it to stop at the next moment."""
        if self.is_busy and not self.is_told_to_stop:
            self.is_told_to_stop, self.told_at = True, time.monotonic()
            self._send(STOP)

    def end(self) -> None:
        """End the process."""
        self.process.kill()

    def _send(self, order: Any) -> None:
        with suppress(OSError):  # it has ended: whoever listens finds out
            self._pipe.send(order)

    def _listen(self, pipe: Connection) -> None:
        with suppress(EOFError, OSError):
            while True:
                self._hear(self, pipe.recv())
        self.process.wait()
        pipe.close()
        self._lose(self)
