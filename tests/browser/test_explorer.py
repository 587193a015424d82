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
from playwright.sync_api import FilePayload, Locator, Route, expect

from classroom.explorer.tensors import tensor
from normlib.norms.batch_norm import BatchNorm
from tests.browser.conftest import PATIENCE, PHONE, WIDE, Reader

ROOT = Path(__file__).parents[2]
DIGITS = "/explore?source=digits&row=4&column=4&times=1&plus=0"


def opened(reader: Reader, path: str = DIGITS, part: str = ".arithmetic-panel .katex") -> Reader:
    """Open the explorer and wait for a part of its picture: its arithmetic, unless another is named."""
    reader.open(path)
    expect(reader.page.locator(part).first).to_be_visible()
    return reader


def speaks_of(reader: Reader, row: int, column: int) -> None:
    """Expect the arithmetic to be about a cell."""
    expect(reader.page.locator(".arithmetic-panel .panel-cap span")).to_have_text(
        re.compile(f"row {row}, column {column}$")
    )


def number_at(map_: Locator) -> float:
    """Return the asked cell's number, which stands in the map's caption."""
    return float(map_.locator("xpath=..").locator(".panel-cap span").inner_text().replace("−", "-"))


def held_back(reader: Reader, pattern: str) -> list[Route]:
    """Hold back the requests to come, in their order."""
    held: list[Route] = []
    reader.page.route(pattern, lambda route: held.append(route))
    return held


