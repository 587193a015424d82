"""Every normalization, those of the talk and later ones: forward, backward and derivation.

>>> NORMS["batch_norm"].title
'Batch normalization'
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType, ModuleType

from normlib import norms
from normlib.core import Hyper, Norm, Paper
from normlib.layout import Layout
from normlib.pool import ALL, NONE, ONE, Groups, Pool, Span

__all__ = ["ALL", "NONE", "NORMS", "ONE", "Groups", "Hyper", "Layout", "Norm", "Paper", "Pool", "Span", "discover"]


def discover(package: ModuleType) -> Mapping[str, type[Norm]]:
    """Find the one Norm in each file of a package, by file name, oldest paper first; read-only.

    Raises ImportError, naming the file, where there is not exactly one.
    """
    found: dict[str, type[Norm]] = {}
    for file in pkgutil.iter_modules(package.__path__):
        module = import_module(f"{package.__name__}.{file.name}")
        own = [
            value
            for value in vars(module).values()
            if inspect.isclass(value) and issubclass(value, Norm) and value.__module__ == module.__name__
        ]
        if len(own) != 1:
            where = f"{package.__name__.replace('.', '/')}/{file.name}.py"
            raise ImportError(f"{where} must define exactly one Norm, found {len(own)}. Keep one operator per file.")
        found[file.name] = own[0]
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: (item[1].paper.year, item[0]))))


NORMS = discover(norms)
