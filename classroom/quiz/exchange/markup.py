r"""HTML and plain text of other systems as Markdown of the bank: \(..\) becomes $..$, the rest stays what it shows."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import chain

_MATH = re.compile(r"\\\((.{1,2000}?)\\\)|\\\[(.{1,2000}?)\\\]|\$\$(.{1,2000}?)\$\$", re.S)
_TYPED = re.compile(r"(?<![\\$\w])\$(?=\S)([^$\n]{1,200})(?<=\S)\$(?![\w$])")
_TEX = re.compile(r"\\[A-Za-z]|^\S*[\^_]\S*$|^[A-Za-z]$")
_NO_TEXT = re.compile("[^\n\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffe]")
_ALWAYS = re.compile(r"([\\`*_\[\]<>&$|])")
_AT_A_LINES_START = re.compile(r"(?m)^([#+\-=~:]|[0-9]+(?=[.)]))")
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*"}
_HEADINGS = {f"h{n}": "#" * n + " " for n in range(1, 7)}
_PARAGRAPHS = {"p", "div", "ul", "ol", "pre", "blockquote", *_HEADINGS}
_KNOWN = {"span", "font", "html", "body", "br", "li", "code", "a", *_PARAGRAPHS, *_MARKS}


def of_plain(text: str) -> str:
    r"""Return plain text as Markdown that shows it as it is.

    >>> of_plain("2*3 costs $5 \\(x_1\\)")
    '2\\*3 costs \\$5 $x_1$'
    """
    lines = [_escaped(" ".join(line.split())) for line in _apart(text).split("\n")]
    return _joined("\\\n".join(line for line in lines if line))


def typed_formulas(text: str) -> str:
    r"""Return hand-written text with its $..$ as \(..\), where what stands between is TeX and no amount of money.

    >>> typed_formulas("$\\gamma$ costs $5 or $6, $x_i$")
    '\\(\\gamma\\) costs $5 or $6, \\(x_i\\)'
    """
    return _TYPED.sub(lambda found: rf"\({found[1]}\)" if _TEX.search(found[1]) else found[0], text)


def of_words(text: str) -> str:
    r"""Return the words of a menu, which sets no formulas, as Markdown that shows them as they are.

    >>> of_words("a_1 for $$5")
    'a\\_1 for \\$\\$5'
    """
    return _joined(_line(_literal(" ".join(text.split()))))


def of_html(text: str) -> tuple[str, list[str]]:
    r"""Return HTML as Markdown, with the names of the tags that Markdown cannot say and that were left out.

    >>> of_html("<p>a <em>b</em> &lt; \\(x\\)</p><img src='p.png'>")
    ('a *b* \\< $x$', ['img'])
    """
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.markdown(), reader.stray


def of_markdown(text: str) -> str:
    r"""Return another system's Markdown as ours: only formulas are written differently.

    >>> of_markdown("*a* for $5, \\\\(x\\\\)")
    '*a* for \\$5, $x$'
    """
    found: list[str] = []
    at = 0
    text = text.replace(r"\\(", r"\(").replace(r"\\)", r"\)").replace(r"\\[", r"\[").replace(r"\\]", r"\]")
    for math in _MATH.finditer(text):
        found += [_money(text[at : math.start()]), _dollars(math)]
        at = math.end()
    return _joined("".join([*found, _money(text[at:])]))


class _Reader(HTMLParser):
    """Write Markdown while HTML goes by."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stray: list[str] = []
        self._out: list[str] = []
        self._lists: list[int | None] = []  # of each open list: the next number, or None for bullets
        self._code: list[str] | None = None  # what stands in <code> so far
        self._pre: list[str] | None = None
        self._around: list[list[str]] = []  # what was written before each open quotation
        self._links: list[str] = []

    def markdown(self) -> str:
        """Return what was written."""
        return _joined("".join([*chain(*self._around), *self._out]))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a mark."""
        if tag in _PARAGRAPHS:
            self._paragraph()
        if tag in ("ul", "ol"):
            self._lists.append(1 if tag == "ol" else None)
        elif tag == "li" and self._lists:
            number = self._lists[-1]
            self._out.append("\n" + "  " * 2 * (len(self._lists) - 1) + ("- " if number is None else f"{number}. "))
            self._lists[-1] = None if number is None else number + 1
        elif tag == "br":
            self._out.append("\\\n")
        elif tag == "code":
            self._code = []
        elif tag == "a" and dict(attrs).get("href"):
            self._links.append(str(dict(attrs)["href"]))
            self._out.append("[")
        elif tag in _MARKS or tag in _HEADINGS:
            self._out.append(_MARKS.get(tag) or _HEADINGS[tag])
        elif tag == "pre":
            self._pre = []
        elif tag == "blockquote":
            self._around.append(self._out)
            self._out = []
        elif tag not in _KNOWN and tag not in self.stray:
            self.stray.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close a mark."""
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        if tag == "blockquote" and self._around:
            quoted = "\n".join(f"> {line}" for line in _joined("".join(self._out)).split("\n"))
            self._out = [*self._around.pop(), quoted]
        if tag == "pre" and self._pre is not None:
            self._out.append(_as_block("".join(self._pre)))
            self._pre = self._code = None
        if tag in _PARAGRAPHS:
            self._paragraph()
        elif tag == "code" and self._code is not None and self._pre is None:
            self._out.append(_as_code("".join(self._code)))
            self._code = None
        elif tag == "a" and self._links:
            self._out.append(f"](<{self._links.pop()}>)")
        elif tag in _MARKS:
            self._out.append(_MARKS[tag])

    def handle_data(self, data: str) -> None:
        r"""Write text; a \( whose two characters stand in two pieces is no formula."""
        verbatim = self._pre if self._pre is not None else self._code
        if verbatim is not None:
            verbatim.append(data)
            return
        begins = not self._out or self._out[-1].endswith("\n")
        text = re.sub(r"[ \t\r\n\f]+", " ", data)
        self._out.append(_escaped(text.lstrip() if begins else text, at_start=begins))

    def _paragraph(self) -> None:
        if self._out and not self._lists:
            self._out.append("\n\n")


