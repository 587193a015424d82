"""Every experiment, found by walking this folder: one file each.

>>> EXPERIMENTS["covariate_shift"].title
'Internal covariate shift'
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Any

from lab.experiment import Experiment

__all__ = ["EXPERIMENTS", "sole_experiment"]


def sole_experiment(module: ModuleType) -> type[Experiment[Any]]:
    """Return the one Experiment that a module defines, complete; raise ImportError otherwise."""
    own = [
        v
        for v in vars(module).values()
        if inspect.isclass(v) and issubclass(v, Experiment) and v.__module__ == module.__name__
    ]
    where = module.__name__.replace(".", "/") + ".py"
    if len(own) != 1:
        raise ImportError(f"{where} must define exactly one Experiment, found {len(own)}: {[v.__name__ for v in own]}.")
    lacking = [name for name in ("title", "claim", "source") if not isinstance(getattr(own[0], name, None), str)]
    if lacking or inspect.isabstract(own[0]):
        raise ImportError(
            f"{where}: {own[0].__name__} must have title, claim, source and run, lacks {', '.join(lacking) or 'run'}."
        )
    return own[0]


def _discover() -> Mapping[str, type[Experiment[Any]]]:
    files = sorted(file.name for file in pkgutil.iter_modules(__path__))
    return MappingProxyType({name: sole_experiment(import_module(f"{__name__}.{name}")) for name in files})


EXPERIMENTS = _discover()
