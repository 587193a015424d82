"""The citation charts: a reader's rows as bars."""

from __future__ import annotations

import plotly.graph_objects as go

from classroom.citations import Citations
from classroom.picture import Picture, Plot


def picture_of(table: Citations) -> Picture:
    """Draw citations by year as columns, citing works by topic as rows."""
    labels, counts = [row.label for row in table.rows], [row.count for row in table.rows]
    text = [f"{count:,}" for count in counts]
    if table.kind == "years":
        bars = go.Bar(x=labels, y=counts, text=text, textposition="outside", cliponaxis=False)
        figure = go.Figure(bars.update(marker_color="var(--accent)"))
        figure.update_xaxes(type="category", title_text="year")
        figure.update_yaxes(title_text="citations", rangemode="tozero")
        return [Plot(figure=figure, height_rem=26, label="Citations by year", note="your table")]
    bars = go.Bar(x=counts[::-1], y=labels[::-1], text=text[::-1], textposition="outside", orientation="h",
                  cliponaxis=False)  # fmt: skip
    figure = go.Figure(bars.update(marker_color="var(--accent)"))
    figure.update_xaxes(title_text="citing works", rangemode="tozero")
    height = max(12.0, min(30.0, 4 + 1.8 * len(labels)))
    return [Plot(figure=figure, height_rem=height, label="Citing works by topic", note="your table")]
