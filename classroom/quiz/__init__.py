"""Questions, read from quizzes.yaml, checked as a whole, graded here and nowhere else."""

from classroom.quiz.bank import Bank, load
from classroom.quiz.numbers import AnswerError
from classroom.quiz.problems import Problem, QuizError
from classroom.quiz.questions import Choice, Choices, Number, Question, Reason, Verdict
from classroom.quiz.scoring import Link, Score, score

__all__ = [
    "AnswerError",
    "Bank",
    "Choice",
    "Choices",
    "Link",
    "Number",
    "Problem",
    "Question",
    "QuizError",
    "Reason",
    "Score",
    "Verdict",
    "load",
    "score",
]
