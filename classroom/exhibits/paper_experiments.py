"""What the paper reports: Inception on ImageNet, cited; and its small figure, run again on the digits."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10
from typing import Annotated, NamedTuple

import numpy as np

from classroom.exhibit import Pick
from classroom.picture import Note, Picture, Plot, Table, Values
from classroom.plots import BN, COLOURS, NAMES, PLAIN, Trace, axis, band, end_labels, figure, line, text
from classroom.trained import Trained
from lab.experiments.covariate_shift import CovariateShift as Run
from lab.experiments.covariate_shift import Result
from lab.statistics import Interval, first_at, interval, intervals

STEPS = 2000
TARGETS = (50, 90, 95)  # %
CITED, RERUN = "ImageNet, cited", "MNIST figure, run here on digits"
PAPER = "Ioffe & Szegedy 2015"


class Model(NamedTuple):
    """One row of the paper's Figure 3."""

    name: str
    rate: float  # initial learning rate
    steps: float | None  # in millions, to 72.2 %; None: never got there
    best: float  # highest accuracy, %


MODELS = (
    Model("Inception", 0.0015, 31.0, 72.2),
    Model("BN-Baseline", 0.0015, 13.3, 72.7),
    Model("BN-x5", 0.0075, 2.1, 73.0),
    Model("BN-x30", 0.045, 2.7, 74.8),
    Model("BN-x5-Sigmoid", 0.0075, None, 69.8),
)
NEVER = 60.0  # where the axis, in millions of steps, keeps a place for what never got there


class Data(NamedTuple):
    """The digits' run, empty where the paper's table is shown; the first axis is without, with BN."""

    steps: Values  # (S,)
    accuracy: Values  # (2, S, 2), in %: mean and half width of the interval over the seeds
    reached: Values  # (2, targets, seeds): first recorded step; not a number where a run never got there


