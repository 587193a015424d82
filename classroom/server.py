"""What the server answers besides the Streamlit pages: health, pictures for a drag, fonts and scripts."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from classroom.content import ROOT, content
from classroom.errata import ERRATA
from classroom.exhibits import EXHIBITS
from classroom.frames import frame_of
from classroom.picture import addressed
from classroom.proof import certificate_of, erratum_text, operators

STATIC = Path(__file__).resolve().parent / "ui" / "static"
TRAINING_THREADS = 16  # of anyio's 40: as many requests may wait for runs of the lab, the other threads serve the rest
MOST_WAITING = 64  # requests for runs beyond these; whoever comes later is told so at once
log = logging.getLogger(__name__)


async def health(request: Request) -> Response:
    """Say that the server answers, and how much it has to show."""
    both = content()
    return JSONResponse({"status": "ok", "slides": len(both.deck), "questions": len(both.bank)})


@cache
def _training() -> CapacityLimiter:
    return CapacityLimiter(TRAINING_THREADS)


async def picture(request: Request) -> Response:
    """Return the frame of an exhibit at the settings in the query; unknown settings are refused, others made legal.

    NumPy works in a worker thread. Pictures that may wait for a run never take all of them: a hall that starts a
    hundred runs stops no other picture, script or font.
    """
    key = request.path_params["key"]
    if key not in EXHIBITS:
        return PlainTextResponse(f"exhibit: must be one of {', '.join(EXHIBITS)}, got {key[:40]!r}.", 404)
    exhibit = EXHIBITS[key]
    state: Mapping[str, Any] = dict(request.query_params)
    if unknown := set(state) - set(exhibit.controls()):
        legal = ", ".join(exhibit.controls())
        return PlainTextResponse(f"{key}: a setting must be one of {legal}, got {sorted(unknown)[0][:40]!r}.", 422)
    legal_exhibit, notices = exhibit.from_state(state)
    if exhibit.trains() and _training().statistics().tasks_waiting >= MOST_WAITING:
        return PlainTextResponse("too many runs are waiting; try again in a minute", 503, {"Retry-After": "60"})
    try:
        async with _training() if exhibit.trains() else nullcontext():
            frame = await to_thread.run_sync(frame_of, legal_exhibit)
    except Exception:  # whatever a computation meets, the reader gets a sentence and the log the trace
        log.exception("%s failed at %s", key, state)
        return PlainTextResponse("the computation failed; the server's log says why", 500)
    body = addressed(frame, {"exhibit": key, "title": exhibit.title, "notices": notices})
    return Response(body, media_type="application/octet-stream", headers={"Cache-Control": "no-cache"})


def plotly_script(request: Request) -> Response:
    """Return plotly.js as the installed Python package brings it: the version that its figures are made for."""
    path = Path(str(files("plotly") / "package_data" / "plotly.min.js"))
    return FileResponse(path, media_type="text/javascript", headers={"Cache-Control": "public, max-age=86400"})


def warm() -> None:
    """Compute what the first visitor would wait for: photographs, derivations, pictures and their choices."""
    try:
        quick_first = sorted(content().deck, key=lambda slide: bool(slide.exhibit and EXHIBITS[slide.exhibit].trains()))
        for slide in quick_first:
            for name in slide.errata:
                erratum_text(ERRATA[name])
            for norm in operators(slide) if slide.formulas else ():
                certificate_of(norm)
            if slide.exhibit is not None:
                frame_of(EXHIBITS[slide.exhibit](**slide.state))
        for slide in quick_first:
            if slide.exhibit is not None:
                for exhibit in EXHIBITS[slide.exhibit](**slide.state).choices():
                    frame_of(exhibit)
    except Exception:  # warming is a courtesy: the page itself will report what is wrong
        log.exception("warming up failed")


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[dict[str, Any]]:
    """Warm up beside the first requests."""
    threading.Thread(target=warm, name="warm-up", daemon=True).start()
    yield {}


ROUTES: list[BaseRoute] = [
    Route("/healthz", health),
    Route("/api/exhibit/{key}", picture),
    Route("/ui/plotly.min.js", plotly_script),
    Mount("/ui", StaticFiles(directory=STATIC)),
    Mount("/assets/fonts", StaticFiles(directory=ROOT / "assets" / "fonts")),
]
