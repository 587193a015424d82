"""What a visitor has reached over all questions: a pure function of the bank and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from classroom.quiz.numbers import AnswerError
from classroom.quiz.questions import Question


class Link(NamedTuple):
    """A question and the slide that explains it."""

    id: str
    slide: str


class Score(NamedTuple):
    """Points reached, and what to look at again."""

    points: float
    of: int  # the points of the questions that were answered
    right: int
    answered: int
    missed: tuple[Link, ...]  # answered, and not wholly right; in the bank's order
    unanswered: tuple[Link, ...]


def score(bank: Mapping[str, Question], answers: Mapping[str, Any]) -> Score:
    """Add up the answers (question id -> what was given).

    What is no answer (malformed) counts as not answered. Answers to questions that the bank no longer has are left
    out: answers outlive an edit of the file.
    """
    points, of, right = 0.0, 0, 0
    missed: list[Link] = []
    unanswered: list[Link] = []
    for question in bank.values():
        link = Link(question.id, question.slide)
        try:
            verdict = question.grade(answers[question.id])
        except (KeyError, AnswerError):
            unanswered.append(link)
            continue
        points += question.points * verdict.score
        of += question.points
        right += verdict.right
        if not verdict.right:
            missed.append(link)
    return Score(points, of, right, len(bank) - len(unanswered), tuple(missed), tuple(unanswered))
