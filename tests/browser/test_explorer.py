"""The explorer in a hand: dragged, pointed at, painted on, fed with files, taken away."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import FilePayload, Locator, expect

from classroom.explorer.tensors import tensor
from normlib.norms.batch_norm import BatchNorm
from tests.browser.conftest import PHONE, Reader

ROOT = Path(__file__).parents[2]
DIGITS = "/explore?source=digits&row=4&column=4&times=1&plus=0"


def opened(reader: Reader, path: str = DIGITS) -> Reader:
    """Open the explorer and wait for its arithmetic."""
    reader.open(path)
    expect(reader.page.locator(".arithmetic-panel .katex").first).to_be_visible()
    return reader


def asked(reader: Reader) -> str:
    """Which cell the arithmetic is about."""
    return reader.page.locator(".arithmetic-panel .panel-cap span").inner_text()


def maps(reader: Reader) -> Locator:
    """The maps that can be pointed at."""
    return reader.page.locator(".map.pointable")


def centre(cell: tuple[int, int], map_: Locator, rows: int = 8) -> dict[str, float]:
    """Where a cell's middle lies on a square map."""
    box = map_.bounding_box()
    assert box is not None
    return {"x": (cell[1] - 0.5) * box["width"] / rows, "y": (cell[0] - 0.5) * box["height"] / rows}


def test_the_numbers_follow_the_mouse_and_are_those_of_numpy(reader: Reader) -> None:
    opened(reader)
    slider = reader.slider("gamma")
    box = slider.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    reader.page.mouse.move(box["x"] + 0.75 * box["width"], y)
    reader.page.mouse.down()
    address = reader.page.url
    for share in (0.6, 0.95):
        reader.page.mouse.move(box["x"] + share * box["width"], y, steps=5)
        gamma = float(slider.input_value())
        reader.shows(gamma=gamma)
        x = tensor("digits", "", 0).x
        layer = x[:, 3]
        expected = gamma * (x[0, 3, 3, 3] - layer.mean()) / np.sqrt(layer.var() + 1e-5)
        shown = maps(reader).last.locator("xpath=..").locator(".panel-cap span").inner_text()
        assert float(shown.replace("−", "-")) == pytest.approx(expected, rel=1e-3)
        assert reader.page.url == address, "the address waits for the release"
    reader.page.mouse.up()
    expect(reader.page).to_have_url(re.compile(rf"gamma={re.escape(slider.input_value())}(&|$)"))


def test_a_finger_moves_a_slider_and_chooses_a_cell(new_reader: Callable[..., Reader]) -> None:
    reader = opened(new_reader(viewport=PHONE, has_touch=True, is_mobile=True))
    reader.check_width()
    maps(reader).last.scroll_into_view_if_needed()
    maps(reader).last.tap(position=centre((2, 7), maps(reader).last))
    reader.shows(row=2, column=7)
    expect(reader.page).to_have_url(re.compile(r"row=2&column=7|column=7.*row=2"))
    slider = reader.slider("plus")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    slider.tap(position={"x": 0.9 * box["width"], "y": box["height"] / 2})
    assert float(slider.input_value()) > 1
    reader.shows(plus=float(slider.input_value()))


def test_pointing_asks_and_leaving_forgets_a_click_and_the_keys_stay(reader: Reader) -> None:
    opened(reader)
    y = maps(reader).last
    y.hover(position=centre((7, 2), y))
    expect(reader.page.locator(".arithmetic-panel .panel-cap span")).to_have_text(re.compile("row 7, column 2$"))
    assert "row=4" in reader.page.url
    reader.page.mouse.move(5, 5)
    expect(reader.page.locator(".arithmetic-panel .panel-cap span")).to_have_text(re.compile("row 4, column 4$"))
    y.click(position=centre((5, 6), y))
    expect(reader.page).to_have_url(re.compile("row=5&column=6"))
    reader.page.mouse.move(5, 5)
    y.focus()
    reader.press("ArrowRight", "ArrowUp", "ArrowUp")
    reader.shows(row=3, column=7)
    expect(reader.page).to_have_url(re.compile("row=3&column=7"))
    reader.press("Shift+ArrowDown").shows(row=8)


def test_a_term_lights_up_its_cells_and_a_cell_its_terms(reader: Reader) -> None:
    opened(reader)
    chip = reader.page.locator(".terms button").first
    chip.focus()
    expect(reader.page.locator(".box.lit")).to_have_count(1)
    box, whole = reader.page.locator(".box.lit").bounding_box(), maps(reader).first.bounding_box()
    assert box is not None
    assert whole is not None
    assert box["width"] == pytest.approx(whole["width"], abs=2), "the sum is over the whole map"
    chip.blur()
    expect(reader.page.locator(".box.lit")).to_have_count(0)
    x = maps(reader).first
    x.hover(position=centre((1, 1), x))
    lit = reader.page.locator(".terms button.lit")
    entered = lit.count()
    assert entered >= 2
    x.hover(position=centre((4, 4), x))
    expect(lit).to_have_count(entered + 1)  # the asked cell is also x itself


