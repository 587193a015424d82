"""From layer to instance normalization by the number of groups, on a photograph whose contrast can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from classroom.chart import Area, Axis, Chart, Dots, Line
from classroom.exhibit import Exhibit, Pick, Range
from classroom.picture import Picture, Strip, Values, signed
from classroom.samples import responses, synthetic
from classroom.typeset import number
from normlib.norms.group_norm import GroupNorm

SCALE = signed(3.0)
CHANNELS = 12
BIAS_SPREAD, BIAS_SEED = 1.0, 12
ALIKE = {1: "layer normalization's statistics", CHANNELS: "instance normalization"}


class Data(NamedTuple):
    """One sample, (channels, rows, columns), and its groups, each by its first and last channel from 0."""

    x: Values
    y: Values
    groups: tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Groups(Exhibit):
    """Cut the channels into groups and change the photograph's contrast: single channels forget it, groups do not."""

    title = "The channels of one sample before and after, with the mean and deviation of each and of its group"

    groups: Annotated[str, Pick("number of groups g", ("1", "2", "3", "4", "6", "12"))] = "3"
    contrast: Annotated[float, Range("contrast", 0.1, 2.0, 0.1, play=True, group="photograph")] = 1.0
    channel: Annotated[int, Range("channel k", 1, CHANNELS, 1, group="photograph")] = 6

    def norm(self) -> GroupNorm:
        """Return the operator with this number of groups."""
        return GroupNorm(groups=int(self.groups))

    def compute(self) -> Data:
        """Normalize the responses to the photograph, to which each channel adds its bias."""
        bias = synthetic((1, CHANNELS, 1, 1), spread=BIAS_SPREAD, seed=BIAS_SEED)
        x = self.contrast * responses() + bias
        y, _ = self.norm().forward(x, **self.norm().init(x.shape))
        inside = (np.flatnonzero(self.norm().pooled(bias.shape, (0, k, 0, 0))) for k in range(CHANNELS))
        groups = dict.fromkeys((int(group[0]), int(group[-1])) for group in inside)
        return Data(x[0], y[0], tuple(groups))

    def picture(self, data: Data) -> Picture:
        """Show the channel axis before and after, then every channel's mean and deviation in its group's."""
        k = self.channel - 1
        group = next(g for g in data.groups if g[0] <= k <= g[1])
        said = f"g = {self.groups}: {ALIKE.get(int(self.groups), f'{CHANNELS // int(self.groups)} channels each')}"
        return [
            *(Strip(label=label, note=note, maps=maps, scale=SCALE, chosen=k, window=group)
              for label, note, maps in (("before: *x*", said, data.x), ("after: *y*", "", data.y))),
            self._places(data, data.x, "before"),
            self._places(data, data.y, "after"),
        ]  # fmt: skip

    def _places(self, data: Data, maps: Values, label: str) -> Chart:
        """Draw a box for each group and in it a bar for each channel, both from mean − sd to mean + sd."""
        marks: list[Line | Area | Dots] = []
        for first, last in data.groups:
            mean, sd = _moments(maps[first : last + 1])
            left, right = first + 0.58, last + 1.42
            chosen = first <= self.channel - 1 <= last
            marks.append(Area(np.array([left, right, right, left]), mean + sd * np.array([-1, -1, 1, 1]),
                              "wash" if chosen else "sunken", "accent" if chosen else "edge"))  # fmt: skip
        for k, values in enumerate(maps, 1):
            mean, sd = _moments(values)
            marks += [
                Line(np.array([k, k]), np.array([mean - sd, mean + sd]), width=3.0),
                Dots(np.array([k]), np.array([mean]), size=9.0),
            ]
        mean, sd = _moments(maps[self.channel - 1])
        return Chart(
            span=6,
            label=label,
            note=f"k = {self.channel}: {number(mean)} ± {number(sd)}",
            x=Axis(0.4, CHANNELS + 0.6, "channel", tuple((float(k), str(k)) for k in range(1, CHANNELS + 1))),
            y=Axis(-3.4, 3.4, "mean ± sd"),
            marks=tuple(marks),
            height_rem=17.0,
        )

    def measures(self, data: Data) -> Mapping[str, float]:
        """Return the mean and the deviation of the chosen channel's output."""
        mean, sd = _moments(data.y[self.channel - 1])
        return {"mean of channel k": mean, "deviation of channel k": sd}

    def alt(self, data: Data) -> str:
        """Give the chosen channel's mean and deviation before and after, and how unlike the channels are."""
        k = self.channel - 1
        before, after = (f"{number(mean)} ± {number(sd)}" for mean, sd in map(_moments, (data.x[k], data.y[k])))
        spread = [number(float(np.ptp(maps.std(axis=(1, 2))))) for maps in (data.x, data.y)]
        return (
            f"{CHANNELS} channels in {self.groups} groups, contrast {self.contrast:g}. Channel {self.channel} goes "
            f"from {before} to {after}; the channels' deviations differ by {spread[0]} before and {spread[1]} after."
        )


def _moments(values: Values) -> tuple[float, float]:
    return float(values.mean()), float(values.std())
