"""What the server answers beside the pages, to a browser and to whoever else asks."""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import streamlit as streamlit_package
from starlette.applications import Starlette
from starlette.testclient import TestClient

import app
from classroom.content import content
from classroom.exhibit import Exhibit, Pick, Range, Text
from classroom.exhibits import EXHIBITS
from classroom.frames import frame_of
from classroom.scripts import KATEX, PREFIX, STATIC, fingerprint
from classroom.server import ROUTES
from classroom.training import close_pool, open_pool
from lab.experiment import RESULTS
from tests.lab.gated import Gated

every_exhibit = pytest.mark.parametrize("key", EXHIBITS)
HOSTILE = ["nan", "-inf", "1e999", "", "<script>alert(1)</script>", "../../etc/passwd", "٣", "9" * 400]
NO_ADDRESS = [
    "/quizzes.yaml", "/assets/slides/000-cover.md", f"/{PREFIX}/../../quizzes.yaml", "/static/quizzes.yaml",
]  # fmt: skip


def apart(function: Any, *args: Any) -> None:
    """Run a coroutine in a thread of its own: the browser tests keep an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(anyio.run, function, *args).result()


@pytest.fixture(scope="module")
def server() -> TestClient:
    """The application as uvicorn serves it, without what happens at its start."""
    return TestClient(app.app, raise_server_exceptions=False)


def _extremes(key: str, end: str) -> dict[str, Any]:
    """Return every control at one end of its range, but for those that train: their exhibits' tests move them."""
    found: dict[str, Any] = {}
    for name, control in EXHIBITS[key].controls().items():
        if control.slow:
            found[name] = getattr(EXHIBITS[key](), name)
            continue
        match control:
            case Range():
                found[name] = control.low if end == "low" else control.high
            case Pick():
                found[name] = control.options[0 if end == "low" else -1]
            case Text():  # the server has no file of a reader
                found[name] = "f" * 32 if end == "high" and control.kind == "paint" else ""
    return found


def test_health_says_how_much_there_is_to_show(server: TestClient) -> None:
    reply = server.get("/healthz")
    assert reply.status_code == 200
    assert reply.json() == {"status": "ok", "slides": len(content().deck), "questions": len(content().bank)}


def test_a_head_request_is_enough_for_a_health_check(server: TestClient) -> None:
    assert server.head("/healthz").status_code == 200


@every_exhibit
@pytest.mark.parametrize("end", ["low", "high"])
def test_a_picture_comes_at_both_ends_of_its_controls(server: TestClient, read_frame: Any, key: str, end: str) -> None:
    asked = _extremes(key, end)
    reply = server.get(f"/api/exhibit/{key}", params=asked)
    assert reply.status_code == 200, reply.text
    frame = read_frame(reply.content)
    assert frame.address["exhibit"] == key
    assert frame.address["notices"] == []
    assert {name: str(value) for name, value in frame.header["state"].items()}.keys() == asked.keys()
    for name, value in asked.items():
        assert frame.header["state"][name] == (pytest.approx(value) if isinstance(value, float) else value)
    assert frame.header["alt"]
    assert frame.header["panels"]


@every_exhibit
def test_a_setting_out_of_range_is_made_legal_and_said(server: TestClient, read_frame: Any, key: str) -> None:
    for name, control in EXHIBITS[key].controls().items():
        beyond = str(control.high * 3 + 1e9) if isinstance(control, Range) else "no such option"
        if control.slow:  # read by the same function, and nothing is trained for it
            exhibit, notices = EXHIBITS[key].from_state({name: beyond})
            shown = getattr(exhibit, name)
        else:
            frame = read_frame(server.get(f"/api/exhibit/{key}", params={name: beyond}).content)
            notices, shown = frame.address["notices"], frame.header["state"][name]
        assert len(notices) == 1
        assert control.label in notices[0]
        match control:
            case Pick():
                assert shown in control.options
            case Text():
                assert shown == ""
            case Range():
                assert shown == pytest.approx(control.nearest(control.high))


