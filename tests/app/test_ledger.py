"""The ledger's page: every claim once, by status or by slide, and what is at hand of its run."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from classroom.claims import STATUSES
from classroom.content import ROOT, content
from classroom.exhibits import EXHIBITS
from lab.experiment import RESULTS

DECK = content().deck


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


def test_one_slide_is_shown_alone_with_all_its_grounds() -> None:
    text = page(of="batch-size")
    assert re.findall(r'<article id="([^"]+)">', text) == [c.id for c in content().claims if c.slide == "batch-size"]
    assert re.findall(r'<h2 id="([^"]+)">', text) == ["cited", "computed"]
    (computed,) = re.findall(r'<ul class="computed">(.*?)</ul>', text)
    assert re.findall(r"slide=([\w-]+)", computed) == ["batch-size"]


@pytest.mark.parametrize(("key", "kind"), [("status", "status"), ("of", "slide")])
def test_what_is_not_there_gets_a_sentence_and_no_markup(key: str, kind: str) -> None:
    text = page(**{key: "<b>x"})
    assert f"There is no {kind} &#x27;&lt;b&gt;x&#x27;" in text
    assert text.count("<article") == len(content().claims)


def test_a_click_leads_to_the_configuration_that_is_shown_whatever_the_reader_has_set() -> None:
    text = page(status="recomputed")
    claims = [c for c in content().claims if c.status == "recomputed"]
    links = re.findall(r'<a class="run-it" href="\./\?([^"]+)"', text)
    assert len(links) == len(claims)
    for claim, link in zip(claims, links, strict=True):
        state = dict(parse_qsl(html.unescape(link)))
        slide = DECK.find(state.pop("slide"))
        assert slide is not None
        assert slide.id == claim.slide
        kind = EXHIBITS[slide.exhibit or ""]
        assert state.keys() == kind.controls().keys()
        assert kind.from_state(state)[0].run() == kind.from_state(claim.state, slide.state)[0].run()


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

    class Kept(tuple):
        def verdict(self) -> str:
            return "A is <ahead>."

    RESULTS.put(run, Kept())
    text = page(status="recomputed")
    RESULTS.clear()
    article = text.split('<article id="own-race">')[1].split("</article>")[0]
    assert "A is &lt;ahead&gt;." in article
    assert "Your own race (3 seeds, 95 % interval)" in article
    assert "<dt>Learning rates of A and of B</dt><dd>0.03, 0.03</dd>" in article
    assert "<code>python -m lab run your-own" in article
    assert ">Run it again<" in article
    assert "./?slide=your-own" in article
