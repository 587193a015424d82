"""What every normalization is: hyperparameters, a forward, a backward, a pool and a derivation.

Inside, arrays are N x C x H x W: example, channel, row, column. The base class checks what comes in, turns the
layout to NCHW and back, and keeps the dtype; an operator writes the mathematics alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, NamedTuple, Self, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from normlib.pool import Array, Pool
from normlib.symbolic import Derivation

Layout = Literal["NCHW", "NHWC", "HWKM"]  # HWKM is the talk's: row, column, channel, example

_NCHW_FROM: Mapping[str, tuple[int, int, int, int]] = {"NCHW": (0, 1, 2, 3), "NHWC": (0, 3, 1, 2), "HWKM": (3, 2, 0, 1)}
_NCHW_TO: Mapping[str, tuple[int, int, int, int]] = {"NCHW": (0, 1, 2, 3), "NHWC": (0, 2, 3, 1), "HWKM": (2, 3, 1, 0)}


def to_nchw(array: Array, layout: Layout) -> Array:
    """Return a view of `array`, given in `layout`, as N x C x H x W."""
    return array.transpose(_NCHW_FROM[layout])


def from_nchw(array: Array, layout: Layout) -> Array:
    """Return a view of an N x C x H x W `array` in `layout`."""
    return array.transpose(_NCHW_TO[layout])


class Paper(NamedTuple):
    """Where a normalization comes from."""

    authors: str
    year: int
    url: str


class Hyper(NamedTuple):
    """What a hyperparameter means, in the annotation of its field: a symbol, a range and a line of text."""

    symbol: str  # LaTeX
    low: float
    high: float
    doc: str


F = TypeVar("F", bound=Callable[..., Any])


def preset(name: str) -> Callable[[F], F]:
    """Mark a class method that returns the operator as a framework computes it; goes under `@classmethod`."""

    def mark(method: F) -> F:
        method.__dict__["preset"] = name
        return method

    return mark


@dataclass(frozen=True, kw_only=True)
class Norm(ABC):
    """One normalization. Its fields are its hyperparameters; it holds no state and is hashable.

    The law (`tests/normlib/test_contract.py` holds every operator to it): `backward` returns one gradient for each
    input of `forward`, under the same name and with the same shape.
    """

    title: ClassVar[str]
    paper: ClassVar[Paper]
    analytic: ClassVar[bool] = True  # `_forward` takes complex arrays too; False where it compares or takes |x|

    layout: Layout = "NCHW"

    def __post_init__(self) -> None:
        for name, kind in _annotations(type(self)).items():
            _check_field(self, name, kind, getattr(self, name))

    # What an operator writes. Arrays are NCHW here, of float32 or wider.

    @abstractmethod
    def _forward(self, x: Array, *args: Any, **params: Any) -> tuple[Array, Any]:
        """Return y and a cache; the cache's first field has the shape of x."""

    @abstractmethod
    def _backward(self, dy: Array, cache: Any) -> dict[str, Array]:
        """Return dl/d(input) for each input of `_forward`, given dy = dl/dy."""

    def _init(self, channels: int) -> dict[str, Array]:
        return {}

    @property
    @abstractmethod
    def pool(self) -> Pool:
        """Which cells enter a cell's statistic, by axis N, C, H, W."""

    @abstractmethod
    def _derive(self) -> Derivation:
        """The same function in symbols, with the gradients it claims."""

    # What everybody calls.

    def init(self, shape: tuple[int, ...]) -> dict[str, Array]:
        """Return the parameters as they are before training; `{}` if there are none.

        shape: of x, in the operator's layout.
        """
        if len(shape) != 4:
            where = f"{self._name}.init"
            raise ValueError(f"{where}: shape must have 4 axes ({self.layout}), got {tuple(shape)}. {_ADD_AXES}")
        return self._init(shape[_NCHW_FROM[self.layout][1]])

    def forward(self, x: Array, **params: Array) -> tuple[Array, Any]:
        """Return y, with the layout, shape and dtype of x, and the cache that `backward` needs.

        x: four axes in the operator's layout, any floating-point dtype; never changed. Leave it unchanged until
        `backward` is done: the cache may refer to it. params: as named and shaped by `init`.
        Raises ValueError for another shape or dtype, and for missing, unknown or misshapen parameters.
        """
        x = self._floating("x", x)
        if x.ndim != 4 or 0 in x.shape:
            raise ValueError(
                f"{self._name}.forward: x must have 4 axes ({self.layout}), none empty, "
                f"got shape {x.shape}. {_ADD_AXES}"
            )
        given = self._checked_params(x.shape, params)
        work = np.promote_types(x.dtype, np.float32)
        y, cache = self._forward(
            to_nchw(x, self.layout).astype(work, copy=False),
            **{name: p.astype(np.promote_types(p.dtype, np.float32), copy=False) for name, p in given.items()},
        )
        return from_nchw(y, self.layout).astype(x.dtype, copy=False), cache

    def backward(self, dy: Array, cache: Any) -> dict[str, Array]:
        """Return dl/d(input) under the name of each input of `forward`, with its shape, in the dtype of dy.

        dy: dl/dy, in the operator's layout; cache: from `forward`. Raises ValueError where dy is not shaped like y.
        """
        dy = self._floating("dy", dy)
        shape = tuple(cache[0].shape[axis] for axis in _NCHW_TO[self.layout])
        if dy.shape != shape:
            raise ValueError(
                f"{self._name}.backward: dy must have the shape {shape} of y, got {dy.shape}. "
                "Pass dl/dy, and the cache of the same forward."
            )
        work = np.promote_types(dy.dtype, np.float32)
        grads = self._backward(to_nchw(dy, self.layout).astype(work, copy=False), cache)
        grads["x"] = from_nchw(grads["x"], self.layout)
        return {name: grad.astype(dy.dtype, copy=False) for name, grad in grads.items()}

    def pooled(self, shape: tuple[int, ...], cell: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return True where a cell of x enters the statistic of `cell`; shape, cell and result in the layout.

        Raises ValueError where `cell` is not an index into `shape`.
        """
        shape, cell = tuple(shape), tuple(cell)
        if len(shape) != 4 or len(cell) != 4 or not all(0 <= at < n for at, n in zip(cell, shape, strict=True)):
            raise ValueError(
                f"{self._name}.pooled: cell must be an index into the 4 axes of shape {shape}, got {cell}. "
                f"Give both as {self.layout}, counting from 0."
            )
        axes = _NCHW_FROM[self.layout]
        mask = self.pool.mask(tuple(shape[a] for a in axes), tuple(cell[a] for a in axes))
        return from_nchw(mask, self.layout)

    def derive(self) -> Derivation:
        """Return the operator in symbols: definition, steps and claimed gradients, with their proof."""
        return _derivation(self)

    @classmethod
    def hypers(cls) -> dict[str, Hyper]:
        """Return what each numeric hyperparameter means, by field name.

        >>> from normlib.norms.batch_norm import BatchNorm
        >>> print(BatchNorm.hypers()["eps"].doc)
        Added to the variance, inside the root
        """
        found = {name: [a for a in get_args(kind) if isinstance(a, Hyper)] for name, kind in _annotations(cls).items()}
        return {name: marks[0] for name, marks in found.items() if marks}

    @classmethod
    def presets(cls) -> dict[str, Self]:
        """Return the operator as each framework computes it, by the framework's name."""
        methods = [getattr(cls, name) for name, member in vars(cls).items() if isinstance(member, classmethod)]
        return {method.preset: method() for method in methods if hasattr(method, "preset")}

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Return the operators that the laws are held against, by a name that says what is special."""
        return {"default": cls(), **cls.presets()}

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _floating(self, name: str, value: Array) -> Array:
        array = np.asarray(value)
        if array.dtype.kind != "f":
            raise ValueError(
                f"{self._name}: {name} must hold floating-point numbers, got {array.dtype}. "
                f"Convert it with {name}.astype(float)."
            )
        return array

    def _checked_params(self, shape: tuple[int, ...], params: Mapping[str, Array]) -> dict[str, Array]:
        expected = self.init(shape)
        if set(params) != set(expected):
            raise ValueError(
                f"{self._name}.forward: the parameters must be {sorted(expected) or 'none'}, "
                f"got {sorted(params) or 'none'}. Start from {self._name}(...).init(x.shape)."
            )
        given = {name: self._floating(name, params[name]) for name in expected}
        for name, p in given.items():
            if p.shape != expected[name].shape:
                raise ValueError(
                    f"{self._name}.forward: {name} must have shape {expected[name].shape} "
                    f"for x {shape} ({self.layout}), got {p.shape}. Start from {self._name}(...).init(x.shape)."
                )
        return given


_ADD_AXES = "Give a matrix (N, C) the axes it lacks: x[:, :, None, None] for NCHW."


@lru_cache(maxsize=512)
def _derivation(norm: Norm) -> Derivation:
    return norm._derive()


@lru_cache
def _annotations(cls: type[Norm]) -> dict[str, Any]:
    hints = get_type_hints(cls, include_extras=True)
    return {field.name: hints[field.name] for field in fields(cls)}


def _check_field(norm: Norm, name: str, kind: Any, value: Any) -> None:
    where = f"{type(norm).__name__}: {name}"
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise ValueError(f"{where} must be one of {list(get_args(kind))}, got {value!r}. Choose one of these.")
    elif kind is bool:
        if not isinstance(value, bool):
            raise ValueError(f"{where} must be True or False, got {value!r}. Pass a bool.")
    else:
        number, hyper = get_args(kind)
        if isinstance(value, bool) or not isinstance(value, Integral if number is int else Real):
            noun = "an integer" if number is int else "a number"
            raise ValueError(f"{where} must be {noun}, got {value!r}. {hyper.doc}.")
        if not hyper.low <= value <= hyper.high:  # nan fails too
            raise ValueError(f"{where} must be in [{hyper.low:g}, {hyper.high:g}], got {value!r}. {hyper.doc}.")
        object.__setattr__(norm, name, number(value))  # a NumPy scalar would widen a float32 array
