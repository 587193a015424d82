"""Runs of the lab, as pictures ask for them: each configuration is trained once, however many ask at the same time."""

from __future__ import annotations

from collections import OrderedDict
from threading import BoundedSemaphore, Lock
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from lab.experiment import Experiment

R = TypeVar("R")

KEPT = 64
_guard = Lock()  # of the two tables below
_results: OrderedDict[Experiment[Any], Any] = OrderedDict()
_training: dict[Experiment[Any], Lock] = {}
_slots = BoundedSemaphore(2)  # a hall of readers must not start a hundred runs at once


def finished(experiment: Experiment[R]) -> R:
    """Return the whole result of a run; who asks while it trains waits for it and does not train it twice."""
    with _guard:
        if experiment in _results:  # at hand: scrubbing never queues behind somebody else's run
            _results.move_to_end(experiment)
            return _results[experiment]
        lock = _training.setdefault(experiment, Lock())
    with lock:
        with _guard:
            if experiment in _results:  # trained while this one waited
                return _results[experiment]
        try:
            # The matrices are small: threads of the linear algebra would cost several times what they save.
            with _slots, threadpool_limits(limits=1, user_api="blas"):
                result = experiment.result()
            with _guard:
                _results[experiment] = result
                while len(_results) > KEPT:
                    _results.popitem(last=False)
            return result
        finally:
            with _guard:
                _training.pop(experiment, None)
