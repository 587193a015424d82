"""The reference in a browser: links, keys, the way back, and screens of any width."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Reader


def test_a_link_turns_the_page_without_loading_it_and_back_leads_back(reader: Reader) -> None:
    reader.open("/operators").at("Operators")
    reader.page.evaluate("globalThis.here = true")
    reader.page.get_by_role("link", name="Group normalization").click()
    reader.at("Group normalization")
    expect(reader.page).to_have_url(re.compile(r"/operators\?norm=group_norm$"))
    expect(reader.page.locator("h1")).to_be_focused()
    expect(reader.page.locator(".katex-error")).to_have_count(0)
    reader.page.locator("nav a", has_text="Dynamic tanh").focus()
    reader.press("Enter").at("Dynamic tanh")
    expect(reader.page.locator("nav a[aria-current=page]")).to_be_focused()
    reader.page.go_back()
    reader.at("Group normalization")
    reader.page.get_by_role("link", name="all operators").click()
    reader.at("Operators")
    assert reader.page.evaluate("globalThis.here")


def test_a_link_to_a_slide_leads_to_the_slide(reader: Reader) -> None:
    reader.open("/operators?norm=local_response_norm").at("Local response normalization")
    reader.page.locator(".reference a[href='./?slide=lrn']").click()
    expect(reader.page).to_have_url(re.compile(r"/\?slide=lrn"))
    expect(reader.page.locator(".nav .count")).to_be_visible()


def test_a_phone_scrolls_tables_and_formulas_alone_and_keys_reach_them(new_reader: Callable[..., Reader]) -> None:
    reader = new_reader(viewport=PHONE)
    for name in ("switchable_norm", "local_response_norm", ""):
        reader.open(f"/operators?norm={name}")
        expect(reader.page.locator(".reference table").first).to_be_visible()
        reader.check_width()
        stuck = """() => [...document.querySelectorAll(".katex-display, .table")]
            .filter(e => e.scrollWidth > e.clientWidth && e.tabIndex < 0).length"""
        assert reader.page.evaluate(stuck) == 0
