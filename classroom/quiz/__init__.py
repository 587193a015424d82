"""Questions, read from quizzes.yaml, checked as a whole, graded here and nowhere else."""

from classroom.quiz.asked import Asked, Reason, Verdict
from classroom.quiz.bank import Bank, load
from classroom.quiz.kinds import KINDS, Choice, Choices, Number, Question, Truth
from classroom.quiz.numbers import AnswerError
from classroom.quiz.problems import Problem, QuizError
from classroom.quiz.record import SURE, Record, earned, is_over, is_right, restored
from classroom.quiz.scoring import Calibration, Link, Score, calibration, score
from classroom.quiz.template import Entry, Template, reason

__all__ = [
    "KINDS",
    "SURE",
    "AnswerError",
    "Asked",
    "Bank",
    "Calibration",
    "Choice",
    "Choices",
    "Entry",
    "Link",
    "Number",
    "Problem",
    "Question",
    "QuizError",
    "Reason",
    "Record",
    "Score",
    "Template",
    "Truth",
    "Verdict",
    "calibration",
    "earned",
    "is_over",
    "is_right",
    "load",
    "reason",
    "restored",
    "score",
]
