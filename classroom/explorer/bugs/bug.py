"""A bug: one term of one formula as somebody wrote it, forward or backward; what is not wrong is the operator's own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from string import Template
from typing import Any, ClassVar, Literal, NamedTuple

from normlib import Norm, Pool
from normlib.pool import Array

Params = Mapping[str, Array]
Gradients = dict[str, Array]  # by the name of an input, as Norm.backward returns them


class Formulas(NamedTuple):
    """The erroneous line and the right one, in LaTeX."""

    wrong: str
    right: str


@dataclass(frozen=True, kw_only=True)
class Bug(ABC):
    """One erroneous twin; arrays are N x C x H x W, whatever the operator's layout is elsewhere."""

    where: ClassVar[Literal["forward", "backward"]]

    key: str
    title: str
    says: str  # what went wrong, and who wrote it
    shows: str  # what one sees in the picture
    wrong: str  # LaTeX with the operator's letters as $names, as is `right`
    right: str
    fits: Callable[[Any], bool] = field(repr=False)  # whether an operator can have it, at its settings
    letters: Callable[[Any], Mapping[str, str]] = field(default=lambda norm: {}, repr=False)
    erratum: str = ""  # the key in classroom.errata of what the talk printed
    of: str = "x"  # the input whose gradient is wrong, or is held against a wrong forward

    def forward(self, norm: Norm, x: Array, params: Params) -> Array:
        """Return y of the formula in use."""
        return norm.forward(x, **params)[0]

    def backward(self, norm: Norm, x: Array, params: Params, dy: Array) -> Gradients:
        """Return the gradients in use, of every input."""
        return norm.backward(dy, norm.forward(x, **params)[1])

    def pool(self, norm: Norm) -> Pool:
        """Return which cells enter an output in use, or more."""
        return norm.pool

    @abstractmethod
    def error(self, norm: Norm, x: Array, params: Params, dy: Array) -> Array:
        """Return what is in use less what is right: of y, or of the gradient of `of`."""

    def formulas(self, norm: Norm) -> Formulas:
        """Return both lines in this operator's letters."""
        letters = self.letters(norm)
        return Formulas(*(Template(line).substitute(letters) for line in (self.wrong, self.right)))


@dataclass(frozen=True, kw_only=True)
class Forward(Bug):
    """The forward is wrong; the backward stays the right operator's, which no longer belongs to it."""

    where = "forward"

    twin: Callable[[Any, Array, Params], Array] = field(repr=False)
    reach: Callable[[Any], Pool] = field(default=lambda norm: norm.pool, repr=False)

    def forward(self, norm: Norm, x: Array, params: Params) -> Array:
        """Return the erroneous y."""
        return self.twin(norm, x, params)

    def pool(self, norm: Norm) -> Pool:
        """Return which cells enter an erroneous output, or more."""
        return self.reach(norm)

    def error(self, norm: Norm, x: Array, params: Params, dy: Array) -> Array:
        """Return y less the right y, (N, C, H, W)."""
        return self.twin(norm, x, params) - norm.forward(x, **params)[0]


@dataclass(frozen=True, kw_only=True)
class Backward(Bug):
    """The backward is wrong, of one input; the forward is the operator's."""

    where = "backward"

    twin: Callable[[Any, Array, Params, Array], Gradients] = field(repr=False)

    def backward(self, norm: Norm, x: Array, params: Params, dy: Array) -> Gradients:
        """Return the gradients, that of `of` erroneous."""
        return self.twin(norm, x, params, dy)

    def error(self, norm: Norm, x: Array, params: Params, dy: Array) -> Array:
        """Return the gradient of `of` less the right one, in its shape."""
        return self.twin(norm, x, params, dy)[self.of] - super().backward(norm, x, params, dy)[self.of]
