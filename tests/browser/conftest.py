"""The real app in a real browser: a server of its own, and a reader who notices everything that goes wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Playwright, expect

import run
from classroom.content import SLIDES
from classroom.deck import Deck, Slide

DECK = Deck.read(SLIDES)
HERE = Path(__file__).parent
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE = 15_000  # ms; what a machine with two busy cores may take
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Streamlit asks for these beside the page first, and takes the answer at the root when there is none.
HARMLESS = re.compile(r"/(overview|read|operators|ledger|explore|present)/_stcore/(health|host-config)$")

expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], playwright: Playwright) -> dict[str, Any]:
    """Take the Chromium that CHROMIUM names, else the system's, else Playwright's own; if there is none, fail."""
    given = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not Path(given or playwright.chromium.executable_path).exists():
        pytest.fail(
            f"A Chromium must be installed, got none at {given or playwright.chromium.executable_path}. "
            "Install one: `apt-get install chromium` on Debian, or `python -m playwright install chromium`; "
            "or name one in the variable CHROMIUM.",
            pytrace=False,
        )
    return {**browser_type_launch_args, "args": FLAGS} | ({"executable_path": given} if given else {})


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """Serve the talk on a free port of the loopback, as `run.py talk` does, until the tests end."""
    port = run.free_port("127.0.0.1", 0)
    with run.served("127.0.0.1", port, python=sys.executable):
        yield f"http://127.0.0.1:{port}"


class Reader:
    """Somebody at a page of the talk. `check` tells what went wrong behind the picture since the page opened."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page, self.base_url = page, base_url
        self.faults: list[str] = []
        self.frames: list[bytes] = []  # what came over the WebSocket
        page.set_default_timeout(PATIENCE)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"error in the page: {error}"))
        page.on("dialog", lambda dialog: (self.faults.append(f"a script ran: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: self._request(request.url))
        page.on("websocket", lambda ws: ws.on("framereceived", self._frame))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not HARMLESS.search(message.location.get("url", "")):
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _request(self, url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).hostname != "127.0.0.1":
            self.faults.append(f"a request left this machine: {url}")

    def _frame(self, payload: str | bytes) -> None:
        self.frames.append(payload.encode() if isinstance(payload, str) else payload)

    def open(self, path: str = "/") -> Reader:
        """Go to an address and wait for the page."""
        self.page.goto(self.base_url + path)
        return self.settle()

    def settle(self) -> Reader:
        """Wait until Streamlit has drawn the page and the deck's keys work."""
        app = self.page.locator('[data-testid="stApp"]')
        expect(app).to_have_attribute("data-test-connection-state", "CONNECTED")
        expect(app).to_have_attribute("data-test-script-state", "notRunning")
        if not urlsplit(self.page.url).path.endswith(("/read", "/operators", "/ledger", "/explore")):
            expect(self.page.locator(".nav .count")).to_have_text(re.compile(r"\d+ / \d+"))
        return self

    def press(self, *keys: str) -> Reader:
        """Press keys one after the other, without waiting."""
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def at(self, title: str | Slide) -> Reader:
        """Expect one heading, and this one."""
        if isinstance(title, Slide) and not title.number:
            title = "Normalization layers"
        name = title.title if isinstance(title, Slide) else title
        expect(self.page.locator("h1")).to_have_text([name])
        if isinstance(title, Slide):  # the slide turns at once; the address follows when the server knows
            expect(self.page).to_have_url(re.compile(rf"[?&]slide={title.id}(&|$)"))
        return self.settle()

    @property
    def query(self) -> dict[str, str]:
        """The settings in the address."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.page.url).query).items()}

    @property
    def picture(self) -> Locator:
        """The picture of the slide, once it is painted."""
        return self.page.locator("[data-state]")

    @property
    def state(self) -> dict[str, Any]:
        """The settings that the picture shows."""
        return dict(json.loads(self.picture.get_attribute("data-state") or "{}"))

    @property
    def alt(self) -> str:
        """The picture in words."""
        return self.picture.locator(".words p").text_content() or ""

    @property
    def pixels(self) -> str:
        """All that the canvases of the picture show."""
        read = "figure => [...figure.querySelectorAll('canvas')].map(c => c.toDataURL()).join(' ')"
        return str(self.picture.evaluate(read))

    def slider(self, name: str) -> Locator:
        """The slider of a setting."""
        return self.page.locator(f'.controls input[type=range][name="{name}"]')

    def shows(self, **state: Any) -> Reader:
        """Expect the picture to show these settings."""
        for name, value in state.items():
            # Python writes 1.0 where the browser writes 1.
            number = isinstance(value, int | float)
            text = re.compile(rf'"{name}":{re.escape(f"{value:g}" if number else json.dumps(value))}(\.0)?[,}}]')
            expect(self.picture).to_have_attribute("data-state", text)
        return self

    def check(self) -> None:
        """Fail if the page, its console or its requests had a fault, or if it reports one."""
        shown = self.page.locator('[data-testid="stException"], [data-testid="stAlertContentError"], .failed')
        assert [e.text_content() for e in shown.all()] == []
        assert self.faults == []

    def check_width(self) -> None:
        """Fail if anything has to be scrolled sideways."""
        over = """() => [document.documentElement, ...document.querySelectorAll('[data-testid=stMain]')]
            .map(e => e.scrollWidth - e.clientWidth)"""
        assert max(self.page.evaluate(over)) <= 0, f"{self.page.url} is wider than the screen"


@pytest.fixture
def new_reader(browser: Browser, base_url: str) -> Iterator[Callable[..., Reader]]:
    """Let somebody come with a browser of their own; what went wrong meanwhile fails the test at its end."""
    contexts: list[BrowserContext] = []
    readers: list[Reader] = []

    def come(beside: Reader | None = None, **options: Any) -> Reader:
        """Come with a new browser; or, `beside` a reader, with one more window of theirs."""
        if beside is None:
            contexts.append(browser.new_context(**{"viewport": WIDE, "color_scheme": "light"} | options))
        context = beside.page.context if beside is not None else contexts[-1]
        readers.append(Reader(context.new_page(), base_url))
        return readers[-1]

    yield come
    try:
        for reader in readers:
            reader.check()
    finally:
        for context in contexts:
            context.close()


@pytest.fixture
def reader(new_reader: Callable[..., Reader]) -> Reader:
    """Somebody at a wide screen."""
    return new_reader()
