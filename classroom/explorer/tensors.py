"""The inputs that the explorer offers: photographs, digits, random numbers, and what a reader brings."""

from __future__ import annotations

from functools import cache

from classroom.explorer.uploads import Tensor, kept
from classroom.samples import Floats, digit_responses, edges, squares, synthetic

PHOTOGRAPHS, DIGITS, RANDOM, OWN = "photographs", "digits", "random", "your own"
SOURCES = (PHOTOGRAPHS, DIGITS, RANDOM, OWN)


def tensor(source: str, own: str, seed: int) -> Tensor:
    """Return an input of the explorer; `own` is the key of a reader's file, `seed` that of the random numbers.

    As long as there is no file ("") it is the photographs. A key that is not kept (any more) is refused.
    """
    if source == DIGITS:
        return Tensor(digit_responses(16, 8), "sixteen digits, each with its slopes in 8 directions")
    if source == RANDOM:
        return Tensor(synthetic((4, 8, 16, 16), seed=seed), "normal random numbers")
    if source == PHOTOGRAPHS:
        return Tensor(_photographs(), "two photographs through 8 filters")
    if source != OWN:
        raise ValueError(f"source: must be one of {', '.join(SOURCES)}, got {source!r}. Choose one of them.")
    if not own:
        return Tensor(_photographs(), "two photographs, until you bring a file")
    if (found := kept(own)) is None:
        raise ValueError(f"own: must be the key of a file that is kept, got {own!r}. Bring the file again.")
    return found


@cache
def _photographs() -> Floats:
    return edges(squares())
