"""What readers weigh: twenty of them on different slides, each a WebSocket that speaks Streamlit's protocol."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.servers import Server
from benchmarks.table import Line
from classroom.content import content

READERS = 20
LIMIT = 400.0  # MB


async def _reader(server: Server, slides: list[str], inside: asyncio.Barrier) -> None:
    """Look at each of the slides, then stay until all readers are there."""
    address = server.url.replace("http", "ws") + "/_stcore/stream"
    # max_size: a sheet with its picture may pass the library's megabyte, and the server is our own on the loopback
    async with websockets.connect(address, subprotocols=["streamlit"], max_size=None, origin=server.url) as socket:  # type: ignore[list-item,arg-type]
        for slide in slides:
            ask = BackMsg()
            ask.rerun_script.query_string = urlencode({"slide": slide})
            await socket.send(ask.SerializeToString())
            while True:
                message = ForwardMsg()
                raw = await asyncio.wait_for(socket.recv(), 30)
                message.ParseFromString(raw if isinstance(raw, bytes) else raw.encode())
                if message.WhichOneof("type") == "script_finished":
                    break
        await inside.wait()
        await inside.wait()


async def _all(server: Server, readers: int, slides: int) -> float:
    names, inside = [slide.id for slide in content().deck.pages], asyncio.Barrier(readers + 1)
    own = [[names[(i + j) % len(names)] for j in range(slides)] for i in range(readers)]
    tasks = [asyncio.create_task(_reader(server, slides, inside)) for slides in own]
    try:
        await asyncio.wait_for(inside.wait(), 60)
        weight = server.megabytes()
        await inside.wait()
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
    return weight


def measure(server: Server, quick: bool) -> tuple[float, float]:
    """Return the server's memory in MB before the readers, and with all of them inside."""
    before = server.megabytes()
    with ThreadPoolExecutor(1) as apart:  # the browser's own event loop runs in this thread
        return before, apart.submit(asyncio.run, _all(server, READERS, 2 if quick else 6)).result()


def lines(before: float, full: float) -> list[Line]:
    """Return the lines of the table."""
    return [
        Line(what="server after the measurements above", samples=(before,), unit="MB"),
        Line(what=f"server with {READERS} more readers on different slides", samples=(full,), unit="MB", below=LIMIT),
    ]
