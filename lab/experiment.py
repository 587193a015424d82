"""What an experiment is: a configuration that runs itself, shows how far it is, and says what came out."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from numbers import Integral, Real
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

from lab.kept import Kept
from normlib.core import Hyper

ARMS = ("without BN", "with BN")  # the first axis of every result that compares the two

R_co = TypeVar("R_co", covariant=True)


class Curve(NamedTuple):
    """One line of a result, for files and for figures of any kind."""

    quantity: str  # what y is, with its unit: "held-out accuracy, %"; curves of one quantity share an axis
    arm: str  # whose: "with BN"
    x: NDArray[Any]
    y: NDArray[Any]  # not a number where there is none
    seed: int | None = None  # of a single run; None where the curve is of all
    along: str = "step"  # what x is


def curves_of(
    quantity: str, arms: Sequence[str], x: NDArray[Any], values: NDArray[Any], along: str = "step"
) -> Iterator[Curve]:
    """Yield the curve of every arm and seed, of numbers (arms, seeds, S)."""
    for arm, name in enumerate(arms):
        for seed, y in enumerate(values[arm]):
            yield Curve(quantity, name, x, y, seed, along)


class Choice(NamedTuple):
    """What a setting in words may be, in the annotation of its field."""

    options: tuple[str, ...]
    doc: str


@dataclasses.dataclass(frozen=True)
class Progress(Generic[R_co]):
    """How much of a run is done, from 0 to 1, and its result so far."""

    done: float
    result: R_co


@dataclasses.dataclass(frozen=True, kw_only=True)
class Experiment(ABC, Generic[R_co]):
    """A claim and the runs that test it. Fields are the configuration: hashable, and JSON through `asdict`.

    A field's range stands in its annotation, as a normlib `Hyper`, or as a `Choice` of words; a tuple's holds for each
    of its values.

    A result is a NamedTuple of arrays with two methods: `verdict()`, what these very numbers say about the claim, and
    `curves()`, the same numbers as lines.
    The same configuration gives the same numbers bit for bit on the same machine.
    """

    title: ClassVar[str]
    claim: ClassVar[str]
    source: ClassVar[str]

    def __post_init__(self) -> None:
        for name, mark in _marks(type(self)).items():
            where, value = f"{type(self).__name__}: {name}", getattr(self, name)
            if isinstance(value, list):  # from JSON
                object.__setattr__(self, name, value := tuple(value))
            if value == ():
                raise ValueError(f"{where} must hold a value, got none. {mark.doc}.")
            default = type(self).__dataclass_fields__[name].default
            if isinstance(value, tuple) != isinstance(default, tuple):
                raise ValueError(f"{where} must be {'several values' if isinstance(default, tuple) else 'one value'}, "
                                 f"got {value!r}. {mark.doc}.")  # fmt: skip
            whole = isinstance(default[0] if isinstance(default, tuple) else default, int)
            for one in value if isinstance(value, tuple) else (value,):
                if isinstance(mark, Choice):
                    if one not in mark.options:
                        options = ", ".join(mark.options)
                        raise ValueError(f"{where} must be one of {options}, got {one!r}. {mark.doc}.")
                    continue
                if isinstance(one, bool) or not isinstance(one, Integral if whole else Real):
                    noun = "an integer" if whole else "a number"
                    raise ValueError(f"{where} must be {noun}, got {one!r}. {mark.doc}.")
                if not mark.low <= float(one) <= mark.high:  # not a number fails too
                    raise ValueError(f"{where} must be in [{mark.low:g}, {mark.high:g}], got {one!r}. {mark.doc}.")

    @abstractmethod
    def run(self) -> Iterator[Progress[R_co]]:
        """Train, and yield the result so far at every recorded moment, the whole result last."""

    def result(self) -> R_co:
        """Return the whole result, arrays read-only; the same configuration is run once, however many ask."""
        return RESULTS(self)

    @classmethod
    def hypers(cls) -> dict[str, Hyper]:
        """Return the range and meaning of every number, in the order of the fields."""
        return {name: mark for name, mark in _marks(cls).items() if isinstance(mark, Hyper)}

    @classmethod
    def choices(cls) -> dict[str, Choice]:
        """Return the options and meaning of every setting in words, in the order of the fields."""
        return {name: mark for name, mark in _marks(cls).items() if isinstance(mark, Choice)}


@cache
def _marks(kind: type[Experiment[Any]]) -> Mapping[str, Hyper | Choice]:
    """Return what stands in the annotations of the fields, in their order."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        field.name: extra
        for field in dataclasses.fields(kind)
        for extra in getattr(hints[field.name], "__metadata__", ())
        if isinstance(extra, Hyper | Choice)
    }


def _result(experiment: Experiment[Any]) -> Any:
    last = None
    for progress in experiment.run():
        last = progress
    if last is None:
        raise RuntimeError(f"{type(experiment).__name__}.run: must yield at least once, got nothing. Yield a Progress.")
    read_only(last.result)
    return last.result


RESULTS: Kept[Experiment[Any], Any] = Kept(_result, room=256)  # less than a megabyte each


def read_only(result: Any) -> None:
    """Lock every array in a result, also in the tuples within."""
    for value in result:
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
        elif isinstance(value, tuple):
            read_only(value)


def moments(steps: int, count: int) -> NDArray[np.intp]:
    """Return the steps to record, from 0 to the last: denser early, where most happens.

    >>> moments(100, 5)
    array([  0,   6,  25,  56, 100])
    """
    return np.unique(np.round(steps * np.linspace(0, 1, count) ** 2).astype(np.intp))
