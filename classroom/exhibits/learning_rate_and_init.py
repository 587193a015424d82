"""Is batch normalization sensitive to the learning rate or the initial weights? The talk's seven runs, and a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log10
from typing import Annotated, Any, NamedTuple

import numpy as np

from classroom.exhibit import Control, Pick, Range
from classroom.picture import Note, Picture, Plot, Ramp, Scale, Table, Values
from classroom.plots import BN, COLOURS, NAMES, PLAIN, SYMBOLS, Trace, axis, figure, text
from classroom.theme import colorscale
from classroom.trained import Trained
from lab.experiments.learning_rate_and_init import LEARNED, RATES, SCALES, Result
from lab.experiments.learning_rate_and_init import LearningRateAndInit as Run

PLOT, TABLE, SWEEP = "the talk's runs", "as a table", "sweep run here"
PERCENT = Scale(0, 100, "held-out accuracy, mean over the seeds, %; × every run diverged", "sequential")


class Row(NamedTuple):
    """One run of the talk, 150,000 iterations each."""

    name: str
    network: str  # rows × columns × channels (kernel) of its last layers, where the talk gave them
    layers: str
    arm: int
    rate: float
    pca: str  # dimensions kept
    accuracy: float


SHRINKING = "7×6×1024(3) → 7×6×256(1) → 512"
TALK = (
    Row("sn01", "", "tiled conv", BN, 0.01, "300", 0.984000),
    Row("sn02", "", "tiled conv", BN, 0.05, "400 / 500 / 700", 0.991167),
    Row("tn03", SHRINKING, "full conv", BN, 0.03, "300", 0.989000),
    Row("tn01", SHRINKING, "full conv", BN, 0.05, "400", 0.992667),
    Row("tn04", SHRINKING, "full conv", BN, 0.1, "800 / 900", 0.990167),
    Row("np04", "tn01 without BN", "full conv", PLAIN, 0.05, "400", 0.990500),
    Row("np05", "", "full conv", PLAIN, 0.01, "500 / 800", 0.990000),
)


CITED = Note(text="The 2015 talk, 150,000 iterations each, on private data: not reproducible here.", mark="cited")


class Data(NamedTuple):
    """The sweep, empty where the talk's runs are shown; the first axis is without, with BN."""

    accuracy: Values  # (2, rates, scales): mean over the seeds that have been run
    diverged: Values  # (2, rates, scales): in every one of them
    verdict: str


