"""The reference: a table of all operators, and a page for each, made of its code."""

from __future__ import annotations

import html

import streamlit as st

from classroom.prose import prose
from classroom.reference import index, page
from classroom.ui import messages
from classroom.ui.components import OPERATORS
from normlib import NORMS

KEY = "operators"


def show() -> None:
    """Draw the page of the operator that the address names, or the table; an unknown one gets a sentence."""
    wanted = st.query_params.get("norm", "")
    OPERATORS(key=KEY, data=_sheet(wanted), on_norm_change=_turn)


def _turn() -> None:
    """Let the address name what a link asked for: a callback."""
    asked = messages.operator(st.session_state.get(KEY))
    if asked in NORMS:
        st.query_params["norm"] = asked
    else:
        st.query_params.clear()


def _sheet(wanted: str) -> dict[str, str]:
    if wanted in NORMS:
        kind = NORMS[wanted]
        back = '<a href="operators">&#8592; all operators</a>'
        source = f"{html.escape(kind.paper.authors)} {kind.paper.year}"
        return {"at": wanted, "head": _head(back, kind.title, source), "list": _list(), "body": prose(page(wanted))}
    notice = ""
    if wanted:
        notice = (
            f'<p class="notice" role="status">There is no operator {html.escape(repr(wanted[:60]))} here. '
            "Choose one below.</p>"
        )
    head = _head('<a href="overview">&#8592; the overview</a>', "Operators", f"{len(NORMS)} of them, oldest first")
    say = prose("What each computes, its gradients and who differs. These pages are made from the code and checked.")
    return {"at": "", "head": head, "notice": notice, "body": say + prose(index())}


def _head(back: str, title: str, source: str) -> str:
    return f'<header class="head"><p>{back}</p><h1>{html.escape(title)}</h1><p class="src">{source}</p></header>'


def _list() -> str:
    links = (f'<li><a href="?norm={key}">{html.escape(kind.title)}</a></li>' for key, kind in NORMS.items())
    return f'<nav aria-label="Operators"><ul>{"".join(links)}</ul></nav>'
