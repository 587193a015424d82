"""Every slide as Streamlit runs it, without a browser."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import cache

import pytest
from streamlit.testing.v1 import AppTest

from classroom.content import ROOT, SLIDES, content
from classroom.deck import Deck, Slide
from classroom.errata import ERRATA
from classroom.exhibits import EXHIBITS
from classroom.proof import erratum_text
from classroom.prose import prose
from classroom.ui import shell
from tests.app.conftest import sent, sheet, words

DECK = Deck.read(SLIDES)
Open = Callable[..., AppTest]

every_slide = pytest.mark.parametrize("slide", DECK.pages, ids=lambda slide: slide.id)


@pytest.fixture
def open_page() -> Open:
    """Open the talk at an address, as a new visitor."""

    def open_at(page: str = "", **query: str) -> AppTest:
        app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        return app.switch_page(f"pages/talk/{page}.py").run() if page else app

    return open_at


@cache
def opened(slide: Slide) -> AppTest:
    """Open a slide once, for the tests that only look at it."""
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    app.query_params["slide"] = slide.id
    return app.run()


def assert_sound(app: AppTest) -> None:
    """Check that neither an exception nor a report of faults is shown."""
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]


@every_slide
def test_a_slide_opens_by_its_link_with_its_title(slide: Slide) -> None:
    app = opened(slide)
    assert_sound(app)
    title = slide.title if slide.number else "Normalization layers"
    assert f"<h1>{html.escape(title)}</h1>" in words(app)
    assert words(app).count("<h1") == 1


@every_slide
def test_a_slide_says_its_words(slide: Slide) -> None:
    shown = words(opened(slide))
    for text in (slide.lede, slide.caption):
        if slide.layout != "quiz" and slide.number:  # a quiz asks its question instead; the cover is one element
            assert prose(text).strip().removesuffix("</p>") in shown


@pytest.mark.parametrize("slide", [s for s in DECK if s.formulas], ids=lambda slide: slide.id)
def test_formulas_are_typeset(slide: Slide) -> None:
    displayed = re.findall(r'<div class="math block">\n(.+?)\n</div>', sheet(opened(slide))["words"], re.DOTALL)
    assert displayed, "no displayed formula"
    assert any("=" in text and "\\" in text for text in displayed)
    for text in displayed:
        assert text.count("{") - text.count("\\{") == text.count("}") - text.count("\\}")


@pytest.mark.parametrize("slide", [s for s in DECK if s.exhibit], ids=lambda slide: slide.id)
def test_an_exhibit_has_its_picture_and_its_controls(slide: Slide) -> None:
    stage = sheet(opened(slide))["stage"]
    assert stage["exhibit"] == slide.exhibit
    assert stage["state"].items() >= dict(slide.state).items()
    assert slide.exhibit is not None
    of_exhibit = list(EXHIBITS[slide.exhibit].controls())
    assert list(stage["state"]) == of_exhibit
    shown = [name for name in of_exhibit if name in slide.controls] if slide.controls else of_exhibit
    assert [control["name"] for control in stage["controls"]] == shown
    assert stage["acting"].keys() <= set(of_exhibit)
    if slide.controls:  # the address leaves out what stands as on the slide
        assert stage["usual"] == stage["state"]


@pytest.mark.parametrize("slide", [s for s in DECK if s.errata], ids=lambda slide: slide.id)
def test_what_the_talk_printed_wrongly_is_a_click_away(slide: Slide, open_page: Open) -> None:
    app = open_page(slide=slide.id)
    before = words(app)
    app.session_state["opened"] = "errata"
    app.run()
    assert_sound(app)
    said = words(app)
    for name in slide.errata:
        assert f"**{ERRATA[name].title}.**" in said
        assert erratum_text(ERRATA[name]) in said
        assert erratum_text(ERRATA[name]) not in before


def test_every_formula_is_checked_again_at_the_settings_of_the_sliders(open_page: Open) -> None:
    app = open_page(slide="lrn", size="7", beta="0.5")
    app.session_state["opened"] = "proof"
    app.run()
    assert "<b>Holds</b>" in words(app)
    assert "size = 7" not in words(app)
    app.button(key="check-lrn").click().run()
    app.session_state["opened"] = "proof"  # a run of the whole page closes the dialog: open it again
    app.run()
    assert_sound(app)
    checked = [e.proto.body for e in app.get("html") if 'class="cert' in e.proto.body]
    assert ["mode = across_channels" in checked[0], "mode = within_channel" in checked[1]] == [True, True]
    assert all("<b>Holds</b>" in text and "size = 7" in text and "beta = 0.5" in text for text in checked)


def test_a_browser_cannot_open_what_the_slide_does_not_offer(open_page: Open) -> None:
    app = open_page(slide="cross-channel")
    app.session_state["said"] = {"question": "quiz-gamma-count", "given": "B"}
    app.run()
    before, answered = words(app), dict(app.session_state["deck"]["records"])
    assert answered
    for wanted in ("quiz-gamma-count", "start-over", "nonsense", None, 7, ["proof"]):
        app.session_state["opened"] = wanted
        app.run()
        assert_sound(app)
        assert words(app) == before
        assert app.session_state["deck"]["records"] == answered


@pytest.mark.parametrize("page", ["overview", "read", "present"])
def test_the_other_pages_open(open_page: Open, page: str) -> None:
    app = open_page(page)
    assert_sound(app)
    assert "<h1>" in words(app)


def test_the_overview_leads_to_every_slide(open_page: Open) -> None:
    shown = words(open_page("overview"))
    for slide in DECK.pages:
        assert f'href="./?slide={slide.id}"' in shown


def test_the_continuous_page_holds_every_slide(open_page: Open) -> None:
    shown = words(open_page("read"))
    for slide in DECK:
        assert f'id="slide-{slide.id}"' in shown
        assert f"<h2>{html.escape(slide.title)}</h2>" in shown


@pytest.mark.parametrize("slide", DECK, ids=lambda slide: slide.id)
def test_the_presenter_sees_the_notes(open_page: Open, slide: Slide) -> None:
    notes = prose(slide.notes).strip()
    assert notes not in words(opened(slide)), "the hall must not read the notes"
    app = open_page(slide=slide.id)
    app.switch_page("pages/talk/present.py").run()
    assert_sound(app)
    assert notes in words(app)


def test_a_number_beyond_every_slide_leads_to_the_overview_too(open_page: Open) -> None:
    for number in (str(len(DECK) + 1), "٣", "9" * 5000):
        app = open_page(slide=number)
        assert_sound(app)
        assert "There is no slide" in words(app)


def test_an_unknown_slide_leads_to_the_overview_with_a_sentence(open_page: Open) -> None:
    app = open_page(slide="no-such<script>")
    assert_sound(app)
    shown = words(app)
    assert "There is no slide" in shown
    assert "<script>" not in shown
    assert "no-such&lt;script&gt;" in shown


def test_a_slide_opens_by_its_number_too(open_page: Open) -> None:
    assert f"<h1>{html.escape(DECK[3].title)}</h1>" in words(open_page(slide="4"))


def test_a_setting_out_of_range_is_made_legal_and_said(open_page: Open) -> None:
    first, second = sheet(open_page(slide="cross-channel", k="99", alpha="nan"))["notices"]
    assert "outside 1 to 12; 12 is shown instead." in first
    assert "which is not a number" in second


@pytest.mark.parametrize("alpha", ["1e400", "-1e400", "nan", "9" * 400, "x" * 400])
def test_the_address_takes_the_legal_settings_when_something_had_to_change(open_page: Open, alpha: str) -> None:
    app = open_page(slide="cross-channel", alpha=alpha, k="3")
    assert_sound(app)
    taken = {name: "".join(app.query_params[name]) for name in ("slide", "alpha", "k")}
    legal = str(EXHIBITS["channel_window"].from_state({"alpha": alpha})[0].state()["alpha"])
    assert taken == {"slide": "cross-channel", "alpha": legal, "k": "3"}
    assert legal != alpha
    assert sheet(app)["notices"]
    assert sheet(app.run())["notices"], "another run of the page, and the reader has not read it yet"
    app.query_params["slide"] = "lrn"
    app.run()
    app.query_params["slide"] = "cross-channel"
    assert not sheet(app.run())["notices"], "the reader had moved on"


def test_a_fault_in_the_questions_is_shown_with_place_and_remedy(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    good = (ROOT / "quizzes.yaml").read_text(encoding="utf-8")
    line = 1 + good[: good.index("  answer: ")].count("\n")
    bad = tmp_path / "quizzes.yaml"
    bad.write_text(good.replace("  answer: E", "  answer: Z", 1), encoding="utf-8")
    monkeypatch.setattr("classroom.content.QUESTIONS", bad)
    content.cache_clear()
    shell.faults.cache_clear()
    try:
        app = open_page()
        (report,) = app.error
        assert f"quizzes.yaml:{line}" in report.value
        assert "must be among the options A, B, C, D, E" in report.value
        assert "'Z'" in report.value
        assert not app.exception
        assert not app.get("bidi_component")
    finally:
        content.cache_clear()
        shell.faults.cache_clear()


def test_a_fault_in_a_slide_is_shown_with_place_and_remedy(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    for path in SLIDES.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        text = text.replace("exhibit: channel_window", "exhibit: chanel_window")
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    monkeypatch.setattr("classroom.content.SLIDES", tmp_path)
    content.cache_clear()
    shell.faults.cache_clear()
    try:
        (report,) = open_page().error
        assert "040-cross-channel.md:7" in report.value
        assert "chanel_window" in report.value
        assert "channel_window" in report.value.replace("chanel_window", "")
    finally:
        content.cache_clear()
        shell.faults.cache_clear()


@every_slide
def test_the_neighbours_come_ahead_as_they_will_be_shown(slide: Slide) -> None:
    ahead = {neighbour["id"]: neighbour for neighbour in sent(opened(slide), "deck_nav")["ahead"]}
    beside = {DECK.step(slide, 1).id, DECK.step(slide, -1).id, DECK.step(slide, 2).id} - {slide.id}
    assert set(ahead) == beside
    for other in ahead:
        found = DECK.find(other)
        assert found is not None
        assert sheet(opened(found)).items() >= ahead[other].items()
