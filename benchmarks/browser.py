"""A headless Chromium with the probe in every page, and how a page is waited for."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, ViewportSize

PROBE = Path(__file__).with_name("probe.js").read_text(encoding="utf-8")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run"]  # fmt: skip
SIZE: ViewportSize = {"width": 1440, "height": 900}
SECONDS = 20_000  # milliseconds that anything on a page may take at most
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def launch(playwright: Playwright) -> Browser:
    """Start the Chromium that CHROMIUM names, the system's, or Playwright's own."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    return playwright.chromium.launch(executable_path=path, args=FLAGS)


@contextlib.contextmanager
def fresh(browser: Browser) -> Iterator[Page]:
    """Open a page that has no history: no cache, no session."""
    context = browser.new_context(viewport=SIZE, locale="en-US")
    context.set_default_timeout(SECONDS)
    context.add_init_script(PROBE)
    try:
        yield context.new_page()
    finally:
        context.close()


def open_page(page: Page, url: str, idle: float = 800) -> None:
    """Go to a page and wait until it stands still."""
    page.goto(url)
    page.wait_for_selector(READY)
    page.wait_for_timeout(idle)


def measured(page: Page, call: str, argument: dict[str, Any], press: str) -> Any:
    """Start a measurement in the page, press the key, and return what it gave."""
    # The handle resolves at once; the promise inside it is awaited after the key.
    page.evaluate("([call, argument]) => { window.measuring = bench[call](argument); }", [call, argument])
    page.keyboard.press(press)
    return page.evaluate("() => Promise.race([window.measuring, new Promise((_, no) => setTimeout(() => "
                         "no(new Error('nothing was painted for 10 s')), 10000))])")  # fmt: skip
