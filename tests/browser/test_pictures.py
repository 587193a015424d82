"""Pictures that follow a drag, settings that live in the address, and what a hostile address can do: nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from classroom.theme import TOKENS
from tests.browser.conftest import DECK, Reader

WINDOW = "/?slide=cross-channel"
HOSTILE = [
    "slide=<script>alert(1)</script>",
    "slide=cross-channel&k=<script>alert(1)</script>",
    "slide=cross-channel&k=nan&alpha=inf&beta=-1e999",
    f"slide=cross-channel&k={'9' * 3000}",
    "slide=cross-channel&__proto__=1&constructor=2&nav=3&deck=4",
    "slide=../../quizzes.yaml",
    f"slide={'x' * 3000}",
    "slide=99999999999999999999&slide=cross-channel",
    "missing=<img src=x onerror=alert(1)>",
]


def test_the_picture_and_its_words_follow_the_mouse_while_it_is_down(reader: Reader) -> None:
    reader.open(WINDOW).shows(alpha=0.2)
    before, address = (reader.pixels, reader.alt), reader.page.url
    slider = reader.slider("alpha")
    box = slider.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    reader.page.mouse.move(box["x"] + 0.2 * box["width"], y)
    reader.page.mouse.down()
    seen = []
    for share in (0.5, 0.9):
        reader.page.mouse.move(box["x"] + share * box["width"], y, steps=6)
        alpha = float(slider.input_value())
        assert alpha == pytest.approx(share, abs=0.1)
        reader.shows(alpha=alpha)
        seen.append((reader.pixels, reader.alt))
        assert reader.page.url == address, "the address waits for the release"
    assert len({before[0], *(pixels for pixels, _ in seen)}) == 3
    assert len({before[1], *(alt for _, alt in seen)}) == 3
    reader.page.mouse.up()
    expect(reader.page).to_have_url(re.compile(rf"alpha={re.escape(slider.input_value())}(&|$)"))
    assert (reader.pixels, reader.alt) == seen[-1]


def test_the_keys_move_a_slider_and_not_the_slide(reader: Reader) -> None:
    reader.open(WINDOW).shows(k=4)
    before = reader.pixels, reader.alt
    reader.slider("k").focus()
    reader.press("ArrowRight", "ArrowRight").shows(k=6)
    assert reader.pixels != before[0]
    assert reader.alt != before[1]
    expect(reader.page).to_have_url(re.compile(r"[?&]k=6(&|$)"))
    reader.at(DECK.find("cross-channel"))
    expect(reader.slider("k")).to_have_attribute("aria-valuetext", "6")


def test_no_answer_to_an_earlier_move_overtakes_the_hand(reader: Reader) -> None:
    reader.open(WINDOW).shows(k=4)
    for name in ("k", "size", "alpha", "beta") * 2:  # each leaves an answer of the server on its way
        reader.slider(name).focus()
        reader.press("End" if name in ("k", "alpha") else "Home")
    reader.shows(k=12, size=1, alpha=1, beta=0)
    expect(reader.page).to_have_url(re.compile(r"[?&]k=12&size=1&alpha=1(\.0)?&beta=0(\.0)?$"))
    reader.settle().shows(k=12, size=1, alpha=1, beta=0)
    expect(reader.slider("beta")).to_have_value("0")


def test_a_click_on_a_cell_of_a_table_moves_the_lists_and_the_address(reader: Reader) -> None:
    reader.open("/?slide=invariances").shows(operator="batch")
    before = reader.alt
    reader.page.locator('[title^="layer, each channel plus a b"]').click()
    reader.shows(operator="layer", change="shift each channel")
    assert reader.alt != before
    expect(reader.page.get_by_label("operator", exact=True)).to_have_value("layer")
    expect(reader.page).to_have_url(re.compile(r"[?&]operator=layer(&|$)"))
    reader.page.get_by_label("operator", exact=True).select_option("instance")
    reader.shows(operator="instance", change="shift each channel")


def test_a_link_opens_the_same_picture_for_somebody_else(new_reader: Callable[..., Reader]) -> None:
    first = new_reader().open(WINDOW).shows(size=5)
    first.slider("size").focus()
    first.press("Home").shows(size=1)
    first.slider("beta").focus()
    first.press("End").shows(size=1, beta=1.0)
    expect(first.page).to_have_url(re.compile(r"[?&]size=1&.*beta=1(&|$)"))
    shown = first.pixels, first.alt, first.state
    first.page.reload()
    first.settle().shows(size=1, beta=1.0)
    assert (first.pixels, first.alt, first.state) == shown
    other = new_reader().open(first.page.url.removeprefix(first.base_url)).shows(size=1, beta=1.0)
    assert (other.pixels, other.alt, other.state) == shown


def test_settings_stay_while_the_reader_looks_at_other_slides(reader: Reader) -> None:
    reader.open(WINDOW).shows(k=4)
    reader.slider("k").focus()
    reader.press("End").shows(k=12)
    shown = reader.pixels
    reader.page.get_by_role("button", name="Next slide").click()
    reader.at(DECK.step(DECK.find("cross-channel"), 1))
    reader.page.get_by_role("button", name="Previous slide").click()
    reader.at(DECK.find("cross-channel")).shows(k=12)
    assert reader.pixels == shown
    expect(reader.slider("k")).to_have_value("12")
    assert reader.query["k"] == "12"


def test_a_setting_out_of_range_takes_the_nearest_and_says_so(reader: Reader) -> None:
    reader.open(f"{WINDOW}&k=99&alpha=-3").shows(k=12, alpha=0.0)
    notices = reader.page.locator(".notice")
    expect(notices).to_have_count(2)
    expect(notices.nth(0)).to_contain_text("outside 1 to 12; 12 is shown instead.")
    expect(reader.slider("k")).to_have_value("12")


@pytest.mark.parametrize("query", HOSTILE, ids=lambda query: query[:40])
def test_a_hostile_address_does_nothing(reader: Reader, query: str) -> None:
    reader.open(f"/{'overview' if query.startswith('missing') else ''}?{quote(query, safe='=&')}")
    expect(reader.page.locator("h1")).to_have_count(1)
    assert reader.page.locator("h1 ~ script, .notice script, .notice img").count() == 0
    if "slide=cross-channel" in query and reader.page.locator("h1").text_content() == "Cross-channel normalization":
        assert 1 <= reader.state["k"] <= 12
    reader.check_width()


def test_light_and_dark_are_two_palettes(new_reader: Callable[..., Reader]) -> None:
    found = []
    for place, scheme in enumerate(("light", "dark")):
        reader = new_reader(color_scheme=scheme).open(WINDOW).shows(k=4)
        paper, ink, accent = (TOKENS[name][place] for name in ("paper", "ink", "accent"))
        colour = "(e, name) => getComputedStyle(e)[name]"
        assert reader.page.locator('[data-testid="stApp"]').evaluate(colour, "backgroundColor") == rgb(paper)
        assert reader.page.locator("h1").evaluate(colour, "color") == rgb(ink)
        assert reader.page.locator(".control-head output").first.evaluate(colour, "color") == rgb(accent)
        found.append(reader.pixels)
    assert found[0] != found[1], "the maps keep the colours of the other theme"


def test_a_change_of_theme_repaints_the_open_picture(reader: Reader) -> None:
    reader.open(WINDOW).shows(k=4)
    light = reader.pixels
    reader.page.emulate_media(color_scheme="dark")
    reader.page.wait_for_function(
        "light => [...document.querySelectorAll('[data-state] canvas')].map(c => c.toDataURL()).join(' ') !== light",
        arg=light,
    )


def rgb(colour: str) -> str:
    """Return a colour as browsers print it."""
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"
