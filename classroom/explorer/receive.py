"""The address that takes a reader's file: read while it arrives, decoded in a worker thread, kept for all readers."""

from __future__ import annotations

import logging
from functools import cache

from anyio import CapacityLimiter, fail_after, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from classroom.explorer.uploads import MAX_BYTES, keep, label, read, title_of, too_large

log = logging.getLogger(__name__)

DECODINGS = 2  # at a time
MOST_FILES = 32  # at a time, arriving or waiting: each takes up to twice its size
SECONDS = 60.0  # a file may take to arrive
_arriving = 0


@cache
def _decodings() -> CapacityLimiter:
    return CapacityLimiter(DECODINGS)


async def receive(request: Request) -> Response:
    """Take the file in the body, called `?name=`; answer its key, its title and the shape of its tensor.

    Only these pages may send: what another site's page posts through a reader's browser is refused. Nothing is kept of
    whoever sends it.
    """
    global _arriving
    if request.headers.get("sec-fetch-site") == "cross-site":
        return PlainTextResponse("A file must come from this site's own pages, got another's. Open /explore.", 403)
    if _arriving >= MOST_FILES:
        return PlainTextResponse("too many files are being read; try again in a minute", 503, {"Retry-After": "60"})
    name = request.query_params.get("name", "")
    _arriving += 1
    try:
        if (data := await _body(request)) is None:
            return PlainTextResponse(f"{label(name)}: {too_large('more')}", 413)
        return JSONResponse(await to_thread.run_sync(_taken, name, data, limiter=_decodings()))
    except ClientDisconnect:
        return Response(status_code=499)  # nobody reads it
    except TimeoutError:
        return PlainTextResponse(f"{label(name)}: the file must arrive within {SECONDS:g} seconds. Try again.", 408)
    except ValueError as error:
        return PlainTextResponse(str(error), 422)
    except Exception:  # whatever a file does to a decoder, the reader gets a sentence and the log the trace
        log.exception("reading a file failed")
        return PlainTextResponse("the file could not be read; the server's log says why", 500)
    finally:
        _arriving -= 1


async def _body(request: Request) -> bytes | None:
    """Return the body; None as soon as it is, or says it will be, too large."""
    told = request.headers.get("content-length", "0")
    if told.isdecimal() and int(told[:20]) > MAX_BYTES:
        return None
    data = bytearray()
    with fail_after(SECONDS):
        async for chunk in request.stream():
            data += chunk
            if len(data) > MAX_BYTES:
                return None
    return bytes(data)


def _taken(name: str, data: bytes) -> dict[str, object]:
    """Read a file and keep its tensor."""
    x = read(name, data)
    return {"own": keep(x, name), "title": title_of(name), "shape": list(x.shape)}
