r"""Markdown of the bank as other systems read it: HTML whose formulas stand between \( and \), or words alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

from classroom.prose import phrase, prose

KEPT = {"a": ("href", "title"), "img": ("src", "alt"), "ol": ("start",)}  # attributes that every reader knows
# What XML 1.0 has no way to hold, not even as a reference.
_UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OPENS = re.compile(r"\\(?=[()\[\]])|\$(?=\$)")  # what MathJax would take for the edge of a formula


def blocks(text: str) -> list[ET.Element]:
    """Return Markdown as elements of XHTML, paragraphs and the like."""
    found = list(_tree(prose(_speakable(text))))
    for element in found:
        element.tail = None
    return found


def inline(text: str) -> ET.Element:
    """Return Markdown of a few words as one span, for an option."""
    root = _tree(phrase(_speakable(text)))
    root.tag = "span"
    return root


def html_of(text: str) -> str:
    r"""Return Markdown as HTML.

    >>> html_of("a **bold** $x<1$ for \\$5")
    '<p>a <strong>bold</strong> \\(x&lt;1\\) for $5</p>'
    """
    return "\n".join(map(_written, blocks(text)))


def html_phrase(text: str) -> str:
    """Return Markdown of a few words as HTML without a paragraph around it.

    >>> html_phrase("*N*, the <batch>")
    '<em>N</em>, the &lt;batch&gt;'
    """
    return _written(inline(text)).removeprefix("<span>").removesuffix("</span>")


def words(text: str) -> str:
    r"""Return Markdown as text alone, for a menu; formulas stay TeX, without their dollars.

    >>> words("*N* and $\\mu_k < 1$")
    'N and \\mu_k < 1'
    """
    root = ET.fromstring(f"<div>{phrase(_speakable(text))}</div>")
    return " ".join("".join(root.itertext()).split())


def menu(options: Mapping[str, str]) -> dict[str, str]:
    """Return options as text alone, by letter, all different: where the words are the same, the letter stands by them.

    >>> menu({"A": "*N*", "B": "N", "C": "C"})
    {'A': 'N (A)', 'B': 'N (B)', 'C': 'C'}
    """
    bare = {letter: words(text) or "\N{EN DASH}" for letter, text in options.items()}
    shared = Counter(bare.values())
    return {letter: f"{text} ({letter})" if shared[text] > 1 else text for letter, text in bare.items()}


def _speakable(text: str) -> str:
    return _UNSPEAKABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))


def _tree(html: str) -> ET.Element:
    """Read what classroom.prose has written, which is well-formed, and keep of it what every reader knows."""
    return _known(ET.fromstring(f"<div>{html.strip()}</div>"))


def _known(element: ET.Element) -> ET.Element:
    found = ET.Element(element.tag, {k: v for k, v in element.items() if k in KEPT.get(element.tag, ())})
    _add(found, element.text)
    for child in element:
        if "math" in child.get("class", "").split():
            is_block = "block" in child.get("class", "")
            put = ET.SubElement(found, "p") if is_block else found
            tex = (child.text or "").strip()
            _append(put, (rf"\[{tex}\]" if is_block else rf"\({tex}\)") if tex else "")
        else:
            found.append(_known(child))
        _add(found, child.tail)
    return found


def _add(parent: ET.Element, text: str | None) -> None:
    r"""Append a text; a \( in it is no formula, so its two characters are kept apart."""
    for piece, apart in _pieces(text or ""):
        _append(parent, piece)
        if apart:
            ET.SubElement(parent, "span").text = apart


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Split where MathJax would see an edge: the text up to it with its first character, and the second one."""
    at = 0
    while edge := _OPENS.search(text, at):
        yield text[at : edge.end()], text[edge.end()]
        at = edge.end() + 1
    yield text[at:], ""


def _append(parent: ET.Element, text: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def _written(element: ET.Element) -> str:
    return ET.tostring(element, encoding="unicode", method="html")
