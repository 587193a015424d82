"""Paging through the talk: keys, buttons, the address, and two windows."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DECK, PHONE, WIDE, Reader

SCREENS = {"wide": {"viewport": WIDE}, "phone": {"viewport": PHONE, "has_touch": True, "is_mobile": True}}
LAST = DECK[-1]
FORWARD = next(slide for slide in DECK if slide.id == "forward")


@pytest.mark.parametrize("screen", SCREENS)
def test_every_slide_comes_by_the_arrow_key_without_a_fault(new_reader: Callable[..., Reader], screen: str) -> None:
    reader = new_reader(**SCREENS[screen]).open().at(DECK.cover)
    for slide in DECK:
        reader.press("ArrowRight").at(slide)
        expect(reader.page.locator(".nav .count")).to_have_text(f"{slide.number} / {len(DECK)}")
        expect(reader.page).to_have_url(re.compile(rf"[?&]slide={slide.id}(&|$)"))
        if slide.exhibit:
            expect(reader.picture).to_have_count(1)
            assert reader.alt
        reader.check()
        reader.check_width()


def test_home_end_and_page_keys_move(reader: Reader) -> None:
    reader.open().press("End").at(LAST)
    reader.press("PageUp").at(DECK[-2])
    reader.press("PageDown").at(LAST)
    reader.press("ArrowRight").at(LAST)
    reader.press("Home").at(DECK.cover)
    reader.press("ArrowLeft").at(DECK.cover)
    reader.press(" ").at(DECK[0])
    reader.press("ArrowLeft").at(DECK.cover)


def test_five_quick_presses_are_five_slides(reader: Reader) -> None:
    reader.open().press(*["ArrowRight"] * 5).at(DECK[4])
    reader.press(*["ArrowLeft"] * 3).at(DECK[1])


def test_the_buttons_of_the_bar_move(reader: Reader) -> None:
    reader.open()
    expect(reader.page.get_by_role("button", name="Previous slide")).to_be_disabled()
    reader.page.get_by_role("button", name="Next slide").click()
    reader.at(DECK[0])
    reader.page.get_by_role("button", name="Previous slide").click()
    reader.at(DECK.cover)


def test_back_and_forward_of_the_browser_follow_the_slides(reader: Reader) -> None:
    reader.open().press("ArrowRight").at(DECK[0])
    reader.press("ArrowRight").at(DECK[1])
    reader.page.go_back()
    reader.at(DECK[0])
    reader.page.go_back()
    reader.at(DECK.cover)
    reader.page.go_forward()
    reader.at(DECK[0])
    reader.press("ArrowRight").at(DECK[1])


def test_a_swipe_moves_on_a_phone(new_reader: Callable[..., Reader]) -> None:
    reader = new_reader(**SCREENS["phone"]).open().at(DECK.cover)
    swipe = """([from, to]) => {
        const touch = (x) => [new Touch({ identifier: 1, target: document.body, clientX: x, clientY: 300 })];
        const fire = (type, x) => document.body.dispatchEvent(new TouchEvent(type,
            { bubbles: true, touches: type === "touchend" ? [] : touch(x), changedTouches: touch(x) }));
        fire("touchstart", from); fire("touchend", to); }"""
    reader.page.evaluate(swipe, [300, 80])
    reader.at(DECK[0])
    reader.page.evaluate(swipe, [80, 300])
    reader.at(DECK.cover)


def test_the_overview_opens_by_its_key_and_leads_to_a_slide(reader: Reader) -> None:
    slide = DECK[6]
    reader.open().press("o").at("Overview")
    assert reader.page.locator(".tiles a").count() == len(DECK)
    reader.page.locator(".tiles").get_by_text(slide.title, exact=True).click()
    reader.at(slide)


def test_an_unknown_slide_leads_to_the_overview_with_a_sentence(reader: Reader) -> None:
    reader.open("/?slide=no-such-slide").at("Overview")
    expect(reader.page.get_by_role("status").filter(has_text="There is no slide 'no-such-slide'")).to_be_visible()


def test_the_presenter_moves_the_window_of_the_slides(new_reader: Callable[..., Reader]) -> None:
    hall = new_reader().open("/?slide=forward")
    desk = new_reader(beside=hall).open("/present?slide=forward").at(FORWARD)
    following = DECK.step(FORWARD, 1)
    desk.press("ArrowRight").at(following)
    hall.at(following)
    expect(desk.page.locator(".notes")).to_contain_text("Say")
    expect(hall.page.locator(".notes")).to_have_count(0)
    hall.press("ArrowLeft").at(FORWARD)
    desk.at(FORWARD)


def test_two_readers_tabs_leave_each_other_alone(new_reader: Callable[..., Reader]) -> None:
    first = new_reader().open("/?slide=forward").at(FORWARD)
    second = new_reader(beside=first).open("/?slide=mvn").at(DECK.find("mvn"))
    second.press("ArrowRight").at(DECK.step(DECK.find("mvn"), 1))
    first.at(FORWARD)
    first.press("ArrowLeft").at(DECK.step(FORWARD, -1))
    second.at(DECK.step(DECK.find("mvn"), 1))


def test_the_presenter_opens_by_its_key(reader: Reader) -> None:
    reader.open("/?slide=forward").at(FORWARD)
    with reader.page.expect_popup() as opened:
        reader.press("p")
    expect(opened.value.locator("h1")).to_have_text([FORWARD.title])
    expect(opened.value.locator(".notes")).to_be_visible()


def test_the_full_screen_key_goes_there_and_back(reader: Reader) -> None:
    reader.open().press("f")
    reader.page.wait_for_function("document.fullscreenElement !== null")
    reader.press("f")
    reader.page.wait_for_function("document.fullscreenElement === null")


def test_the_continuous_page_holds_the_talk(reader: Reader) -> None:
    reader.open("/read")
    expect(reader.page.locator("h2").filter(has_text=DECK[-1].title)).to_have_count(1)
    reader.check_width()
    reader.page.locator("#slide-cross-channel").scroll_into_view_if_needed()
    expect(reader.picture.first).to_be_visible()