@dataclass(frozen=True, kw_only=True)
class PaperExperiments(Trained[Result]):
    """The large experiment as the paper reports it, or the small one as it comes out here."""

    title = "The paper's experiments"

    show: Annotated[str, Pick("show", (CITED, RERUN))] = CITED

    def run(self) -> Run | None:
        """Return the training of the small networks, where they are asked for."""
        return None if self.show == CITED else Run(steps=STEPS, recorded=50)

    def compute(self) -> Data:
        """Train the small networks where they are asked for."""
        if self.run() is None:
            return Data(np.empty(0), np.empty((2, 0, 2)), np.empty((2, len(TARGETS), 0)))
        return super().compute()

    def seen_in(self, result: Result) -> Data:
        """Take the accuracy, and when each seed first met the targets."""
        right = 100 * result.accuracy
        reached = first_at(result.steps, right[:, None], np.array(TARGETS)[:, None, None])
        return Data(result.steps, intervals(right), reached)

    def picture(self, data: Data) -> Picture:
        """Show speed against accuracy per model, or accuracy against steps."""
        return self._cited() if self.show == CITED else self._rerun(data)

    def _cited(self) -> Picture:
        x = [m.steps or NEVER for m in MODELS]
        colour = ["var(--ink)" if m.name == "Inception" else "var(--accent)" for m in MODELS]
        symbol = ["circle-open" if m.name == "Inception" else "x-thin" if m.steps is None else "circle" for m in MODELS]
        dots = {
            "type": "scatter", "mode": "markers", "x": x, "y": [m.best for m in MODELS],
            "marker": {"size": 13, "color": colour, "symbol": symbol, "line": {"width": 2.5, "color": colour}},
            "customdata": [[m.name, f"{m.rate:g}"] for m in MODELS],
            "hovertemplate": "%{customdata[0]}: %{y} %, learning rate %{customdata[1]}<extra></extra>",
        }  # fmt: skip
        muted = {"color": "var(--muted)"}
        goal = text("72.2 %", 0, 72.2, xref="paper", xanchor="left", xshift=4, yanchor="top", font=muted)
        labels = [goal, *(self._label(m) for m in MODELS)]
        chart = figure(
            [dots],
            axis("training steps to 72.2 %, millions (log scale)", log10(1.7), log10(80), type="log",
                 tickvals=[2, 5, 10, 20, NEVER], ticktext=["2", "5", "10", "20", "never"]),
            axis("highest accuracy, %", 69, 76, dtick=1),
            labels,
            shapes=[{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 72.2, "y1": 72.2,
                     "line": {"color": "var(--rule)", "width": 1.5, "dash": "dot"}, "layer": "below"}],
        )  # fmt: skip
        return [
            Plot(label="Inception on ImageNet", note="single crop, validation set", figure=chart, height_rem=21),
            Note(text=f"{PAPER}, figures 2 and 3. BN-x5 and BN-x30: 5 and 30 times the learning rate.", mark="cited"),
            Note(
                text="What else changed besides BN (section 4.2.1): higher learning rate, 6 times faster decay of it, "
                "no dropout, L2 weight divided by 5, no local response normalization, shuffling within shards, weaker "
                "photometric distortions. *BN-Baseline keeps Inception's learning rate.*"
            ),
        ]

    @staticmethod
    def _label(m: Model) -> dict[str, object]:
        say = f"<b>{m.name}</b>"
        say += f"<br>{m.steps} million, {m.best} %" if m.steps else f"<br>sigmoid units: stops at {m.best} %"
        beside = {"xanchor": "left", "align": "left", "yanchor": "bottom", "xshift": 12, "yshift": -6}
        places: dict[str, dict[str, object]] = {
            "Inception": {"xanchor": "center", "yanchor": "top", "yshift": -10},
            "BN-x5-Sigmoid": {"xanchor": "right", "align": "right", "yanchor": "middle", "xshift": -14},
        }
        return text(say, log10(m.steps or NEVER), m.best, **places.get(m.name, beside))

    def _rerun(self, data: Data) -> Picture:
        last = float(data.steps[-1])
        ends = [(NAMES[arm], float(data.accuracy[arm, -1, 0]), COLOURS[arm]) for arm in (PLAIN, BN)]
        traces: list[Trace] = []
        for arm in (PLAIN, BN):
            mean, half = data.accuracy[arm].T
            traces += [band(data.steps, np.maximum(mean - half, 0), np.minimum(mean + half, 100), arm),
                       line(data.steps, mean, arm, hover="%{y:.1f} %")]  # fmt: skip
        chart = figure(
            traces,
            axis("step", 0, STEPS, nticks=5, tickformat=","),
            axis("held-out digits that are right, %", 0, 102, dtick=20),
            end_labels(ends, last, 0, 102, 13),
        )
        note = f"{self._right(data, BN)} % with BN, {self._right(data, PLAIN)} % without"
        rows = [
            (f"{target} %", self._first(data, BN, i), self._first(data, PLAIN, i)) for i, target in enumerate(TARGETS)
        ]
        return [
            Plot(label="Figure 1a of the paper, on digits", note=note, figure=chart, height_rem=17),
            Table(columns=("first recorded step at", "with BN", "without BN"), rows=tuple(rows)),
            Note(
                text="Trained here: three hidden layers of 100 sigmoid units, mini-batches of 60, as in the paper; "
                f"there on MNIST for 50,000 steps, here on 8×8 digits for {STEPS:,}. Mean and 95 % interval of "
                f"{data.reached.shape[2]} seeds.",
                mark="computed",
            ),
        ]

    @staticmethod
    def _right(data: Data, arm: int) -> Interval:
        return Interval(*data.accuracy[arm, -1].tolist())

    @staticmethod
    def _first(data: Data, arm: int, target: int) -> str:
        steps = data.reached[arm, target]
        there = np.isfinite(steps)
        if not there.any():
            return "not reached"
        return f"{interval(steps[there])}" + ("" if there.all() else f" ({there.sum()} of {len(steps)} seeds)")

    def alt(self, data: Data) -> str:
        """Read the paper's table out, or say how far both networks came."""
        if self.show == CITED:
            rows = [
                f"{m.name} " + (f"reaches 72.2 % after {m.steps} million steps" if m.steps else "never reaches 72.2 %")
                + f" and {m.best} % at best"
                for m in MODELS
            ]  # fmt: skip
            return f"As {PAPER} report for ImageNet: {'; '.join(rows)}."
        return (
            f"On scikit-learn's digits, after {data.steps[-1]:,} steps {self._right(data, BN)} % of the held-out "
            f"digits are right with BN and {self._right(data, PLAIN)} % without. 90 % is reached at step "
            f"{self._first(data, BN, 1)} with BN; without: {self._first(data, PLAIN, 1)}."
        )
