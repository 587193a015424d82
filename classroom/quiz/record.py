"""What one reader did at one question: attempts, hints taken, how sure they were; and what that earns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from classroom.quiz.asked import Asked, Verdict
from classroom.quiz.numbers import AnswerError

HINT = 0.25  # of the points: what a hint costs
SURE = (0.25, 0.5, 0.75, 0.95)  # how sure a reader can say to be


class Record(NamedTuple):
    """The attempts that count, in order; what is no answer is none. `sure` is of the first: a probability, or None."""

    given: tuple[Any, ...] = ()
    hints: int = 0
    sure: float | None = None

    def wire(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {"given": list(self.given), "hints": self.hints, "sure": self.sure}


def restored(question: Asked, kept: object) -> Record | None:
    """Read a record that a browser kept; whatever in it cannot be is left out, None if nothing is left."""
    if not isinstance(kept, Mapping):
        return None
    given, hints, sure = kept.get("given"), kept.get("hints"), kept.get("sure")
    tries: list[Any] = []
    for each in given if isinstance(given, Sequence) and not isinstance(given, str) else ():
        try:
            question.grade(each)
        except AnswerError:
            continue
        tries.append(each)
    taken = hints if isinstance(hints, int) and not isinstance(hints, bool) and 0 <= hints <= len(question.hints) else 0
    record = Record(tuple(tries[: question.attempts]), taken, sure if sure in SURE else None)
    return record if record.given or record.hints else None


def earned(question: Asked, record: Record) -> float:
    """Return the share of the points, 0 to 1: that of the best attempt.

    The first of n attempts is worth all, each later one 1/n less; each hint takes a quarter of the points.
    """
    worth = max(0.0, 1 - HINT * record.hints)
    scores = (verdict.score * (1 - i / question.attempts) for i, verdict in enumerate(verdicts(question, record)))
    return worth * max(scores, default=0.0)


def is_right(question: Asked, record: Record) -> bool:
    """Say whether any attempt that counts was wholly right."""
    return any(verdict.right for verdict in verdicts(question, record))


def verdicts(question: Asked, record: Record) -> list[Verdict]:
    """Judge the attempts again; what is no answer any more is wrong: the question changed, or there was no time."""
    found = []
    for given in record.given:
        try:
            found.append(question.grade(given))
        except AnswerError:
            found.append(Verdict(False, 0.0))
    return found


def is_over(question: Asked, record: Record) -> bool:
    """Say whether nothing more can count: the key may be shown."""
    return len(record.given) >= question.attempts or is_right(question, record)


def brier(sure: float, right: bool) -> float:
    """Return the squared distance between how sure and how right: the least on average for who says what they believe.

    >>> brier(0.75, True), brier(0.75, False)
    (0.0625, 0.5625)
    """
    return math.pow(sure - right, 2)
