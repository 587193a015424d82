"""What the server answers besides the Streamlit pages: health, pictures for a drag, fonts and scripts."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from classroom import takeaway
from classroom.content import ROOT, content
from classroom.errata import ERRATA
from classroom.exhibits import EXHIBITS, Exhibit, key_of
from classroom.explorer.receive import receive
from classroom.frames import frame_of
from classroom.proof import certificate_of, erratum_text, operators
from classroom.quiz_routes import previewed
from classroom.replies import heard_out, of_exhibit
from classroom.scripts import FOR_GOOD, KATEX, PLOTLY, PREFIX, STATIC, Scripts
from classroom.training import close_pool, open_pool, ready
from classroom.training_routes import trained
from classroom.wire import addressed

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
        async def made(exhibit: Exhibit, notices: list[str]) -> Response:
            if (run := exhibit.run()) is not None and not await heard_out(request, ready(run)):
                return Response(status_code=499)  # nobody reads it
            return await to_thread.run_sync(make, exhibit, notices)

        return await of_exhibit(request, request.query_params, made)

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


def plotly_script(request: Request) -> Response:
    """Return plotly.js as the installed Python package brings it: the version that its figures are made for."""
    return FileResponse(PLOTLY, media_type="text/javascript", headers=FOR_GOOD)


def katex_script(request: Request) -> Response:
    """Return the script that sets mathematics: KaTeX of the version whose style sheet and fonts Streamlit brings."""
    return FileResponse(KATEX, media_type="text/javascript", headers=FOR_GOOD)


def warm(closing: threading.Event) -> None:
    """Compute what the first visitor would wait for: photographs, derivations, pictures and their choices."""
    for make in _awaited():
        if closing.is_set():
            return
        try:
            make()
        except Exception:  # warming is a courtesy: the page itself will report what is wrong
            if not closing.is_set():
                log.exception("warming up failed at %s", make)


def _awaited() -> Iterator[Callable[[], object]]:
    """Yield what makes each of these; what trains comes last."""
    quick_first = sorted(content().deck, key=lambda slide: bool(slide.exhibit and EXHIBITS[slide.exhibit].trains()))
    for slide in quick_first:
        yield from (partial(erratum_text, ERRATA[name]) for name in slide.errata)
        yield from (partial(certificate_of, norm) for norm in (operators(slide) if slide.formulas else ()))
        if slide.exhibit is not None:
            yield partial(frame_of, EXHIBITS[slide.exhibit](**slide.state))
    yield from (partial(frame_of, kind()) for kind in EXHIBITS.values() if not kind.trains())  # the explorer's too
    for slide in quick_first:
        if slide.exhibit is not None:
            choices = EXHIBITS[slide.exhibit](**slide.state).choices(slide.controls)
            yield from (partial(frame_of, exhibit) for exhibit in choices)


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[dict[str, Any]]:
    """Warm up beside the first requests; end the processes of the lab in the end."""
    open_pool().warm()
    closing = threading.Event()
    threading.Thread(target=warm, args=[closing], name="warm-up", daemon=True).start()
    yield {}
    closing.set()
    close_pool()


ROUTES: list[BaseRoute] = [
    Route("/healthz", health),
    Route("/api/exhibit/{key}", answered(picture)),
    Route("/api/run/{key}", trained),
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
