"""Reading a deck: what is right is a value, and what is wrong is named with file and line."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classroom.deck import Deck, DeckError

GOOD = """---
title: Forward
chapter: One
notes: Say it.
---
The lede.

{formula}

The caption.
"""
COVER = "---\ntitle: Cover\nnotes: Hello.\n---\nWelcome.\n"


@pytest.fixture
def deck_of(tmp_path: Path):
    def write(**files: str) -> Path:
        for old in tmp_path.glob("*.md"):
            old.unlink()
        for name, text in {"000-cover": COVER, **files}.items():
            (tmp_path / f"{name.lstrip('_')}.md").write_text(text, encoding="utf-8", newline="")
        return tmp_path

    return write


def problems(folder: Path) -> list[str]:
    with pytest.raises(DeckError) as caught:
        Deck.read(folder)
    return [str(problem).removeprefix(f"{folder.as_posix()}/") for problem in caught.value.problems]


def with_key(line: str) -> str:
    return GOOD.replace("chapter: One\n", f"chapter: One\n{line}\n")


def test_a_slide_is_read_into_its_parts(deck_of):
    slide = Deck.read(deck_of(**{"010-forward": GOOD}))[0]
    assert (slide.number, slide.id, slide.title, slide.chapter) == (1, "forward", "Forward", "One")
    assert (slide.lede, slide.caption, slide.notes) == ("The lede.", "The caption.", "Say it.")
    assert (slide.layout, slide.norm, slide.formulas, slide.state, slide.controls) == ("split", None, (), {}, ())
    assert hash(slide) == hash(slide)


def test_a_body_without_a_formula_line_is_all_lede(deck_of):
    slide = Deck.read(deck_of(**{"010-a": GOOD.replace("{formula}\n", "")}))[0]
    assert (slide.lede, slide.caption) == ("The lede.\n\n\nThe caption.", "")


@pytest.mark.parametrize("text", ["\ufeff" + GOOD, GOOD.replace("\n", "\r\n")], ids=["byte order mark", "CRLF"])
def test_a_file_from_windows_reads_alike(deck_of, text):
    assert Deck.read(deck_of(**{"010-a": text}))[0].lede == "The lede."


def test_a_chapter_begins_where_the_name_changes_even_back_to_an_old_one(deck_of):
    files = {f"0{i}0-s{i}": GOOD.replace("One", name) for i, name in enumerate("AABA", start=1)}
    deck = Deck.read(deck_of(**files))
    assert [(c.number, c.name, c.first.id, c.count) for c in deck.chapters] == [
        (1, "A", "s1", 2), (2, "B", "s3", 1), (3, "A", "s4", 1),
    ]  # fmt: skip
    assert [slide.chapter_number for slide in deck] == [1, 1, 2, 3]


def test_steps_stop_at_the_cover_and_at_the_end(deck_of):
    deck = Deck.read(deck_of(**{"010-a": GOOD, "020-b": GOOD}))
    assert deck.step(deck.cover, -1) is deck.cover
    assert deck.step(deck.cover, +1) is deck[0]
    assert deck.step(deck[0], +1) is deck[1]
    assert deck.step(deck[1], +1) is deck[1]


def test_find_knows_ids_and_nothing_else(deck_of):
    deck = Deck.read(deck_of(**{"010-a": GOOD}))
    assert (deck.find("a"), deck.find("cover"), deck.find("b")) == (deck[0], deck.cover, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (with_key("titel: x"), "010-a.md:4: a key must be one of chapter, controls, errata, exhibit, formulas, layout, "
         "norm, notes, preset, quiz, source, state, status, title, got 'titel'. Did you mean 'title'?"),
        (with_key("layout: splitt"), "010-a.md:4: layout must be one of quiz, score, split, table, upload, wide, "
         "got 'splitt'. Did you mean 'split'?"),
        (with_key("norm: batch_norm\nformulas:\n  - definition\n  - close_form"), "010-a.md:7: formulas.1 must be one "
         "of closed_form, definition, parameters, steps, got 'close_form'. Did you mean 'closed_form'?"),
        (with_key("quiz: one"), "010-a.md:4: quiz must be a list, got 'one'. Write [one]."),
        (with_key("source: 2015"), "010-a.md:4: source: the value should be a valid string, got 2015. Correct it."),
        (with_key("formulas: [steps]"), "010-a.md:4: formulas must stand beside norm, got ['steps'] and no norm. "
         "Add `norm: ...`."),
        (with_key("state: {show: gamma}"), "010-a.md:4: state must stand beside exhibit, got {'show': 'gamma'} and "
         "no exhibit. Add `exhibit: ...`."),
        (with_key("controls: [gamma]"), "010-a.md:4: controls must stand beside exhibit, got ['gamma'] and no exhibit. "
         "Add `exhibit: ...`."),
        (with_key("exhibit: pic\ncontrols: gamma"), "010-a.md:5: controls must be a list, got 'gamma'. Write [gamma]."),
        (with_key("chapter: Two"), "010-a.md:4: a key must stand once, got 'chapter' again after line 3. "
         "Delete one of them."),
        (GOOD.replace("title: Forward\n", ""), "010-a.md:1: title must be given, got nothing. Add `title: ...`."),
        (GOOD.replace("chapter: One\n", ""), "010-a.md:1: chapter must be given, got nothing. Add `chapter: ...`."),
        (with_key("source: a: b"), "010-a.md:4: the front matter must be YAML, got: mapping values are not allowed "
         "here. Quote a value that holds a colon or a backslash."),
        ("no fence", "010-a.md:1: a slide must begin with front matter between two lines ---, got 'no fence'. "
         "Add them."),
        ("---\ntitle: x\n", "010-a.md:1: a slide must begin with front matter between two lines ---, got '---'. "
         "Add them."),
        ("---\njust words\n---\n", "010-a.md:2: the front matter must be lines `key: value`, got 'just words'. "
         "Begin with `title: ...`."),
        (GOOD + "\n{formula}\n", "010-a.md:12: a slide must have one line {formula} at most, got 2. Delete this one."),
        (GOOD + "\nSee [there](?slide=forwart).", "010-a.md:12: a link's slide must be one of a, cover, got 'forwart'. "
         "Did you mean 'cover'?"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_its_remedy(deck_of, text, expected):
    assert problems(deck_of(**{"010-a": text})) == [expected]


def test_all_mistakes_of_all_files_are_named_at_once(deck_of):
    bad = with_key("layout: x\nstatus: [sure]")
    found = problems(deck_of(**{"010-a": bad, "020-b": "?", "030-c": GOOD}))
    assert [line.split(" ")[0] for line in found] == ["010-a.md:4:", "010-a.md:5:", "020-b.md:1:"]


def test_names_and_numbers_of_files_are_unique_and_well_formed(deck_of):
    found = problems(deck_of(**{"010-a": GOOD, "010-b": GOOD, "020-a": GOOD, "Slide": GOOD}))
    assert [line.split(",")[0] for line in found] == [
        "010-b.md:1: the order must be this slide's own",
        "020-a.md:1: the id must be this slide's own",
        "Slide.md:1: the file's name must be NNN-id.md",
    ]


def test_a_folder_without_slides_or_cover_is_refused(tmp_path):
    with pytest.raises(DeckError, match=r"a deck must have a cover, got 0 slides and none\. Add 000-cover\.md"):
        Deck.read(tmp_path)


def test_a_file_that_is_not_utf_8_is_named_with_the_line(deck_of):
    folder = deck_of(**{"010-a": GOOD})
    (folder / "010-a.md").write_bytes(GOOD.replace("The lede", "Übung").encode("latin-1"))
    assert problems(folder) == ["010-a.md:6: the text must be UTF-8, got the byte 0xdc. Save the file as UTF-8."]


def test_check_names_every_unknown_reference_and_the_nearest_legal_one(deck_of):
    keys = ["norm: batch_nrm", "preset: Cafe", "exhibit: pic", "state: {hsow: 1}", "quiz:", "  - q1", "  - q3"]
    text = with_key("\n".join([*keys, "errata: [e2]"]))
    deck = Deck.read(deck_of(**{"010-a": text}))
    with pytest.raises(DeckError) as caught:
        deck.check(exhibits=["picture"], norms=["batch_norm"], questions=["q1", "q2"], errata={"e1": None})
    assert [(problem.line, problem.text.split(", got ")[1]) for problem in caught.value.problems] == [
        (4, "'batch_nrm'. Did you mean 'batch_norm'?"),
        (6, "'pic'. Did you mean 'picture'?"),
        (10, "'q3'. Did you mean 'q2'?"),
        (11, "'e2'. Did you mean 'e1'?"),
    ]
    with pytest.raises(DeckError) as caught:
        deck.check(controls={"pic": ["show"]}, presets={"batch_nrm": ["Caffe"]})
    assert [problem.line for problem in caught.value.problems] == [5, 7]
    deck.check(norms=["batch_nrm"], questions=["q1", "q3"])


def test_a_control_that_the_exhibit_does_not_have_is_named_with_its_line(deck_of):
    text = with_key("exhibit: pic\ncontrols:\n  - gamma\n  - betta")
    folder = deck_of(**{"010-a": text})
    deck = Deck.read(folder)
    assert deck[0].controls == ("gamma", "betta")
    with pytest.raises(DeckError) as caught:
        deck.check(exhibits=["pic"], controls={"pic": ["gamma", "beta", "eps"]})
    where = f"{(folder / '010-a.md').as_posix()}:7: "
    say = "controls must be one of beta, eps, gamma, got 'betta'. Did you mean 'beta'?"
    assert str(caught.value) == where + say
    deck.check(exhibits=["pic"], controls={"pic": ["gamma", "betta"]})


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(alphabet=st.sampled_from("abz:-[]{}\"'|>#&*!%@\t\n 0\x00\u2028\ud7ff"), max_size=40))
def test_whatever_stands_in_the_front_matter_only_a_deck_error_comes_out(deck_of, text):
    folder = deck_of(**{"010-a": f"---\ntitle: x\nchapter: c\nnotes: n\n{text}\n---\nbody"})
    try:
        lines = [line for slide in Deck.read(folder) for line in slide.lines.values()]
    except DeckError as error:
        lines = [problem.line for problem in error.problems]
    assert lines
    assert all(1 <= line <= 46 for line in lines)