def test_a_painted_gradient_reaches_every_cell_that_shares_the_statistic(reader: Reader) -> None:
    opened(reader, DIGITS.replace("?", "?view=backward&upstream=painted&"))
    assert reader.pixels
    dy = maps(reader).first
    dy.click(position=centre((2, 3), dy))
    expect(reader.page).to_have_url(re.compile("paint="))
    plus = int(reader.query["paint"][:16], 16)
    assert plus.bit_count() == 1
    assert int(reader.query["paint"][16:], 16) == 0
    dy.click(position=centre((2, 3), dy))
    expect(reader.page).to_have_url(re.compile("paint=0{16}"))
    assert int(reader.query["paint"][16:], 16) == plus, "again is minus one"
    dy.focus()
    reader.press(" ")
    reader.page.wait_for_function("() => parseInt(new URL(location).searchParams.get('paint').slice(0, 16), 16) > 0")
    reader.page.get_by_role("button", name="Clear").click()
    expect(reader.page).not_to_have_url(re.compile("paint="))
    assert "Standard deviations of the paths" in reader.alt


def test_the_graph_is_stepped_through_there_and_back(reader: Reader) -> None:
    opened(reader, DIGITS.replace("?", "?view=graph&step=1&"))
    steps = int(reader.slider("step").get_attribute("max") or "0")
    seen = []
    for _ in range(steps - 1):
        reader.slider("step").focus()
        reader.press("ArrowRight")
        reader.shows(step=len(seen) + 2)
        seen.append(reader.page.locator(".graph-panel .nodes li.now").inner_text())
    assert len(set(seen)) > steps // 2
    assert reader.page.locator(".graph-panel .nodes li.next").count() == 0


def test_an_erroneous_twin_fails_the_gradient_check(reader: Reader) -> None:
    opened(reader, DIGITS.replace("?", "?view=backward&"))
    expect(reader.page.get_by_text("✓ gradient check")).to_be_visible()
    bug = reader.page.locator('.controls select[name="bug"]')
    bug.select_option("statistics_constant")
    expect(reader.page.get_by_text("✕ gradient check")).to_be_visible()
    expect(reader.page.locator(".lines p.wrong")).to_have_count(1)
    bug.select_option("as_it_is")
    expect(reader.page.get_by_text("✓ gradient check")).to_be_visible()


def npy(array: np.ndarray) -> FilePayload:
    """An array as a file that a reader opens."""
    file = io.BytesIO()
    np.save(file, array)
    return {"name": "mine.npy", "mimeType": "application/octet-stream", "buffer": file.getvalue()}


def test_a_readers_own_file_is_shown_and_a_bad_one_says_why(reader: Reader) -> None:
    opened(reader)
    reader.page.get_by_text("your own", exact=True).click()
    mine = np.random.default_rng(3).normal(5.0, 2.0, (2, 3, 6, 6))
    chooser = reader.page.locator('.controls input[type="file"]')
    chooser.set_input_files(npy(mine))
    expect(reader.page).to_have_url(re.compile("own=[0-9a-f]{12}"))
    expect(reader.page.locator(".strip canvas")).to_have_count(3)
    link, good = reader.page.url, reader.pixels
    reader.page.context.set_default_timeout(15_000)
    mine[0, 0, 1, 2] = np.nan
    # The browser reports an answer of 422 on its console; that it is one sentence here is what is tested.
    chooser.set_input_files(npy(mine))
    said = reader.page.locator(".said.bad")
    expect(said).to_be_visible()
    assert "nan" in said.inner_text().lower()
    assert reader.pixels == good, "the last good picture stays"
    assert reader.page.url == link
    reader.faults = [fault for fault in reader.faults if "422" not in fault]
    opened(reader, link[link.index("/explore") :])
    expect(reader.page.locator(".strip canvas")).to_have_count(3)


def test_copied_python_gives_the_numbers_on_the_screen(new_reader: Callable[..., Reader]) -> None:
    reader = opened(new_reader(permissions=["clipboard-read", "clipboard-write"]), DIGITS + "&gamma=1.5&eps_power=-1")
    reader.page.get_by_text("Take away").click()
    reader.page.get_by_role("button", name="Copy as Python").click()
    expect(reader.page.get_by_text(re.compile("lines of Python"))).to_be_visible()
    code = reader.page.evaluate("navigator.clipboard.readText()")
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    printed = dict(line.rsplit(" ", 1) for line in ran.stdout.splitlines())
    for name, at in (("x", 0), ("y", -1)):
        shown = maps(reader).nth(at).locator("xpath=..").locator(".panel-cap span").inner_text().replace("−", "-")
        assert float(printed[name]) == pytest.approx(float(shown), rel=2e-3)
    x = tensor("digits", "", 0).x
    y, _ = BatchNorm(eps=0.1).forward(x, gamma=np.full(8, 1.5), beta=np.zeros(8))
    assert float(printed["y"]) == pytest.approx(float(y[0, 3, 3, 3]), rel=1e-12)


def test_the_link_of_every_control_opens_the_same_picture(new_reader: Callable[..., Reader]) -> None:
    reader = opened(new_reader())
    reader.page.locator('.controls select[name="operator"]').select_option("group")
    reader.shows(operator="group")
    reader.slider("groups").focus()
    reader.press("Home", "ArrowRight").shows(groups=2)
    expect(reader.page).to_have_url(re.compile("groups=2"))
    words, pixels = reader.alt, reader.pixels
    other = opened(new_reader(), reader.page.url[len(reader.base_url) :])
    assert (other.alt, other.pixels) == (words, pixels)


def test_a_link_out_of_range_is_mended_with_a_sentence(reader: Reader) -> None:
    opened(reader, "/explore?gamma=99&operator=nonsense&paint=zz&own=../../etc")
    sentences = reader.page.locator(".notices .notice").all_inner_texts()
    assert len(sentences) == 4
    reader.shows(gamma=2, operator="batch", paint="", own="")
