"""What the server answers while a question is being answered: how an expression is read."""

from __future__ import annotations

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from classroom.content import content
from classroom.quiz.algebra.preview import preview
from classroom.quiz.algebra.worker import warm
from classroom.quiz.kinds.algebra import Algebra

FRESH = {"Cache-Control": "no-store"}  # what is read depends on the question's symbols, which an edit may change


async def previewed(request: Request) -> Response:
    """Return how an expression is read: its `latex`, or the `error` that says why it is none.

    Who types will soon answer: what compares answers is made ready meanwhile.
    """
    entry = content().bank.get(request.query_params.get("question", ""))
    question = entry.variant(0) if entry is not None else None
    if not isinstance(question, Algebra):
        return JSONResponse({"error": "The question must be one that asks for an expression."}, 404, FRESH)
    await to_thread.run_sync(warm)
    return JSONResponse(preview(request.query_params.get("text", ""), question.names), headers=FRESH)
