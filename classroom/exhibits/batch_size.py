"""One image in many batches: how much its output depends on its partners, and what renormalization corrects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, NamedTuple

import numpy as np

from classroom.chart import Axis, Chart, Dots, Label, Line
from classroom.exhibit import Exhibit, Range
from classroom.picture import Note, Picture, Table, Values
from classroom.samples import digits
from classroom.typeset import number, percent
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.batch_renorm import BatchRenorm
from normlib.norms.group_norm import GroupNorm
from normlib.running import Running

POPULATION, BATCHES = 1797, 48  # all of scikit-learn's digits; how many batches the one digit is put into
ONE, FEATURE = 5, 21  # the digit and the pixel, a feature of a dense layer, that are watched
EPS = 1e-3
GROUPS = 8
REACH = 3.0
NAMES = ("batch", "renormalized", "group")
COLOURS = ("term2", "accent", "ink")

# Wu & He 2018, arXiv 1803.08494, on batch sizes: ResNet-50, ImageNet validation error in percent.
IMAGES = (32, 16, 8, 4, 2)
ERROR = {"batch norm": (23.6, 23.7, 24.8, 27.3, 34.7), "group norm": (24.1, 24.2, 24.0, 24.2, 24.1)}


class Data(NamedTuple):
    """The watched cell's output in every batch, by operator, and at inference."""

    outputs: dict[str, Values]  # (BATCHES,) each
    inference: float
    clipped: float  # the share of batches in which r or d met its clip


