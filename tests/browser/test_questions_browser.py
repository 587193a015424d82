"""Answering questions, and what a curious reader can find out before."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from classroom.content import QUESTIONS
from classroom.quiz import Question, load
from tests.browser.conftest import DECK, PHONE, Reader

BANK = load(QUESTIONS)
SCORED = sum(question.scored for question in BANK.variants(0).values())
COUNT = BANK["quiz-gamma-count"]
NUMBER = BANK["paper-experiments-speed"]


def card(reader: Reader, letter: str) -> None:
    """Choose an option of the question on its slide."""
    reader.page.locator(f'.card[data-letter="{letter}"]').click()


def secrets(question: Question) -> list[str]:
    """Return what must stay on the server until the question is answered, each a run of plain words."""
    texts = [question.why, *question.explain.values()]
    return [max(text.replace("\n", " ").split("$"), key=len).strip() for text in texts]


def test_the_key_stays_on_the_server_until_the_answer(reader: Reader) -> None:
    reader.open("/?slide=quiz-gamma-count").at(DECK.find("quiz-gamma-count"))
    expect(reader.page.locator(".card")).to_have_count(len(COUNT.options))
    document = "() => document.body.outerHTML"
    for secret in secrets(COUNT):
        assert secret not in reader.page.evaluate(document)
        assert not any(secret.encode() in frame for frame in reader.frames)
    key = b'"right yours"'
    assert reader.page.locator(".card:is(.right, .rest, .wrong)").count() == 0
    assert not any(key in frame for frame in reader.frames)
    card(reader, COUNT.answer)
    expect(reader.page.get_by_text("Right.", exact=True)).to_be_visible()
    # The recording is good for something: what was secret is in it now.
    assert any(secrets(COUNT)[0].encode() in frame for frame in reader.frames)
    assert any(key in frame for frame in reader.frames)


def test_a_wrong_answer_shows_the_right_one_and_why_and_comes_back_at_the_end(reader: Reader) -> None:
    reader.open("/?slide=quiz-gamma-count").at(DECK.find("quiz-gamma-count"))
    card(reader, "C")
    expect(reader.page.get_by_text("Not quite: it is B.")).to_be_visible()
    expect(reader.page.locator('.card.wrong[data-letter="C"]')).to_be_visible()
    expect(reader.page.locator('.card.right[data-letter="B"]')).to_be_visible()
    expect(reader.page.get_by_text("One for each activation would scale")).to_be_visible()
    reader.page.get_by_role("button", name="Try again").click()
    card(reader, "B")
    expect(reader.page.get_by_text("Right.", exact=True)).to_be_visible()
    reader.press("End").at(DECK[-1])
    expect(reader.page.get_by_text(f"1 of {SCORED} questions answered")).to_be_visible()
    expect(reader.page.locator(".score")).to_contain_text("0 ")
    again = reader.page.locator(".missed")
    missed = again.get_by_role("link", name=DECK.find("quiz-gamma-count").title, exact=True)
    expect(missed).to_have_count(1)
    missed.click()
    reader.at(DECK.find("quiz-gamma-count"))


def test_an_answer_is_heard_after_the_server_has_forgotten_the_moves(reader: Reader) -> None:
    reader.open("/?slide=quiz-picture").press("ArrowRight").at(DECK.find("quiz-gamma-count"))
    moves = """() => import(performance.getEntriesByType("resource").find(r => r.name.endsWith("/deck.js")).name)
        .then(({ deck }) => { deck.seq += 40; return deck.seq; })"""
    assert reader.page.evaluate(moves) > 40  # as after a restart: the server counts from 0 again
    card(reader, COUNT.answer)
    expect(reader.page.get_by_text("Right.", exact=True)).to_be_visible()
    reader.press("ArrowLeft").at(DECK.find("quiz-picture"))
    expect(reader.page).to_have_url(re.compile("slide=quiz-picture"))


def test_a_right_answer_scores_at_the_end(reader: Reader) -> None:
    reader.open("/?slide=quiz-gamma-count").at(DECK.find("quiz-gamma-count"))
    card(reader, COUNT.answer)
    expect(reader.page.get_by_text("Right.", exact=True)).to_be_visible()
    expect(reader.page.get_by_role("button", name="Try again")).to_have_count(0)
    reader.press("End").at(DECK[-1])
    expect(reader.page.locator(".score")).to_contain_text(f"{COUNT.points} of")
    expect(reader.page.get_by_text("Look at again")).to_have_count(0)


def test_what_is_no_number_costs_no_attempt(reader: Reader) -> None:
    reader.open(f"/?slide={NUMBER.slide}").at(DECK.find(NUMBER.slide))
    reader.page.locator(f'[data-opens="{NUMBER.id}"]').click()
    dialog = reader.page.get_by_role("dialog")
    field = dialog.get_by_label("Your number")
    for typed in ("four", "1,000", "1/0"):
        field.fill(typed)
        dialog.get_by_role("button", name="Answer", exact=True).click()
        expect(dialog.get_by_role("alert").filter(has_text="The answer must")).to_contain_text(typed)
    field.fill("14,8")
    dialog.get_by_role("button", name="Answer", exact=True).click()
    expect(dialog.get_by_text("Right.", exact=True)).to_be_visible()
    expect(dialog.get_by_role("alert").filter(has_text="The answer must")).to_have_count(0)
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    reader.press("End").at(DECK[-1])
    expect(reader.page.locator(".score")).to_contain_text(f"{NUMBER.points} of")
    expect(reader.page.get_by_text(f"1 of {SCORED} questions answered")).to_be_visible()


def test_back_closes_what_stands_open_and_leaves_the_slide_only_then(reader: Reader) -> None:
    before, slide = DECK.find("mvn"), DECK.find("internal-covariate-shift")
    reader.open("/?slide=mvn").at(before).press("ArrowRight").at(slide)
    dialog, button = reader.page.get_by_role("dialog"), reader.page.locator(".more button").first
    for close in ("Back", "Escape", "Escape", "Back", "Escape"):
        button.click()
        expect(dialog).to_have_count(1)
        if close == "Back":
            reader.page.go_back()
        else:
            reader.press(close)
        expect(dialog).to_have_count(0)
        reader.at(slide)
    reader.page.go_back()
    reader.at(before)
    reader.page.go_forward()
    reader.at(slide)


def test_on_a_phone_the_verdict_comes_into_sight(new_reader: Callable[..., Reader]) -> None:
    reader = new_reader(viewport=PHONE, has_touch=True)
    reader.open("/?slide=quiz-gamma-count").at(DECK.find("quiz-gamma-count"))
    verdict = reader.page.locator(".verdict")
    expect(verdict).to_have_count(0)
    card(reader, "C")
    expect(verdict).to_be_in_viewport(ratio=1)


def test_typing_in_a_field_never_moves_the_deck(reader: Reader) -> None:
    reader.open(f"/?slide={NUMBER.slide}").at(DECK.find(NUMBER.slide))
    reader.page.locator(f'[data-opens="{NUMBER.id}"]').click()
    field = reader.page.get_by_role("dialog").get_by_label("Your number")
    field.focus()
    reader.press("o", "f", "p", " ", "Home", "ArrowRight", "End")
    expect(field).to_have_value("ofp ")
    reader.at(DECK.find(NUMBER.slide))