@every_exhibit
@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_value_never_reaches_the_computation(
    server: TestClient, read_frame: Any, key: str, hostile: str
) -> None:
    for name, control in EXHIBITS[key].controls().items():
        if control.slow:
            state = EXHIBITS[key].from_state({name: hostile})[0].state()
        else:
            reply = server.get(f"/api/exhibit/{key}", params={name: hostile})
            assert reply.status_code == 200, reply.text
            state = read_frame(reply.content).header["state"]
        match control:
            case Pick():
                assert state[name] in control.options
            case Text():
                assert state[name] == ""
            case Range():
                assert control.low - 1e-9 <= state[name] <= control.high + 1e-9


def test_an_unknown_exhibit_is_not_found_and_the_known_ones_are_named(server: TestClient) -> None:
    reply = server.get("/api/exhibit/no_such_thing")
    assert reply.status_code == 404
    assert "no_such_thing" in reply.text
    assert all(key in reply.text for key in EXHIBITS)


@every_exhibit
def test_an_unknown_setting_is_refused_and_named(server: TestClient, key: str) -> None:
    reply = server.get(f"/api/exhibit/{key}", params={"learning_rte": "1"})
    assert reply.status_code == 422
    assert "learning_rte" in reply.text
    assert all(name in reply.text for name in EXHIBITS[key].controls())


