"""Runs of the lab for a hall of readers: two at a time, each once, and none that nobody waits for any more."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from anyio import CapacityLimiter, Lock, to_thread
from threadpoolctl import threadpool_limits

from lab.data import DataError
from lab.experiment import RESULTS, Experiment

R = TypeVar("R")

SLOTS = 2  # a hall of readers must not start a hundred runs at once
MOST_WAITING = 64  # readers; whoever comes later is told so at once
_waiting = 0
_asked: WeakValueDictionary[Experiment[Any], Lock] = WeakValueDictionary()  # while somebody waits for the run


class CrowdedError(RuntimeError):
    """Too many readers wait for runs."""


@cache
def _slots() -> CapacityLimiter:
    return CapacityLimiter(SLOTS)


def finished(experiment: Experiment[R]) -> R:
    """Return the whole result of a run; who asks while it trains waits for it and does not train it twice."""
    if (result := RESULTS.at_hand(experiment)) is not None:  # scrubbing never queues behind somebody else's run
        return result
    # The matrices are small: threads of the linear algebra would cost several times what they save.
    with threadpool_limits(limits=1, user_api="blas"):
        return experiment.result()


async def ready(experiment: Experiment[Any]) -> None:
    """Wait until a run's result is at hand; raise CrowdedError if too many wait already.

    Whoever stops waiting (is cancelled) leaves the queue: a run begins only for somebody who still waits for it.
    Readers of one run take one place together, and none of them holds a thread before it begins.
    """
    global _waiting
    if experiment in RESULTS:
        return
    if _waiting >= MOST_WAITING:
        raise CrowdedError
    _waiting += 1
    try:
        async with _asked.setdefault(experiment, Lock()):
            if experiment not in RESULTS:
                with suppress(DataError):  # the picture meets it again, and says what is missing
                    await to_thread.run_sync(finished, experiment, limiter=_slots())
    finally:
        _waiting -= 1
