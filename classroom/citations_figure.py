"""The citation charts: bars of a user's own counts, nothing added and nothing smoothed."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from classroom.citations import Citations, Row
from classroom.picture import Picture, Plot
from classroom.plots import text

BAR = {"color": "var(--sequential-2)", "line": {"width": 0}}
MOST_EXACT, MOST_NAMED = 7, 14  # bars with their full or rounded count above; more of them and the numbers would touch


def picture_of(citations: Citations) -> Picture:
    """Return the chart of a table; no panel at all where there are no rows."""
    return by_year(citations) if citations.kind == "years" else by_topic(citations)


def by_year(citations: Citations) -> Picture:
    """Return a bar per year, counts above the bars; years without a row stay empty."""
    rows = citations.rows
    if not rows:
        return []
    years = [int(row.label) for row in rows]
    first, last = years[0], years[-1]
    top = max(row.count for row in rows) or 1
    every = -(-(last - first + 1) // 12)
    chart = go.Figure(
        data=[{
            "type": "bar", "x": years, "y": [row.count for row in rows], "marker": BAR, "width": 0.72,
            "text": _counts(rows), "textposition": "outside", "cliponaxis": False,
            "customdata": [f"{row.count:,}" for row in rows], "hovertemplate": "%{x}: %{customdata}<extra></extra>",
        }],
        layout={
            "xaxis": {"title": {"text": "year"}, "range": [first - 0.6, last + 0.6], "ticks": "",
                      "tickvals": list(range(first, last + 1, every)), "tickformat": "d"},
            "yaxis": {"title": {"text": "citations"}, "range": [0, 1.1 * top], "tickformat": "~s", "nticks": 6},
        },
    )  # fmt: skip
    return [Plot(label="Citations by year", note=_note(rows), figure=chart, height_rem=22)]


def by_topic(citations: Citations) -> Picture:
    """Return a horizontal bar per topic, the largest on top, each named and counted in place."""
    rows = citations.rows
    if not rows:
        return []
    top = max(row.count for row in rows) or 1
    places = list(range(len(rows)))
    chart = go.Figure(
        data=[{
            "type": "bar", "orientation": "h", "x": [row.count for row in rows], "y": places,
            "marker": BAR, "width": 0.68, "customdata": [_plain(row.label) for row in rows],
            "hovertemplate": "%{customdata}: %{x:,}<extra></extra>",
        }],
        layout={
            "xaxis": {"title": {"text": "citing works"}, "range": [0, top], "tickformat": "~s", "nticks": 5},
            "yaxis": {"range": [len(rows) - 0.4, -0.6], "tickvals": places, "showline": False,
                      "tickcolor": "rgba(0,0,0,0)", "ticktext": [_wrapped(row.label) for row in rows]},
            "annotations": [text(f"{row.count:,}", row.count, place, name="end", xanchor="left", xshift=6)
                            for row, place in zip(rows, places, strict=True)],
        },
    )  # fmt: skip
    height = min(60.0, max(10.0, 4.0 + 1.7 * len(rows)))
    return [Plot(label="Citing works by topic", note=_note(rows), figure=chart, height_rem=height)]


def _note(rows: Sequence[Row]) -> str:
    return f"{sum(row.count for row in rows):,} in all, from the table that was supplied"


def _counts(rows: Sequence[Row]) -> list[str] | None:
    if len(rows) > MOST_NAMED:
        return None
    return [f"{row.count:,}" if len(rows) <= MOST_EXACT else _short(row.count) for row in rows]


def _short(count: int) -> str:
    """Write a count so that it fits above a bar.

    >>> _short(980), _short(12_345), _short(1_200_000)
    ('980', '12.3k', '1.2M')
    """
    for size, unit in ((1_000_000, "M"), (10_000, "k")):
        if count >= size:
            return f"{count / (1_000_000 if unit == 'M' else 1000):.1f}".removesuffix(".0") + unit
    return f"{count:,}"


def _plain(label: str) -> str:
    """Take from a user's words what Plotly would read as markup."""
    return label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _wrapped(label: str, width: int = 22) -> str:
    """Break a long topic into two lines, so that the bars keep their room on a phone."""
    if len(label) <= width:
        return _plain(label)
    at = label.rfind(" ", 0, width + 1)
    at = at if at > 0 else width
    first, rest = label[:at].rstrip(), label[at:].strip()
    return f"{_plain(first)}<br>{_plain(rest if len(rest) <= width else rest[: width - 1].rstrip() + '…')}"