def test_a_computation_that_fails_shows_no_trace(server: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise ZeroDivisionError("a secret of the machine room")

    monkeypatch.setattr("classroom.server.frame_of", fail)
    reply = server.get(f"/api/exhibit/{next(iter(EXHIBITS))}")
    assert reply.status_code == 500
    assert "secret" not in reply.text
    assert "Traceback" not in reply.text


class Hall:
    """Every run of a learning rate is begun, tells so, and then waits until it may go on; nothing is trained."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder

        def gated(exhibit: Any) -> Gated:
            return Gated(folder=str(folder), name=f"{exhibit.rate:.1f}")

        monkeypatch.setattr(EXHIBITS["covariate_shift"], "run", gated)
        monkeypatch.setattr("classroom.server.frame_of", lambda e: b"" if isinstance(e.run(), Gated) else frame_of(e))

    @property
    def begun(self) -> list[str]:
        return sorted(file.name.removeprefix("begun-") for file in self.folder.glob("begun-*"))

    def go(self) -> None:
        (self.folder / "go").touch()

    async def begins(self, count: int) -> None:
        """Wait until as many runs have begun."""
        with anyio.fail_after(30):
            while len(self.begun) < count:
                await anyio.sleep(0.01)


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    yield Hall(tmp_path, monkeypatch)
    close_pool()


def test_a_hundred_runs_stop_no_other_picture_and_no_script(hall: Hall) -> None:
    answers: list[int] = []

    async def visit() -> None:
        transport = httpx2.ASGITransport(app=Starlette(routes=ROUTES))
        client = httpx2.AsyncClient(transport=transport, base_url="http://talk")
        async with client as readers, anyio.create_task_group() as visitors:

            async def ask(rate: float) -> None:
                answers.append((await readers.get("/api/exhibit/covariate_shift", params={"rate": rate})).status_code)

            try:
                for visitor in range(100):
                    visitors.start_soon(ask, 0.1 * (1 + visitor % 10))
                await hall.begins(open_pool().size)
                with anyio.fail_after(20):
                    assert (await readers.get("/api/exhibit/channel_window")).status_code == 200
                    assert (await readers.get(f"/{PREFIX}/stage.js")).status_code == 200
                assert len(hall.begun) == open_pool().size
            finally:
                hall.go()

    apart(visit)
    assert answers == [200] * 100
    assert hall.begun == [f"{0.1 * n:.1f}" for n in range(1, 11)]
    assert all((hall.folder / f"begun-{name}").read_text() == "x" for name in hall.begun)  # once, however many asked


def test_a_run_that_nobody_waits_for_any_more_is_not_begun(hall: Hall) -> None:
    rates = [0.1, 0.2, 0.3, 0.4, 0.5]

    async def visit() -> None:
        leave = {rate: anyio.Event() for rate in rates}
        left: list[float] = []

        async def connect(rate: float) -> None:
            """Ask as a browser does that closes the connection when it is told to leave."""
            messages = iter([{"type": "http.request", "body": b"", "more_body": False}])

            async def receive() -> dict[str, Any]:
                if (message := next(messages, None)) is not None:
                    return message
                await leave[rate].wait()
                return {"type": "http.disconnect"}

            async def send(message: Any) -> None:
                pass

            scope = {"type": "http", "method": "GET", "path": "/api/exhibit/covariate_shift", "headers": [],
                     "query_string": f"rate={rate}".encode()}  # fmt: skip
            await Starlette(routes=ROUTES)(scope, receive, send)
            left.append(rate)

        async with anyio.create_task_group() as visitors:
            try:
                size = open_pool().size
                for rate in rates[:size]:
                    visitors.start_soon(connect, rate)
                await hall.begins(size)
                for rate in rates[size:]:
                    visitors.start_soon(connect, rate)
                await anyio.sleep(0.3)
                leave[rates[-3]].set()
                leave[rates[-2]].set()
                with anyio.fail_after(20):
                    while sorted(left) != rates[-3:-1]:  # those who left hold nothing, not even a task
                        await anyio.sleep(0.01)
            finally:
                hall.go()

    apart(visit)
    assert hall.begun == [f"{rate:.1f}" for rate in (*rates[:-3], rates[-1])]


def test_a_run_is_followed_picture_by_picture_paused_and_left(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EXHIBITS["covariate_shift"], "seen_in", lambda self, result: result)
    monkeypatch.setattr("classroom.training_routes.framed", lambda exhibit, data: str(data.value.tolist()).encode())

    async def visit() -> None:
        transport = httpx2.ASGITransport(app=Starlette(routes=ROUTES))
        async with httpx2.AsyncClient(transport=transport, base_url="http://talk") as reader:

            async def ask(**own: object) -> Any:
                query = {"rate": "0.3", "_follower": "somebody", "_seen": "0", **{f"_{k}": v for k, v in own.items()}}
                return await reader.get("/api/run/covariate_shift", params=query)

            seen: list[tuple[float, bytes]] = []
            said: dict[str, Any] = {"version": 0}
            with anyio.fail_after(30):
                while len(seen) < 3:
                    reply = await ask(seen=said["version"])
                    said = json.loads(reply.headers["X-Run"])
                    if reply.content:
                        seen.append((said["done"], reply.content))
                assert said["state"] == "training"
                assert seen == sorted(seen, key=lambda each: each[0])
                assert len({content for _, content in seen}) == 3
                while said["state"] != "paused":
                    said = json.loads((await ask(seen=said["version"], paused=1)).headers["X-Run"])
                assert (await ask(leave=1)).status_code == 204
                assert json.loads((await ask(seen=said["version"])).headers["X-Run"])["done"] < said["done"] + 1e-9
            assert (await ask(seen="x")).status_code == 422
            assert (await ask(follower="")).status_code == 422

    try:
        apart(visit)
    finally:
        hall.go()


def _starts_a_run(control: Range | Pick) -> bool:
    return control.slow or isinstance(control, Pick)  # "show" may ask for a run, too


def _legal(control: Range | Pick) -> list[Any]:
    if isinstance(control, Pick):
        return list(control.options)
    steps = round((control.high - control.low) / control.step)
    return [control.nearest(control.low + i * control.step) for i in range(1 + steps)]


OPEN = {"your_own"}  # more runs than can be kept: a reader waits for those of their own


def test_every_run_of_the_talks_claims_is_kept_at_the_same_time() -> None:
    """What was trained once is at hand, so nobody can keep the slots busy for ever."""
    runs = set()
    for exhibit in (one for key, one in EXHIBITS.items() if one.run is not Exhibit.run and key not in OPEN):
        controls = {name: _legal(c) for name, c in exhibit.controls().items() if _starts_a_run(c)}
        for values in itertools.product(*controls.values()):
            runs.add(exhibit.from_state(dict(zip(controls, values, strict=True)))[0].run())
    assert 50 < len(runs) < RESULTS.room


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_pictures_can_only_be_read(server: TestClient, method: str) -> None:
    assert server.request(method, f"/api/exhibit/{next(iter(EXHIBITS))}").status_code == 405


@pytest.mark.parametrize("name", ["stage.js", "nav.js", "style.css", "plotly.min.js", "katex.min.js"])
def test_scripts_are_served_for_good_under_a_name_of_their_content(server: TestClient, name: str) -> None:
    reply = server.get(f"/{PREFIX}/{name}")
    assert reply.status_code == 200
    assert "javascript" in reply.headers["content-type"] or "css" in reply.headers["content-type"]
    assert "immutable" in reply.headers["cache-control"]
    assert "max-age=31536000" in reply.headers["cache-control"]


def test_scripts_of_another_version_are_not_there(server: TestClient) -> None:
    for prefix in ("ui", "ui-000000000000"):
        reply = server.get(f"/{prefix}/stage.js")
        assert reply.status_code == 404 or "<!doctype html>" in reply.text.lower()  # Streamlit's page, never a script
        assert "immutable" not in reply.headers.get("cache-control", "")


def test_the_name_follows_every_script_and_the_version_of_plotly(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")
    names = [fingerprint(tmp_path), fingerprint(tmp_path, "6.0")]
    (tmp_path / "a.js").write_text("2")
    names.append(fingerprint(tmp_path))
    (tmp_path / "a.js").rename(tmp_path / "b.js")
    names.append(fingerprint(tmp_path))
    assert len(set(names)) == 4
    assert fingerprint(tmp_path) == names[-1]


def test_scripts_find_each_other_and_what_they_ask_for_by_relative_addresses() -> None:
    for script in STATIC.glob("*.js"):
        source = script.read_text("utf-8")
        for address in re.findall(r'(?:from|import) "([^"]+)"', source):
            assert (STATIC / address).is_file(), f"{script.name} imports {address}"
        assert not re.search(r'["`]/?(ui|api)/', source), f"{script.name} names an address from the root"


def test_every_font_of_the_theme_is_served(server: TestClient) -> None:
    theme = tomllib.loads((Path(app.__file__).parent / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    for face in theme["fontFaces"]:
        reply = server.get(f"/{face['url']}")
        assert reply.status_code == 200
        assert reply.content[:4] == b"wOF2"


@pytest.mark.parametrize("root", [f"/{PREFIX}", "/assets/fonts", "/assets"])
@pytest.mark.parametrize(
    "path", ["../stage.py", "..%2fstage.py", "%2e%2e/stage.py", "../../../quizzes.yaml", "..\\..\\quizzes.yaml",
             "....//quizzes.yaml", "%2fetc%2fpasswd", "../../slides/000-cover.md"],
)  # fmt: skip
def test_nothing_outside_its_folder_is_served(server: TestClient, root: str, path: str) -> None:
    reply = server.get(f"{root}/{path}")
    assert "answer:" not in reply.text
    assert "import streamlit" not in reply.text
    assert "root:" not in reply.text
    assert "**Say**" not in reply.text


@pytest.mark.parametrize("path", NO_ADDRESS)
def test_the_key_of_the_quizzes_is_no_address(server: TestClient, path: str) -> None:
    assert "answer:" not in server.get(path).text


def test_katex_is_the_version_that_streamlits_style_sheet_is_made_for() -> None:
    streamlit = Path(streamlit_package.__file__).parent / "static" / "static" / "css"
    (sheet,) = streamlit.glob("index.*.css")
    styled = re.search(r'katex-version::?after\{content:"([\d.]+)"', sheet.read_text(encoding="utf-8"))
    assert styled is not None
    assert f'"{styled[1]}"' in KATEX.read_text(encoding="utf-8")
