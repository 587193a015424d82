"""A run for people who were not there: its curves as a table, and as one page that needs nothing besides itself."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterator
from html import escape
from typing import Any, NamedTuple

import numpy as np

from lab.experiment import Choice, Curve, Experiment
from lab.statistics import percent
from normlib.core import Hyper

COLUMNS = ("quantity", "arm", "seed", "along", "x", "y")
# Okabe & Ito's, without the yellow: told apart with every common colour vision; the strongest come first.
COLOURS = ("#D55E00", "#0072B2", "#009E73", "#000000", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("dash", "solid", "dot", "dashdot", "longdash", "longdashdot", "1px,4px")
FEW = 12  # points up to which each is marked
ROW, GAP = 320, 0.35  # pixels of a subplot with the gap below it, and the gap's share
ENTRY = 30  # pixels of a line of the legend
ROOM = {"l": 60, "r": 20, "t": 40, "b": 50}
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;color:#1C1B19;background:#fff;max-width:62rem;margin:2rem auto;"
    "padding:0 1rem}table{border-collapse:collapse}td,th{text-align:left;padding:.1rem 1.5rem .1rem 0}"
    "h1{line-height:1.2}h2{font-size:1.1rem;margin:1.5rem 0 .2rem}p{margin:0}"
)
# The page holds its script and asks nobody for anything; this makes sure of it.
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"


class Report(NamedTuple):
    """A result, whole or as far as it got, with the experiment that it is of."""

    experiment: Experiment[Any]
    result: Any
    done: float = 1.0

    @property
    def stopped(self) -> str:
        """Return the sentence that an unfinished run must carry, or nothing."""
        return f"Stopped at {percent(self.done, 0)} of the run: this is what there was." if self.done < 1 else ""

    def table(self) -> str:
        """Return every point of every curve as CSV, a line for each; numbers read back are the same numbers."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for curve in self.result.curves():
            seed = "" if curve.seed is None else curve.seed
            for x, y in zip(curve.x.tolist(), curve.y.tolist(), strict=True):
                writer.writerow((curve.quantity, curve.arm, seed, curve.along, x, y))
        return text.getvalue()

    def page(self) -> str:
        """Return one HTML page with the claim, the verdict, the curves and the configuration."""
        from plotly.io import to_html  # here, for it takes half a second, and a table needs none of it

        kind = type(self.experiment)
        curves = list(self.result.curves())
        drawn = figure(curves)
        chart = to_html(drawn, config={"displaylogo": False, "responsive": True}, include_plotlyjs=True,
                        full_html=False, validate=False, div_id="curves",
                        default_height=f"{drawn['layout']['height']}px")  # fmt: skip
        marks: dict[str, Hyper | Choice] = {**kind.hypers(), **kind.choices()}
        about = {name: mark.doc for name, mark in marks.items()}
        rows = "".join(
            f"<tr><th scope='row'>{escape(name)}<td>{escape(_shown(value))}<td>{escape(about.get(name, ''))}"
            for name, value in dataclasses.asdict(self.experiment).items()
        )
        means = "Thin lines are single seeds; the thick one is their mean, where all of them have a number."
        parts = (
            "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            "<meta name='viewport' content='width=device-width, initial-scale=1'>",
            f"<title>{escape(kind.title)}</title><style>{STYLE}</style></head><body>",
            f"<h1>{escape(kind.title)}</h1>",
            f"<h2>Claim</h2><p>{escape(kind.claim)}<h2>Source</h2><p>{escape(kind.source)}.",
            f"<h2>Verdict</h2><p>{escape(self.stopped)}</p><p>{escape(self.result.verdict())}",
            f"<h2>Curves</h2><p>{means if any(curve.seed is not None for curve in curves) else ''}</p>{chart}",
            f"<h2>Configuration</h2><table>{rows}</table></body></html>\n",
        )
        return "\n".join(parts)