def let_go(reader: Reader, held: list[Route], i: int) -> None:
    """Let a request go on that is held back, or is about to be."""
    for _ in range(PATIENCE // 50):
        if len(held) > i:
            break
        reader.page.wait_for_timeout(50)
    held[i].continue_()


FRAMES, FILES = "**/api/exhibit/explorer?*", "**/api/tensor?*"


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
        assert number_at(maps(reader).last) == pytest.approx(expected, rel=1e-3)
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
    y = box["y"] + box["height"] / 2
    finger(reader, *((box["x"] + share * box["width"], y) for share in (0.65, 0.75, 0.85, 0.95)))
    assert float(slider.input_value()) > 1.5
    reader.shows(plus=float(slider.input_value()))
    expect(reader.page).to_have_url(re.compile(rf"plus={re.escape(slider.input_value())}(&|$)"))


def finger(reader: Reader, *points: tuple[float, float], end: str = "touchEnd") -> None:
    """Put a finger on the first of some points of the window, draw it to the others, and lift it or lose it."""
    hand = reader.page.context.new_cdp_session(reader.page)
    for i, (x, y) in enumerate(points):
        touch = {"type": "touchMove" if i else "touchStart", "touchPoints": [{"x": x, "y": y}]}
        hand.send("Input.dispatchTouchEvent", touch)
    hand.send("Input.dispatchTouchEvent", {"type": end, "touchPoints": []})
    hand.detach()


def test_a_finger_paints_as_far_as_it_goes_and_what_it_leaves_unfinished_stays(
    new_reader: Callable[..., Reader],
) -> None:
    reader = new_reader(viewport=PHONE, has_touch=True, is_mobile=True)
    opened(reader, DIGITS.replace("?", "?view=backward&upstream=painted&"))
    dy = maps(reader).first
    dy.evaluate("map => map.scrollIntoView({block: 'center'})")
    box = dy.bounding_box()
    assert box is not None

    def at(row: int, column: int) -> tuple[float, float]:
        near = centre((row, column), dy)
        return box["x"] + near["x"], box["y"] + near["y"]

    finger(reader, at(2, 2), at(2, 7))
    expect(reader.page).to_have_url(re.compile(rf"paint=00{0b01111110:02x}0{{12}}0{{16}}"))
    expect(dy).to_be_focused()
    finger(reader, at(5, 1), at(5, 1), end="touchCancel")
    expect(reader.page).to_have_url(re.compile(rf"paint=00{0b01111110:02x}0000{0b10000000:02x}0{{6}}0{{16}}"))


def test_pointing_asks_and_leaving_forgets_a_click_and_the_keys_stay(reader: Reader) -> None:
    opened(reader)
    y = maps(reader).last
    y.hover(position=centre((7, 2), y))
    speaks_of(reader, 7, 2)
    assert "row=4" in reader.page.url
    reader.page.mouse.move(5, 5)
    speaks_of(reader, 4, 4)
    y.click(position=centre((5, 6), y))
    expect(reader.page).to_have_url(re.compile("row=5&column=6"))
    reader.page.mouse.move(5, 5)
    y.focus()
    reader.press("ArrowRight", "ArrowUp", "ArrowUp")
    reader.shows(row=3, column=7)
    expect(reader.page).to_have_url(re.compile("row=3&column=7"))
    reader.press("Shift+ArrowDown").shows(row=8)


AS_BY_KATEX = """() => [...document.querySelectorAll('.lines span:has(> .katex)')].map(e => {
    const anew = document.createElement('template');
    anew.innerHTML = katex.renderToString(e.querySelector('annotation').textContent, {trust: true, strict: 'ignore'});
    return [e.innerHTML, anew.innerHTML, e.querySelector('annotation').textContent];
})"""


@pytest.mark.parametrize("operator", ["batch", "mean_variance", "local_response_across_channels", "switchable"])
@pytest.mark.parametrize("view", ["forward", "backward"])
def test_numbers_that_change_in_place_look_and_read_as_katex_sets_them(
    reader: Reader, view: str, operator: str
) -> None:
    opened(reader, DIGITS.replace("?", f"?view={view}&operator={operator}&"))
    last = reader.page.locator(".lines .katex").last
    last.evaluate("formula => { window.before = formula; }")
    stayed, seen = 0, set()
    for cell in ((7, 2), (4, 5), (5, 4), (1, 1), (6, 6), (4, 3)):
        maps(reader).last.hover(position=centre(cell, maps(reader).last))
        speaks_of(reader, *cell)
        for set_here, set_anew, formula in reader.page.evaluate(AS_BY_KATEX):
            assert set_here == set_anew
            seen.add(formula)
        stayed += last.evaluate("formula => formula === window.before")
        last.evaluate("formula => { window.before = formula; }")
    assert len(seen) > 6
    assert stayed, "where the form is the same nothing is set anew"


def test_a_click_counts_for_its_cell_wherever_the_mouse_goes_before_the_answer(reader: Reader) -> None:
    opened(reader)
    y = maps(reader).last
    y.hover(position=centre((7, 2), y))
    speaks_of(reader, 7, 2)
    held = held_back(reader, FRAMES)
    with reader.page.expect_request(FRAMES):
        y.click(position=centre((5, 6), y))
    y.hover(position=centre((7, 2), y))
    speaks_of(reader, 7, 2)
    let_go(reader, held, 0)
    expect(reader.page).to_have_url(re.compile("row=5&column=6"))
    reader.settle()
    speaks_of(reader, 7, 2)  # the server's word does not take the pointer's cell away
    reader.page.mouse.move(5, 5)
    speaks_of(reader, 5, 6)


def test_an_older_picture_never_returns(reader: Reader) -> None:
    opened(reader)
    reader.slider("gamma").focus()
    reader.press("ArrowRight").shows(gamma=1.1)
    reader.press("ArrowLeft").shows(gamma=1)
    held = held_back(reader, FRAMES)
    with reader.page.expect_request(FRAMES):
        reader.press("ArrowLeft")
    reader.press("ArrowRight", "ArrowRight").shows(gamma=1.1)  # both are at hand
    reader.press("ArrowRight")
    with reader.page.expect_request(FRAMES):  # of 1.2, once that of 0.9 is answered
        let_go(reader, held, 0)
    reader.shows(gamma=1.1)
    let_go(reader, held, 1)
    reader.shows(gamma=1.2)


def test_the_arrow_keys_start_from_the_asked_cell_and_say_where_they_are(reader: Reader) -> None:
    opened(reader)
    x, y = maps(reader).first, maps(reader).last
    y.hover(position=centre((7, 2), y))
    speaks_of(reader, 7, 2)
    x.focus()
    reader.press("ArrowRight").shows(row=4, column=5)
    note = x.locator("xpath=..").locator(".panel-cap span").inner_text()
    expect(x.locator("xpath=..").get_by_role("status")).to_have_text(f"row 4, column 5: {note}")
    lit = reader.page.locator(".terms button.lit")
    entered = lit.count()
    assert entered >= 3, "the cell itself, and its statistics"
    x.blur()
    expect(lit).to_have_count(0)


def test_an_arrow_key_that_is_still_down_when_the_focus_leaves_has_moved(reader: Reader) -> None:
    opened(reader)
    maps(reader).last.focus()
    reader.page.keyboard.down("ArrowRight")
    reader.shows(column=5)
    assert reader.query["column"] == "4"
    reader.slider("gamma").focus()
    expect(reader.page).to_have_url(re.compile("column=5"))
    reader.page.keyboard.up("ArrowRight")


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


def test_what_a_cell_lights_up_stays_lit_when_every_number_changes(reader: Reader) -> None:
    opened(reader)
    x = maps(reader).first
    x.hover(position=centre((1, 1), x))
    chips, formula = reader.page.locator(".terms button.lit"), reader.page.locator(".lines .lit")
    before = chips.count(), formula.count()
    assert min(before) >= 2
    reader.slider("plus").focus()
    reader.press("ArrowRight").shows(plus=0.1)
    expect(chips).to_have_count(before[0])
    expect(formula).to_have_count(before[1])


def test_a_term_that_is_made_of_no_cells_lights_up_alone(reader: Reader) -> None:
    opened(reader)
    reader.page.locator(".lines").scroll_into_view_if_needed()
    epsilon = reader.page.locator(".lines [data-term]").filter(has_text=re.compile("^[εϵ]$")).first
    box = epsilon.bounding_box()
    assert box is not None
    reader.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(epsilon).to_have_class(re.compile(r"\blit\b"))
    expect(reader.page.locator(".box.lit, .terms .lit")).to_have_count(0)


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


def test_the_paths_add_up_to_the_gradient_in_the_asked_cell(reader: Reader) -> None:
    opened(reader, DIGITS.replace("?", "?view=backward&"))
    signs = reader.page.locator(".map-panel .term > i:first-child")
    expect(signs).to_have_text(["→", "+", "+", "="])
    *paths, whole = (number_at(panel.locator(".map")) for panel in added(reader).all())
    assert sum(paths) == pytest.approx(whole, abs=5e-3 * sum(map(abs, paths)))


def added(reader: Reader) -> Locator:
    """The paths of the gradient and their sum."""
    return reader.page.locator(".map-panel").filter(has=reader.page.locator(".term"))


@pytest.mark.parametrize("operator", ["batch", "spatial", "dynamic_tanh"])
def test_the_paths_stand_in_one_row_and_on_a_phone_in_one_column(
    new_reader: Callable[..., Reader], operator: str
) -> None:
    for viewport, row in ((WIDE, True), (PHONE, False)):
        reader = opened(new_reader(viewport=viewport), DIGITS.replace("?", f"?view=backward&operator={operator}&"))
        reader.check_width()
        boxes = [panel.locator(".map").bounding_box() for panel in added(reader).all()]
        assert len(boxes) >= 2
        assert all(boxes)
        starts = {round(box["y" if row else "x"]) for box in boxes if box}
        assert len(starts) == 1
        ends = [box["x" if row else "y"] for box in boxes if box]
        assert ends == sorted(ends)


def test_a_term_of_the_gradient_lights_up_its_cells_of_x_hat(reader: Reader) -> None:
    opened(reader, DIGITS.replace("?", "?view=backward&"))
    chip = reader.page.locator(".terms button", has_text="^").last  # KaTeX's hat
    chip.focus()
    lit = reader.page.locator(".map-panel").filter(has=reader.page.locator(".box.lit"))
    expect(lit.locator(".panel-cap b")).to_have_text(["dy", "x̂"])
    x_hat = maps(reader).nth(1)
    chip.blur()
    expect(reader.page.locator(".box.lit")).to_have_count(0)
    x_hat.hover(position=centre((4, 4), x_hat))
    expect(chip).to_have_class("lit")


def test_operators_stand_beside_the_input_one_map_each(reader: Reader) -> None:
    opened(reader, DIGITS.replace("?", "?view=compare&fourth=group&"), ".map canvas")
    captions = reader.page.locator(".map-panel .panel-cap b")
    expect(captions).to_have_text(["input x", "batch", "layer", "instance", "group"])
    reader.page.locator('.controls select[name="third"]').select_option("none")
    expect(captions).to_have_text(["input x", "batch", "layer", "group"])


def test_the_graph_is_stepped_through_there_and_back(reader: Reader) -> None:
    opened(reader, DIGITS.replace("?", "?view=graph&step=1&"), ".graph-panel .katex")
    steps = int(reader.slider("step").get_attribute("max") or "0")
    seen = []
    for _ in range(steps - 1):
        reader.slider("step").focus()
        reader.press("ArrowRight")
        reader.shows(step=len(seen) + 2)
        seen.append(reader.page.locator(".graph-panel .nodes li.now").inner_text())
    assert len(set(seen)) > steps // 2
    assert reader.page.locator(".graph-panel .nodes li.next").count() == 0


def test_play_ends_with_the_last_step_begins_anew_and_stops_where_there_are_no_steps(reader: Reader) -> None:
    opened(reader, DIGITS.replace("?", "?view=graph&"), ".graph-panel .katex")
    slider, play = reader.slider("step"), reader.page.locator(".controls .play")
    most = int(slider.get_attribute("max") or "0")
    slider.focus()
    reader.press("End", "ArrowLeft").shows(step=most - 1)
    play.click()
    reader.shows(step=most)
    expect(play).to_have_text("Play")
    expect(reader.page).to_have_url(re.compile(rf"step={most}(&|$)"))
    play.click()
    reader.page.wait_for_function(
        f"JSON.parse(document.querySelector('[data-state]').dataset.state).step < {most // 2}"
    )
    expect(play).to_have_text("Pause")
    reader.page.locator('.controls input[value="forward"]').check(force=True)
    expect(play).to_have_text("Play")


def test_play_takes_the_values_that_a_hand_could_take(reader: Reader) -> None:
    reader.open("/?slide=instance-group&contrast=0.1").shows(contrast=0.1)
    taken: list[str] = []
    reader.page.on("request", lambda request: taken.extend(re.findall(r"[?&]contrast=([^&]+)", request.url)))
    reader.page.locator(".controls .play").click()
    expect(reader.page).to_have_url(re.compile(r"contrast=2(\.0)?(&|$)"))
    assert max(map(len, taken)) == 3, "0.3, not 0.30000000000000004"


def test_an_erroneous_twin_fails_the_gradient_check(reader: Reader) -> None:
    opened(reader, DIGITS.replace("?", "?view=backward&"))
    expect(reader.page.get_by_text("✓ gradient check")).to_be_visible()
    bug = reader.page.locator('.controls select[name="bug"]')
    bug.select_option("statistics_constant")
    expect(reader.page.get_by_text("✕ gradient check")).to_be_visible()
    expect(reader.page.locator(".lines p.wrong")).to_have_count(2)
    expect(reader.page.locator(".lines p.wrong").last).to_contain_text("≠")
    expect(reader.page.locator(".stage.failed")).to_have_count(0)
    reader.page.locator('.controls select[name="operator"]').select_option("dynamic_tanh")  # it has no statistics
    expect(reader.page.get_by_text("✓ gradient check")).to_be_visible()
    expect(bug).to_have_value("as_it_is")


def npy(array: np.ndarray) -> FilePayload:
    """An array as a file that a reader opens."""
    file = io.BytesIO()
    np.save(file, array)
    return {"name": "mine.npy", "mimeType": "application/octet-stream", "buffer": file.getvalue()}


def test_a_readers_own_file_is_shown_and_a_bad_one_says_why(reader: Reader) -> None:
    opened(reader)
    reader.page.locator('.controls input[value="your own"]').check(force=True)
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


def test_of_two_files_opened_in_a_row_the_later_stands(reader: Reader) -> None:
    opened(reader)
    reader.page.locator('.controls input[value="your own"]').check(force=True)
    chooser, held = reader.page.get_by_label("Open a file…"), held_back(reader, FILES)
    numbers = np.random.default_rng(4)
    for shape in ((2, 3, 6, 6), (1, 3, 1, 6)):
        with reader.page.expect_request(FILES):
            chooser.set_input_files(npy(numbers.normal(size=shape)))
    let_go(reader, held, 1)
    expect(reader.page).to_have_url(re.compile("own=[0-9a-f]{12}"))
    link = reader.page.url
    with reader.page.expect_response(FILES):
        let_go(reader, held, 0)
    reader.press("Tab").settle()
    expect(reader.page.locator(".controls .said:visible")).to_have_text(re.compile("1 × 3 × 1 × 6"))
    assert reader.page.url == link
    row = reader.slider("row")  # of one row there is no way to go
    assert row.evaluate("input => [input.max, input.style.getPropertyValue('--share')]") == ["1", "0"]


def test_the_arrays_of_the_explorer_are_those_on_the_screen(reader: Reader) -> None:
    opened(reader)
    reader.page.get_by_text("Take away").click()
    with reader.page.expect_download() as saved:
        reader.page.get_by_role("button", name="Arrays (.npz)").click()
    with np.load(saved.value.path()) as arrays:
        x, y = arrays["scene.x"], arrays["scene.y"]
    np.testing.assert_array_equal(x, tensor("digits", "", 0).x)
    layer = x[:, 3]
    assert y[0, 3, 3, 3] == pytest.approx((x[0, 3, 3, 3] - layer.mean()) / np.sqrt(layer.var() + 1e-5), rel=1e-12)
    assert number_at(maps(reader).last) == pytest.approx(y[0, 3, 3, 3], rel=1e-3)


def test_copied_python_gives_the_numbers_on_the_screen(new_reader: Callable[..., Reader]) -> None:
    reader = opened(new_reader(permissions=["clipboard-read", "clipboard-write"]), DIGITS + "&gamma=1.5&eps_power=-1")
    reader.page.get_by_text("Take away").click()
    reader.page.get_by_role("button", name="Copy as Python").click()
    expect(reader.page.get_by_text(re.compile("lines of Python"))).to_be_visible()
    code = reader.page.evaluate("navigator.clipboard.readText()")
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    printed = dict(line.rsplit(" ", 1) for line in ran.stdout.splitlines())
    for name, at in (("x", 0), ("y", -1)):
        assert float(printed[name]) == pytest.approx(number_at(maps(reader).nth(at)), rel=2e-3)
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
