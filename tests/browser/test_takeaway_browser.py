"""What a reader takes away from a picture: its link, its script, its arrays, itself as it stands on the screen."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Locator, expect

from classroom.exhibits.channel_window import ChannelWindow
from tests.browser.conftest import DECK, PHONE, Reader

WINDOW = "/?slide=cross-channel"
SVG = "{http://www.w3.org/2000/svg}"
CLIPBOARD = ["clipboard-read", "clipboard-write"]
REFUSES = "() => { navigator.clipboard.write = () => Promise.reject(new Error('not allowed')); }"


def opened(reader: Reader) -> Reader:
    """Open what there is to take away."""
    reader.page.locator(".take summary").click()
    expect(reader.page.locator(".ways")).to_be_visible()
    return reader


def way(reader: Reader, name: str) -> Locator:
    return reader.page.get_by_role("button", name=name, exact=True)


def said(reader: Reader) -> Locator:
    return reader.page.locator(".take [role=status]")


def copied(reader: Reader) -> str:
    return str(reader.page.evaluate("navigator.clipboard.readText()"))


def taken(reader: Reader, name: str, to: Path) -> Path:
    """Press a button that gives a file."""
    with reader.page.expect_download() as coming:
        way(reader, name).click()
    expect(said(reader)).to_have_text(f"Saved: {coming.value.suggested_filename}.")
    coming.value.save_as(to / coming.value.suggested_filename)
    return to / coming.value.suggested_filename


def test_the_link_leads_to_what_the_controls_say_even_before_the_release(new_reader: Callable[..., Reader]) -> None:
    reader = opened(new_reader(permissions=CLIPBOARD).open(WINDOW).shows(k=4))
    move = "e => { e.value = 9; e.dispatchEvent(new Event('input', { bubbles: true })); }"
    reader.slider("k").evaluate(move)
    way(reader, "Copy link").click()
    expect(said(reader)).to_have_text("Link copied.")
    assert "k=9" not in reader.page.url
    link = copied(reader)
    assert link == f"{reader.base_url}/?slide=cross-channel&k=9&size=5&alpha=0.2&beta=0.75"
    new_reader().open(link.removeprefix(reader.base_url)).at(DECK.find("cross-channel")).shows(k=9, size=5)


def test_the_script_is_that_of_the_picture(new_reader: Callable[..., Reader]) -> None:
    reader = opened(new_reader(permissions=CLIPBOARD).open(WINDOW).shows(k=4))
    reader.slider("k").focus()
    reader.press("End").shows(k=12)
    way(reader, "Copy as Python").click()
    expect(said(reader)).to_have_text(re.compile(r"^Copied: \d+ lines of Python\.$"))
    assert copied(reader) == ChannelWindow(k=12).code()
    assert str(len(ChannelWindow(k=12).code().splitlines())) in (said(reader).text_content() or "")


def test_where_no_page_may_copy_the_text_stands_there_chosen(reader: Reader) -> None:
    opened(reader.open(WINDOW).shows(k=4)).page.evaluate(REFUSES)
    way(reader, "Copy as Python").click()
    field = reader.page.get_by_label("To copy by hand")
    expect(field).to_have_value(ChannelWindow().code())
    expect(field).to_be_focused()
    assert field.evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)") == ChannelWindow().code()
    reader.press("ArrowRight").at(DECK.find("cross-channel"))
    way(reader, "Copy link").click()
    expect(field).to_have_value(re.compile("slide=cross-channel&k=4"))


def test_a_part_that_the_server_cannot_give_says_why(reader: Reader) -> None:
    opened(reader.open(WINDOW).shows(k=4))
    reader.page.route("**/api/exhibit/channel_window/arrays*", lambda route: route.fulfill(status=500, body="it broke"))
    way(reader, "Arrays (.npz)").click()
    expect(said(reader)).to_have_text("That did not work: it broke.")
    reader.faults.clear()  # the browser wrote the 500 into its console


def test_the_arrays_are_those_of_the_picture(reader: Reader, tmp_path: Path) -> None:
    opened(reader.open(f"{WINDOW}&k=7").shows(k=7))
    file = np.load(taken(reader, "Arrays (.npz)", tmp_path), allow_pickle=False)
    np.testing.assert_array_equal(file["y"], ChannelWindow(k=7).compute().y)


def test_the_svg_holds_the_words_as_words_and_the_maps_cell_by_cell(reader: Reader, tmp_path: Path) -> None:
    opened(reader.open(WINDOW).shows(k=4))
    path = taken(reader, "Picture (SVG)", tmp_path)
    assert path.name == "channel_window-k4-size5-alpha0.2-beta0.75.svg"
    root = ElementTree.fromstring(path.read_text("utf-8"))
    assert root.findtext(f"{SVG}title") == ChannelWindow.title
    assert root.findtext(f"{SVG}desc") == reader.alt
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert {"The channel axis", "k = 4", "sd 0.93", "−2", "activation"} <= set(words)
    images = list(root.iter(f"{SVG}image"))
    shown = reader.picture.locator("canvas")
    assert len(images) == shown.count() == 14
    png = Image.open(io.BytesIO(base64.b64decode(images[-1].attrib["href"].partition(",")[2])))
    assert png.size == (135, 90)
    assert "pixelated" in images[-1].attrib["style"]
    assert "var(--" not in path.read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["cross-channel", "forward-tensor", "lr-init-table", "who-differs"])
def test_the_png_looks_like_the_screen(
    new_reader: Callable[..., Reader], tmp_path: Path, name: str, scheme: str
) -> None:
    tall = {"width": 1440, "height": 1500}
    reader = new_reader(viewport=tall, device_scale_factor=2, color_scheme=scheme).open(f"/?slide={name}")
    expect(reader.picture.locator(".panel").last).to_be_visible()
    path = taken(opened(reader), "Picture (PNG)", tmp_path)
    screen = Image.open(io.BytesIO(reader.picture.locator(".picture").screenshot())).convert("RGB")
    png = Image.open(path).convert("RGB")
    around = [(png.size[axis] - screen.size[axis]) // 2 for axis in (0, 1)]
    assert all(0 < margin < 60 for margin in around)
    left, top = around
    same = png.crop((left, top, left + screen.width, top + screen.height))
    assert apart(screen, same) < 4
    assert apart(screen, png.crop((0, 0, *screen.size))) > 2 * apart(screen, same), "the measure sees a shift"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_formula_is_legible_in_the_svg_wherever_it_is_opened(
    new_reader: Callable[..., Reader], tmp_path: Path, scheme: str
) -> None:
    reader = new_reader(color_scheme=scheme).open("/explore?view=backward&source=digits")
    expect(reader.page.locator(".arithmetic-panel .katex .sqrt").first).to_be_visible()
    path = taken(opened(reader), "Picture (SVG)", tmp_path)
    root = ElementTree.fromstring(path.read_text("utf-8"))
    style = root.findtext(f"{SVG}defs/{SVG}style") or ""
    assert set(re.findall(r"url\(\"?(.{5})", style)) == {"data:"}, "it fetches nothing"
    brought = set(re.findall(r"font-family: (KaTeX_\w+)", style))
    texts = [text for text in root.iter(f"{SVG}text") if "KaTeX" in text.attrib["font-family"]]
    assert {text.attrib["font-family"].split(",")[0] for text in texts} == brought
    ink = reader.page.locator(".lines .katex").first.evaluate("e => getComputedStyle(e).color")
    roots = [sign.attrib["style"] for sign in root.iter(f"{SVG}svg") if sign is not root]
    assert roots
    assert all(f"fill: {ink}" in sign for sign in roots)


def test_the_shade_of_a_table_that_scrolls_is_no_ramp(new_reader: Callable[..., Reader], tmp_path: Path) -> None:
    reader = new_reader(viewport=PHONE).open("/explore?source=digits")
    expect(reader.page.locator(".arithmetic-panel .katex").first).to_be_visible()
    axes = reader.page.locator(".picture .axis .bar").count()
    assert axes
    root = ElementTree.fromstring(taken(opened(reader), "Picture (SVG)", tmp_path).read_text("utf-8"))
    assert len(list(root.iter(f"{SVG}linearGradient"))) == axes


def apart(one: Image.Image, other: Image.Image) -> float:
    """Return how far two pictures differ, on average over pixels and colours, of 255."""
    return float(np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)).mean())


def test_the_table_of_numbers_follows_the_sliders_and_a_drag_asks_for_none(reader: Reader) -> None:
    reader.open(WINDOW).shows(k=4)
    asked: list[str] = []
    reader.page.on("request", lambda request: asked.append(request.url) if "/table?" in request.url else None)
    reader.page.locator(".words summary").click()
    table = reader.page.get_by_role("table", name="The numbers of the picture")
    row = table.get_by_role("row").filter(has=reader.page.get_by_role("rowheader", name="y", exact=True))
    expect(table.get_by_role("columnheader")).to_have_text(
        ["name", "shape", "mean", "standard deviation", "least", "largest"]
    )
    before = row.inner_text()
    assert f"{ChannelWindow().compute().y.std():.4g}" in before
    assert len(asked) == 1
    reader.slider("beta").focus()
    reader.press("End").shows(beta=1.0)
    expect(row).to_contain_text(f"{ChannelWindow(beta=1.0).compute().y.std():.4g}")
    assert len(asked) == 2
    reader.page.locator(".words summary").click()
    reader.slider("beta").focus()
    reader.press("Home").shows(beta=0.0)
    reader.page.wait_for_timeout(500)
    assert len(asked) == 2, "nobody reads it"


def test_the_keyboard_reaches_all_of_it_and_the_deck_stays(new_reader: Callable[..., Reader]) -> None:
    reader = new_reader(permissions=CLIPBOARD).open(WINDOW).shows(k=4)
    reader.page.locator(".take summary").focus()
    reader.press("Enter")
    expect(way(reader, "Copy link")).to_be_visible()
    reader.press("Tab", "Enter")
    expect(said(reader)).to_have_text("Link copied.")
    reader.press("Tab", " ")
    expect(said(reader)).to_contain_text("lines of Python.")
    reader.at(DECK.find("cross-channel"))


def test_a_finger_finds_the_buttons_on_a_phone(new_reader: Callable[..., Reader]) -> None:
    reader = new_reader(viewport=PHONE, has_touch=True, permissions=CLIPBOARD).open(WINDOW).shows(k=4)
    reader.page.locator(".take summary").tap()
    reader.page.locator(".words summary").tap()
    for target in [*reader.page.locator(".ways button").all(), *reader.page.locator(".after summary").all()]:
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    way(reader, "Copy link").tap()
    expect(said(reader)).to_have_text("Link copied.")
    reader.check_width()


def test_the_two_lines_open_without_moving_each_other(reader: Reader) -> None:
    reader.open(WINDOW).shows(k=4)
    lines = reader.page.locator(".after summary")
    places = [line.bounding_box() for line in lines.all()]
    lines.nth(0).click()
    lines.nth(1).click()
    assert [line.bounding_box() for line in lines.all()] == places


@pytest.mark.parametrize("path", ["/present?slide=cross-channel", "/read"])
def test_elsewhere_the_link_leads_to_the_slide(new_reader: Callable[..., Reader], path: str) -> None:
    reader = new_reader(permissions=CLIPBOARD).open(path)
    if path == "/read":  # its pictures come when the reader is near
        reader.page.locator("#slide-cross-channel").scroll_into_view_if_needed()
    picture = reader.page.locator('[data-state*=\'"k":4,"size"\']').first
    picture.locator(".take summary").click()
    picture.get_by_role("button", name="Copy link").click()
    expect(picture.locator(".take [role=status]")).to_have_text("Link copied.")
    assert copied(reader) == f"{reader.base_url}/?slide=cross-channel&k=4&size=5&alpha=0.2&beta=0.75"


def test_of_a_chart_of_the_readers_own_there_is_the_picture_and_no_address(reader: Reader, tmp_path: Path) -> None:
    reader.open("/?slide=citations").at(DECK.find("citations"))
    table = {"name": "own.csv", "mimeType": "text/csv", "buffer": b"year,citations\n2015,10\n2016,30\n"}
    reader.page.locator('input[type="file"]').set_input_files(table)  # type: ignore[arg-type]
    expect(reader.picture).to_have_count(1)
    opened(reader)
    expect(reader.page.locator(".ways button")).to_have_text(["Copy link", "Picture (SVG)", "Picture (PNG)"])
    assert taken(reader, "Picture (SVG)", tmp_path).name == "citations.svg"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_what_opens(new_reader: Callable[..., Reader], scheme: str) -> None:
    reader = opened(new_reader(color_scheme=scheme).open(WINDOW).shows(k=4))
    reader.page.evaluate(REFUSES)
    reader.page.locator(".words summary").click()
    way(reader, "Copy as Python").click()
    expect(reader.page.get_by_label("To copy by hand")).to_be_visible()
    expect(reader.page.locator(".numbers table")).to_be_visible()
    found = [violation["id"] for violation in Axe().run(reader.page).response["violations"]]
    assert found == []