def figure(curves: list[Curve]) -> dict[str, Any]:
    """Return a Plotly figure with a subplot for each quantity: a thin line for each seed, and their mean."""
    quantities = list(dict.fromkeys(curve.quantity for curve in curves))
    arms = list(dict.fromkeys(curve.arm for curve in curves))
    looks = [_look(i, len(arms)) for i in range(len(arms))]
    traces: list[dict[str, Any]] = []
    titles, axes = [], {}
    for row, quantity in enumerate(quantities, start=1):
        number = "" if row == 1 else str(row)
        own = [curve for curve in curves if curve.quantity == quantity]
        traces += (_trace(curve, bold, looks[arms.index(curve.arm)], number) for curve, bold in _lines(own))
        titles.append({"text": f"<b>{escape(quantity)}</b>", "xref": f"x{number} domain", "yref": f"y{number} domain",
                       "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom", "yshift": 6,
                       "showarrow": False})  # fmt: skip
        axes[f"xaxis{number}"] = {"title": {"text": escape(own[0].along)}, **_scale(own), "gridcolor": "#E5E5E5",
                                  "zeroline": False}  # fmt: skip
        axes[f"yaxis{number}"] = {"gridcolor": "#E5E5E5", "zeroline": False}
    for arm in arms:  # once each in the legend
        next(t for t in traces if t["legendgroup"] == arm and t["line"]["width"] > 1)["showlegend"] = True
    layout = {
        "grid": {"rows": len(quantities), "columns": 1, "pattern": "independent", "ygap": GAP}, "annotations": titles,
        "height": max(ROW * len(quantities), ENTRY * len(arms)) + ROOM["t"] + ROOM["b"], "margin": ROOM,
        "plot_bgcolor": "#fff", "paper_bgcolor": "#fff", "font": {"color": "#1C1B19"}, "showlegend": True, **axes,
    }  # fmt: skip
    return {"data": traces, "layout": layout}


def _trace(curve: Curve, bold: bool, look: dict[str, str], number: str) -> dict[str, Any]:
    return {
        "type": "scatter", "x": curve.x.tolist(), "y": curve.y.tolist(), "xaxis": f"x{number}", "yaxis": f"y{number}",
        "name": escape(curve.arm), "legendgroup": curve.arm, "showlegend": False, "opacity": 1 if bold else 0.4,
        "mode": "lines+markers" if bold and len(curve.x) <= FEW else "lines",
        "line": {**look, "width": 3 if bold else 1},
        "hovertemplate": f"{'' if curve.seed is None else f'seed {curve.seed}: '}%{{y:.4g}} at %{{x}}",
    }  # fmt: skip


def _look(arm: int, arms: int) -> dict[str, str]:
    """Return colour and dash of an arm; of more arms than colours, each round of colours has a dash of its own."""
    dash = arm if arms <= len(COLOURS) else arm // len(COLOURS)
    return {"color": COLOURS[arm % len(COLOURS)], "dash": DASHES[dash % len(DASHES)]}


def _lines(curves: list[Curve]) -> Iterator[tuple[Curve, bool]]:
    """Yield the curves of one quantity, and whether each is drawn bold: an arm's seeds thin, and then their mean."""
    for arm in dict.fromkeys(curve.arm for curve in curves):
        own = [curve for curve in curves if curve.arm == arm]
        seeds = [curve for curve in own if curve.seed is not None]
        alike = len(seeds) > 1 and all(np.array_equal(curve.x, seeds[0].x) for curve in seeds)
        yield from ((curve, not (alike and curve.seed is not None)) for curve in own)
        if alike:  # a mean of those alone that have a number would leap where one of them ends
            yield seeds[0]._replace(y=np.mean([curve.y for curve in seeds], axis=0), seed=None), True


def _scale(curves: list[Curve]) -> dict[str, Any]:
    """Return the kind of x axis: what is tried in ratios, as rates and sizes are, is logarithmic; steps are not."""
    if any(curve.along == "step" or (curve.x <= 0).any() for curve in curves):
        return {"type": "linear"}
    return {"type": "log", "tickvals": np.unique(np.concatenate([curve.x for curve in curves])).tolist()}


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
