"""Each kind of question in a browser: its form, a right answer, a wrong one, and what is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from classroom.content import QUESTIONS
from classroom.quiz import load
from tests.browser.conftest import DECK, PHONE, Reader

BANK = load(QUESTIONS)


@pytest.fixture(autouse=True)
def no_barrier(request: pytest.FixtureRequest) -> Iterator[None]:
    """Ask axe about the dialog as each test leaves it, light and dark."""
    reader = request.getfixturevalue("reader") if "reader" in request.fixturenames else None
    yield
    if reader is None:
        return
    page = reader.page
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
        found = Axe().run(page, context="[role=dialog]").response["violations"]
        assert not [f"{scheme}: {v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"]]


def opened(reader: Reader, name: str) -> Locator:
    """Open the dialog of a question on its slide."""
    slide = DECK.find(BANK[name].slide)
    assert slide is not None
    reader.open(f"/?slide={slide.id}").at(slide)
    reader.page.locator(f'[data-opens="{name}"]').click()
    dialog = reader.page.get_by_role("dialog")
    expect(dialog.locator(".answers > *").first).to_be_visible()
    return dialog


def letters_of(dialog: Locator) -> str:
    """Read the order in which the cards stand."""
    return "".join(row.get_attribute("data-letter") or "" for row in dialog.locator(".rank").all())


def test_cards_are_put_in_order_by_buttons_keys_and_drag(reader: Reader) -> None:
    dialog = opened(reader, "backward-input-order")
    expect(dialog.get_by_role("button", name="Put them in order")).to_be_disabled()
    assert letters_of(dialog) == "DBCA"  # nothing of the key, C, A, D, B, and worth nothing
    dialog.get_by_role("button", name="Move C up").click()
    assert letters_of(dialog) == "DCBA"
    expect(dialog.get_by_text("C is now 2 of 4.")).to_be_attached()
    reader.press("ArrowUp")
    assert letters_of(dialog) == "CDBA"
    expect(dialog.get_by_role("button", name="Move C up")).to_be_focused()
    reader.press("ArrowUp")  # it is the first
    assert letters_of(dialog) == "CDBA"
    grip, goal = (
        dialog.locator('[data-letter="A"] .grip').bounding_box(),
        dialog.locator('[data-letter="D"]').bounding_box(),
    )
    assert grip is not None
    assert goal is not None
    reader.page.mouse.move(grip["x"] + 5, grip["y"] + 5)
    reader.page.mouse.down()
    reader.page.mouse.move(grip["x"] + 5, goal["y"], steps=5)
    reader.page.mouse.up()
    assert letters_of(dialog) == "CADB"
    dialog.get_by_role("button", name="Answer C, A, D, B").click()
    expect(dialog.get_by_text("Right.", exact=True)).to_be_visible()
    expect(dialog.get_by_text("right place")).to_have_count(4)
    reader.at(DECK.find("backward-input"))  # no key of all these turned the slide


def test_a_wrong_order_earns_its_pairs_and_is_where_one_goes_on(reader: Reader) -> None:
    dialog = opened(reader, "backward-input-order")
    for _ in range(2):
        dialog.get_by_role("button", name="Move C up").click()
    dialog.get_by_role("button", name="Move A up").click()
    dialog.get_by_role("button", name="Answer C, D, A, B").click()
    # Five of six pairs: twice 5/6, less one.
    expect(dialog.get_by_text("Not quite: the order is C, A, D, B. 67 % of the points.")).to_be_visible()
    expect(dialog.get_by_text("D before A")).to_be_visible()
    expect(dialog.locator('.rank.wrong[data-letter="D"]')).to_contain_text("belongs at 3")
    dialog.get_by_role("button", name="Try again").click()
    expect(dialog.locator(".moves").first).to_be_visible()
    assert letters_of(dialog) == "CDAB"


def test_a_finger_drags_a_card_by_its_letter(new_reader: Callable[..., Reader]) -> None:
    reader = new_reader(viewport=PHONE, has_touch=True)
    dialog = opened(reader, "backward-input-order")
    grip, goal = (dialog.locator(f'[data-letter="{letter}"] .grip').bounding_box() for letter in "AD")
    assert grip is not None
    assert goal is not None
    touch = reader.page.context.new_cdp_session(reader.page)
    for kind, y in [
        ("touchStart", grip["y"] + 9),
        ("touchMove", goal["y"] + 60),
        ("touchMove", goal["y"]),
        ("touchEnd", 0),
    ]:
        points = [] if kind == "touchEnd" else [{"x": grip["x"] + 9, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert letters_of(dialog) == "ADBC"
    expect(dialog.get_by_role("button", name="Answer A, D, B, C")).to_be_enabled()
    reader.at(DECK.find("backward-input"))


def test_items_are_matched_by_letters(reader: Reader) -> None:
    dialog = opened(reader, "same-tensor-cells")
    send = dialog.locator(".send")
    expect(send).to_be_disabled()
    for item, letter in {"Batch": "D", "Instance": "B", "Layer": "C", "Group": "E"}.items():
        dialog.get_by_role("radiogroup", name=item).get_by_role("radio", name=letter).click()
    dialog.get_by_role("radiogroup", name="Layer").get_by_role("radio", name="C").focus()
    reader.press("ArrowLeft", "ArrowLeft")  # to A, and no slide back
    send.get_by_text("Answer 1D, 2B, 3A, 4E").click()
    expect(dialog.get_by_text("Right.", exact=True)).to_be_visible()
    reader.at(DECK.find("same-tensor"))


def test_a_wrong_match_shows_what_belongs_there(reader: Reader) -> None:
    dialog = opened(reader, "same-tensor-cells")
    for item, letter in {"Batch": "A", "Instance": "B", "Layer": "A", "Group": "C"}.items():
        dialog.get_by_role("radiogroup", name=item).get_by_role("radio", name=letter).click()
    dialog.locator(".send").click()
    expect(dialog.get_by_text("Not quite: the pairs are 1D, 2B, 3A, 4E. 50 % of the points.")).to_be_visible()
    wrong = [" ".join(each.inner_text().split()) for each in dialog.locator(".item.wrong").all()]
    assert wrong == ["1. Batch normalization A D ✕ it is D", "4. Group normalization C E ✕ it is E"]
    expect(dialog.get_by_text("A group is not a window.")).to_be_visible()
    dialog.get_by_role("button", name="Try again").click()
    expect(dialog.get_by_role("radiogroup", name="Group").get_by_role("radio", name="C")).to_be_checked()


def test_a_poll_in_words_is_thanked_for(reader: Reader) -> None:
    dialog = opened(reader, "paper-experiments-design")
    area, send = dialog.get_by_label("Your answer"), dialog.get_by_role("button", name="Send")
    area.fill("  ")
    expect(send).to_be_disabled()
    area.fill("a\x07b")
    send.click()
    expect(dialog.get_by_role("alert").filter(has_text="U+0007")).to_be_visible()
    area.fill("<b>only</b> the layer")
    expect(dialog.get_by_text(f"{400 - 21} characters left")).to_be_visible()
    send.click()
    expect(dialog.get_by_text("Thank you.", exact=True)).to_be_visible()
    expect(dialog.locator("blockquote")).to_have_text("<b>only</b> the layer")
    expect(dialog.get_by_role("button", name="Try again")).to_have_count(0)


def test_a_rating_is_sent_once_it_is_chosen(reader: Reader) -> None:
    dialog = opened(reader, "internal-covariate-shift-belief")
    expect(dialog.locator(".send")).to_be_disabled()
    dialog.get_by_role("radio", name="2").click()
    reader.press("ArrowRight", "ArrowRight")
    dialog.get_by_role("button", name="Send 4").click()
    expect(dialog.get_by_text("Thank you.", exact=True)).to_be_visible()
    expect(dialog.get_by_role("radio", name="4")).to_be_checked()
    expect(dialog.get_by_role("radio", name="4")).to_be_disabled()
    reader.at(DECK.find("internal-covariate-shift"))


def test_cells_are_painted_by_boxes_by_keys_and_by_a_stroke(reader: Reader) -> None:
    dialog = opened(reader, "forward-tensor-paint")
    send, says = dialog.locator(".painting .send"), dialog.locator(".painting .says")
    expect(send).to_be_disabled()  # nothing painted is no answer
    dialog.get_by_label("C channels").check()
    dialog.get_by_label("H rows").check()
    expect(says).to_have_text("12 of 108 painted")
    marked = dialog.locator(".cell.marked")
    marked.press("Space")
    expect(says).to_have_text("11 of 108 painted")
    marked.press("ArrowRight")
    reader.press("Space", "Shift+ArrowDown")
    expect(says).to_have_text("13 of 108 painted")
    expect(dialog.get_by_label("C channels")).not_to_be_checked()
    dialog.get_by_role("button", name="Clear").click()
    first, last = (dialog.get_by_label(f"sample 1, channel {c}, row 1, column {c}").bounding_box() for c in (1, 3))
    assert first
    assert last
    reader.page.mouse.move(first["x"] + 5, first["y"] + 5)
    reader.page.mouse.down()
    reader.page.mouse.move(last["x"] + 5, last["y"] + 5)
    reader.page.mouse.up()
    expect(says).to_have_text("9 of 108 painted")  # three cells of three channels in one row
    send.click()
    expect(dialog.get_by_text("Not quite: it is every sample, channel 3")).to_be_visible()
    expect(dialog.locator(".painting .legend")).to_contain_text("right, not painted: 24")
    expect(dialog.get_by_label("sample 1, channel 3, row 1, column 1: painted, and right")).to_be_visible()
    expect(dialog.get_by_text("3 of 27 cells found, 6 too many; overlap 3 of 33, or 9 %")).to_be_visible()
    dialog.get_by_role("button", name="Try again").click()
    for name in ("N samples", "H rows", "W columns"):
        dialog.get_by_label(name).check()
    send.click()
    expect(dialog.get_by_text("Right.", exact=True)).to_be_visible()
    reader.at(DECK.find("forward-tensor"))


def test_the_wrong_part_of_a_formula_is_found(reader: Reader) -> None:
    dialog = opened(reader, "mvn-find-error")
    braces = dialog.locator(".formula .munder .mord.text")
    expect(braces).to_have_count(3)
    assert sorted(brace.inner_text() for brace in braces.all()) == ["A", "B", "C"]
    expect(dialog.locator(".mended")).to_be_hidden()
    dialog.locator('.card[data-letter="B"]').click()
    expect(dialog.get_by_text("Not quite: it is C.")).to_be_visible()
    expect(dialog.get_by_text("as printed (−0.5, 0.5), right (−1, 1)")).to_be_visible()
    expect(dialog.locator(".mended .katex")).to_have_count(1)
    expect(dialog.get_by_text("Caffe does add")).to_be_visible()
    dialog.get_by_role("button", name="Try again").click()
    expect(dialog.locator(".mended")).to_be_hidden()
    dialog.locator('.card[data-letter="C"]').click()
    expect(dialog.get_by_text("Right.", exact=True)).to_be_visible()


def test_what_is_typed_or_set_and_not_sent_outlives_a_reload(reader: Reader) -> None:
    def again(name: str) -> Locator:
        reader.page.reload()
        reader.settle()
        reader.page.locator(f'[data-opens="{name}"]').click()
        return reader.page.get_by_role("dialog")

    dialog = opened(reader, "backward-input-order")
    dialog.get_by_role("button", name="75 %").click()
    dialog.get_by_role("button", name="Move C up").click()
    kept = letters_of(dialog)
    dialog = again("backward-input-order")
    expect(dialog.get_by_role("button", name=f"Answer {', '.join(kept)}")).to_be_enabled()
    assert letters_of(dialog) == kept
    expect(dialog.get_by_role("button", name="75 %")).to_have_attribute("aria-pressed", "true")

    opened(reader, "forward-steps-predict").get_by_label("after batch 5: running variance").fill("2")
    expect(again("forward-steps-predict").get_by_label("after batch 5: running variance")).to_have_value("2")

    opened(reader, "forward-configure").locator('.configuring input[name="gamma"]').fill("2.5")
    expect(again("forward-configure").locator('.configuring input[name="gamma"]')).to_have_value("2.5")


def test_another_slip_in_the_same_formula_is_asked_for(reader: Reader) -> None:
    dialog = opened(reader, "backward-input-find-error")
    formula = dialog.locator(".answers > .formula").inner_text()
    dialog.locator('.card[data-letter="A"]').click()
    expect(dialog.get_by_text("Where it fails")).to_be_visible()
    for _ in range(8):  # a seed may draw the same slip again
        dialog.get_by_role("button", name="Another like it").click()
        expect(dialog.locator(".card:enabled")).to_have_count(4)
        if dialog.locator(".answers > .formula").inner_text() != formula:
            break
        dialog.locator('.card[data-letter="A"]').click()
        expect(dialog.get_by_text("Where it fails")).to_be_visible()
    assert dialog.locator(".answers > .formula").inner_text() != formula


def test_settings_are_found_by_moving_the_sliders(reader: Reader) -> None:
    dialog = opened(reader, "forward-configure")
    gamma, beta, eps = (dialog.locator(f'.configuring input[name="{name}"]') for name in ("gamma", "beta", "eps"))
    words, send = dialog.locator(".configuring .words"), dialog.get_by_role("button", name="Answer with these settings")
    table = dialog.locator(".configuring .table")
    expect(words).to_contain_text("shifted by 0.00")
    beta.fill("0.5")
    expect(words).to_contain_text("shifted by 0.50")
    beta.press("ArrowRight")  # moves the slider and not the slide
    expect(words).to_contain_text("shifted by 0.60")
    beta.press("ArrowLeft")
    expect(words).to_contain_text("shifted by 0.50")
    expect(table).to_contain_text("standard deviation")
    expect(table).not_to_contain_text("β")  # what is to be found is not written there
    send.click()
    rows = dialog.locator(".measured li")
    expect(rows).to_have_text(["✓mean of y0.50; asked for: 0.5", "✕standard deviation of y0.73; asked for: 2"])
    expect(dialog.get_by_text("50 % of the points")).to_be_visible()
    dialog.get_by_role("button", name="Try again").click()
    expect(beta).to_have_value("0.5")  # goes on where it was
    gamma.fill("-2")
    eps.fill("0")
    send.click()
    expect(dialog.get_by_text("Right, for 50 % of the points.", exact=True)).to_be_visible()
    expect(rows.last).to_have_text("✓standard deviation of y2.00; asked for: 2")
    expect(dialog.locator(".configuring .controls")).to_have_attribute("inert", "")
    reader.at(DECK.find("forward"))
    assert reader.query.keys() <= {"slide"}  # what is tried in a question is no setting of the slide


def test_an_expression_is_read_while_it_is_typed_and_compared_by_value(reader: Reader) -> None:
    dialog = opened(reader, "idea-x-hat")
    field, shown = dialog.get_by_label("Your expression"), dialog.locator(".read .formula")
    field.fill("x - mean")
    expect(shown.locator(".katex")).to_have_count(1)
    field.fill("(x - mean)/")
    expect(dialog.get_by_text("The expression must be complete")).to_be_visible()
    expect(shown).to_have_class("formula old")
    field.press("Enter")
    expect(dialog.get_by_role("alert").filter(has_text="The expression must be complete")).to_be_visible()
    field.press_sequentially("sqrt(")
    for part in ("var", "eps"):
        dialog.get_by_role("button", name=part, exact=True).click()
        field.press_sequentially("+" if part == "var" else ")")
    expect(field).to_have_value("(x - mean)/sqrt(var+eps)")
    expect(shown.locator(".sqrt")).to_have_count(1)
    field.fill("(var + eps)^(-1/2) (x - \u03bc)")  # the same, otherwise written
    field.press("Enter")
    expect(dialog.get_by_text("Right.", exact=True)).to_be_visible()
    expect(dialog.locator(".given.right .katex")).to_have_count(1)


def test_a_wrong_expression_gets_numbers_and_its_slip_explained(reader: Reader) -> None:
    dialog = opened(reader, "idea-x-hat")
    field = dialog.get_by_label("Your expression")
    field.fill("(x - mean)/(eps + var)")
    dialog.get_by_role("button", name="Answer", exact=True).click()
    expect(dialog.get_by_text("Not quite: it is")).to_be_visible()
    expect(dialog.get_by_text("The root is missing.")).to_be_visible()
    expect(dialog.get_by_text("yours gives −0.5; right is −0.70711")).to_be_visible()
    dialog.get_by_role("button", name="Try again").click()
    expect(field).to_have_value("(x - mean)/(eps + var)")
    expect(dialog.locator(".read .katex")).to_have_count(1)


def test_a_curve_is_drawn_and_then_the_computation_runs(reader: Reader) -> None:
    dialog = opened(reader, "forward-steps-predict")
    send, handles = dialog.locator(".predicting .send"), dialog.locator(".handles")
    expect(send).to_be_disabled()  # nothing drawn is no prediction
    first, last = (dialog.get_by_label(f"after batch {n}: running variance") for n in (1, 40))
    first.press("ArrowUp")
    expect(first).to_have_attribute("aria-valuetext", "2.55")  # a hundredth of the axis above its middle
    expect(send).to_be_enabled()
    box = handles.bounding_box()
    assert box
    reader.page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 5)
    reader.page.mouse.down()
    reader.page.mouse.move(box["x"] + 0.98 * box["width"], box["y"] + 5, steps=12)
    reader.page.mouse.up()
    expect(last).to_have_value("5")  # the hand drew along the upper edge
    expect(first).to_have_value("5")
    assert not any(b"outcome" in frame for frame in reader.frames)
    send.click()
    expect(dialog.get_by_text("Not quite: it gives 1.30, 2.23, 2.95, 3.64, 3.96.")).to_be_visible()
    table = dialog.get_by_role("region", name="Prediction and outcome")
    expect(table.get_by_role("row", name="computed")).to_have_text("computed1.302.232.953.643.96")
    expect(dialog.get_by_text("Each batch takes a tenth of the way that is left, so")).to_be_visible()
    dialog.get_by_role("button", name="Try again").click()
    for n, value in ((1, 1.3), (5, 2.2), (10, 3), (20, 3.6), (40, 4)):
        dialog.get_by_label(f"after batch {n}: running variance").fill(str(value))
    send.click()
    expect(dialog.get_by_text("Right.", exact=True)).to_be_visible()
    expect(first).to_be_disabled()
    reader.at(DECK.find("forward-steps"))