@dataclass(frozen=True, kw_only=True)
class BatchSize(Exhibit):
    """Make the batch smaller and see one image's output scatter; loosen r and d and see it come back."""

    title = "The output of one cell in 48 batches of other partners, and ImageNet's error by batch size"

    size: Annotated[int, Range("images in the batch M", 2, 32, 1, group="batch")] = 4
    r_max: Annotated[float, Range("r at most", 1.0, 3.0, 0.1, group="clips")] = 3.0
    d_max: Annotated[float, Range("d at most", 0.0, 5.0, 0.1, group="clips")] = 5.0

    def norm(self) -> BatchRenorm:
        """Return batch renormalization with these clips."""
        return BatchRenorm(layout="NC", eps=EPS, r_max=self.r_max, d_max=self.d_max)

    def compute(self) -> Data:
        """Put the one digit into batches of others and normalize each: side by side, a batch is a channel."""
        feature, renorm, running = _features()[:, FEATURE], self.norm(), _population()
        x = np.concatenate([np.full((1, BATCHES), feature[ONE]), feature[_partners()[: self.size - 1]]])
        plain = BatchNorm(layout="NC", eps=EPS)
        given, fixes = plain.init(x.shape), renorm.corrections(x, running)
        outputs = {
            "batch": plain.forward(x, **given)[0][0],
            "renormalized": renorm.forward(x, **given, **fixes)[0][0],
            "group": np.full(BATCHES, _alone()),
        }
        frozen = BatchNorm(layout="NC", eps=EPS, training=False)
        known = {"running_mean": running.mean, "running_var": running.var}
        free = (1 / self.r_max < fixes["r"]) & (fixes["r"] < self.r_max) & (np.abs(fixes["d"]) < self.d_max)
        return Data(outputs, float(frozen.forward(x, **given, **known)[0][0, 0]), float(1 - free.mean()))

    def picture(self, data: Data) -> Picture:
        """Show the outputs as dots, one column an operator; beside them the cited errors."""
        return [
            self._scatter(data),
            self._errors(),
            Table(
                span=6,
                columns=("output", "mean", "sd", "at inference"),
                rows=tuple(
                    (name, number(v.mean()), number(v.std()), number(v[0] if name == "group" else data.inference))
                    for name, v in data.outputs.items()
                ),
            ),
            Table(
                span=6,
                columns=("", *map(str, reversed(IMAGES))),
                rows=tuple((name.removesuffix(" norm"), *map(str, reversed(e))) for name, e in ERROR.items()),
            ),
            Note(text=self._said(data)),
            Note(mark="cited", text="Right: Wu & He 2018, ResNet-50 on ImageNet; group norm has 32 groups."),
        ]

    def _said(self, data: Data) -> str:
        others = "1 other" if self.size == 2 else f"{self.size - 1} others"
        return (
            f"One digit, each time beside {others}; one of its 64 pixels, as features of a dense layer. "
            f"In {percent(data.clipped)} of the batches r or d meets its clip."
        )

    def _scatter(self, data: Data) -> Chart:
        jitter = np.linspace(-0.3, 0.3, BATCHES)
        dots = tuple(
            Dots(1 + i + jitter, np.clip(data.outputs[name], -REACH, REACH), COLOURS[i], 6.0)
            for i, name in enumerate(NAMES)
        )
        line = Line(np.array([0.5, 3.5]), np.full(2, data.inference), "edge", 1.5)
        return Chart(
            span=6,
            label="one cell's output, batch by batch",
            note=f"M = {self.size}",
            x=Axis(0.5, 3.5, names=tuple((1.0 + i, name) for i, name in enumerate(NAMES))),
            y=Axis(-REACH, REACH, "output"),
            marks=(line, Label(3.48, data.inference - 0.38, "at inference", "muted", "end"), *dots),
            height_rem=14,
        )

    def _errors(self) -> Chart:
        places = np.log2(np.array(IMAGES, float))
        marks: list[Line | Dots | Label] = []
        for (name, errors), colour, above in zip(ERROR.items(), ("term2", "ink"), (0.9, -1.2), strict=True):
            at = np.array(errors)
            marks += [Line(places, at, colour), Dots(places, at, colour, 7.0)]
            marks += [Label(1.12 if above > 0 else 2.0, at[-1] if above > 0 else at[-1] + above, name, colour)]
        return Chart(
            span=6,
            label="error on ImageNet, %",
            x=Axis(0.9, 5.1, "images per GPU", names=tuple((float(np.log2(n)), str(n)) for n in IMAGES)),
            y=Axis(22.0, 36.0),
            marks=tuple(marks),
            height_rem=14,
        )

    def alt(self, data: Data) -> str:
        """Say how much the output moves under each operator, and all the cited errors."""
        moves = ", ".join(f"{name} ± {number(v.std())}" for name, v in data.outputs.items())
        errors = "; ".join(f"{name} {', '.join(map(str, row))}" for name, row in ERROR.items())
        return (
            f"One cell's output in {BATCHES} batches of {self.size}: {moves}; at inference it is "
            f"{number(data.inference)}. On ImageNet the error in percent with "
            f"{', '.join(map(str, IMAGES))} images per GPU is: {errors} (Wu & He 2018)."
        )


@cache
def _partners() -> Values:
    """Return the digits that may accompany the one, (31, BATCHES): a column a batch, in random order."""
    rng = np.random.default_rng(2017)
    others = np.delete(np.arange(POPULATION), ONE)
    return np.stack([rng.choice(others, 31, replace=False) for _ in range(BATCHES)], axis=1)


@cache
def _features() -> Values:
    """Return every digit as 64 features, (POPULATION, 64), on one common scale."""
    flat = digits(POPULATION).reshape(POPULATION, 64)
    features = (flat - flat.mean()) / flat.std()
    features.setflags(write=False)
    return features


@cache
def _population() -> Running:
    """Return the statistics of all digits, for every batch: what the running averages would settle at."""
    feature = _features()[:, FEATURE]
    return Running(np.full(BATCHES, feature.mean()), np.full(BATCHES, feature.var()))


@cache
def _alone() -> float:
    """Return the cell's output under group normalization, which asks no other sample."""
    norm, x = GroupNorm(layout="NC", groups=GROUPS), _features()[[ONE]]
    return float(norm.forward(x, **norm.init(x.shape))[0][0, FEATURE])
