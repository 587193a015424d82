"""What stands beside the field while an expression is typed."""

from __future__ import annotations

from collections.abc import Collection

from classroom.quiz.algebra.parse import AnswerError, parse
from classroom.quiz.algebra.show import latex


def preview(text: str, names: Collection[str]) -> dict[str, str]:
    """Return how the expression was read, as `latex`, or as `error` the sentence that says why it was not.

    >>> preview("2x", ["x"]), "error" in preview("2(x", ["x"])
    ({'latex': '2 x'}, True)
    """
    try:
        return {"latex": latex(parse(text, names))}
    except AnswerError as refused:
        return {"error": str(refused)}
