"""What every normalization is: hyperparameters, a forward, a backward, a pool and a derivation.

Inside, arrays are N x C x H x W: example, channel, row, column. The base class checks what comes in, turns the
layout to NCHW and back, and keeps the dtype; an operator writes the mathematics alone.

A parameter with three axes has one number per element, C x H x W inside, and outside the layout without N; any
other has the same shape inside and outside.
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

from normlib.layout import (
    Layout,
    Shape,
    element_from_chw,
    element_to_chw,
    from_nchw,
    nchw_cell,
    nchw_shape,
    spoken,
    to_nchw,
)
from normlib.pool import NONE, ONE, Array, Groups, Pool, Span
from normlib.symbolic import Derivation


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
    of_weights: ClassVar[bool] = False  # x is a weight: N counts what goes out of a layer, C what comes in

    layout: Layout = "NCHW"  # how the axes of x stand

    def __post_init__(self) -> None:
        for name, kind in _annotations(type(self)).items():
            _check_field(self, name, kind, getattr(self, name))
        windows = [a for a in (self.pool.h, self.pool.w) if isinstance(a, Span) and a not in (ONE, NONE)]
        if windows and "D" in self.layout:
            raise ValueError(
                f"{self._name}: layout must be of maps or sequences, got {self.layout!r}. A window of rows and columns "
                "has no depth: pass the layers of a volume as maps of their own."
            )

    # What an operator writes. Arrays are NCHW here, of float32 or wider.

    @abstractmethod
    def _forward(self, x: Array, *args: Any, **params: Any) -> tuple[Array, Any]:
        """Return y and a cache; the cache's first field has the shape of x."""

    @abstractmethod
    def _backward(self, dy: Array, cache: Any) -> dict[str, Array]:
        """Return dl/d(input) for each input of `_forward`, given dy = dl/dy."""

    def _init(self, shape: Shape) -> dict[str, Array]:
        """Return the parameters before training, for x of shape N, C, H, W; with three axes they are C x H x W."""
        return {}

    @property
    @abstractmethod
    def pool(self) -> Pool:
        """Which cells enter a cell's statistic, by axis N, C, H, W."""

    @abstractmethod
    def _derive(self) -> Derivation:
        """The same function in symbols, with the gradients it claims."""

    def _pooled(self, shape: Shape, cell: Shape) -> NDArray[np.bool_]:
        """Return the mask over N, C, H, W; to override where the cells are no product of axes."""
        return self.pool.mask(shape, cell)

    # What everybody calls.

    def init(self, shape: Shape) -> dict[str, Array]:
        """Return the parameters as they are before training; `{}` if there are none.

        shape: of x, in the operator's layout; one number per element is shaped like x without N.
        """
        shape = tuple(shape)
        self._check_shape("init: shape", shape)
        params = self._init(nchw_shape(shape, self.layout))
        return {name: self._outward(p, shape) for name, p in params.items()}

    def forward(self, x: Array, **params: Array) -> tuple[Array, Any]:
        """Return y, with the layout, shape and dtype of x, and the cache that `backward` needs.

        x: in the operator's layout, of any floating-point dtype; params: as named and shaped by `init`. None is
        changed. Leave x and the parameters unchanged until `backward` is done: the cache may refer to them.
        Raises ValueError for another shape or dtype, and for missing, unknown or misshapen parameters.
        """
        x = self._floating("x", x)
        inward = self._inward(x.shape, params)
        y, cache = self._forward(_wide(to_nchw(x, self.layout)), **inward)
        return from_nchw(y, self.layout, x.shape).astype(x.dtype, copy=False), cache

    def backward(self, dy: Array, cache: Any) -> dict[str, Array]:
        """Return dl/d(input) under the name of each input of `forward`, with its shape.

        x's is in the dtype of dy; the parameters' are in float32 at least, for a sum over cells may exceed float16.
        dy: dl/dy, in the operator's layout; cache: from `forward`. Raises ValueError where dy is not shaped like y.
        """
        dy = self._floating("dy", dy)
        if dy.ndim != len(self.layout) or nchw_shape(dy.shape, self.layout) != cache[0].shape:
            raise ValueError(
                f"{self._name}.backward: dy must have the shape {spoken(cache[0].shape, self.layout)} of y, "
                f"got {dy.shape}. Pass dl/dy, and the cache of the same forward."
            )
        wide = _wide(to_nchw(dy, self.layout))
        types = {"x": dy.dtype}
        return {
            name: self._outward(grad, dy.shape).astype(types.get(name, wide.dtype), copy=False)
            for name, grad in self._backward(wide, cache).items()
        }

    def pooled(self, shape: Shape, cell: Shape) -> NDArray[np.bool_]:
        """Return True where a cell of x enters the statistic of `cell`; shape, cell and result in the layout.

        Raises ValueError where `cell` is not an index into `shape`.
        """
        shape, cell = tuple(shape), tuple(cell)
        self._check_shape("pooled: shape", shape)
        if len(cell) != len(shape) or not all(0 <= at < n for at, n in zip(cell, shape, strict=True)):
            raise ValueError(
                f"{self._name}.pooled: cell must be an index into the {len(shape)} axes of shape {shape}, got {cell}. "
                f"Give both as {self.layout}, counting from 0."
            )
        mask = self._pooled(nchw_shape(shape, self.layout), nchw_cell(cell, shape, self.layout))
        return from_nchw(mask, self.layout, shape)

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

    def _check_shape(self, what: str, shape: Shape) -> None:
        axes = len(self.layout)
        if len(shape) != axes:
            fitting = ", ".join(layout for layout in get_args(Layout) if len(layout) == len(shape))
            raise ValueError(
                f"{self._name}.{what} must have {axes} axes ({self.layout}), got {tuple(shape)}. "
                f"Choose a layout with as many axes: {fitting or 'there are some for 2 to 5'}."
            )
        if 0 in shape:
            raise ValueError(
                f"{self._name}.{what} must have no empty axis, got {tuple(shape)}. Leave an empty batch out."
            )
        channels, groups = nchw_shape(shape, self.layout)[1], self.pool.c
        if isinstance(groups, Groups) and channels % groups.number:
            raise ValueError(
                f"{self._name}: groups={groups.number} must divide the {channels} channels of x {tuple(shape)}. "
                f"Choose a divisor of {channels}."
            )

    def _inward(self, shape: Shape, params: Mapping[str, Array]) -> dict[str, Array]:
        """Return the parameters of x in the given shape, which is checked too, as `_forward` takes them."""
        expected = _parameters(self, shape)
        if params.keys() != expected.keys():
            raise ValueError(
                f"{self._name}.forward: the parameters must be {sorted(expected) or 'none'}, "
                f"got {sorted(params) or 'none'}. Start from {self._name}(...).init(x.shape)."
            )
        inward = {}
        for name, (outside, by_element) in expected.items():
            p = self._floating(name, params[name])
            if p.shape != outside:
                raise ValueError(
                    f"{self._name}.forward: {name} must have shape {outside} "
                    f"for x {shape} ({self.layout}), got {p.shape}. Start from {self._name}(...).init(x.shape)."
                )
            inward[name] = _wide(element_to_chw(p, self.layout) if by_element else p)
        return inward

    def _outward(self, array: Array, shape: Shape) -> Array:
        """Return an array of `_forward` or `_backward` as the caller of x in the given shape knows it."""
        if array.ndim == 4:
            return from_nchw(array, self.layout, shape)
        return element_from_chw(array, self.layout, shape) if array.ndim == 3 else array


class _Parameter(NamedTuple):
    shape: Shape  # outside
    by_element: bool


@lru_cache(maxsize=512)
def _derivation(norm: Norm) -> Derivation:
    return norm._derive()


@lru_cache(maxsize=512)
def _parameters(norm: Norm, shape: Shape) -> Mapping[str, _Parameter]:
    norm._check_shape("forward: x's shape", shape)
    inside = norm._init(nchw_shape(shape, norm.layout))
    return {name: _Parameter(norm._outward(p, shape).shape, p.ndim == 3) for name, p in inside.items()}


def _wide(array: Array) -> Array:
    """Return the array in float32 at least."""
    return array.astype(np.promote_types(array.dtype, np.float32), copy=False)


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