@dataclass(frozen=True, kw_only=True)
class LearningRateAndInit(Trained[Result]):
    """Compare the areas in which training works, not the best cells."""

    title = "Learning rate and initialization, with and without batch normalization"

    show: Annotated[str, Pick("show", (PLOT, TABLE, SWEEP), group="look")] = PLOT
    steps: Annotated[int, Range("steps per run", 40, 160, 40, group="run", slow=True)] = 80
    seeds: Annotated[int, Range("seeds", 2, 4, 1, group="run", slow=True)] = 3

    def run(self) -> Run | None:
        """Return the sweep, where it is asked for."""
        return Run(steps=self.steps, seeds=self.seeds) if self.show == SWEEP else None

    def acting(self) -> Mapping[str, Control]:
        """Leave the sweep's own controls out where the talk's runs are shown."""
        return {n: c for n, c in self.controls().items() if self.show == SWEEP or n == "show"}

    def compute(self) -> Data:
        """Run the sweep where it is asked for, or take the one at hand."""
        if self.run() is None:
            return Data(np.empty((2, 0, 0)), np.empty((2, 0, 0), bool), "")
        return super().compute()

    def seen_in(self, result: Result) -> Data:
        """Take the cells that have been run."""
        run = np.isfinite(result.accuracy)
        count = run.sum(axis=3)
        mean = np.where(run, result.accuracy, 0).sum(axis=3) / np.where(count, count, np.nan)
        return Data(mean, (count > 0) & (result.diverged.sum(axis=3) == count), result.verdict())

    def picture(self, data: Data) -> Picture:
        """Show the talk's runs as points or as its table, or the sweep as two maps on one scale."""
        if self.show == PLOT:
            return self._plot()
        if self.show == TABLE:
            return self._table()
        learned = [int((data.accuracy[arm] >= LEARNED).sum()) for arm in (PLAIN, BN)]
        return [
            *(
                Plot(span=6, label=NAMES[arm], note=f"{learned[arm]} of {np.isfinite(data.accuracy[arm]).sum()} learn",
                     figure=_map(data, arm), height_rem=18)
                for arm in (PLAIN, BN)
            ),
            Ramp(scale=PERCENT),
            Note(text=data.verdict, mark="computed"),
        ]  # fmt: skip

    def _table(self) -> Picture:
        columns = ("run", "network", "layers", "BN", "learning rate", "PCA dim.", "accuracy")
        rows = tuple(
            (r.name, r.network, r.layers, "yes" if r.arm == BN else "no", f"{r.rate:g}", r.pca, f"{r.accuracy:.6f}")
            for r in TALK
        )
        pair = tuple(i for i, r in enumerate(TALK) if r.name in ("tn01", "np04"))
        return [Table(label="The talk's seven runs", columns=columns, rows=rows, strong=pair), CITED]

    def _plot(self) -> Picture:
        traces: list[Trace] = []
        for arm in (PLAIN, BN):
            rows = [r for r in TALK if r.arm == arm]
            traces.append({
                "type": "scatter", "mode": "markers", "x": [r.rate for r in rows],
                "y": [100 * r.accuracy for r in rows],
                "marker": {"size": 13, "symbol": SYMBOLS[arm], "color": COLOURS[arm],
                           "line": {"width": 2.5, "color": COLOURS[arm]}},
                "customdata": [[r.name, r.layers, r.pca] for r in rows],
                "hovertemplate": "%{customdata[0]}, %{customdata[1]}, PCA %{customdata[2]}: %{y:.4f} %"
                                 f"<extra>{NAMES[arm]}</extra>",
            })  # fmt: skip
        pair = {row.name: row.accuracy for row in TALK}
        chart = figure(
            traces,
            axis("learning rate (log scale)", log10(0.008), log10(0.17), type="log",
                 tickvals=[r.rate for r in TALK], ticktext=[f"{r.rate:g}" for r in TALK]),
            axis("accuracy, %", 98.3, 99.42, dtick=0.2, tickformat=".1f"),
            [_label(row) for row in TALK],
        )  # fmt: skip
        return [
            Plot(label="The talk's seven runs", note="filled: with BN; open: without", figure=chart, height_rem=20),
            CITED,
            Note(
                text=f"Only tn01 and np04 differ in BN alone: {100 * pair['tn01']:.4f} against "
                f"{100 * pair['np04']:.4f} %. The other pairs differ in the network, the learning rate or the "
                "dimension of the PCA too."
            ),
        ]

    def alt(self, data: Data) -> str:
        """Read the talk's rows out, or give the sweep's verdict."""
        if self.show != SWEEP:
            said = "; ".join(
                f"{r.name} ({r.layers}, {NAMES[r.arm]}, PCA {r.pca}) at {r.rate:g}: {100 * r.accuracy:.4f} %"
                for r in TALK
            )
            return f"Accuracy of the talk's seven runs by learning rate: {said}."
        return f"Two maps of {len(RATES)} learning rates × {len(SCALES)} initial scales. {data.verdict}"


def _label(row: Row) -> dict[str, Any]:
    say = f"<b>{row.name}</b> {100 * row.accuracy:.2f}"
    beside: dict[str, Any] = {"xanchor": "left", "yanchor": "middle", "xshift": 13}
    places: dict[str, dict[str, Any]] = {  # where the rows would write over each other
        "np04": {"xanchor": "right", "yanchor": "middle", "xshift": -13},
        "np05": {"xanchor": "left", "yanchor": "top", "xshift": -8, "yshift": -9},
        "tn03": {"xanchor": "center", "yanchor": "top", "yshift": -9},
        "tn04": {"xanchor": "center", "yanchor": "top", "yshift": -9},
    }
    place = places.get(row.name, beside)
    return text(say, log10(row.rate), 100 * row.accuracy, font={"color": COLOURS[row.arm]}, **place)


def _map(data: Data, arm: int) -> Any:
    percent = 100 * data.accuracy[arm]
    said = np.select([data.diverged[arm], np.isnan(percent)], ["×", ""], np.char.mod("%.0f", percent))
    scales, rates = [f"{scale:g}" for scale in SCALES], [f"{rate:g}" for rate in RATES]
    heat = {
        "type": "heatmap", "z": percent, "zmin": PERCENT.low, "zmax": PERCENT.high, "xgap": 1, "ygap": 1,
        "colorscale": colorscale("sequential"), "showscale": False, "x": scales, "y": rates,
        "hovertemplate": "learning rate %{y}, initial scale %{x}: %{z:.1f} %<extra></extra>",
    }  # fmt: skip
    # Strong cells are far from the paper in both themes, so the paper's own colour is what can be read on them.
    numbers = {
        "type": "scatter", "mode": "text", "hoverinfo": "skip", "x": scales * len(rates),
        "y": [rate for rate in rates for _ in scales],
        "text": said.ravel().tolist(),
        "textfont": {"color": np.where(percent >= 60, "var(--paper)", "var(--ink)").ravel().tolist()},
    }  # fmt: skip
    bare = {"type": "category", "showline": False, "tickcolor": "rgba(0,0,0,0)"}
    x, y = ({"title": {"text": title}, **bare} for title in ("initial scale (1 is He's)", "learning rate"))
    return figure([heat, numbers], x, y)
