"""Runs of the lab for a hall of readers: in processes of their own, each once, and only while somebody waits."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, TypeVar
from uuid import uuid4

from threadpoolctl import threadpool_limits

from lab.experiment import RESULTS, Experiment
from lab.pool import ACTIVE, CrowdedError, Pool, View

__all__ = ["CrowdedError", "RunError", "close_pool", "finished", "follow", "leave", "open_pool", "ready"]

R = TypeVar("R")

ANSWER = 1.0  # seconds after which a follower is answered even if there is no news
_pool: Pool | None = None


class RunError(RuntimeError):
    """A run failed; the sentence is for the reader."""


def open_pool() -> Pool:
    """Return the pool of this server, begun with the first call."""
    global _pool
    if _pool is None:
        _pool = Pool()
    return _pool


def close_pool() -> None:
    """End the processes of this server's pool."""
    global _pool
    if _pool is not None:
        _pool.close()
    _pool = None


def finished(experiment: Experiment[R]) -> R:
    """Return the whole result of a run: the one at hand, else one by the server's pool, else one trained here."""
    if (result := RESULTS.at_hand(experiment)) is not None:  # scrubbing never queues behind somebody else's run
        return result
    if _pool is not None:
        return _pool.result(experiment, f"thread-{uuid4().hex}")
    # The matrices are small: threads of the linear algebra would cost several times what they save.
    with threadpool_limits(limits=1, user_api="blas"):
        return experiment.result()


async def follow(
    experiment: Experiment[Any], follower: str, *, seen: int, paused: bool = False, anew: bool = False
) -> View:
    """Return how a run stands as soon as that is not what the follower has seen, and after a second in any case."""
    pool = open_pool()
    run = pool.follow(experiment, follower, paused=paused, anew=anew)
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.wrap_future(pool.changed(run, seen)), ANSWER)
    view = pool.view(run)
    if view.state not in ACTIVE:
        pool.heard(run, follower)
    return view


def leave(experiment: Experiment[Any], follower: str) -> None:
    """Stop following a run; the last one to leave ends it."""
    open_pool().leave(experiment, follower)


async def ready(experiment: Experiment[Any]) -> None:
    """Wait until a run's result is at hand. Raises CrowdedError, or RunError with a sentence.

    Whoever stops waiting (is cancelled) leaves the run, and the last one to leave ends it.
    """
    follower, seen = f"request-{uuid4().hex}", 0
    if experiment in RESULTS:
        return
    try:
        while (view := await follow(experiment, follower, seen=seen)).state in ACTIVE:
            seen = view.version
    finally:
        leave(experiment, follower)
    if view.state == "failed" and view.error is None:  # what is missing, the picture says when it meets the error again
        raise RunError(view.fault)
