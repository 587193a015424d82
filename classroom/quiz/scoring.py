"""What a visitor has reached over all questions: a pure function of the questions and what was done at each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from classroom.quiz.asked import Asked
from classroom.quiz.record import SURE, Record, brier, earned, is_over, is_right, verdicts


class Link(NamedTuple):
    """A question, the slide that explains it, and how the slide's controls stand where one sees it."""

    id: str
    slide: str
    look: Mapping[str, str]


class Score(NamedTuple):
    """Points reached, and what to look at again. Polls are left out; only questions that are over count as missed."""

    points: float
    of: int  # the points of the questions that were answered
    right: int
    answered: int
    missed: tuple[Link, ...]  # answered, and not wholly right; in the bank's order
    unanswered: tuple[Link, ...]
    streak: int  # questions right at the first attempt, one after another, up to the last
    longest: int  # such streak


class Sureness(NamedTuple):
    """Of the questions where the reader said to be so sure: how many, and how many were right at the first attempt."""

    sure: float
    answered: int
    right: int


class Calibration(NamedTuple):
    """Whether the reader knows what they know."""

    levels: tuple[Sureness, ...]  # those that were used, from unsure to sure
    brier: float  # the mean; 0 is perfect, always saying a half gives 0.25


def score(questions: Mapping[str, Asked], records: Mapping[str, Record]) -> Score:
    """Add up the records (question id -> record, in the order in which they were answered).

    Records of questions that are there no longer are left out: answers outlive an edit of the file.
    """
    points, of, right = 0.0, 0, 0
    missed: list[Link] = []
    unanswered: list[Link] = []
    scored = {name: question for name, question in questions.items() if question.scored}
    for name, question in scored.items():
        link, record = Link(name, question.slide, question.look), records.get(name, Record())
        if not record.given:
            unanswered.append(link)
            continue
        points += question.points * earned(question, record)
        of += question.points
        if is_right(question, record):
            right += 1
        elif is_over(question, record):
            missed.append(link)
    firsts = [_first(scored[name], record) for name, record in records.items() if name in scored and record.given]
    answered = len(scored) - len(unanswered)
    return Score(points, of, right, answered, tuple(missed), tuple(unanswered), *_streaks(firsts))


def calibration(questions: Mapping[str, Asked], records: Mapping[str, Record]) -> Calibration | None:
    """Hold how sure the reader was against how right; None if they never said."""
    said = [
        (record.sure, _first(questions[name], record))
        for name, record in records.items()
        if name in questions and questions[name].scored and record.given and record.sure is not None
    ]
    if not said:
        return None
    levels = [Sureness(sure, *_counts([right for s, right in said if s == sure])) for sure in SURE]
    mean = sum(brier(sure, right) for sure, right in said) / len(said)
    return Calibration(tuple(level for level in levels if level.answered), mean)


def _first(question: Asked, record: Record) -> bool:
    return verdicts(question, record)[0].right


def _counts(rights: list[bool]) -> tuple[int, int]:
    return len(rights), sum(rights)


def _streaks(firsts: list[bool]) -> tuple[int, int]:
    """Return the streak at the end, and the longest.

    >>> _streaks([True, True, False, True])
    (1, 2)
    """
    now = longest = 0
    for right in firsts:
        now = now + 1 if right else 0
        longest = max(longest, now)
    return now, longest
