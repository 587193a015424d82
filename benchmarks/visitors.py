"""Twenty visitors who drag at once: each asks as the browser does, one request at a time, the latest value wins."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks.servers import Server
from benchmarks.table import Line, median, p95

VISITORS = 20
EVERY = 0.016  # seconds from one move of a hand to the next
SECONDS = 10.0
LIMIT = 500.0  # ms
FAIR = 0.5  # of the mean: what the least served visitor gets at least


@dataclass
class Visit:
    """What one visitor got."""

    times: list[float] = field(default_factory=list)  # ms from the move that set a value to its picture
    sizes: list[int] = field(default_factory=list)  # bytes


async def _visit(server: Server, paths: Sequence[str], begin: asyncio.Event, visit: Visit) -> None:
    """Drag over these settings, again and again if there are not enough; nothing is kept between them."""
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        await begin.wait()
        start = time.monotonic()
        move = 0
        while (now := time.monotonic()) < start + SECONDS:
            latest = int((now - start) / EVERY)
            if latest == move and visit.times:  # the hand has not moved since
                await asyncio.sleep(start + (move + 1) * EVERY - now)
                continue
            move = latest
            request = f"GET {paths[move % len(paths)]} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n"
            writer.write(request.encode())
            visit.sizes.append(await asyncio.wait_for(_reply(reader), 30))
            visit.times.append(1000 * (time.monotonic() - start - move * EVERY))
    finally:
        writer.close()


async def _reply(reader: asyncio.StreamReader) -> int:
    """Read a reply and return its length. Raises OSError if it is no picture."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    length = next(int(line.split(":")[1]) for line in head if line.lower().startswith("content-length:"))
    body = await reader.readexactly(length)
    if " 200 " not in head[0]:
        raise OSError(f"a picture: must be answered with 200, got {head[0]!r}: {body[:200]!r}.")
    return length


async def _all(server: Server, paths: Sequence[Sequence[str]]) -> list[Visit]:
    begin, visits = asyncio.Event(), [Visit() for _ in paths]
    async with asyncio.TaskGroup() as group:
        for own, visit in zip(paths, visits, strict=True):
            group.create_task(_visit(server, own, begin, visit))
        await asyncio.sleep(0.2)  # all are connected
        begin.set()
    return visits


def measure(server: Server, paths: Sequence[Sequence[str]]) -> list[Visit]:
    """Let a visitor drag over each of these lists of settings."""
    with ThreadPoolExecutor(1) as apart:  # the browser's own event loop runs in this thread
        return apart.submit(asyncio.run, _all(server, paths)).result()


def share(visits: Sequence[Visit]) -> float:
    """Return the pictures of the least served visitor, in shares of the mean."""
    counts = [len(visit.times) for visit in visits]
    return min(counts) * len(counts) / sum(counts) if sum(counts) else 0.0


def lines(alone: Sequence[Visit], together: Sequence[Visit]) -> list[Line]:
    """Return the lines of the table: one visitor, then all of them."""
    one, times = alone[0].times, [t for visit in together for t in visit.times]
    counts = [len(visit.times) / SECONDS for visit in together]
    least = share(together)
    sizes = [size / 1000 for visit in together for size in visit.sizes]
    return [
        Line(what="one visitor alone, move to picture", samples=tuple(one)),
        Line(what=f"{len(together)} visitors at once, move to picture", samples=tuple(times), below=LIMIT,
             judged=p95(times), said=f"p95 ≤ {LIMIT:g} ms"),
        Line(what="pictures a visitor gets", samples=tuple(counts), unit="/s"),
        Line(what="pictures that the server makes", samples=(sum(counts),), unit="/s"),
        Line(what="the least served visitor", samples=(min(counts),), unit="/s", above=FAIR, judged=least,
             said=f"≥ {FAIR:g} × the mean: {least:.2f} ×"),
        Line(what="weight of a picture", samples=tuple(sizes), unit="kB", judged=median(sizes)),
    ]  # fmt: skip
