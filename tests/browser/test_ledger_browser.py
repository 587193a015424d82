"""From a slide's mark to its grounds, and from a claim to the run behind it."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from classroom.exhibits import EXHIBITS
from tests.browser.conftest import DECK, PHONE, Reader

SLIDE = DECK.find("vgg")


def test_a_mark_leads_to_the_grounds_and_a_claim_to_its_own_run(reader: Reader) -> None:
    assert SLIDE
    reader.open("/?slide=vgg&seeds=3&depth=2").at(SLIDE)
    reader.page.get_by_role("link", name="contested").click()
    reader.at("What is claimed, and on what grounds")
    articles = reader.page.locator(".ledger article")
    expect(articles).to_have_count(2)
    expect(articles.locator(".mark")).to_have_text(["recomputed", "contested"])
    reader.page.get_by_role("link", name=re.compile("^Run it")).click()
    reader.at(SLIDE)
    expect(reader.page.locator(".run")).to_have_attribute("data-run", re.compile("waiting|training|over"))
    for name, value in EXHIBITS[SLIDE.exhibit or ""](**SLIDE.state).state().items():  # and not what the reader had set
        expect(reader.slider(name)).to_have_value(f"{value:g}")


def test_a_status_is_chosen_by_keyboard(reader: Reader) -> None:
    reader.open("/ledger").at("What is claimed, and on what grounds")
    reader.page.get_by_role("link", name=re.compile("^All")).focus()
    reader.press("Tab").press("Tab").press("Enter")
    expect(reader.page.locator(".ledger h2")).to_have_text(["Cited"])
    assert reader.page.url.endswith("/ledger?status=cited")


def test_it_is_no_wider_than_a_phone_and_both_sides_stand_below_each_other(new_reader: Callable[..., Reader]) -> None:
    phone = new_reader(viewport=PHONE)
    phone.open("/ledger").at("What is claimed, and on what grounds")
    for summary in phone.page.locator("summary").all():
        summary.click()
    phone.check_width()
    left, right = (side.bounding_box() for side in phone.page.locator(".sides").first.locator("li").all()[:2])
    assert left
    assert right
    assert left["x"] == right["x"]
    assert left["y"] + left["height"] <= right["y"]
