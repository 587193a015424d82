"""The citation slides: a chart from a table that the reader brings, and nothing invented where there is none."""

from __future__ import annotations

import base64
import html
from typing import Any

import streamlit as st

from classroom.citations import COLUMNS, Citations, Kind, expected, find, read
from classroom.citations_figure import picture_of
from classroom.deck import Slide
from classroom.wire import addressed, frame

KINDS: dict[str, Kind] = {"citations": "years", "citations-2": "topics"}


def chart(slide: Slide) -> dict[str, Any]:
    """Return the parts of a sheet that hold the chart, or what is missing and how it must look; bad rows are named."""
    kind = KINDS[slide.id]
    table = _table(kind)
    sheet: dict[str, Any] = {}
    if table is not None and table.problems:
        sheet["body"] = _left_out(table)
    if table is None or not table.rows:
        return sheet | {"body": sheet.get("body", "") + _wanted(kind)}
    # The settings name the table, so that another one repaints.
    header = {"state": {"rows": repr(table.rows)}, "alt": table.alt()}
    address = {"exhibit": "citations", "title": slide.title}
    picture = addressed(frame(picture_of(table), header), address)  # of the reader's own data: no address can name it
    return sheet | {"stage": {"frame": base64.b64encode(picture).decode(), "controls": []}}


def uploader(slide: Slide) -> None:
    """Draw the field that takes the reader's table."""
    kind = KINDS[slide.id]
    with st.container(key=f"native-{slide.id}"):  # slide.js hides it the moment the reader turns to another slide
        st.file_uploader("Your table (CSV)", type=["csv"], key=f"table-{kind}", on_change=_take, args=(kind,))


def _take(kind: Kind) -> None:
    file = st.session_state.get(f"table-{kind}")
    if file is not None:
        st.session_state[f"bytes-{kind}"] = file.getvalue()


def _table(kind: Kind) -> Citations | None:
    """Return the reader's own table, else the one that whoever runs the deck has put into assets/data."""
    data: bytes | None = st.session_state.get(f"bytes-{kind}")  # stays while the reader looks at other slides
    return find(kind) if data is None else read(data, kind)


def _left_out(table: Citations) -> str:
    rows = "".join(f"<li>{html.escape(problem)}</li>" for problem in table.problems)
    return f'<div class="notice" role="status"><b>Left out:</b><ul>{rows}</ul></div>'


def _wanted(kind: Kind) -> str:
    return (
        '<div class="empty"><p><b>No table yet, so no chart.</b></p>'
        f"<p>Expected: a CSV file with the columns {' and '.join(COLUMNS[kind])}.</p>"
        f"<pre>{html.escape(expected(kind))}</pre></div>"
    )
