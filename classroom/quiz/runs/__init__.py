"""Computations to predict, one file each; the key is the name of the file, and each file makes one RUN.

>>> len(outcome("lrn_response")) == len(RUNS["lrn_response"].points)
True
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from classroom.quiz.run import Run, Values

__all__ = ["RUNS", "outcome"]


def _discover() -> Mapping[str, Run]:
    found: dict[str, Run] = {}
    for file in pkgutil.iter_modules(__path__):
        run = getattr(import_module(f"{__name__}.{file.name}"), "RUN", None)
        if not isinstance(run, Run):
            raise ImportError(f"classroom/quiz/runs/{file.name}.py must define RUN, a Run, got {run!r}.")
        found[file.name] = run
    return MappingProxyType(found)


RUNS = _discover()


@cache
def outcome(name: str) -> Values:
    """Run a computation, once."""
    return RUNS[name].compute()
