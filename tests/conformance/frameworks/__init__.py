"""One file per framework: the cases it can compute, and how it is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, NamedTuple, Protocol

from ..case import Array, Case, Running


class Run(Protocol):
    """Calls a framework: `compute` on the inputs, and the gradient of <dy, y> for what can have one."""

    def __call__(self, framework: Any, case: Case, dtype: str) -> dict[str, Array]: ...


class Framework(NamedTuple):
    """What a file of this folder declares."""

    packages: tuple[str, ...]  # to import; the first gives the name
    load: Callable[[], Any]  # what every `compute` gets first
    run: Run
    cases: tuple[Case, ...]
    running: tuple[Running, ...] = ()

    @property
    def is_here(self) -> bool:
        """Whether it can be run on this machine."""
        return all(find_spec(package) for package in self.packages)

    def compute(self) -> Mapping[str, Array]:
        """Return all its numbers by their name in the golden file."""
        framework = self.load()
        numbers: dict[str, Array] = {}
        for case in self.cases:
            for dtype in case.dtypes:
                for name, array in self.run(framework, case, dtype).items():
                    assert array.dtype == dtype, f"{case.name}: {name} is {array.dtype}"
                    numbers[f"{case.name}/{dtype}/{name}"] = array
        for case in self.running:
            for name, array in zip(("mean", "var"), case.compute(framework, case.batches()), strict=True):
                numbers[f"{case.name}/{name}"] = array
        return numbers
