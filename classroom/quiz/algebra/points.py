"""Points at which two expressions are compared: the simplest first, then many at random, always the same."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import islice

from classroom.quiz.algebra.tree import Call, Name, Node, Number, parts

Point = Mapping[str, Fraction]

_POSITIVE = tuple(map(Fraction, ("1", "2", "1/2", "3", "3/2", "4", "1/4", "5")))
_SIMPLE = {  # the domains of symbols, and their values in the order in which a reader would try them
    "real": (Fraction(0), *(sign * number for number in _POSITIVE for sign in (1, -1))),
    "positive": _POSITIVE,
    "whole": tuple(map(Fraction, range(2, 10))),
}
_MOST_SIMPLE = 40
_MOST_RANDOM = 16
_KINKED = ("abs", "max", "min", "sign")


def checked(names: Mapping[str, str]) -> None:
    """Raise ValueError if a symbol has no domain that is known."""
    for name, domain in names.items():
        if domain not in _SIMPLE:
            raise ValueError(f"names: {name} must be one of {', '.join(_SIMPLE)}, got {domain!r}. Name its domain.")


def simple(names: Mapping[str, str]) -> Iterator[Point]:
    """Yield points of small whole numbers and halves, the simplest first."""
    choices = [_SIMPLE[domain] for domain in names.values()]
    return islice((dict(zip(names, numbers, strict=True)) for numbers in _by_rank(choices)), _MOST_SIMPLE)


def _by_rank(choices: list[tuple[Fraction, ...]]) -> Iterator[tuple[Fraction, ...]]:
    for total in range(sum(len(numbers) - 1 for numbers in choices) + 1):
        yield from _of_rank(choices, total)


def _of_rank(choices: list[tuple[Fraction, ...]], total: int) -> Iterator[tuple[Fraction, ...]]:
    """Yield the combinations whose places in their lists add up to `total`."""
    if not choices:
        if total == 0:
            yield ()
        return
    for place, number in enumerate(choices[0][: total + 1]):
        for others in _of_rank(choices[1:], total - place):
            yield number, *others


def drawn(names: Mapping[str, str]) -> Iterator[Point]:
    """Yield points at random, of several magnitudes."""
    chance = random.Random("points")
    for _ in range(_MOST_RANDOM):
        yield {name: _draw(domain, chance) for name, domain in names.items()}


def at_kinks(names: Mapping[str, str], expressions: Iterable[Node]) -> Iterator[Point]:
    """Yield points on both sides of where abs, max, min and sign may bend: at the numbers that stand in them."""
    nodes = [node for expression in expressions for node in _all(expression)]
    if not any(isinstance(node, Call) and node.function in _KINKED for node in nodes):
        return
    numbers = {node.value for node in nodes if isinstance(node, Number)}
    chance = random.Random("kinks")
    for number in sorted(numbers)[:8]:
        for beside in (number / 2, number, number * 2, number + 1, -number, -number * 2, -number - 1):
            for name, domain in names.items():
                if _is_in(beside, domain):
                    yield {other: _draw(kind, chance) for other, kind in names.items()} | {name: beside}


def _is_in(number: Fraction, domain: str) -> bool:
    match domain:
        case "whole":
            return number >= 2 and number.denominator == 1
        case "positive":
            return number > 0
    return True


def _draw(domain: str, chance: random.Random) -> Fraction:
    if domain == "whole":
        return Fraction(chance.randint(2, 40))
    scale = Fraction(10) ** chance.choice((-2, -1, 0, 0, 1))
    number = Fraction(chance.randint(1, 9999), chance.randint(1, 999)) * scale
    return number if domain == "positive" or chance.random() < 0.5 else -number


def symbols(expression: Node) -> set[str]:
    """Return the names that stand in an expression."""
    return {node.name for node in _all(expression) if isinstance(node, Name)}


def _all(node: Node) -> Iterator[Node]:
    yield node
    for part in parts(node):
        yield from _all(part)
