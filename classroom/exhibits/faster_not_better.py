"""Faster or better: steps to a target accuracy against final accuracy, over several seeds, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from classroom.exhibit import Range
from classroom.picture import Note, Picture, Plot, Values
from classroom.plots import BN, COLOURS, NAMES, PLAIN, SYMBOLS, Trace, axis, figure, line, text
from classroom.trained import Trained
from lab.experiments.faster_not_better import FasterNotBetter as Run
from lab.experiments.faster_not_better import Result
from lab.statistics import Interval, interval


class Data(NamedTuple):
    """Every seed of both arms; the first axis is without, with BN."""

    steps: Values  # (S,)
    accuracy: Values  # (2, seeds, S), in %
    reached: Values  # (2, seeds): first recorded step at the target; not a number where it was never reached
    final: Values  # (2, seeds), in %
    speed: tuple[Interval, Interval]  # steps to the target, of the seeds that got there
    end: tuple[Interval, Interval]  # final accuracy, %
    verdict: str


@dataclass(frozen=True, kw_only=True)
class FasterNotBetter(Trained[Result]):
    """Two claims, so two axes: how soon, and how good in the end."""

    title = "Speed and final accuracy over several seeds"

    target: Annotated[float, Range("target accuracy", 0.5, 0.99, 0.01, group="look")] = 0.95
    seeds: Annotated[int, Range("seeds", 3, 7, 2, group="run", slow=True)] = 5
    depth: Annotated[int, Range("hidden layers", 2, 8, 2, group="run", slow=True)] = 6

    def run(self) -> Run:
        """Return the training of every seed both ways."""
        return Run(seeds=self.seeds, depth=self.depth)

    def seen_in(self, result: Result) -> Data:
        """Read speed and final accuracy out of a run; the target only changes how it is read."""
        result = result._replace(target=self.target)
        final = 100 * result.final_accuracy()
        end = (interval(final[PLAIN]), interval(final[BN]))
        right, reached = 100 * result.accuracy, result.steps_to_target()
        return Data(result.steps, right, reached, final, result.speed(), end, result.verdict())

    def picture(self, data: Data) -> Picture:
        """Show the way on the left, and where each seed ends up on the right."""
        return [
            Plot(span=6, label="The way", note="mean bold; target dotted", figure=self._way(data), height_rem=20),
            Plot(span=6, label="Sooner, or better?", note="mean, 95 % interval", figure=self._end(data), height_rem=20),
            Note(text=data.verdict, mark="computed"),
            Note(
                text=f"A network of {self.depth} hidden layers on scikit-learn's digits, not VGG on ImageNet. Final: "
                "mean over the last quarter of the steps. That an interval holds 0 does not prove that nothing differs."
            ),
        ]

    def _way(self, data: Data) -> object:
        target, last = 100 * self.target, self.run().steps
        traces: list[Trace] = []
        for arm in (PLAIN, BN):
            every = np.pad(data.accuracy[arm], ((0, 0), (0, 1)), constant_values=np.nan)  # one trace, seeds apart
            x = np.tile(np.append(data.steps, last).astype(float), self.seeds)
            traces.append({**line(x, every.ravel(), arm, hover="%{y:.1f} %", width=1, dash="solid"), "opacity": 0.35})
        means = data.accuracy.mean(axis=1)
        traces += [line(data.steps, means[arm], arm, hover="mean %{y:.1f} %") for arm in (PLAIN, BN)]
        middle = len(data.steps) // 4
        at, above = float(data.steps[middle]), float(data.accuracy[BN, :, middle:].max())
        later = 2 * len(data.steps) // 5
        below = max(float(data.accuracy[PLAIN, :, later:].min()), 15.0)
        ticks = [v for v in (0, 20, 40, 60, 80, 100) if abs(v - target) > 7] + [target]
        return figure(
            traces,
            axis("step", 0, last),
            axis("held-out accuracy, %", 0, 114, tickvals=ticks, ticktext=[f"{v:.0f}" for v in ticks]),
            [
                text(NAMES[BN], at, above, xanchor="left", yanchor="bottom", font={"color": COLOURS[BN]}),
                text(NAMES[PLAIN], float(data.steps[later]), below, xanchor="left", yanchor="top", yshift=-4),
            ],
            shapes=[{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": target, "y1": target,
                     "line": {"color": "var(--edge)", "width": 1, "dash": "dot"}}],
        )  # fmt: skip

    def _end(self, data: Data) -> object:
        last = float(self.run().steps)
        never = 1.12 * last
        traces: list[Trace] = []
        labels = []
        for arm in (PLAIN, BN):
            x = np.where(np.isfinite(data.reached[arm]), data.reached[arm], never)
            ink = {"color": COLOURS[arm], "width": 2}
            traces.append({
                "type": "scatter", "mode": "markers", "x": x, "y": data.final[arm], "opacity": 0.55,
                "cliponaxis": False,
                "marker": {"size": 8, "symbol": SYMBOLS[arm], "color": COLOURS[arm], "line": {**ink, "width": 1.5}},
                "hovertemplate": f"step %{{x}}: %{{y:.1f}} % in the end<extra>{NAMES[arm]}</extra>",
            })  # fmt: skip
            speed, end = data.speed[arm], data.end[arm]
            if np.isfinite(speed.mean):
                traces.append({
                    "type": "scatter", "mode": "markers", "x": [speed.mean], "y": [end.mean], "hoverinfo": "skip",
                    "marker": {"size": 1, "color": COLOURS[arm]},
                    "error_x": _bar(speed, arm), "error_y": _bar(end, arm),
                })  # fmt: skip
                above = max(end.mean + float(np.nan_to_num(end.half)), float(data.final[arm].max()))
                labels.append(text(NAMES[arm], speed.mean, above, xanchor="left", xshift=-8, yanchor="bottom", yshift=5,
                                   font={"color": COLOURS[arm]}))  # fmt: skip
        halves = [np.nan_to_num(end.half) for end in data.end]
        low = min(data.final.min(), *(end.mean - half for end, half in zip(data.end, halves, strict=True)))
        high = max(data.final.max(), *(end.mean + half for end, half in zip(data.end, halves, strict=True)))
        room = 0.12 * (high - low) + 0.2
        return figure(
            traces,
            axis(f"steps to {100 * self.target:.0f} %", 0, 1.2 * last,
                 tickvals=[0, last / 3, 2 * last / 3, last, never],
                 ticktext=["0", f"{last / 3:.0f}", f"{2 * last / 3:.0f}", "", "never"]),
            axis("final accuracy, %", low - room, high + room),
            labels,
        )  # fmt: skip

    def alt(self, data: Data) -> str:
        """Give the verdict and the final accuracies."""
        plain, bn = data.end
        return f"{data.verdict} Final accuracy is {bn} % with BN and {plain} % without (mean and 95 % interval)."


def _bar(value: Interval, arm: int) -> dict[str, object]:
    half = float(np.nan_to_num(value.half))
    return {"type": "data", "array": [half], "width": 5, "thickness": 2, "color": COLOURS[arm]}
