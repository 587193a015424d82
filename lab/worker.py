"""A process that trains: it is sent experiments, and sends back how far they are.

Its only argument is its end of a pipe, over which both sides send pickled values. Both are this program; nothing that a
reader sends is ever unpickled.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from threadpoolctl import threadpool_limits

from lab.data import DataError, digits
from lab.experiment import Experiment

STOP, PAUSE, GO_ON = "stop", "pause", "go on"  # what may be sent while an experiment runs
INTERVAL = 0.1  # seconds between two partial results: ten pictures a second, and training hardly notices
NICE = 10  # slides come before training


class Told(NamedTuple):
    """How far a run is."""

    done: float
    result: Any
    seconds: float  # of training, without pauses
    over: bool = False


class Failed(NamedTuple):
    """Why a run has no result."""

    trace: str
    error: DataError | None = None  # that the person who started the program can put right


class Stopped(NamedTuple):
    """The run was ended as it was told to."""


def serve(parent: Connection) -> None:
    """Train what is sent, one experiment after the other, until the other end is closed."""
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            experiment = parent.recv()
            if experiment in (STOP, PAUSE, GO_ON):
                continue  # it was meant for a run that has just ended
            try:
                parent.send(_trained(experiment, parent))
            except DataError as error:
                parent.send(Failed(str(error), error))
            except (EOFError, BrokenPipeError, ConnectionResetError):
                raise
            except Exception:  # the next experiment may well run
                parent.send(Failed(traceback.format_exc()))


def _trained(experiment: Experiment[Any], parent: Connection) -> Told | Stopped:
    told = began = time.monotonic()
    idle = 0.0
    last = None
    for last in experiment.run():
        while parent.poll():
            order = parent.recv()
            paused = time.monotonic()
            if order == PAUSE:
                parent.send(Told(last.done, last.result, paused - began - idle))
            while order == PAUSE:
                order = parent.recv()
            idle += time.monotonic() - paused
            if order == STOP:
                return Stopped()
        now = time.monotonic()
        if now - told >= INTERVAL:
            told = now
            parent.send(Told(last.done, last.result, now - began - idle))
    if last is None:
        raise RuntimeError(f"{type(experiment).__name__}.run: must yield at least once, got nothing. Yield a Progress.")
    return Told(1.0, last.result, time.monotonic() - began - idle, over=True)


def main() -> None:
    """Serve the process that started this one."""
    with suppress(OSError):  # a container may not allow it
        os.nice(NICE)
    # The matrices are small: threads of the linear algebra would cost several times what they save.
    with Connection(int(sys.argv[1])) as parent, threadpool_limits(limits=1, user_api="blas"):
        digits()  # while nobody waits: scikit-learn takes a second
        serve(parent)
