"""The forms of questions that are answered on a picture: settings of an exhibit, cells of a block, a drawn curve."""

from __future__ import annotations

from typing import Any

from classroom.exhibit import acting_for, controls_for
from classroom.quiz.kinds import Configure, Paint, Predict

Face = dict[str, Any]


def paint_face(question: Paint, given: Any, over: bool) -> Face:
    """Return the block and its marked cell; the right cells once nothing more can count."""
    return {"shape": list(question.shape), "cell": list(question.cell)} | (question.revealed(given) if over else {})


def configure_face(question: Configure, given: Any) -> Face:
    """Return the exhibit's stage with the controls that may be moved; what an answer measures stands beside it."""
    exhibit = question.start if given is None else question.set(given)
    stage = {
        "exhibit": question.exhibit,
        "slow": False,
        "controls": [control for control in controls_for(exhibit) if control["name"] in question.controls],
        "acting": acting_for(exhibit),
        "state": exhibit.state(),
        "seq": 0,
    }
    return {"stage": stage, "rows": [] if given is None else question.revealed(given)["rows"]}


def predict_face(question: Predict, given: Any, over: bool) -> Face:
    """Return points and axes; the outcome, and what it says, once nothing more can count."""
    public = question.public()
    face = {name: public[name] for name in ("points", "names", "x", "y", "low", "high", "step")}
    return face | (question.revealed(given) if over else {})
