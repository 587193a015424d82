"""The address that takes a reader's file: what it answers, what it refuses, and what it never reads."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx2
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

import app
from classroom.explorer import receive
from classroom.explorer.tensors import OWN, tensor
from classroom.explorer.uploads import read
from classroom.server import ROUTES


def apart(function: Any, *args: Any) -> Any:
    """Run a coroutine in a thread of its own: the browser tests keep an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, function, *args).result()


@pytest.fixture(scope="module")
def server() -> TestClient:
    """The application as uvicorn serves it, without what happens at its start."""
    return TestClient(app.app, raise_server_exceptions=False)


async def exchanged(chunks: Any, headers: dict[str, str], query: str = "name=a.csv") -> tuple[int, str, int]:
    """Post chunks, counted as they are taken; return the status, the text and how many were taken."""
    taken, parts, status = 0, [], 0

    async def receiving() -> dict[str, Any]:
        nonlocal taken
        chunk = next(chunks, None)
        if chunk is None:
            return {"type": "http.disconnect"}
        taken += 1
        await anyio.sleep(0)
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def sending(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)
        parts.append(message.get("body", b""))

    scope = {"type": "http", "method": "POST", "path": "/api/tensor", "query_string": query.encode(),
             "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}  # fmt: skip
    await Starlette(routes=ROUTES)(scope, receiving, sending)
    return status, b"".join(parts).decode(), taken


def test_a_file_is_answered_by_its_key_its_title_and_its_shape(server: TestClient) -> None:
    file = io.BytesIO()
    np.save(file, given := np.random.default_rng(0).normal(size=(3, 4, 5)))
    reply = server.post("/api/tensor", params={"name": "größe 1.npy"}, content=file.getvalue())
    assert reply.status_code == 200, reply.text
    answer = reply.json()
    assert answer.keys() == {"own", "title", "shape"}
    assert (answer["title"], answer["shape"]) == ("größe 1.npy", [1, 3, 4, 5])
    assert np.array_equal(tensor(OWN, answer["own"], 0).x, given[None])
    text = "\n".join(",".join(map(repr, map(float, row))) for row in given[0])
    other = server.post("/api/tensor?name=a.csv", content=text.encode()).json()
    assert other["shape"] == [1, 1, 4, 5]
    assert other["own"] != answer["own"]
    assert server.post("/api/tensor?name=again.csv", content=text.encode()).json()["own"] == other["own"]


@pytest.mark.parametrize(("name", "data"), [("a.png", b"no picture"), ("a.npy", b""), ("a.csv", b"1,x"), ("", b"1")])
def test_what_cannot_be_read_is_answered_by_the_reason(server: TestClient, name: str, data: bytes) -> None:
    with pytest.raises(ValueError, match="must") as error:
        read(name, data)
    reply = server.post("/api/tensor", params={"name": name}, content=data)
    assert (reply.status_code, reply.text) == (422, str(error.value))
    assert reply.headers["content-type"].startswith("text/plain")


def test_another_sites_page_cannot_send(server: TestClient) -> None:
    for site, status in (("cross-site", 403), ("same-origin", 200), ("same-site", 200), ("none", 200)):
        reply = server.post("/api/tensor?name=a.csv", content=b"1,2", headers={"Sec-Fetch-Site": site})
        assert reply.status_code == status, site
    reply = server.post("/api/tensor?name=a.csv", content=b"1,2", headers={"Sec-Fetch-Site": "cross-site"})
    assert reply.text == "A file must come from this site's own pages, got another's. Open /explore."
    assert apart(exchanged, iter([b"1,2"]), {"sec-fetch-site": "cross-site"})[2] == 0  # not even read


def test_the_address_takes_files_and_gives_none() -> None:
    assert TestClient(Starlette(routes=ROUTES)).get("/api/tensor").status_code == 405


def test_a_file_that_says_it_is_too_large_is_not_read() -> None:
    status, text, taken = apart(exchanged, iter([b"1" * 1000] * 10), {"content-length": "4000001"})
    assert (status, taken) == (413, 0)
    assert text == ("a.csv: the file must be at most 4,000,000 bytes, got more. "
                    "Shrink the picture, or take a part of the array.")  # fmt: skip


@pytest.mark.parametrize("told", [{}, {"content-length": "10"}, {"content-length": "x"}])
def test_a_file_that_does_not_say_so_is_read_up_to_the_limit_and_no_further(told: dict[str, str]) -> None:
    status, text, taken = apart(exchanged, iter([b"1" * 100_000] * 1000), told)
    assert (status, taken) == (413, 41)
    assert "at most 4,000,000 bytes, got more. " in text


def test_a_reader_who_leaves_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    status, text, _ = apart(exchanged, iter([b"1,2"]), {})
    assert (status, text) == (499, "")
    assert not caplog.records


def test_a_file_that_does_not_arrive_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "SECONDS", 0.05)

    def endless() -> Any:
        while True:
            yield b""

    status, text, _ = apart(exchanged, endless(), {})
    assert status == 408
    assert text == "a.csv: the file must arrive within 0.05 seconds. Try again."


def test_a_fault_shows_no_trace(server: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise ZeroDivisionError("a secret of the machine room")

    monkeypatch.setattr(receive, "read", fail)
    reply = server.post("/api/tensor?name=a.csv", content=b"1,2")
    assert reply.status_code == 500
    assert reply.text == "the file could not be read; the server's log says why"


def test_two_files_are_decoded_at_a_time_and_the_hall_hears_when_it_is_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go, begun, most = threading.Event(), threading.Semaphore(0), [0, 0]
    guard = threading.Lock()

    def slow(name: str, data: bytes) -> Any:
        with guard:
            most[0] += 1
            most[1] = max(most)
        begun.release()
        assert go.wait(60)
        with guard:
            most[0] -= 1
        return read(name, data)

    monkeypatch.setattr(receive, "read", slow)
    answers: list[int] = []

    async def visit() -> None:
        transport = httpx2.ASGITransport(app=Starlette(routes=ROUTES))
        client = httpx2.AsyncClient(transport=transport, base_url="http://talk")
        async with client as readers, anyio.create_task_group() as visitors:

            async def send() -> None:
                answers.append((await readers.post("/api/tensor?name=a.csv", content=b"1,2")).status_code)

            try:
                for _ in range(receive.MOST_FILES + 8):
                    visitors.start_soon(send)
                with anyio.fail_after(20):
                    while len(answers) < 8:  # who is refused hears it at once
                        await anyio.sleep(0.01)
                    assert (await readers.get("/api/exhibit/channel_window")).status_code == 200
                    for _ in range(receive.DECODINGS):
                        while not begun.acquire(blocking=False):
                            await anyio.sleep(0.01)
                    await anyio.sleep(0.1)
            finally:
                go.set()

    apart(visit)
    assert sorted(answers) == [200] * receive.MOST_FILES + [503] * 8
    assert most == [0, receive.DECODINGS]
    assert apart(exchanged, iter([b"1"]), {})[0] == 499  # every place was given back
