"""Your own race: two networks of the reader's choice, and where each draws its line between two classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from classroom.exhibit import Pick, Range
from classroom.picture import Note, Picture, Plot, Values
from classroom.plots import COLOURS, Trace, axis, band, dot, end_labels, figure, line
from classroom.theme import colorscale
from classroom.trained import Trained
from lab.data import KINDS, named
from lab.experiments.your_own import ACTIVATIONS, GRID, NORMS, REACH, SIDES, Result
from lab.experiments.your_own import YourOwn as Run
from lab.statistics import Interval, intervals

STEPS = 600
RATES = ("0.001", "0.003", "0.01", "0.03", "0.1", "0.3", "1", "3", "10")
SCALES = ("0.03", "0.1", "0.3", "1", "3", "10")
OFFERED = tuple(name for name, kind in KINDS.items() if kind == "points")
SHOWN = 150  # held-out points on the map: more would hide it


class Data(NamedTuple):
    """What the picture needs of a run; the first axis is A, B."""

    steps: Values  # (S,)
    accuracy: Values  # (2, S, 2), in %: mean and half width of the interval over the seeds
    decision: Values  # (2, GRID, GRID): probability of class 1 at the shown step, first seed; empty for pictures
    now: int  # index of the last recorded step that is shown
    verdict: str


@dataclass(frozen=True, kw_only=True)
class YourOwn(Trained[Result]):
    """Give A and B a norm, layers, a learning rate and initial weights; both see the same batches."""

    title = "Your own race of two networks"

    step: Annotated[int, Range("step", 0, STEPS, 10, play=True, group="look")] = STEPS
    data: Annotated[str, Pick("what both learn", (*OFFERED, "digits"), group="data", slow=True, folded=True)] = (
        "spirals"
    )
    activation: Annotated[str, Pick("units", tuple(ACTIVATIONS), group="data", slow=True, folded=True)] = "ReLU"
    norm_a: Annotated[str, Pick("A: norm", tuple(NORMS), group="A", slow=True, folded=True)] = "none"
    depth_a: Annotated[int, Range("A: hidden layers", 1, 8, 1, group="A", slow=True)] = 4
    rate_a: Annotated[str, Pick("A: learning rate η", RATES, group="A", slow=True, folded=True)] = "0.03"
    scale_a: Annotated[str, Pick("A: first weights ×", SCALES, group="A", slow=True, folded=True)] = "1"
    norm_b: Annotated[str, Pick("B: norm", tuple(NORMS), group="B", slow=True, folded=True)] = "batch"
    depth_b: Annotated[int, Range("B: hidden layers", 1, 8, 1, group="B", slow=True)] = 4
    rate_b: Annotated[str, Pick("B: learning rate η", RATES, group="B", slow=True, folded=True)] = "0.03"
    scale_b: Annotated[str, Pick("B: first weights ×", SCALES, group="B", slow=True, folded=True)] = "1"

    def run(self) -> Run:
        """Return the race of both configurations."""
        return Run(
            data=self.data, activation=self.activation, steps=STEPS, norms=(self.norm_a, self.norm_b),
            depths=(self.depth_a, self.depth_b), rates=(float(self.rate_a), float(self.rate_b)),
            scales=(float(self.scale_a), float(self.scale_b)),
        )  # fmt: skip

    def seen_in(self, result: Result) -> Data:
        """Take the accuracies, and the map of the chosen step."""
        now = self.moment(result.steps, self.step)
        return Data(result.steps, intervals(100 * result.accuracy), result.decision[:, now], now, result.verdict())

    def picture(self, data: Data) -> Picture:
        """Draw both maps, where the data have two dimensions, above the race."""
        maps = [self._map(data, side) for side in (0, 1)] if data.decision.size else []
        seeds = self.run().seeds
        return [
            *maps,
            self._race(data, 9.5 if maps else 20),
            Note(text=data.verdict, mark="computed"),
            Note(
                text=f"Dense layers of 32 units, gradient descent without momentum, batches of 32; {seeds} seeds, of "
                "which the maps show the first. First weights × 1 are He's."
            ),
        ]

    def _said(self, side: int) -> str:
        run = self.run()
        norm = run.norms[side]
        norm = "no norm" if norm == "none" else norm if norm == "dynamic tanh" else f"{norm} norm"
        layers = f"{run.depths[side]} layer" + "s" * (run.depths[side] > 1)
        spread = "" if run.scales[side] == 1 else f", weights × {run.scales[side]:g}"
        return f"{SIDES[side]}: {norm}, {layers}, η {run.rates[side]:g}{spread}"

    def _map(self, data: Data, side: int) -> Plot:
        at = np.linspace(-REACH, REACH, GRID)
        x, labels = named(self.data).held_out.take(slice(SHOWN))
        heat = {
            "type": "heatmap", "x": at, "y": at, "z": data.decision[side], "zmin": 0, "zmax": 1, "zsmooth": "best",
            "colorscale": colorscale("diverging"), "showscale": False,
            "hovertemplate": "class 1 with probability %{z:.2f}<extra></extra>",
        }  # fmt: skip
        traces: list[Trace] = [heat]
        for label, (fill, edge) in enumerate((("var(--paper)", "var(--ink)"), ("var(--ink)", "var(--paper)"))):
            px, py = x[labels == label].reshape(-1, 2).T
            traces.append({
                "type": "scatter", "mode": "markers", "x": px, "y": py, "hoverinfo": "skip",
                "marker": {"size": 6, "color": fill, "line": {"width": 1.2, "color": edge}},
            })  # fmt: skip
        bare = {"showticklabels": False, "ticks": "", "showline": False}
        chart = figure(
            traces,
            axis("", -REACH, REACH, constrain="domain", **bare),
            axis("", -REACH, REACH, constrain="domain", scaleanchor="x", **bare),
        )
        mean = Interval(*data.accuracy[side, data.now].tolist())
        return Plot(span=6, label=self._said(side), note=f"{mean} % right", figure=chart, height_rem=15)

    def _race(self, data: Data, rem: float) -> Plot:
        steps, right = data.steps[: data.now + 1], data.accuracy[:, : data.now + 1]
        traces: list[Trace] = []
        for side in (0, 1):
            mean, half = right[side].T
            traces.append(band(steps, np.maximum(mean - half, 0), np.minimum(mean + half, 100), side))
            curve = line(steps, mean, side, hover="%{y:.1f} %")
            curve["hovertemplate"] = f"%{{y:.1f}} % at step %{{x}}<extra>{SIDES[side]}</extra>"
            traces += [curve, dot(float(steps[-1]), float(mean[-1]), side)]
        ends = [(f"<b>{name}</b>", float(right[side, -1, 0]), COLOURS[side]) for side, name in enumerate(SIDES)]
        chart = figure(
            traces,
            axis("step", 0, STEPS, nticks=7),
            axis("right, %", 0, 103, tickvals=[0, 50, 90]),
            end_labels(ends, float(steps[-1]), 0, 103, rem - 3.5),
            shapes=[{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 90, "y1": 90,
                     "line": {"color": "var(--edge)", "width": 1, "dash": "dot"}}],
        )  # fmt: skip
        sides = "" if data.decision.size else f": {self._said(0)}; {self._said(1)}"
        return Plot(
            label=f"Held-out examples that are right{sides}", note="mean, 95 % interval", figure=chart, height_rem=rem
        )

    def alt(self, data: Data) -> str:
        """Name both configurations and say how the race stands."""
        at = [Interval(*data.accuracy[side, data.now].tolist()) for side in (0, 1)]
        shares = ""
        if data.decision.size:
            one = [f"{100 * (side >= 0.5).mean():.0f} %" for side in data.decision]
            shares = f" A gives {one[0]} of the plane to class 1, B {one[1]}."
        return (
            f"{self._said(0)}. {self._said(1)}. At step {data.steps[data.now]}, {at[0]} % of the held-out examples of "
            f"{self.data} are right with A and {at[1]} % with B.{shares} {data.verdict}"
        )
