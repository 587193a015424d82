"""Normalize weights instead of activations: the filters of a small trained network before and after."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cache
from typing import Annotated, NamedTuple

import numpy as np

from classroom.arrange import mosaic
from classroom.chart import Area, Axis, Chart, Dots, Label, Line
from classroom.exhibit import Exhibit, Pick, Range
from classroom.picture import Facts, Map, Picture, Scale, Values, signed
from classroom.typeset import number, percent, tiny
from lab.data import digits
from lab.layers import ReLU
from lab.network import perceptron
from lab.training import Sgd, accuracy, train
from normlib import Norm
from normlib.norms.spectral_norm import SpectralNorm
from normlib.norms.weight_norm import WeightNorm
from normlib.norms.weight_standardization import WeightStandardization

FILTERS, COLUMNS = 24, 6
MOST = 20  # steps of the power iteration
SHIFT = 0.1
BEFORE = signed(0.6, "weight")
AFTER: dict[str, Scale] = {"length": BEFORE, "mean and deviation": signed(4.0, "weight"), "singular value": BEFORE}
OPERATORS = tuple(AFTER)


class Data(NamedTuple):
    """All filters as they are and as the layer uses them, and what their normalization looks at."""

    x: Values  # (filters, rows, columns)
    y: Values
    singular: tuple[Values, ...]  # of x and of y as matrices, falling
    estimates: Values  # (MOST,), of the largest singular value of x, after 1, 2, ... steps
    by_scale: float  # the largest change of y when all weights are doubled
    by_shift: float  # and when SHIFT is added to all of them


class Trained(NamedTuple):
    """The first layer of a network that reads digits."""

    weights: Values  # (filters, 1, rows, columns)
    accuracy: float  # held-out


@dataclass(frozen=True, kw_only=True)
class Weights(Exhibit):
    """Scale all weights, or shift them: what each operator lets through is what the network still decides."""

    title = "The filters of a trained layer, before and after their weights are normalized"

    by: Annotated[str, Pick("normalize each layer's weights by", OPERATORS, group="norm")] = "length"
    g: Annotated[float, Range("new length g", 0.25, 3.0, 0.25, group="norm")] = 1.0
    iterations: Annotated[int, Range("power iterations T", 1, MOST, 1, group="norm")] = 3
    scale: Annotated[float, Range("weights times", 0.25, 2.0, 0.05, group="weights")] = 1.0
    shift: Annotated[float, Range("weights plus", -0.3, 0.3, 0.02, group="weights")] = 0.0

    def norm(self) -> Norm:
        """Return the operator at these settings."""
        if self.by == "length":
            return WeightNorm()
        return WeightStandardization() if self.by == "mean and deviation" else SpectralNorm(iterations=self.iterations)

    def compute(self) -> Data:
        """Scale and shift the trained weights, and normalize them; once more doubled, once more moved."""
        x = self.scale * trained().weights + self.shift
        y = self._normalized(x)
        by_scale, by_shift = (np.abs(self._normalized(other) - y).max() for other in (2 * x, x + SHIFT))
        singular = tuple(np.linalg.svd(v.reshape(FILTERS, -1), compute_uv=False) for v in (x, y))
        return Data(x[:, 0], y[:, 0], singular, _estimates(x), float(by_scale), float(by_shift))

    def _normalized(self, x: Values) -> Values:
        norm = self.norm()
        params = norm.init(x.shape)
        if isinstance(norm, SpectralNorm):
            params = norm.power_iteration(x, **params)
        if isinstance(norm, WeightNorm):
            params = {"g": np.full(FILTERS, self.g)}
        return norm.forward(x, **params)[0]

    def picture(self, data: Data) -> Picture:
        """Show the filters on both sides, what the operator measures of them, and what changes nothing."""
        sides = (("before: *x*", data.x, BEFORE), ("after: *y*", data.y, AFTER[self.by]))
        maps = [Map(span=6, label=label, note=f"colours to ±{scale.high:g}", values=mosaic(v, COLUMNS), scale=scale)
                for label, v, scale in sides]  # fmt: skip
        facts = (data.by_scale, "2 *x*"), (data.by_shift, f"*x* + {SHIFT}")
        return [
            *maps,
            *self._measured(data),
            *(Facts(span=6, items=((tiny(change), f"is how far {instead} moves *y*"),)) for change, instead in facts),
        ]  # fmt: skip

    def _measured(self, data: Data) -> list[Chart]:
        if self.by == "length":
            return [_lengths(v, label) for v, label in ((data.x, "length"), (data.y, "length after"))]
        if self.by == "mean and deviation":
            return [_spreads(data.x, 0.8, "mean ± sd"), _spreads(data.y, 2.0, "mean ± sd after")]
        return [_singular(data), self._power(data)]

    def _power(self, data: Data) -> Chart:
        steps, true = np.arange(1.0, MOST + 1), data.singular[0][0]
        estimate = data.estimates[self.iterations - 1]
        return Chart(
            span=6,
            label="estimate *s* by steps T",
            note=f"{number(100 * estimate / true, 1)} %",
            x=Axis(0.0, MOST, ""),
            y=Axis(0.7, 1.05, "of the largest", ((0.7, "0.7"), (0.8, "0.8"), (0.9, "0.9"), (1.0, "1"))),
            marks=(
                Line(np.array([0.0, MOST]), np.ones(2), "edge", 1.0),
                Line(steps, np.clip(data.estimates / true, 0.7, 1.05)),
                Dots(steps[[self.iterations - 1]], np.clip([estimate / true], 0.7, 1.05), "accent"),
            ),
            height_rem=10.5,
        )

    def alt(self, data: Data) -> str:
        """Say what the operator measures before and after, and what scale and shift change."""
        if self.by == "length":
            said = "; ".join(f"{when} their lengths go from {_span(_length(v))}" for when, v in _when(data))
        elif self.by == "mean and deviation":
            said = "; ".join(
                f"{when} their means go from {_span(v.mean((1, 2)))}, their deviations from {_span(v.std((1, 2)))}"
                for when, v in _when(data)
            )
        else:
            estimate = number(data.estimates[self.iterations - 1])
            said = (
                f"the largest singular value is {number(data.singular[0][0])} before, estimated as {estimate} after "
                f"{self.iterations} steps, and {number(data.singular[1][0], 3)} afterwards"
            )
        return (
            f"{FILTERS} filters of a network that reads {percent(trained().accuracy)} of the held-out digits: "
            f"{said}. Doubling all weights moves an output by {tiny(data.by_scale)} at most, adding {SHIFT} to them by "
            f"{tiny(data.by_shift)}."
        )


@cache
def trained() -> Trained:
    """Train one hidden layer on digits, for a twentieth of a second, and return its filters."""
    data = digits()
    network = perceptron(data.shape, depth=1, width=FILTERS, activation=ReLU(), norm=None, scale=0.5)
    runs = train(network, data, Sgd(rate=0.1, momentum=0.9, weight_decay=2e-3), steps=300, batch=64, seed=0)
    (last,) = deque(runs, maxlen=1)
    weights = np.ascontiguousarray(last.state.params[0]["w"].T, np.float64).reshape(FILTERS, *data.shape)
    weights.setflags(write=False)
    return Trained(weights, accuracy(network, last.state, data.held_out))


def _estimates(x: Values) -> Values:
    norm = SpectralNorm(iterations=1)
    params, found = norm.init(x.shape), []
    for _ in range(MOST):
        params = norm.power_iteration(x, **params)
        found.append(norm.forward(x, **params)[1].s)
    return np.array(found)


def _length(filters: Values) -> Values:
    return np.sqrt((filters**2).sum((1, 2)))


def _when(data: Data) -> tuple[tuple[str, Values], ...]:
    return ("before", data.x), ("after", data.y)


def _span(values: Values) -> str:
    return f"{number(values.min())} to {number(values.max())}"


def _numbers() -> Axis:
    return Axis(0.3, FILTERS + 0.7, "filter", tuple((float(n), str(n)) for n in (1, 8, 16, 24)))


def _columns(heights: Values) -> tuple[Values, Values]:
    """Outline a column from 0 to each height."""
    left, lift = np.arange(len(heights)) + 0.65, np.full(len(heights), np.nan)
    x = np.stack([left, left, left + 0.7, left + 0.7, lift], axis=1)
    return x.ravel(), np.stack([0 * heights, heights, heights, 0 * heights, lift], axis=1).ravel()


def _lengths(filters: Values, label: str) -> Chart:
    lengths = _length(filters)
    return Chart(
        span=6,
        label=label,
        note=_span(lengths),
        x=_numbers(),
        y=Axis(0.0, 4.1, "", ((0.0, "0"), (1.0, "1"), (2.0, "2"), (3.0, "3"), (4.0, "4"))),
        marks=(Area(*_columns(np.minimum(lengths, 4.1)), fill="accent"),),
        height_rem=10.5,
    )


def _spreads(filters: Values, reach: float, label: str) -> Chart:
    means, spreads = filters.mean((1, 2)), filters.std((1, 2))
    at, lift = np.arange(1.0, FILTERS + 1), np.full(FILTERS, np.nan)
    ends = np.clip(np.stack([means - spreads, means + spreads, lift], axis=1), -reach, reach)
    return Chart(
        span=6,
        label=label,
        note=f"means {_span(means)}",
        x=_numbers(),
        y=Axis(-reach, reach, "weight"),
        marks=(
            Line(np.array([0.3, FILTERS + 0.7]), np.zeros(2), "edge", 1.0),
            Line(np.stack([at, at, lift], axis=1).ravel(), ends.ravel(), "accent", 4.0),
            Dots(at, np.clip(means, -reach, reach), size=5.0),
        ),
        height_rem=10.5,
    )


def _singular(data: Data) -> Chart:
    before, after = (np.minimum(values, 6.0) for values in data.singular)
    return Chart(
        span=6,
        label="singular values",
        note=f"{number(data.singular[0][0])} → {number(data.singular[1][0], 3)}",
        x=_numbers()._replace(title=""),
        y=Axis(0.0, 6.0, "", ((0.0, "0"), (1.0, "1"), (2.0, "2"), (4.0, "4"), (6.0, "6"))),
        marks=(
            Label(11.0, 4.0, "hollow: before", "muted"),
            Area(*_columns(before), fill=None, edge="edge"),
            Area(*_columns(after), fill="accent"),
            Line(np.array([0.3, FILTERS + 0.7]), np.ones(2), "edge", 1.0),
        ),
        height_rem=10.5,
    )
