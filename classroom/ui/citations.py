"""The citation slides: a chart from a table that the reader brings, and nothing invented where there is none."""

from __future__ import annotations

import html

import streamlit as st

from classroom.citations import COLUMNS, Citations, Kind, expected, find, read
from classroom.citations_figure import picture_of
from classroom.deck import Slide
from classroom.picture import addressed, frame
from classroom.ui.components import PICTURE

KINDS: dict[str, Kind] = {"citations": "years", "citations-2": "topics"}


def chart(slide: Slide) -> None:
    """Draw the chart, or say what table is missing and how it must look; bad rows are named."""
    kind = KINDS[slide.id]
    words, chart = st.columns([5, 7], gap="large")
    with words, st.container(key="words"):
        st.markdown(slide.lede)
        st.caption(slide.caption)
        table = _table(kind)
        if table is not None and table.problems:
            rows = "".join(f"<li>{html.escape(problem)}</li>" for problem in table.problems)
            st.html(f'<div class="notice" role="status"><b>Left out:</b><ul>{rows}</ul></div>')
    with chart:
        if table is None or not table.rows:
            st.html(
                '<div class="empty"><p><b>No table yet, so no chart.</b></p>'
                f"<p>Expected: a CSV file with the columns {' and '.join(COLUMNS[kind])}.</p>"
                f"<pre>{html.escape(expected(kind))}</pre></div>"
            )
        else:
            # The settings name the table, so that another one repaints.
            header = {"state": {"rows": repr(table.rows)}, "alt": table.alt()}
            address = {"stage": slide.id, "exhibit": "citations", "title": slide.title, "seq": 0}
            PICTURE(key=f"picture-{slide.id}", data=addressed(frame(picture_of(table), header), address))


def _table(kind: Kind) -> Citations | None:
    """Return the reader's own table, else the one that whoever runs the deck has put into assets/data."""
    file = st.file_uploader("Your table (CSV)", type=["csv"], key=f"table-{kind}")
    if file is not None:
        st.session_state[f"bytes-{kind}"] = file.getvalue()
    data: bytes | None = st.session_state.get(f"bytes-{kind}")  # stays while the reader looks at other slides
    return find(kind) if data is None else read(data, kind)
