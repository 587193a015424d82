"""What axe finds on the pages, in light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from classroom.content import content
from tests.browser.conftest import DECK, Reader

CONTESTED = [claim for claim in content().claims if claim.status == "contested"]

# Faults of Streamlit's own, each with the rule, a part of the selector, and why it is not ours to mend.
STREAMLITS: dict[tuple[str, str], str] = {}


def views(reader: Reader) -> Iterator[str]:
    """Go from view to view, as a reader would."""
    reader.open().at(DECK.cover)
    yield "cover"
    reader.press("o").at("Overview")
    yield "overview"
    reader.open("/?slide=cross-channel").at(DECK.find("cross-channel")).shows(k=4)
    yield "a slide with a picture"
    reader.open("/?slide=backward-input").at(DECK.find("backward-input"))
    yield "a slide with a derivation"
    reader.open("/?slide=quiz-gamma-count").at(DECK.find("quiz-gamma-count"))
    yield "a question"
    reader.page.locator('.card[data-letter="C"]').click()
    expect(reader.page.get_by_text("Not quite")).to_be_visible()
    reader.settle()
    yield "a question, answered wrongly"
    reader.press("End").at(DECK[-1])
    yield "the score"
    reader.open("/present?slide=cross-channel").at(DECK.find("cross-channel"))
    yield "the presenter's view"
    reader.open("/read")
    expect(reader.page.locator("h2").filter(has_text=DECK[-1].title)).to_have_count(1)
    reader.settle()
    yield "the talk on one page"
    reader.open("/operators").at("Operators")
    yield "all operators"
    reader.page.get_by_role("link", name="Switchable normalization").click()
    reader.at("Switchable normalization")
    expect(reader.page.locator(".reference .katex").first).to_be_visible()
    yield "an operator"
    reader.open("/ledger").at("What is claimed, and on what grounds")
    reader.page.locator("summary").first.click()
    yield "all claims"
    reader.page.get_by_role("link", name="Contested").click()
    expect(reader.page.locator(".ledger article")).to_have_count(len(CONTESTED))
    expect(reader.page.get_by_role("link", name="Contested")).to_have_attribute("aria-current", "true")
    yield "what is contested"
    for view in ("forward", "backward", "graph", "compare"):
        reader.open(f"/explore?view={view}&bug=mean_constant&step=9").shows(view=view)
        yield f"the explorer: {view}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_of_ours(new_reader: Callable[..., Reader], scheme: str) -> None:
    reader = new_reader(color_scheme=scheme, reduced_motion="reduce")
    found = []
    for view in views(reader):
        for violation in Axe().run(reader.page).response["violations"]:
            for node in violation["nodes"]:
                selector = " ".join(map(str, node["target"]))
                if not any(violation["id"] == rule and part in selector for rule, part in STREAMLITS):
                    found.append(f"{view}: {violation['id']} ({violation['impact']}): {selector}: {node['html'][:160]}")
    assert not found, "\n".join(found)


def test_axe_would_find_a_fault(reader: Reader) -> None:
    reader.open()
    reader.page.evaluate("document.querySelector('[data-testid=stMain]').insertAdjacentHTML('beforeend', '<img src>')")
    assert [v["id"] for v in Axe().run(reader.page).response["violations"]] == ["image-alt"]
