"""One batch through every layer: which keep the contrast of a sample, which the offset of a channel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, NamedTuple

import numpy as np

from classroom.chart import Area, Axis, Chart, Label, Line
from classroom.exhibit import Exhibit, Pick, Range
from classroom.picture import Map, Panel, Picture, Values, signed
from classroom.samples import batch
from classroom.typeset import number
from normlib import Norm
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.batch_renorm import BatchRenorm
from normlib.norms.cross_channel_norm import CrossChannelNorm
from normlib.norms.dynamic_tanh import DynamicTanh
from normlib.norms.filter_response_norm import FilterResponseNorm
from normlib.norms.group_norm import GroupNorm
from normlib.norms.instance_norm import InstanceNorm
from normlib.norms.layer_norm import LayerNorm
from normlib.norms.local_response_norm import LocalResponseNorm
from normlib.norms.lp_norm import LpNorm
from normlib.norms.mean_variance_norm import MeanVarianceNorm
from normlib.norms.rms_norm import RMSNorm
from normlib.norms.spatial_norm import SpatialNorm
from normlib.norms.switchable_norm import SwitchableNorm
from normlib.running import Running

SCALE = signed(3.0)
ROWS = slice(14, 78)  # of the photographs: three rows of maps fit a slide in their true proportions
CHANNELS = 12
BINS = 36
BENEATH = -100.0  # a threshold that nothing reaches: the normalization alone is compared
KEPT, GONE = 0.75, 0.25  # at least, at most this share of what was set
FIRST, MORE = "1–8", "9–16"
EIGHT: dict[str, Norm] = {
    "batch": BatchNorm(),
    "layer": LayerNorm(affine=False),
    "layer, channels": LayerNorm(over="channels", affine=False),
    "instance": InstanceNorm(),
    "group, G = 3": GroupNorm(groups=3),
    "root mean square": RMSNorm(),
    "filter response": FilterResponseNorm(),
    "switchable": SwitchableNorm(),
}
EIGHT_MORE: dict[str, Norm] = {
    "local response": LocalResponseNorm.caffe(),
    "within a channel": LocalResponseNorm.caffe_within(),
    "cross-channel, *α* = 1": CrossChannelNorm(alpha=1.0),
    "spatial": SpatialNorm(),
    "mean-variance": MeanVarianceNorm.caffe(),
    "L2": LpNorm(),
    "renormalized": BatchRenorm(),
    "dynamic tanh": DynamicTanh(),
}


class Side(NamedTuple):
    """One channel of both samples, and what tells it apart."""

    maps: Values  # (samples, rows, columns)
    contrast: float  # deviation of sample 2, in deviations of sample 1
    offset: float  # mean of the channel less that of all others, over both samples


class Data(NamedTuple):
    """The input, and every operator's output by its name."""

    x: Side
    outputs: dict[str, Side]


