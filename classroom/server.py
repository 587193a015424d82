"""What the server answers besides the Streamlit pages: health, pictures for a drag, fonts and scripts."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from anyio import create_task_group, to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from classroom import takeaway
from classroom.content import ROOT, content
from classroom.errata import ERRATA
from classroom.exhibit import SettingsError
from classroom.exhibits import EXHIBITS, Exhibit, key_of
from classroom.explorer.receive import receive
from classroom.frames import frame_of
from classroom.picture import addressed
from classroom.proof import certificate_of, erratum_text, operators
from classroom.quiz_routes import previewed
from classroom.scripts import FOR_GOOD, KATEX, PLOTLY, PREFIX, STATIC, Scripts
from classroom.training import CrowdedError, ready
from lab.experiment import Experiment

log = logging.getLogger(__name__)


async def health(request: Request) -> Response:
    """Say that the server answers, and how much it has to show."""
    both = content()
    return JSONResponse({"status": "ok", "slides": len(both.deck), "questions": len(both.bank)})


def answered(make: Callable[[Exhibit, list[str]], Response]) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that makes something of an exhibit at the settings in the query.

    Unknown settings are refused, others made legal; `make` gets the exhibit and a sentence for each that had to change.
    NumPy works in a worker thread. A picture that waits for a run holds none: a hall that starts a hundred runs stops
    no other picture, script or font. A run that nobody waits for any more is not begun.
    """

    async def answer(request: Request) -> Response:
        key = request.path_params["key"]
        if key not in EXHIBITS:
            return PlainTextResponse(f"exhibit: must be one of {', '.join(EXHIBITS)}, got {key[:40]!r}.", 404)
        exhibit = EXHIBITS[key]
        state: Mapping[str, Any] = dict(request.query_params)
        if unknown := set(state) - set(exhibit.controls()):
            legal = ", ".join(exhibit.controls())
            return PlainTextResponse(f"{key}: a setting must be one of {legal}, got {sorted(unknown)[0][:40]!r}.", 422)
        legal_exhibit, notices = exhibit.from_state(state)
        try:
            if (run := legal_exhibit.run()) is not None and not await _ready_in_time(run, request):
                return Response(status_code=499)  # nobody reads it
            reply = await to_thread.run_sync(make, legal_exhibit, notices)
        except CrowdedError:
            return PlainTextResponse("too many runs are waiting; try again in a minute", 503, {"Retry-After": "60"})
        except SettingsError as error:
            return PlainTextResponse(str(error), 422)
        except Exception:  # whatever a computation meets, the reader gets a sentence and the log the trace
            log.exception("%s failed at %s", key, state)
            return PlainTextResponse("the computation failed; the server's log says why", 500)
        reply.headers["Cache-Control"] = "no-cache"
        return reply

    return answer


def picture(exhibit: Exhibit, notices: list[str]) -> Response:
    """Return the frame of an exhibit."""
    address = {"exhibit": key_of(exhibit), "title": exhibit.title, "notices": notices}
    return Response(addressed(frame_of(exhibit), address), media_type="application/octet-stream")


def code(exhibit: Exhibit, notices: list[str]) -> Response:
    """Return the script that gives an exhibit's numbers; what had to change stands above it."""
    return PlainTextResponse("".join(f"# {notice}\n" for notice in notices) + exhibit.code())


def arrays(exhibit: Exhibit, notices: list[str]) -> Response:
    """Return an exhibit's arrays as a file for `numpy.load`."""
    name = {"Content-Disposition": f'attachment; filename="{key_of(exhibit)}.npz"'}
    return Response(takeaway.arrays(exhibit, notices), media_type="application/octet-stream", headers=name)


def table(exhibit: Exhibit, notices: list[str]) -> Response:
    """Return the table of an exhibit's numbers."""
    return JSONResponse({"notices": notices, "lines": [line._asdict() for line in takeaway.table(exhibit)]})


async def _ready_in_time(run: Experiment[Any], request: Request) -> bool:
    """Wait for a run, but no longer than the client does; say whether the run is at hand."""
    done, fault = False, None

    async with create_task_group() as group:

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        group.start_soon(watch)
        try:
            await ready(run)
            done = True
        except Exception as error:  # raised below: a task group would wrap it
            fault = error
        group.cancel_scope.cancel()
    if fault is not None:
        raise fault
    return done


def plotly_script(request: Request) -> Response:
    """Return plotly.js as the installed Python package brings it: the version that its figures are made for."""
    return FileResponse(PLOTLY, media_type="text/javascript", headers=FOR_GOOD)


def katex_script(request: Request) -> Response:
    """Return the script that sets mathematics: KaTeX of the version whose style sheet and fonts Streamlit brings."""
    return FileResponse(KATEX, media_type="text/javascript", headers=FOR_GOOD)


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
        for kind in EXHIBITS.values():
            if not kind.trains():
                frame_of(kind())  # the explorer's too
        for slide in quick_first:
            if slide.exhibit is not None:
                for exhibit in EXHIBITS[slide.exhibit](**slide.state).choices(slide.controls):
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
    Route("/api/exhibit/{key}", answered(picture)),
    Route("/api/exhibit/{key}/code", answered(code)),
    Route("/api/exhibit/{key}/arrays", answered(arrays)),
    Route("/api/exhibit/{key}/table", answered(table)),
    Route("/api/quiz/preview", previewed),
    Route("/api/tensor", receive, methods=["POST"]),
    Route(f"/{PREFIX}/plotly.min.js", plotly_script),
    Route(f"/{PREFIX}/katex.min.js", katex_script),
    Mount(f"/{PREFIX}", Scripts(directory=STATIC)),
    Mount("/assets/fonts", StaticFiles(directory=ROOT / "assets" / "fonts")),
]
