"""The route over which a picture grows: who follows a run asks again and again, and hears when there is news."""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from classroom.exhibit import Exhibit, framed
from classroom.exhibits import key_of
from classroom.frames import frame_of
from classroom.replies import of_exhibit
from classroom.trained import Trained
from classroom.training import follow, leave
from classroom.wire import addressed
from lab.kept import Kept
from lab.pool import View

OWN = ("_follower", "_seen", "_paused", "_anew", "_leave")  # of the query; the rest are settings
LONGEST_NAME = 40


class _Moment(NamedTuple):
    """A picture of a run at one of its versions."""

    exhibit: Trained[Any]
    version: int
    result: Any

    def __hash__(self) -> int:
        return hash((self.exhibit, self.version))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Moment) and (self.exhibit, self.version) == (other.exhibit, other.version)


def _drawn(moment: _Moment) -> bytes:
    return framed(moment.exhibit, moment.exhibit.seen_in(moment.result))


_moments: Kept[_Moment, bytes] = Kept(
    _drawn, room=8_000_000, size=len
)  # a hall that follows one run shares its pictures


async def trained(request: Request) -> Response:
    """Return the picture of a run as far as it is; the header X-Run says how the run stands.

    `_follower` names who asks, `_seen` the version that they have, `_paused`, `_anew` and `_leave` are 1 or left
    out. Who does not ask again within a few seconds has left.
    """
    own = {name: request.query_params.get(name, "") for name in OWN}
    state = {name: value for name, value in request.query_params.items() if name not in OWN}
    follower, seen = own["_follower"], own["_seen"]
    if not (0 < len(follower) <= LONGEST_NAME and seen.isascii() and seen.isdigit() and len(seen) <= 18):
        must = f"_follower must have 1 to {LONGEST_NAME} characters and _seen must be a number"
        return PlainTextResponse(f"run: {must}, got {follower[:40]!r} and {seen[:40]!r}. Send both.", 422)

    async def made(exhibit: Exhibit, notices: list[str]) -> Response:
        address = {"exhibit": key_of(exhibit), "title": exhibit.title, "notices": notices}
        if not isinstance(exhibit, Trained) or (run := exhibit.run()) is None:
            return _framed(await to_thread.run_sync(frame_of, exhibit), address, {"state": "none"})
        if own["_leave"] == "1":
            leave(run, follower)
            return Response(status_code=204)
        view = await follow(run, follower, seen=int(seen), paused=own["_paused"] == "1", anew=own["_anew"] == "1")
        if view.error is not None:  # the picture says what is missing
            return _framed(await to_thread.run_sync(frame_of, exhibit), address, {"state": "over"})
        said = {"version": view.version, "state": view.state, "place": view.place, "done": round(view.done, 4),
                "left": None if math.isnan(view.left) else round(view.left, 1), "fault": view.fault}  # fmt: skip
        return _framed(await to_thread.run_sync(picture_of, exhibit, view), address, said)

    return await of_exhibit(request, state, made)


def picture_of(exhibit: Trained[Any], view: View) -> bytes:
    """Return the frame of a run as far as it is; nothing before its first result."""
    if view.state == "over":
        return frame_of(exhibit)
    return b"" if view.result is None else _moments(_Moment(exhibit, view.version, view.result))


def _framed(frame: bytes, address: dict[str, Any], run: dict[str, Any]) -> Response:
    body = addressed(frame, address) if frame else b""
    return Response(body, media_type="application/octet-stream", headers={"X-Run": json.dumps(run)})
