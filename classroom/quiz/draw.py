"""What a seed draws: the same on every machine and in every process, for no library's generator is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, ValidationInfo
from pydantic import field_validator as check

from classroom.quiz.fields import Exact
from classroom.quiz.numbers import AnswerError, parse_number
from classroom.quiz.problems import show, unmet

Drawn = Fraction | str | tuple[Fraction, ...]  # a number, a word, a row of numbers


class Dice:
    """An endless row of whole numbers, decided by a text."""

    def __init__(self, seed: str) -> None:
        """Begin the row."""
        self._row = self._numbers(seed)

    def below(self, n: int) -> int:
        """Return the next number from 0 to n - 1, each as likely (but for one part in 2^200)."""
        return next(self._row) % n

    def shuffled(self, items: list[Any]) -> list[Any]:
        """Return the items in a drawn order."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in items]

    @staticmethod
    def _numbers(seed: str) -> Iterator[int]:
        i = 0
        while True:
            yield int.from_bytes(hashlib.sha256(f"{seed}/{i}".encode()).digest())
            i += 1


class Row(BaseModel):
    """So many numbers from a range, in steps; all different unless `repeats`."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, validate_default=True)

    numbers: int = Field(ge=1, le=24)
    low: Exact = Field(alias="from")
    high: Exact = Field(alias="to")
    step: Exact = Fraction(1)
    repeats: bool = False

    @check("step")
    @classmethod
    def _reaches(cls, step: Fraction, info: ValidationInfo) -> Fraction:
        low, high, numbers = (info.data.get(name) for name in ("low", "high", "numbers"))
        if low is None or high is None or numbers is None:
            return step
        if step <= 0 or high < low or (high - low) / step > 1000:
            raise unmet("must lead from 'from' to 'to' in 1000 steps at most", show(step), "Write another step")
        return step

    @check("repeats")
    @classmethod
    def _are_enough(cls, repeats: bool, info: ValidationInfo) -> bool:
        if {"low", "high", "step", "numbers"} <= info.data.keys():
            there = (info.data["high"] - info.data["low"]) // info.data["step"] + 1
            if not repeats and there < info.data["numbers"]:
                raise unmet(f"must be true, for there are {there} numbers only", "false", "Widen the range")
        return repeats

    def draw(self, dice: Dice) -> tuple[Fraction, ...]:
        """Return a row of numbers."""
        legal = [self.low + i * self.step for i in range(int((self.high - self.low) // self.step) + 1)]
        if self.repeats:
            return tuple(legal[dice.below(len(legal))] for _ in range(self.numbers))
        return tuple(legal.pop(dice.below(len(legal))) for _ in range(self.numbers))


def _one_of(given: object) -> object:
    """Read a list of numbers or words."""
    if not isinstance(given, list) or not given or len(given) > 50 or not all(isinstance(each, str) for each in given):
        raise unmet("must be a list of numbers or words, 50 at most", show(given), "Write it like [0.5, 1, 2]")
    return tuple(_scalar(each) for each in given)


def _scalar(typed: str) -> Fraction | str:
    try:
        return parse_number(typed)
    except AnswerError:
        return typed


_List = Annotated[tuple[Any, ...], BeforeValidator(_one_of)]
Spec = Annotated[
    Annotated[_List, Tag("[list]")] | Annotated[Row, Tag("[row]")],
    Discriminator(lambda given: "[row]" if isinstance(given, dict | Row) else "[list]"),
]


def drawn(specs: Mapping[str, Spec], seed: str) -> dict[str, Drawn]:
    """Return a value for each name; a name's value does not depend on the other names."""
    found: dict[str, Drawn] = {}
    for name, spec in specs.items():
        dice = Dice(f"{seed}/{name}")
        found[name] = spec.draw(dice) if isinstance(spec, Row) else spec[dice.below(len(spec))]
    return found
