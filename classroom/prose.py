"""Markdown of slides and questions as HTML; mathematics stays TeX, for the browser to set (maths.js)."""

from __future__ import annotations

import html
from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.dollarmath import dollarmath_plugin

BESIDE = ("?", "#", "./")  # links that stay in the talk


class _Renderer(RendererHTML):
    """Wraps tables so that a narrow screen scrolls them alone; a link that leaves the talk opens beside it.

    A table has the name of the heading above it.
    """

    def table_open(self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType) -> str:
        above = (tokens[at + 1].content for at in range(i - 1, -1, -1) if tokens[at].type == "heading_open")
        name = html.escape(next(above, "Table"))
        return f'<div class="table" role="region" aria-label="{name}" tabindex="0"><table>'

    def table_close(self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>"

    def link_open(self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType) -> str:
        if not str(tokens[i].attrGet("href")).startswith(BESIDE):
            tokens[i].attrSet("target", "_blank")
            tokens[i].attrSet("rel", "noopener noreferrer")
        return self.renderToken(tokens, i, options, env)


_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
_MARKDOWN.use(dollarmath_plugin, allow_space=False, double_inline=True)
_MARKDOWN.render("*a* $b$\n\n- c")  # compiles its rules: two threads that come first together would do so at once


@lru_cache(maxsize=1024)
def prose(text: str) -> str:
    r"""Return Markdown as HTML; HTML in it is shown as written, `$...$` and `$$...$$` hold TeX.

    >>> prose("a **bold** $\\gamma < 1$").strip()
    '<p>a <strong>bold</strong> <span class="math inline">\\gamma &lt; 1</span></p>'
    """
    return str(_MARKDOWN.render(text))


@lru_cache(maxsize=1024)
def phrase(text: str) -> str:
    """Return Markdown of a few words as HTML without a paragraph around it, for a button or a cell.

    >>> phrase("*N*, the <batch>")
    '<em>N</em>, the &lt;batch&gt;'
    """
    return str(_MARKDOWN.renderInline(text))
