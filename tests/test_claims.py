"""What the deck claims: every claim has its grounds and its slide, and its numbers are the exhibits' own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from classroom.claims import STATUSES, check, read
from classroom.content import CLAIMS, SLIDES, content
from classroom.deck import Deck, DeckError
from classroom.exhibits import EXHIBITS
from classroom.exhibits.batch_size import ERROR, IMAGES
from classroom.exhibits.learning_rate_and_init import TALK
from classroom.exhibits.paper_experiments import MODELS
from lab.experiment import RESULTS

ROOT = Path(__file__).parents[1]
DECK = Deck.read(SLIDES)
GOOD = "- id: one\n  slide: citations\n  status: cited\n  says: A claim.\n  source: A paper\n"


def said(slide: str, status: str = "cited") -> str:
    return " ".join(c.says for c in content().claims if (c.slide, c.status) == (slide, status))


def test_the_papers_numbers_are_those_of_the_picture() -> None:
    text = said("paper-experiments")
    for model in MODELS:
        (own,) = [c.says for c in content().claims if re.match(rf"{model.name}\b(?!-)", c.says)]
        steps = "never reaches 72.2 %" if model.steps is None else f"72.2 % after {model.steps} million steps"
        assert steps in own
        assert f"{model.best} % at best" in own
        assert f"{model.rate:g}" in own
    assert text.count("at best") == len(MODELS)


def test_the_talks_runs_are_those_of_the_picture() -> None:
    text = said("lr-init-table")
    for row in TALK:
        assert f"{row.name} {row.accuracy:.6f} at {row.rate:g}" in text


def test_the_errors_by_batch_size_are_those_of_the_picture() -> None:
    text = said("batch-size")
    assert ", ".join(map(str, IMAGES[:-1])) + f" and {IMAGES[-1]}" in text
    for name, errors in ERROR.items():
        assert f"{name} {', '.join(map(str, errors))} %" in text
    at_32 = said("error-by-batch-size")
    assert all(f"{name} {errors[IMAGES.index(32)]}" in at_32 for name, errors in ERROR.items())


def test_every_number_of_the_citations_slide_is_claimed() -> None:
    slide = DECK.find("citations")
    assert slide is not None
    assert re.search(r"\*\*([\d,]+)\*\*", slide.lede).group(1) in said("citations")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("one: two", 1, "the claims must be a list, got dict"),
        (GOOD + "- id: [", 6, "the claims must be YAML"),
        (GOOD + GOOD, 6, "the id must be this claim's own, got 'one' again"),
        (GOOD.replace("cited", "sure"), 1, "status: the value should be 'cited', 'recomputed', 'contested'"),
        (GOOD.replace("  source: A paper\n", ""), 1, "a claim that is cited must have a source, got none"),
        (GOOD.replace("cited", "contested"), 1, "a contested claim must have two sides, got 0"),
        (GOOD + "  sides: [{says: a, source: b}]\n", 1, "only a contested claim has sides, got cited"),
        (GOOD + "  state: {step: 3}\n", 1, "only a recomputed claim has a state, got cited"),
        (GOOD + "  sorce: b\n", 1, "a key must be one of"),
        (GOOD.replace("  says: A claim.\n", ""), 1, "says must be given, got nothing. Add `says: ...`."),
        (GOOD.replace("one", "One!"), 1, "id: String should match pattern"),
    ],
)
def test_what_is_wrong_in_a_claim_is_told_with_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DeckError) as error:
        read(path)
    assert any(p.line == line and says in p.text for p in error.value.problems), str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("slide: vgg\n  status: recomputed", "slide: vggg\n  status: recomputed", "slide must be one of"),
        ("slide: layer-rms\n  status: cited", "slide: layer-rms\n  status: not-reproducible", "must have the status"),
        (
            "slide: citations\n  status: cited",
            "slide: layer-rms\n  status: cited",
            "a slide that is cited must have a claim",
        ),
        ('state: {show: "sweep run here"}', "state: {show: as a table}", "must train at this state"),
        ('state: {show: "sweep run here"}', "state: {shows: as a table}", "state must be one of"),
        ('state: {show: "sweep run here"}', "state: {show: elsewhere}", "which is not one of"),
    ],
)
def test_claims_and_slides_say_the_same(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = CLAIMS.read_text(encoding="utf-8")
    assert text.count(old) == 1
    check(read(CLAIMS), DECK, EXHIBITS)
    path = tmp_path / "claims.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DeckError) as error:
        check(read(path), DECK, EXHIBITS)
    assert says in str(error.value)


def page(**query: str) -> str:
    app = AppTest.from_file(str(ROOT / "pages" / "talk" / "ledger.py"), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    (found,) = app.get("html")
    return str(found.proto.body)


def test_the_page_lists_every_claim_once_with_its_mark_and_its_slide() -> None:
    text = page()
    assert text.count("<h1>") == 1
    for claim in content().claims:
        assert text.count(f'<article id="{claim.id}">') == 1
        article = text.split(f'<article id="{claim.id}">')[1].split("</article>")[0]
        assert f'data-mark="{claim.status.replace("-", " ")}"' in article
        assert f"./?slide={claim.slide}" in article
        assert article.count("<li>") == len(claim.sides)
    assert f"{len(content().claims)} claims" in text


@pytest.mark.parametrize("status", STATUSES)
def test_one_status_is_shown_alone(status: str) -> None:
    shown = re.findall(r'<article id="([^"]+)">', page(status=status))
    assert shown == [c.id for c in content().claims if c.status == status]


def test_a_status_that_is_none_gets_a_sentence_and_no_markup() -> None:
    text = page(status="<b>x")
    assert "There is no status &#x27;&lt;b&gt;x&#x27; here. All are shown." in text
    assert "<article" in text


def test_a_run_at_hand_gives_its_verdict_and_one_that_is_not_is_never_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = next(c for c in content().claims if c.id == "own-race")
    slide = DECK.find(claim.slide)
    assert slide is not None
    run = EXHIBITS[slide.exhibit or ""](**slide.state).run()
    assert run is not None
    RESULTS.clear()
    monkeypatch.setattr(type(run), "run", lambda self: pytest.fail("a list must not train"))
    assert page(status="recomputed").count("Not run on this server yet.") == sum(
        c.status == "recomputed" for c in content().claims
    )

    class Kept(tuple):  # type: ignore[type-arg]
        def verdict(self) -> str:
            return "A is <ahead>."

    RESULTS.put(run, Kept())
    text = page(status="recomputed")
    RESULTS.clear()
    article = text.split('<article id="own-race">')[1].split("</article>")[0]
    assert "A is &lt;ahead&gt;." in article
    assert "<dt>seeds</dt><dd>3</dd>" in article
    assert "./?slide=your-own" in article
