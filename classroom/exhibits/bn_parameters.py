"""γ, β and the running statistics of a trained network, layer by layer, as training goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np

from classroom.exhibit import Pick, Range
from classroom.picture import Note, Picture, Plot, Values
from classroom.plots import axis, figure, text
from classroom.trained import Trained
from classroom.typeset import number
from lab.experiments.bn_parameters import BnParameters as Run
from lab.experiments.bn_parameters import Result
from lab.statistics import percent

STEPS = 1500
BINS = 48
DECAYS = {"0": 0.0, "0.0005": 5e-4, "0.005": 5e-3}
QUANTITIES = {"gamma": "γ", "beta": "β", "running mean": "running mean", "running var": "running variance"}
START = {"gamma": 1.0, "beta": 0.0, "running mean": 0.0, "running var": 1.0}
LEARNED = ("gamma", "beta")


class Data(NamedTuple):
    """One quantity of every layer and unit of the first seed at one moment, and its range in the whole run."""

    step: int  # the recorded one
    values: Values  # (layers, units)
    low: float
    high: float
    accuracy: float  # held-out
    verdict: str  # over all seeds


@dataclass(frozen=True, kw_only=True)
class BnParameters(Trained[Result]):
    """Choose a quantity and go through the training: one ridge per layer, one tick per unit."""

    title = "The parameters of batch normalization, layer by layer"

    show: Annotated[str, Pick("show", tuple(QUANTITIES), group="look")] = "gamma"
    step: Annotated[int, Range("step", 0, STEPS, 15, play=True, group="look")] = STEPS
    decay: Annotated[str, Pick("weight decay (of the weights alone)", tuple(DECAYS), group="run", slow=True)] = "0.0005"
    rate: Annotated[float, Range("learning rate η", 0.05, 0.2, 0.05, group="run", slow=True)] = 0.1

    def run(self) -> Run:
        """Return the training of the network at this weight decay and learning rate."""
        return Run(steps=STEPS, rate=self.rate, weight_decay=DECAYS[self.decay])

    def seen_in(self, run: Result) -> Data:
        """Pick one moment of the training."""
        now = self.moment(run.steps, self.step)
        whole: Values = getattr(run, self.show.replace(" ", "_"))[0]
        low, high = float(whole.min()), float(whole.max())
        return Data(int(run.steps[now]), whole[now], low, high, float(run.accuracy[0, now]), run.verdict())

    def picture(self, data: Data) -> Picture:
        """Draw one ridge per layer on an axis that holds the whole run."""
        name = QUANTITIES[self.show]
        room = 0.04 * (data.high - data.low) or 0.5
        low, high = data.low - room, data.high + room
        edges = np.linspace(low, high, BINS + 1)
        layers = len(data.values)
        traces, labels = [], []
        for layer, values in enumerate(data.values):
            base = float(layers - 1 - layer)  # the first layer is on top: the data flow downwards
            traces += _ridge(values, edges, base, f"layer {layer + 1}")
            numbers = f"<b>{number(values.mean())}</b> ± {values.std():.2f}"
            labels.append(text(numbers, 1, base, xref="paper", xanchor="left", yanchor="bottom", xshift=8))
        start = START[self.show]
        marks = [
            {"type": "line", "x0": start, "x1": start, "y0": -0.16, "y1": layers, "layer": "below",
             "line": {"color": "var(--edge)", "width": 1, "dash": "dot"}}
        ]  # fmt: skip
        muted = {"color": "var(--muted)"}
        labels.append(text(f"starts at {start:g}", start, layers - 0.02, yanchor="bottom", font=muted))
        chart = figure(
            traces,
            axis(name, low, high),
            axis("", -0.2, layers + 0.24, tickvals=[layers - 1 - i for i in range(layers)], ticks="", showline=False,
                 ticktext=[f"layer {i + 1}" for i in range(layers)]),
            labels,
            shapes=marks,
        )  # fmt: skip
        learned = "learned by gradient descent" if self.show in LEARNED else "measured, not learned"
        return [
            Plot(label=f"{name} at step {data.step:,}", note=learned, figure=chart, height_rem=24),
            Note(
                text=f"At the right, mean ± standard deviation over a layer's {data.values.shape[1]} units; each unit "
                "is a tick below its ridge, whose highest bar has full height. The axis holds the whole run."
            ),
            Note(text=data.verdict, mark="computed"),
            Note(
                text=f"A network of {layers} hidden layers, trained here on digits; drawn is the first seed, with "
                f"{percent(data.accuracy)} of those held out right at this step. The talk showed a private network, "
                "xd_net_12m; it is not here."
            ),
        ]

    def alt(self, data: Data) -> str:
        """Give the range and spread of the quantity in every layer."""
        said = "; ".join(
            f"layer {i}: {number(v.mean())} ± {v.std():.2f}, from {number(v.min())} to {number(v.max())}"
            for i, v in enumerate(data.values, start=1)
        )
        return (
            f"{QUANTITIES[self.show]} of {data.values.shape[1]} units per layer at step {data.step:,}, mean ± standard "
            f"deviation and range: {said}. The network gets {percent(data.accuracy)} of the held-out digits right. "
            f"{data.verdict}"
        )


def _ridge(values: Values, edges: Values, base: float, layer: str) -> list[dict[str, Any]]:
    """Return the outline of a layer's histogram above its base line, and its units as ticks below."""
    counts, _ = np.histogram(values, edges)
    heights = base + 0.8 * counts / max(1, counts.max())
    x = np.concatenate([edges[:1], np.repeat(edges[1:-1], 2), edges[-1:]])
    outline = {
        "type": "scatter", "mode": "lines", "x": np.concatenate([edges[:1], x, edges[-1:]]),
        "y": np.concatenate([[base], np.repeat(heights, 2), [base]]), "fill": "toself",
        "fillcolor": "var(--sequential-1)",
        "line": {"color": "var(--edge)", "width": 1}, "hoverinfo": "skip",
    }  # fmt: skip
    gap = np.full(values.size, np.nan)  # one broken line: a marker per unit would take the browser three times as long
    units = {
        "type": "scatter", "mode": "lines", "x": np.stack([values, values, gap], axis=1).ravel(),
        "y": np.stack([np.full_like(gap, base - 0.03), np.full_like(gap, base - 0.16), gap], axis=1).ravel(),
        "line": {"width": 1.2, "color": "var(--ink)"}, "opacity": 0.7,
        "customdata": np.repeat(np.arange(1, values.size + 1), 3),
        "hovertemplate": layer + ", unit %{customdata}: %{x:.3f}<extra></extra>",
    }  # fmt: skip
    return [outline, units]
