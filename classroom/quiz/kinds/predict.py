"""Predict what a computation will give, point by point; then it runs, and the nearer the better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal

from pydantic import ValidationInfo
from pydantic import field_validator as check

from classroom.quiz.asked import Asked, Reason, Verdict
from classroom.quiz.fields import Exact, Texts
from classroom.quiz.frozen import Frozen
from classroom.quiz.numbers import AnswerError
from classroom.quiz.problems import nearest, show, unmet
from classroom.quiz.run import Run
from classroom.quiz.runs import RUNS, outcome
from classroom.typeset import number

LEVEL = 0.1  # of the axis: what ends differ by at least where a curve rises or falls

Course = Literal["flat", "rising", "falling", "peak", "dip"]


class Predict(Asked):
    """Predict the outcome of a run, a number for each of its points.

    computes: a file in classroom/quiz/runs.  within: how far off a prediction may be on average and is still right.
    zero_at: how far off it earns nothing.  explain: what is wrong with a course that is flat, rising, falling, or has a
    peak or a dip.

    Partial credit falls in a straight line from 1 at `within` to 0 at `zero_at`, by the mean distance over all points.
    """

    how = "Draw what you expect, or move the points one by one, and commit to it; then the computation runs."

    type: Literal["predict"]
    computes: str
    within: Exact
    zero_at: Exact
    explain: Texts[Course] = Frozen()

    @check("computes")
    @classmethod
    def _exists(cls, name: str) -> str:
        if name not in RUNS:
            raise unmet("must be a known run", show(name), nearest(name, RUNS, f"Write one of {', '.join(RUNS)}"))
        return name

    @check("within")
    @classmethod
    def _is_a_distance(cls, within: Fraction) -> Fraction:
        if within <= 0:
            raise unmet("must be more than 0", show(within), "Write how far off is still right, such as 0.05")
        return within

    @check("zero_at")
    @classmethod
    def _is_farther(cls, zero_at: Fraction, info: ValidationInfo) -> Fraction:
        if "within" in info.data and zero_at <= info.data["within"]:
            raise unmet("must be more than 'within'", show(zero_at), "Write how far off earns nothing")
        return zero_at

    @check("explain")
    @classmethod
    def _explains_wrong(cls, explain: Mapping[Course, str], info: ValidationInfo) -> Mapping[Course, str]:
        if explain and "computes" in info.data:
            name = info.data["computes"]
            if (right := course(outcome(name), RUNS[name])) in explain:
                raise unmet(
                    f"must explain wrong courses only, and this one is {right}", show(right), "Remove it", at=right
                )
        return explain

    @property
    def run(self) -> Run:
        """The run, without its outcome."""
        return RUNS[self.computes]

    def public(self) -> dict[str, Any]:
        """Give what may go to the browser before an answer: points and axes, no outcome."""
        run = self.run
        axes = {"x": run.x, "y": run.y, "low": run.low, "high": run.high, "step": run.step}
        return {**super().public(), "points": list(run.points), "names": list(run.names()), **axes}

    def grade(self, given: Any) -> Verdict:
        """Judge a prediction by its mean distance from the outcome."""
        within, zero_at = float(self.within), float(self.zero_at)
        score = min(1.0, max(0.0, (zero_at - self.off(given)) / (zero_at - within)))
        return Verdict(score == 1, score)

    def reason(self, given: Any) -> Reason:
        """Say why; of a wrong prediction, how far it is off, where most, and what is wrong with its course."""
        values, off = self.values(given), self.off(given)
        if self.grade(given).right:
            return Reason(self.why, Frozen())
        right = outcome(self.computes)
        worst = max(range(len(right)), key=lambda i: abs(values[i] - right[i]))
        said = (
            f"{number(off)} off on average; {number(float(self.within))} would be right. "
            f"Farthest off, {self.run.names()[worst]}: {number(values[worst])}, and it is {number(right[worst])}."
        )
        kind = course(values, self.run)
        text = f" {self.explain[kind]}" if kind in self.explain else ""
        return Reason(self.why, Frozen({"Your prediction": said + text}))

    def key(self) -> str:
        """Write the outcome."""
        return f"it gives {', '.join(map(number, outcome(self.computes)))}"

    def solution(self) -> list[float]:
        """Return the outcome."""
        return list(outcome(self.computes))

    def said(self, given: Any) -> str:
        """Write the prediction."""
        return ", ".join(map(number, self.values(given)))

    def revealed(self, given: Any) -> dict[str, Any]:
        """Give the outcome and what it says."""
        found = outcome(self.computes)
        return {"outcome": list(found), "says": self.run.says(found)}

    def off(self, given: Any) -> float:
        """Return the mean distance of a prediction from the outcome."""
        values, right = self.values(given), outcome(self.computes)
        return sum(abs(v - r) for v, r in zip(values, right, strict=True)) / len(right)

    def values(self, given: object) -> tuple[float, ...]:
        """Return a prediction that was given. Raises `AnswerError` where it is none."""
        run = self.run
        count = len(run.points)
        if isinstance(given, str | Mapping) or not isinstance(given, Sequence) or len(given) != count:
            got = f"{len(given)} entries" if isinstance(given, list) else show(given)
            raise AnswerError(f"The answer must be a list of {count} numbers, got {got}: give each point a value.")
        for name, value in zip(run.names(), given, strict=True):
            if isinstance(value, bool) or not isinstance(value, int | float) or not run.low <= value <= run.high:
                ends = f"from {run.low:g} to {run.high:g}"  # nan is in no range
                raise AnswerError(f"The answer must be {ends} at {name}, got {show(value)}: move the point there.")
        return tuple(float(value) for value in given)


def course(values: Sequence[float], run: Run) -> Course:
    """Say how a curve goes, where it differs by a tenth of the axis or more.

    >>> run = RUNS["lrn_response"]
    >>> course((0, 1, 3, 3, 3, 4), run), course((0, 2, 3, 1, 1, 1), run), course((1, 1, 1, 1, 1, 1.1), run)
    ('rising', 'peak', 'flat')
    """
    level = LEVEL * (run.high - run.low)
    first, last = values[0], values[-1]
    if max(values) - max(first, last) > level:
        return "peak"
    if min(first, last) - min(values) > level:
        return "dip"
    if abs(last - first) <= level:
        return "flat"
    return "rising" if last > first else "falling"