@dataclass(frozen=True, kw_only=True)
class SameTensor(Exhibit):
    """Fade one photograph and shift one channel: each layer removes one of the two, both or neither."""

    title = "One channel of a batch before and after each layer, with the histograms of both samples"

    channel: Annotated[int, Range("channel k", 1, CHANNELS, 1)] = 4
    contrast: Annotated[float, Range("contrast of sample 2", 0.1, 2.0, 0.1)] = 0.3
    offset: Annotated[float, Range("offset of channel k", -2.0, 2.0, 0.1)] = 0.5
    operators: Annotated[str, Pick("operators", (FIRST, MORE))] = FIRST

    def norms(self) -> tuple[Norm, ...]:
        """Return all operators."""
        return (*EIGHT.values(), *EIGHT_MORE.values())

    def compute(self) -> Data:
        """Set the contrast and the offset, and send the whole batch through the operators shown."""
        x = _maps() * np.array([1.0, self.contrast], dtype=np.float32)[:, None, None, None]
        x[:, self.channel - 1] += np.float32(self.offset)
        shown = EIGHT if self.operators == FIRST else EIGHT_MORE
        return Data(
            self._side(x),
            {name: self._side(_output(norm, x)) for name, norm in shown.items()},
        )

    def _side(self, tensor: Values) -> Side:
        means, own = tensor.mean(axis=(2, 3)).astype(float).mean(axis=0), self.channel - 1
        deviations = tensor[:, own].std(axis=(1, 2))
        others = (means.sum() - means[own]) / (CHANNELS - 1)
        return Side(tensor[:, own], float(deviations[1] / deviations[0]), float(means[own] - others))

    def picture(self, data: Data) -> Picture:
        """Show sample 2 of the input and of every output, and histograms with what became of both settings."""
        panels: list[Panel] = []
        for name, side in {"input *x*": data.x, **data.outputs}.items():
            panels += [
                Map(span=2, label=name, values=side.maps[1], scale=SCALE),
                self._histograms(side, [] if side is data.x else self._verdicts(data, side)),
            ]
        return panels

    def _verdicts(self, data: Data, side: Side) -> list[str]:
        """Say what became of the contrast and of the offset; empty where nothing was set."""
        return [
            _verdict(float(np.log(data.x.contrast)), float(np.log(side.contrast))),
            _verdict(data.x.offset, side.offset),
        ]

    def _histograms(self, side: Side, verdicts: list[str]) -> Chart:
        other, one = side.maps
        return Chart(
            span=2,
            x=Axis(SCALE.low, SCALE.high),
            y=Axis(-0.45, 2.0, shown=False),
            marks=(
                Line(np.zeros(2), np.array([-0.45, 1.1]), "edge", 1.0),
                Area(*_outline(one), fill="accent"),
                Area(*_outline(other), fill=None, edge="ink"),
                Line(*_bar(one, -0.14), "accent", 4.0),
                Line(*_bar(other, -0.31), "ink", 2.0),
                *(
                    Label(SCALE.low, 1.85 - 0.46 * line, words, "accent" if "kept" in words else "muted")
                    for line, words in enumerate(_said(side, verdicts))
                ),
            ),
            height_rem=6.8,
        )

    def alt(self, data: Data) -> str:
        """Give contrast and offset of the input and of every output, and what became of them."""
        said = "; ".join(
            f"{name}: {', '.join(_said(side, self._verdicts(data, side)))}" for name, side in data.outputs.items()
        )
        return (
            f"Channel {self.channel} of two photographs. In the input, sample 2 has {number(data.x.contrast)} times "
            f"the deviation of sample 1, and the channel's mean lies {number(data.x.offset)} above that of the others. "
            f"After each layer: {said}."
        )


def _verdict(before: float, after: float) -> str:
    if abs(before) < 1e-3:
        return ""
    share = after / before
    return "kept" if share >= KEPT else "gone" if share <= GONE else "less"


def _said(side: Side, verdicts: list[str]) -> list[str]:
    """Write contrast and offset, each with its verdict."""
    contrast, offset = (f" {verdict}" if verdict else "" for verdict in verdicts or ["", ""])
    return [f"contrast{contrast} ×{number(side.contrast)}", f"offset{offset} {number(side.offset, plus=True)}"]


def _outline(values: Values) -> tuple[Values, Values]:
    """Outline a histogram over the scale, as high as 1; what lies beyond is in the end bins."""
    bins = np.clip((values - SCALE.low) * (BINS / (SCALE.high - SCALE.low)), 0, BINS - 1).astype(int)
    counts = np.bincount(bins.ravel(), minlength=BINS)
    across = np.repeat(np.linspace(SCALE.low, SCALE.high, BINS + 1), 2)
    return across, np.concatenate([[0.0], np.repeat(counts / counts.max(), 2), [0.0]])


def _bar(values: Values, height: float) -> tuple[Values, Values]:
    """Return a line of one standard deviation to each side of the mean, as far as the scale goes."""
    mean, deviation = float(values.mean()), float(values.std())
    return np.clip([mean - deviation, mean + deviation], SCALE.low, SCALE.high), np.full(2, height)


@cache
def _maps() -> Values:
    """Return both photographs' responses, all maps with mean 0 and deviation 1: the reader sets what differs."""
    responses = batch()[:, :, ROWS].astype(np.float32)
    maps, _ = InstanceNorm(eps=0.0, affine=False).forward(responses)
    maps.setflags(write=False)
    return maps


def _output(norm: Norm, x: Values) -> Values:
    parameters = _parameters(norm)
    if isinstance(norm, BatchRenorm):  # as trained on maps as they were before contrast and offset
        parameters = parameters | norm.corrections(x, Running(np.zeros(CHANNELS), np.ones(CHANNELS)))
    return norm.forward(x, **parameters)[0]


@cache
def _parameters(norm: Norm) -> dict[str, Values]:
    before_training = norm.init(_maps().shape)
    return {
        name: np.full_like(p, BENEATH if name == "tau" else p, dtype=np.float32) for name, p in before_training.items()
    }
