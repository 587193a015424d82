"""What a quick hand, a slow network and a lost session do to the slides: nothing."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

import run
from tests.browser.conftest import DECK, PATIENCE, WIDE, Reader


class Held:
    """Holds the requests for an address back until `let`."""

    def __init__(self, page: Page, address: str) -> None:
        self.routes: list[Route] = []
        self.open = False
        page.route(address, self._take)

    def _take(self, route: Route) -> None:
        if self.open:
            route.continue_()
        else:
            self.routes.append(route)

    def let(self) -> None:
        """Let all of them through, and whatever comes later."""
        self.open = True
        for route in self.routes:
            route.continue_()


def turn(reader: Reader, name: str) -> None:
    """Turn the page by a button of the bar."""
    reader.page.get_by_role("button", name=name).click()


def test_quick_presses_never_show_a_slide_that_was_left_again(reader: Reader) -> None:
    reader.open().at(DECK.cover)
    reader.page.evaluate("""() => {
        window.seen = [];
        const look = () => {
            const title = document.querySelector("h1")?.textContent;
            if (title && seen.at(-1) !== title) seen.push(title);
        };
        new MutationObserver(look).observe(document, { subtree: true, childList: true }); }""")
    reader.press(*["ArrowRight"] * 6).at(DECK[5])
    places = [slide.title for slide in DECK]
    seen = [places.index(title) for title in reader.page.evaluate("window.seen")]
    assert seen == sorted(set(seen))
    assert seen[-1] == 5


def test_a_setting_released_just_before_the_turn_is_not_forgotten(reader: Reader) -> None:
    reader.open("/?slide=cross-channel").shows(k=4)
    held = Held(reader.page, "**/api/exhibit/channel_window?k=12*")
    reader.slider("k").focus()
    reader.press("End")
    turn(reader, "Next slide")
    reader.at(DECK.step(DECK.find("cross-channel"), 1))
    held.let()
    turn(reader, "Previous slide")
    reader.at(DECK.find("cross-channel")).shows(k=12)
    expect(reader.slider("k")).to_have_value("12")
    assert reader.query["k"] == "12"


def test_a_setting_seen_before_does_not_wait_for_the_one_on_its_way(reader: Reader) -> None:
    reader.open("/?slide=cross-channel").shows(k=4)
    held = Held(reader.page, "**/api/exhibit/channel_window?k=5*")
    reader.slider("k").focus()
    reader.press("ArrowRight", "ArrowLeft").shows(k=4)
    expect(reader.page).to_have_url(re.compile(r"[?&]k=4(&|$)"))
    expect(reader.page.locator(".waiting")).to_have_count(0)
    held.let()
    reader.page.wait_for_timeout(300)
    reader.shows(k=4)


def test_a_plot_left_before_its_script_came_is_there_later(reader: Reader) -> None:
    held = Held(reader.page, "**/plotly.min.js")
    vgg = DECK.find("vgg")
    reader.open("/?slide=vgg").at(vgg)
    expect(reader.picture).to_have_count(1, timeout=4 * PATIENCE)  # its networks train here
    turn(reader, "Next slide")
    reader.at(DECK.step(vgg, 1))
    reader.page.wait_for_timeout(2500)
    held.let()
    turn(reader, "Previous slide")
    reader.at(vgg)
    expect(reader.page.locator(".sheet .plot .main-svg").first).to_be_visible()


def test_a_slide_does_not_wait_for_ever_for_what_sets_its_formulas(reader: Reader) -> None:
    held = Held(reader.page, "**/katex.min.js")
    reader.open("/?slide=lrn").at(DECK.find("lrn"))
    assert reader.page.locator(".sheet .katex").count() == 0
    held.let()
    expect(reader.page.locator(".sheet .lede .katex").first).to_be_visible()


def test_a_notice_is_seen_in_a_tab_that_was_here_before(reader: Reader) -> None:
    reader.open("/?slide=cross-channel").shows(k=4)
    reader.slider("k").focus()
    reader.press("ArrowRight").shows(k=5)
    reader.open("/?slide=cross-channel&k=77").shows(k=12)
    expect(reader.page.locator(".notice")).to_contain_text("outside 1 to 12; 12 is shown instead.")


def test_a_picture_that_cannot_be_computed_says_so_and_what_to_do(reader: Reader) -> None:
    reader.open("/?slide=cross-channel").shows(k=4)
    reader.page.route("**/api/exhibit/channel_window?k=5*", lambda route: route.fulfill(status=500, body="it broke"))
    reader.slider("k").focus()
    reader.press("ArrowRight")
    message = reader.page.locator(".stage .message")
    expect(message).to_have_text("The picture could not be computed: it broke. Move a control to try again.")
    reader.press("ArrowRight").shows(k=6)
    expect(message).to_be_hidden()
    reader.faults.clear()  # the browser wrote the 500 into its console


def test_a_clicker_turns_the_page_though_a_slider_has_the_focus(reader: Reader) -> None:
    reader.open("/?slide=cross-channel").shows(k=4)
    reader.slider("k").focus()
    reader.press("PageDown").at(DECK.step(DECK.find("cross-channel"), 1))
    reader.press("PageUp").at(DECK.find("cross-channel")).shows(k=4)


def test_the_keyboard_goes_on_at_the_heading_of_the_new_slide(reader: Reader) -> None:
    reader.open("/?slide=before-bn").at(DECK.find("before-bn"))
    reader.page.get_by_role("link", name="spatial").focus()
    reader.press("Enter").at(DECK.find("spatial"))
    assert reader.page.evaluate("document.activeElement.tagName") == "H1"
    expect(reader.page.locator('.nav [role="status"]')).to_have_text("Spatial normalization")
    reader.press("ArrowRight").at(DECK.step(DECK.find("spatial"), 1))


def test_a_formula_too_wide_for_the_screen_is_in_reach_of_the_keyboard(new_reader: Any) -> None:
    reader = new_reader(viewport={"width": 240, "height": 640}).open("/?slide=backward-input")
    reader.at(DECK.find("backward-input"))
    wide = reader.page.locator(".sheet .katex-display[tabindex]").first
    wide.focus()
    reader.press("ArrowRight")
    reader.at(DECK.find("backward-input"))


def test_starting_over_forgets_the_answers_and_the_settings(reader: Reader) -> None:
    reader.open("/?slide=cross-channel").shows(k=4)
    reader.slider("k").focus()
    reader.press("End").shows(k=12)
    reader.open("/?slide=quiz-gamma-count")
    reader.page.locator('.card[data-letter="B"]').click()
    expect(reader.page.get_by_text("Right.", exact=True)).to_be_visible()
    reader.press("End").at(DECK[-1])
    reader.page.get_by_role("button", name="Start over").click()
    reader.page.get_by_role("button", name="Forget them").click()
    expect(reader.page.locator(".score")).to_contain_text("0 of")
    reader.open("/?slide=quiz-gamma-count").at(DECK.find("quiz-gamma-count"))
    expect(reader.page.locator(".card:disabled")).to_have_count(0)
    reader.open("/?slide=cross-channel").shows(k=4)


def test_answers_outlive_a_session_that_is_lost_twice(browser: Browser) -> None:
    port = run.free_port("127.0.0.1", 0)
    page = browser.new_context(viewport=WIDE).new_page()  # type: ignore[arg-type]
    right = page.get_by_text("Right.", exact=True)
    try:
        for start in range(3):
            with run.served("127.0.0.1", port, python=sys.executable):
                if not start:
                    page.goto(f"http://127.0.0.1:{port}/?slide=quiz-gamma-count")
                    page.locator('.card[data-letter="B"]').click()
                connected = page.locator('[data-testid="stApp"][data-test-connection-state="CONNECTED"]')
                expect(connected).to_be_visible(timeout=2 * PATIENCE)
                page.wait_for_timeout(1000)
                expect(right).to_be_visible()
                kept = page.evaluate("sessionStorage.getItem('normalization-deck')")
                assert json.loads(kept)["records"]["quiz-gamma-count"]["given"] == ["B"]
    finally:
        page.context.close()


@pytest.mark.parametrize("name", ["citations", "citations-2"])
def test_a_slide_with_an_uploader_comes_whole(reader: Reader, name: str) -> None:
    slide = DECK.find(name)
    assert slide is not None
    reader.open(f"/?slide={DECK[slide.number - 2].id}").at(DECK[slide.number - 2])
    reader.press("ArrowRight").at(slide)
    expect(reader.page.locator(".sheet .empty")).to_be_visible()
    expect(reader.page.get_by_text("Your table (CSV)")).to_be_visible()
    reader.press("ArrowLeft").at(DECK[slide.number - 2])
    left = 1 if DECK[slide.number - 2].layout == "upload" else 0
    expect(reader.page.get_by_text("Your table (CSV)")).to_have_count(left)
