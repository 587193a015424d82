"""Markdown of slides and questions becomes HTML in which nothing but Markdown has a meaning."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.prose import phrase, prose

KNOWN = {"p", "a", "b", "em", "strong", "code", "pre", "ul", "ol", "li", "span", "div", "br", "hr", "blockquote", "img",
         "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}  # fmt: skip


class Tags(HTMLParser):
    """Collects the tags and attributes of a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


def test_mathematics_stays_tex_and_is_marked() -> None:
    assert prose(r"with $\alpha < N$.") == '<p>with <span class="math inline">\\alpha &lt; N</span>.</p>\n'
    assert '<div class="math block">\ny_{i} = 1\n</div>' in prose("$$\ny_{i} = 1\n$$")


def test_emphasis_in_mathematics_is_no_emphasis() -> None:
    assert "<em>" not in prose("$a_i b_j$ and $a*b*c$")


def test_a_sum_of_money_is_no_mathematics() -> None:
    assert "math" not in prose("6$ and 7$ make 13$")


def test_a_table_can_be_scrolled_by_the_keyboard() -> None:
    shown = prose("| a | b |\n|---|---|\n| 1 | $x$ |")
    assert shown.startswith('<div class="table" role="region" aria-label="Table" tabindex="0"><table>')
    assert '<span class="math inline">x</span>' in shown


def test_a_table_has_the_name_of_the_heading_above() -> None:
    table = "\n\n| a |\n|---|\n| 1 |\n\n"
    shown = prose(f'{table}## First{table}## A "b"{table}')
    assert [value for name, value in Tags(shown).attributes if name == "aria-label"] == ["Table", "First", 'A "b"']


def test_a_link_to_a_slide_stays_and_one_that_leaves_opens_beside() -> None:
    assert prose("[LRN](?slide=lrn)") == '<p><a href="?slide=lrn">LRN</a></p>\n'
    assert 'target="_blank" rel="noopener noreferrer"' in prose("[paper](https://arxiv.org/abs/1502.03167)")


def test_a_phrase_has_no_paragraph() -> None:
    assert phrase("*N* of $m$") == '<em>N</em> of <span class="math inline">m</span>'


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "$<b>$", "`<i>`"])
def test_html_is_shown_as_it_is_written(text: str) -> None:
    for shown in (prose(text), phrase(text)):
        assert not Tags(shown).tags & {"script", "img", "b", "i"}


def test_no_link_runs_a_script() -> None:
    for target in ("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>1</script>", "vbscript:x"):
        assert "href" not in prose(f"[x]({target})")


@given(st.text(alphabet=st.sampled_from("ab <>\"'&$\\`*_[]()|-#\n"), max_size=60))
def test_no_text_brings_a_tag_or_an_attribute_of_its_own(text: str) -> None:
    for found in (Tags(prose(text)), Tags(phrase(text))):
        assert found.tags <= KNOWN
        assert not [name for name, _ in found.attributes if name.startswith("on")]
