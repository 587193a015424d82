"""Every interactive picture, one file each; the key is the name of the file.

>>> 'channel_window' in EXHIBITS
True
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from classroom.exhibit import Exhibit

__all__ = ["EXHIBITS", "Exhibit", "key_of"]


def _discover() -> Mapping[str, type[Exhibit]]:
    found: dict[str, type[Exhibit]] = {}
    for file in pkgutil.iter_modules(__path__):
        module = import_module(f"{__name__}.{file.name}")
        own = [
            value
            for value in vars(module).values()
            if inspect.isclass(value) and issubclass(value, Exhibit) and value.__module__ == module.__name__
        ]
        if len(own) != 1:
            names = [cls.__name__ for cls in own]
            where = f"classroom/exhibits/{file.name}.py"
            raise ImportError(f"{where} must define exactly one Exhibit, found {len(own)}: {names}.")
        own[0].controls()  # a field without a control fails here, at start, and not in front of a reader
        found[file.name] = own[0]
    return MappingProxyType(found)


EXHIBITS = _discover()


def key_of(exhibit: Exhibit) -> str:
    """Return the key of an exhibit: the name of its file."""
    return type(exhibit).__module__.rpartition(".")[2]
