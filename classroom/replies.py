"""What the routes about exhibits share: settings made legal, faults in a sentence, and readers who leave."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from anyio import create_task_group
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from classroom.exhibit import Exhibit, SettingsError
from classroom.exhibits import EXHIBITS
from classroom.training import CrowdedError, RunError

log = logging.getLogger(__name__)
FAILED = "the computation failed; the server's log says why"


async def of_exhibit(
    request: Request, state: Mapping[str, Any], make: Callable[[Exhibit, list[str]], Awaitable[Response]]
) -> Response:
    """Return what `make` makes of the exhibit in the path at the settings `state`, or a sentence.

    Unknown settings are refused, others made legal; `make` gets the exhibit and a sentence for each that had to change.
    """
    key = request.path_params["key"]
    if key not in EXHIBITS:
        return PlainTextResponse(f"exhibit: must be one of {', '.join(EXHIBITS)}, got {key[:40]!r}.", 404)
    exhibit = EXHIBITS[key]
    if unknown := set(state) - set(exhibit.controls()):
        legal = ", ".join(exhibit.controls())
        return PlainTextResponse(f"{key}: a setting must be one of {legal}, got {sorted(unknown)[0][:40]!r}.", 422)
    legal_exhibit, notices = exhibit.from_state(state)
    try:
        reply = await make(legal_exhibit, notices)
    except CrowdedError:
        return PlainTextResponse("too many runs are waiting; try again in a minute", 503, {"Retry-After": "60"})
    except SettingsError as error:
        return PlainTextResponse(str(error), 422)
    except RunError as error:
        return PlainTextResponse(f"the run broke off: {error}", 500)
    except Exception:  # whatever a computation meets, the reader gets a sentence and the log the trace
        log.exception("%s failed at %s", key, state)
        return PlainTextResponse(FAILED, 500)
    reply.headers["Cache-Control"] = "no-cache"
    return reply


async def heard_out(request: Request, coming: Awaitable[Any]) -> bool:
    """Wait for something, but no longer than the client does; say whether the client is still there."""
    done, fault = False, None

    async with create_task_group() as group:

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        group.start_soon(watch)
        try:
            await coming
            done = True
        except Exception as error:  # raised below: a task group would wrap it
            fault = error
        group.cancel_scope.cancel()
    if fault is not None:
        raise fault
    return done
