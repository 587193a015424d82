"""The talk as it ships: its order, its length, its references."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from classroom.deck import Deck, Slide
from classroom.errata import ERRATA
from classroom.exhibits import EXHIBITS
from normlib import NORMS

ROOT = Path(__file__).parents[2]
DECK = Deck.read(ROOT / "assets" / "slides")
CHAPTERS = {
    "Quiz show (warm-up)": ["quiz-szegedy"],
    "What is normalization?": ["what-is-normalization", "before-bn", "cross-channel", "spatial", "lrn", "mvn"],
    "What is batch normalization?": [
        "internal-covariate-shift", "idea", "forward", "forward-tensor", "forward-steps", "backward-params",
        "backward-input", "bn-parameters", "bn-parameters-2",
    ],
    "Quiz show": ["quiz-picture", "quiz-gamma-count"],
    "Why batch normalization?": ["paper-experiments", "cifar10", "deepid2", "lr-init-table", "vgg"],
    "Who cites batch normalization": ["citations", "citations-2", "thanks"],
}  # fmt: skip
ADDED = {"noise-after-bn", "your-own"}  # to the talk's chapters: what the talk asked and could not run
SINCE = "After batch normalization"  # a chapter that the talk of 2015 could not have
MAX_WORDS = 45  # of a lede and of a caption: what fits beside a picture at 1440 x 900
BESIDE_A_FORMULA = 28  # words, where formula and controls share the column

every_page = pytest.mark.parametrize("slide", DECK.pages, ids=lambda slide: slide.id)


def words(markdown: str) -> int:
    """Count the words a reader sees: a formula is one, a link's address none, a table stands for itself."""
    text = "\n".join(line for line in markdown.split("\n") if not line.startswith("|"))
    return len(re.sub(r"\$[^$]+\$", "x", re.sub(r"\]\([^)]*\)", "", text)).split())


def test_the_talk_has_its_26_slides_in_order():
    talk = [slide.id for slide in DECK if slide.chapter != SINCE and slide.id not in ADDED]
    assert talk == [id for ids in CHAPTERS.values() for id in ids]
    assert len(talk) == 26
    assert [slide.number for slide in DECK.pages] == list(range(len(DECK) + 1))


def test_the_chapters_hold_their_slides():
    talk = [chapter for chapter in DECK.chapters if chapter.name != SINCE]
    assert [chapter.name for chapter in talk] == list(CHAPTERS)
    assert [chapter.first.id for chapter in talk] == [ids[0] for ids in CHAPTERS.values()]
    counts = {chapter.name: sum(slide.chapter == chapter.name for slide in DECK) for chapter in talk}
    assert {chapter.name: chapter.count for chapter in talk} == counts
    assert sum(counts.values()) == sum(map(len, CHAPTERS.values())) + len(ADDED)
    assert [chapter.number for chapter in DECK.chapters] == list(range(1, len(DECK.chapters) + 1))


def test_what_came_since_stands_between_why_and_who_cites():
    names = [chapter.name for chapter in DECK.chapters if chapter.name == SINCE or chapter.number >= 5]
    assert names == ["Why batch normalization?", SINCE, "Who cites batch normalization"]


@every_page
def test_a_slide_fits_the_screen(slide: Slide):
    limit = BESIDE_A_FORMULA if slide.formulas else MAX_WORDS
    assert 0 < words(slide.lede) <= limit
    assert words(slide.caption) <= limit


@every_page
def test_the_notes_say_ask_point_and_warn(slide: Slide):
    assert 60 <= words(slide.notes) <= 150
    assert re.findall(r"^\*\*(\w+)", slide.notes, re.M) == ["Say", "Ask", "Point", "Beware"]


@every_page
def test_every_formula_sign_is_closed(slide: Slide):
    for text in (slide.lede, slide.caption, slide.notes):
        assert text.count("$") % 2 == 0
        assert all(part.count("{") == part.count("}") for part in text.split("$")[1::2])


def test_every_name_on_a_slide_stands_for_something():
    DECK.check(
        exhibits=EXHIBITS,
        controls={name: exhibit.controls() for name, exhibit in EXHIBITS.items()},
        norms=NORMS,
        presets={name: norm.presets() for name, norm in NORMS.items()},
        questions=[question["id"] for question in _questions()],
        errata=ERRATA,
    )


@pytest.mark.parametrize("slide", [slide for slide in DECK if slide.exhibit], ids=lambda slide: slide.id)
def test_the_exhibit_takes_the_slides_state_and_shows_its_operator(slide: Slide):
    exhibit, notices = EXHIBITS[slide.exhibit].from_state(slide.state)
    assert notices == []
    assert {name: exhibit.state()[name] for name in slide.state} == slide.state
    if slide.norm is not None and exhibit.norm() is not None:
        assert isinstance(exhibit.norm(), NORMS[slide.norm])


def test_every_question_is_asked_on_its_own_slide():
    asked = {(slide.id, question) for slide in DECK for question in slide.quiz}
    assert asked == {(question["slide"], question["id"]) for question in _questions()}


def test_every_erratum_stands_on_its_own_slide_once():
    assert Counter((slide.id, erratum) for slide in DECK for erratum in slide.errata) == Counter(
        (erratum.slide, erratum.id) for erratum in ERRATA.values()
    )


def test_the_table_of_what_came_before_leads_to_every_operator_of_its_chapter():
    before = DECK.find("before-bn")
    assert before is not None
    assert set(re.findall(r"\?slide=([\w-]+)", before.lede)) == {"cross-channel", "spatial", "lrn", "mvn"}


def test_what_cannot_be_reproduced_is_labelled_and_shows_no_picture():
    marked = [slide for slide in DECK if "not-reproducible" in slide.status]
    assert [(slide.id, slide.exhibit) for slide in marked] == [("deepid2", None)]


def _questions() -> list[dict]:
    loaded = yaml.safe_load((ROOT / "quizzes.yaml").read_text(encoding="utf-8"))
    return loaded["questions"] if isinstance(loaded, dict) else loaded
