"""One thing to compute twice, in a framework and in normlib, and the numbers it starts from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Shape = tuple[int, ...]


class Case(NamedTuple):
    """A call of a framework beside the operator of normlib that must give the same y and the same gradients."""

    operator: str  # in normlib.NORMS
    what: str
    shapes: Mapping[str, Shape]  # of each input, by normlib's name for it; x as the framework lays it
    compute: Callable[..., Any]  # takes the framework and the inputs; returns y, or y and what else is to be equal
    preset: str | None = None
    settings: Mapping[str, Any] = {}
    scale: float = 1.0  # of x: small where eps shall tell
    shift: float = 1.0  # the mean of x, in units of its scale
    loss: float = 1.0  # how many times less is known of the outputs than of the inputs
    dtypes: tuple[str, ...] = ("float64", "float32")
    besides: tuple[str, ...] = ()  # the names of what else `compute` returns
    fixed: tuple[str, ...] = ()  # the inputs that are constants to the framework: it has no gradient for them

    @property
    def name(self) -> str:
        """What the case's arrays are filed under."""
        return f"{self.operator}, {self.what}"

    def inputs(self, dtype: str) -> dict[str, Array]:
        """Return every input, and dy, as random numbers that are the same on every machine."""
        # RandomState's stream is frozen for good (NEP 19), the one of default_rng is not.
        random = np.random.RandomState(crc32(self.name.encode()))
        values = {name: random.standard_normal(shape) for name, shape in self.shapes.items()}
        values = {name: np.exp(v / 2) if name in POSITIVE else v for name, v in values.items()}
        values["x"] = (values["x"] + self.shift) * self.scale
        values["dy"] = random.standard_normal(self.shapes["x"])
        return {name: v.astype(dtype) for name, v in values.items()}


POSITIVE = ("running_var",)


class Running(NamedTuple):
    """Running statistics after several batches, in a framework's bookkeeping."""

    preset: str
    what: str
    compute: Callable[..., Any]  # takes the framework and an iterable of batches; returns mean and variance
    settings: Mapping[str, Any] = {}
    operator: str = "batch_norm"
    shape: Shape = (5, 3, 2, 2, 2)  # batches, then x as N, C, H, W

    @property
    def name(self) -> str:
        """What the two arrays are filed under."""
        return f"running statistics, {self.preset}, {self.what}"

    def batches(self) -> Array:
        """Return batches whose mean and spread drift, the same on every machine."""
        random = np.random.RandomState(crc32(self.name.encode()))
        drift = np.arange(self.shape[0]).reshape(-1, 1, 1, 1, 1)
        return random.standard_normal(self.shape) * (1 + drift) + drift
