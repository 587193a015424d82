"""What every curve of the deck has in common: arms that look the same everywhere, axes with units, labels in place.

Plotly takes plain dictionaries, which it checks as a whole: a tenth of the time that adding traces one by one takes.
No sizes, fonts or margins here: the browser's template adds them, from the root font size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

Trace = dict[str, Any]

PLAIN, BN, NOISY = 0, 1, 2  # the lab's arms
NAMES = ("without BN", "with BN", "noise after BN")
COLOURS = ("var(--ink)", "var(--accent)", "var(--term2)")
DASHES = ("dash", "solid", "dot")  # the second mark beside the colour
SYMBOLS = ("circle-open", "circle", "diamond-open")


def line(x: ArrayLike, y: ArrayLike, arm: int, *, hover: str = "%{y:.3g}", **style: Any) -> Trace:
    """Return a curve of one arm; `style` adds to or replaces the line's style."""
    look = {"color": COLOURS[arm], "dash": DASHES[arm], "width": 2.5, **style}
    said = f"{hover} at step %{{x:,}}<extra>{NAMES[arm]}</extra>"
    return {"type": "scatter", "mode": "lines", "x": np.asarray(x), "y": np.asarray(y), "line": look,
            "hovertemplate": said}  # fmt: skip


def dot(x: float, y: float, arm: int) -> Trace:
    """Return the mark of the present step on a curve."""
    marker = {"color": COLOURS[arm], "size": 9, "symbol": SYMBOLS[arm], "line": {"color": COLOURS[arm], "width": 2}}
    return {"type": "scatter", "mode": "markers", "x": [x], "y": [y], "marker": marker, "hoverinfo": "skip",
            "cliponaxis": False}  # fmt: skip


def band(x: ArrayLike, low: ArrayLike, high: ArrayLike, arm: int) -> Trace:
    """Return the ground between two curves of one arm."""
    way, floor, top = (np.asarray(v, float) for v in (x, low, high))
    known = np.isfinite(floor) & np.isfinite(top)
    way, floor, top = way[known], floor[known], top[known]
    return {"type": "scatter", "mode": "lines", "x": np.concatenate([way, way[::-1]]),
            "y": np.concatenate([top, floor[::-1]]), "fill": "toself", "fillcolor": COLOURS[arm],
            "line": {"width": 0}, "opacity": 0.14, "hoverinfo": "skip"}  # fmt: skip


def axis(title: str, low: float, high: float, **more: Any) -> dict[str, Any]:
    """Return an axis with a fixed range, so that what moves is the data."""
    return {"title": {"text": title}, "range": [low, high], **more}


def text(say: str, x: Any, y: Any, **more: Any) -> dict[str, Any]:
    """Return a label at a point of the data."""
    return {"text": say, "x": x, "y": y, "showarrow": False, **more}


def end_labels(
    labels: Sequence[tuple[str, float, str]], at: float, low: float, high: float, rem: float
) -> list[dict[str, Any]]:
    """Return labels right of their curves' ends, moved apart where they would overlap.

    Each label is words, height and colour; `at` is the curves' last step, `rem` the height of the axis, which runs
    from `low` to `high`. The browser leaves room for them right of the axis, wherever the curves end.
    """
    heights = spread([value for _, value, _ in labels], low, high, 1.25 * (high - low) / rem)
    return [
        text(say, at, height, name="end", xanchor="left", yanchor="middle", xshift=9, font={"color": colour})
        for (say, _, colour), height in zip(labels, heights, strict=True)
    ]


def spread(values: Sequence[float], low: float, high: float, gap: float) -> list[float]:
    """Return the values moved as little as a gap between neighbours asks, in the same order, from low to high.

    >>> spread([0.0, 0.1, 5.0], 0.0, 10.0, 1.0)
    [0.0, 1.0, 5.0]
    """
    order = np.argsort(values, kind="stable")
    placed = np.clip(np.nan_to_num(np.asarray(values, float)[order], nan=low), low, high)
    for i in range(1, placed.size):
        placed[i] = max(placed[i], placed[i - 1] + gap)
    if placed.size:
        placed[-1] = min(placed[-1], high)
    for i in range(placed.size - 2, -1, -1):
        placed[i] = min(placed[i], placed[i + 1] - gap)
    moved = np.empty_like(placed)
    moved[order] = placed
    return [float(v) for v in moved]


def figure(
    traces: Iterable[Trace],
    x: Mapping[str, Any],
    y: Mapping[str, Any],
    labels: Sequence[Mapping[str, Any]] = (),
    **layout: Any,
) -> go.Figure:
    """Return the figure of some traces on two axes with labels in place."""
    return go.Figure(
        data=list(traces), layout={"xaxis": dict(x), "yaxis": dict(y), "annotations": list(labels), **layout}
    )


def padded(values: ArrayLike, share: float = 0.06) -> tuple[float, float]:
    """Return a range that holds all finite values and a little room on both sides."""
    finite = np.asarray(values, float)
    finite = finite[np.isfinite(finite)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    room = share * (high - low) or 0.5
    return low - room, high + room
