"""A picture that grows while a network trains: watched, paused, stopped, begun again, broken off, shared."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, expect

from classroom.exhibits import EXHIBITS
from classroom.exhibits.learning_rate_and_init import SWEEP
from classroom.exhibits.paper_experiments import RERUN
from classroom.trained import Trained
from tests.browser.conftest import DECK, Reader

SLIDE, QUICK = DECK.find("internal-covariate-shift"), DECK.find("vgg")
LONG = 60_000  # milliseconds for a run on a busy machine
SMALL = {  # every slide that trains, and settings that nobody starts with
    "internal-covariate-shift": {"rate": 0.9},
    "bn-parameters": {"decay": "0.005"},
    "paper-experiments": {"show": RERUN},
    "cifar10": {"rate": 0.08, "seeds": 3},
    "lr-init-table": {"show": SWEEP, "steps": 40, "seeds": 2},
    "vgg": {"depth": 2, "seeds": 5},
    "noise-after-bn": {"strength": 2},
    "your-own": {"data": "xor"},
    "error-by-batch-size": {"seeds": 3},
}


def training(reader: Reader, **settings: object) -> Locator:
    """Come to a slide with a run that nobody has made; return the row that tells of it."""
    slide = SLIDE if "rate" in settings else QUICK
    assert slide
    reader.open(f"/?{urlencode({'slide': slide.id, **settings})}").at(slide)
    row = reader.page.locator(".run")
    expect(row).to_have_attribute("data-run", "training", timeout=LONG)
    return row


def share(row: Locator) -> float:
    return float(row.locator("progress").evaluate("bar => bar.value"))


def grows(reader: Reader, row: Locator) -> None:
    """Expect a picture of a later step, and a bar that is further."""
    before, step = share(row), reader.alt
    expect(reader.picture.locator(".words p")).not_to_have_text(step, timeout=LONG)
    assert share(row) > before or row.get_attribute("data-run") == "over"


def test_a_run_is_watched_paused_gone_on_with_and_stopped(reader: Reader) -> None:
    row = training(reader, rate=0.8, seeds=7)
    expect(reader.picture).to_be_visible(timeout=LONG)
    grows(reader, row)
    row.get_by_role("button", name="Pause").click()
    expect(row).to_have_attribute("data-run", "paused", timeout=LONG)
    held = ""
    while held != reader.alt:  # the moment at which it was paused is still to come
        held = reader.alt
        reader.page.wait_for_timeout(1000)
    reader.page.wait_for_timeout(1200)
    assert reader.alt == held
    expect(row.locator(".says")).to_have_text(re.compile(r"paused at \d+ %"))
    row.get_by_role("button", name="Go on").click()
    expect(row).to_have_attribute("data-run", "training", timeout=LONG)
    grows(reader, row)
    row.get_by_role("button", name="Stop").click()
    expect(row).to_have_attribute("data-run", "stopped")
    expect(row.get_by_role("button", name="Start again")).to_be_focused()
    stopped = share(row)
    reader.press("Enter")  # and not the next slide
    expect(row).to_have_attribute("data-run", "training", timeout=LONG)
    reader.page.wait_for_function(
        "([bar, before]) => bar.value < before", arg=[row.locator("progress").element_handle(), stopped]
    )
    reader.press("ArrowRight").at(DECK.step(SLIDE, 1))  # the page is alive all the while


def test_a_finished_run_is_there_at_once_for_the_next_and_can_be_watched_anew(
    reader: Reader, new_reader: Callable[..., Reader]
) -> None:
    row = training(reader, seeds=3, depth=2)
    second = training(new_reader(), seeds=3, depth=4)  # another run, at the same time
    for each in (row, second):
        expect(each).to_have_attribute("data-run", "over", timeout=LONG)
    third = new_reader()
    third.open("/?slide=vgg&seeds=3&depth=2").at(QUICK)
    expect(third.picture.locator(".words p")).to_have_text(reader.alt)
    again = third.page.locator(".run")
    expect(again).to_have_attribute("data-run", "over")
    third.page.evaluate(
        """() => { const words = document.querySelector("[data-state] .words p"); window.said = new Set();
            new MutationObserver(() => window.said.add(words.textContent)).observe(words, { childList: true }); }"""
    )
    again.get_by_role("button", name="Train it again").click()
    expect(again).to_have_attribute("data-run", "training")
    expect(again).to_have_attribute("data-run", "over", timeout=LONG)
    expect(third.picture.locator(".words p")).to_have_text(reader.alt)
    assert len(third.page.evaluate("[...window.said]")) > 2  # it grew


def test_small_settings_are_known_of_every_slide_that_trains() -> None:
    trains = [slide.exhibit for slide in DECK if slide.exhibit and issubclass(EXHIBITS[slide.exhibit], Trained)]
    assert {slide.exhibit for slide in DECK if slide.id in SMALL} == set(trains)


@pytest.mark.parametrize("name", SMALL)
def test_every_experiment_runs_from_its_slide(reader: Reader, name: str) -> None:
    slide = DECK.find(name)
    assert slide
    reader.open(f"/?{urlencode({'slide': name, **SMALL[name]})}").at(slide)
    row = reader.page.locator(".run")
    expect(row).to_have_attribute("data-run", "over", timeout=2 * LONG)
    expect(reader.picture).to_be_visible()
    exhibit, notices = EXHIBITS[slide.exhibit or ""].from_state(SMALL[name], base=slide.state)
    assert not notices
    assert reader.state == exhibit.state()
    assert any(sign.isdigit() for sign in reader.alt)
    expect(row.get_by_role("button", name="Train it again")).to_be_visible()


def lab_processes() -> list[int]:
    """Return the processes of the lab that belong to this test's server."""
    parents, found = {}, []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat, command = (folder / "stat").read_text(), (folder / "cmdline").read_bytes()
        except OSError:
            continue
        parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
        if b"lab.worker" in command:
            found.append(int(folder.name))

    def is_ours(process: int) -> bool:
        return process == os.getpid() or (process in parents and is_ours(parents[process]))

    return [process for process in found if is_ours(process)]


def test_a_run_that_breaks_off_says_so_and_can_be_begun_again(reader: Reader) -> None:
    row = training(reader, rate=1.0, seeds=7)
    expect(reader.picture).to_be_visible(timeout=LONG)
    broken = lab_processes()
    assert broken
    for process in broken:
        os.kill(process, signal.SIGKILL)
    expect(row).to_have_attribute("data-run", "failed", timeout=LONG)
    expect(row.locator(".says")).to_have_text("The run broke off: its process ended; start it again.")
    row.get_by_role("button", name="Start again").click()
    expect(row).to_have_attribute("data-run", "training", timeout=LONG)
    grows(reader, row)
    assert not set(broken) & set(lab_processes())
