"""Look at every slide at once: wide and phone, light and dark, several to a sheet.

    python scripts/contact_sheets.py               sheets as PNG under build/sheets
    python scripts/contact_sheets.py --picture     the picture of the README: assets/readme.png

Needs requirements-test.txt and a Chromium (the variable CHROMIUM names one; else the system's, else Playwright's).
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple
from unicodedata import name

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import run  # noqa: E402  (the project's top is no package; it is found by the line above)
from classroom.content import SLIDES  # noqa: E402
from classroom.deck import Deck, Slide  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
README = {"cover": "", "cross-channel": "&k=6", "forward-tensor": "", "backward-input": ""}  # slide: its settings
LIMIT = 900_000  # bytes of the README's picture


Scheme = Literal["light", "dark"]


class Screen(NamedTuple):
    """A kind of screen, and how its pictures stand on a sheet."""

    width: int
    height: int
    columns: int
    rows: int
    scrolls: bool  # then the picture shows what scrolling would bring


SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SCREENS = {"wide": Screen(1440, 900, 2, 3, False), "phone": Screen(390, 844, 5, 1, True)}


def open_slide(page: Page, url: str, slide: Slide, settings: str = "") -> None:
    """Open a slide and wait until its picture is painted and its fonts are there."""
    page.goto(f"{url}/?slide={slide.id}{settings}")
    app = page.locator('[data-testid="stApp"]')
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=30_000)
    title = slide.title if slide.number else re.compile(".")
    expect(page.locator("h1")).to_have_text(title, timeout=30_000)
    expect(page.locator(".nav .count")).to_have_text(re.compile(r"\d+ / \d+"), timeout=30_000)
    if slide.exhibit:
        expect(page.locator("[data-state]")).to_be_visible(timeout=30_000)
        if page.locator(".sheet .plot").count():
            page.wait_for_selector(".sheet .plot .main-svg", timeout=30_000)
    page.evaluate("document.fonts.ready")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def pictures(
    browser: Browser, url: str, slides: Iterable[Slide], screen: Screen, scheme: Scheme
) -> Iterator[Image.Image]:
    """Yield a picture of every slide."""
    size: ViewportSize = {"width": screen.width, "height": screen.height}
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    for slide in slides:
        page.set_viewport_size(size)
        open_slide(page, url, slide, README.get(slide.id, ""))
        if screen.scrolls:
            below = page.locator('[data-testid="stMain"]').evaluate("main => main.scrollHeight - main.clientHeight")
            page.set_viewport_size({**size, "height": screen.height + below})
            page.evaluate("new Promise(done => setTimeout(done, 200))")  # a plot follows its new size
        yield Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    context.close()


def sheet(images: Sequence[Image.Image], titles: Sequence[str], screen: Screen) -> Image.Image:
    """Arrange pictures in rows, each below its title."""
    gap, line = 24, 40
    rows = -(-len(images) // screen.columns)
    height = max(image.height for image in images)
    size = screen.columns * (screen.width + gap) + gap, rows * (height + gap + line) + gap
    page = Image.new("RGB", size, "#808080")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(24)
    for i, (image, title) in enumerate(zip(images, titles, strict=True)):
        x = gap + i % screen.columns * (screen.width + gap)
        y = gap + i // screen.columns * (height + gap + line)
        title = re.sub("[α-ω]", lambda letter: name(letter[0]).split()[-1].lower(), title)  # the font has no Greek
        while draw.textlength(title, font) > screen.width:
            title = title[:-2].rstrip(" …") + "…"
        draw.text((x, y), title, "white", font)
        page.paste(image, (x, y + line))
    return page


def sheets(browser: Browser, url: str, deck: Deck, folder: Path, only: Sequence[str]) -> None:
    """Write the sheets of every screen and scheme."""
    folder.mkdir(parents=True, exist_ok=True)
    slides = [slide for slide in deck.pages if not only or slide.id in only]
    for kind, screen in SCREENS.items():
        for scheme in SCHEMES:
            shown = list(pictures(browser, url, slides, screen, scheme))
            each = screen.columns * screen.rows
            for first in range(0, len(slides), each):
                part = slice(first, first + each)
                titles = [f"{slide.number}  {slide.title}" for slide in slides[part]]
                path = folder / f"{kind}-{scheme}-{first // each + 1}.png"
                sheet(shown[part], titles, screen).save(path, optimize=True)
                print(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path, flush=True)


def readme(browser: Browser, url: str, deck: Deck, path: Path) -> None:
    """Compose four slides into one picture that a README can show."""
    slides = [slide for slide in deck.pages if slide.id in README]
    screen, gap = SCREENS["wide"], 12
    half = (screen.width * 11 // 20, screen.height * 11 // 20)
    page = Image.new("RGB", (2 * half[0] + 3 * gap, 2 * half[1] + 3 * gap), "#857F73")
    for i, slide in enumerate(slides):
        scheme: Scheme = "dark" if i in (1, 2) else "light"
        (image,) = pictures(browser, url, [slide], screen, scheme)
        small = image.resize(half, Image.Resampling.LANCZOS)
        page.paste(small, (gap + i % 2 * (half[0] + gap), gap + i // 2 * (half[1] + gap)))
    page.save(path, optimize=True)  # no palette: the terms of a formula are told apart by small differences of colour
    if path.stat().st_size > LIMIT:
        sys.exit(f"{path.name}: must be at most {LIMIT:,} bytes, got {path.stat().st_size:,}. Show fewer slides.")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


def main() -> int:
    """Serve the talk, open a browser, take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", action="store_true", help="only the picture of the README")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "sheets", help="folder (default: build/sheets)")
    parser.add_argument("slides", nargs="*", help="only these slides, by id")
    given = parser.parse_args()
    deck = Deck.read(SLIDES)
    if unknown := set(given.slides) - {slide.id for slide in deck.pages}:
        parser.error(f"slides: must be ids of slides, got {', '.join(sorted(unknown))}. See assets/slides.")
    port = run.free_port("127.0.0.1", 0)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with run.served("127.0.0.1", port, python=sys.executable), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        if given.picture:
            readme(browser, f"http://127.0.0.1:{port}", deck, ROOT / "assets" / "readme.png")
        else:
            sheets(browser, f"http://127.0.0.1:{port}", deck, given.out, given.slides)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