def _apart(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _escaped(text: str, at_start: bool = True) -> str:
    """Escape what Markdown would read, formulas left alone."""
    found: list[str] = []
    at = 0
    for math in [*_MATH.finditer(text), None]:
        literal = _literal(text[at : math.start() if math else None])
        found.append(_line(literal.lstrip()) if at_start else literal)
        if math:
            found.append(_dollars(math))
            at, at_start = math.end(), found[-1].endswith("\n")
    return "".join(found)


def _line(text: str) -> str:
    """Escape what would make a list or a heading of a line."""
    return _AT_A_LINES_START.sub(_kept_off, text, count=1)


def _literal(text: str) -> str:
    """Escape; a backslash goes by its number, for before a formula it would take the dollar with it."""
    return _ALWAYS.sub(lambda found: "&#92;" if found[1] == "\\" else f"\\{found[1]}", text)


def _kept_off(found: re.Match[str]) -> str:
    return f"{found[1]}\\" if found[1].isdigit() else f"\\{found[1]}"


def _dollars(math: re.Match[str]) -> str:
    tex = " ".join(next(part for part in math.groups() if part is not None).split())
    tex = re.sub(r"(?<!\\)\$", r"\\$", tex)
    if tex.endswith("\\"):
        tex += " {}"  # the backslash would take the dollar with it
    if not tex:
        return ""
    return f"${tex}$" if math[1] is not None else f"\n\n$$\n{tex}\n$$\n\n"


def _money(text: str) -> str:
    return re.sub(r"(?<!\\)\$", r"\\$", text)


def _as_code(text: str) -> str:
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    room = " " if text.startswith(("`", " ")) or text.endswith("`") else ""
    return fence + room + " ".join(text.split("\n")) + room + fence


def _as_block(text: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"\n\n{fence}\n{text.rstrip()}\n{fence}\n\n"


def _joined(text: str) -> str:
    """Tidy up: nothing that YAML must escape, no more than one empty line, no blanks before a line's end."""
    text = _NO_TEXT.sub(" ", text)
    text = re.sub(r"[ \t]+(?=\n)", "", text)
    text = re.sub(r"\n{3,}", "\n\n", text)
    return re.sub(r"(?:\\\n)+(?=\n|$)", "", text).strip()
