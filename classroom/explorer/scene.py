"""What every view of the explorer looks at: one input, one operator, both ways, and the cell that is asked about."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classroom.arrange import box_around
from classroom.explorer.bugs import Bug
from classroom.picture import Block, Box, Scale, Values, signed
from classroom.upstream import smooth
from normlib import Norm
from normlib.evaluation import Evaluation

RANDOM, ONE_CELL, SQUARES, SUM, PAINTED = "random", "one_cell", "half_sum_of_squares", "sum", "painted"
UPSTREAM = (RANDOM, ONE_CELL, SQUARES, SUM, PAINTED)
LOSSES = {
    RANDOM: "dy: smooth random numbers of mean 0.3 that lean a little towards y, as a layer above might send them",
    ONE_CELL: "l = y of the asked cell",
    SQUARES: "l = ½ Σ y²",
    SUM: "l = Σ y",
    PAINTED: "dy: what you paint on its map",
}
ASKS = ("row", "column")  # the controls that a map's cells set
OUTPUT = signed(4.0)  # the colours of what is normalized: fixed, so that operators and settings compare
SAMPLES = 2  # blocks shown
MOST = (8, 4, 4)  # cubes of the block along channels, rows and columns; a longer axis has several cells a cube
EVERYTHING, CHANNEL, SAMPLE = REACHES = ("all", "this channel", "this sample")  # of the input, that are changed
APART = 1000  # between the seed of the input and that of the gradient: they are to have nothing in common
NAMES = {"x_hat": "*x̂*", "n2": "*n*²"}  # of quantities in a caption; the others are called as in the formulas
BRUSH = 8  # a map is painted in so many squares each way
PAINT = "[0-9a-f]{32}"  # one bit a square: sixteen letters for +1, sixteen for -1


class Cell(NamedTuple):
    """A place in a tensor N x C x H x W, from 0."""

    sample: int
    channel: int
    row: int
    column: int


class Scene(NamedTuple):
    """One input and one operator, forward. `y` is that of the formula in use, be it erroneous."""

    usual: Values  # (N, C, H, W), like x, y, right_y: the input before it was multiplied and shifted
    x: Values
    y: Values
    right_y: Values
    params: Mapping[str, Values]
    norm: Norm
    cell: Cell
    bug: Bug | None
    title: str  # of the input
    limit: float  # that the usual input lies within

    @property
    def scale(self) -> Scale:
        """The colours of x: those of y, so that they compare, unless the usual input is of another order of size."""
        return OUTPUT if 1.0 <= self.limit <= 2 * OUTPUT.high else signed(self.limit)

    @property
    def place(self) -> str:
        """The asked cell in words."""
        m, k, i, j = (at + 1 for at in self.cell)
        return f"sample {m}, channel {k}, row {i}, column {j}"

    def plane(self, values: Values) -> Values:
        """Return the asked channel of the asked sample, (rows, columns)."""
        found: Values = values[self.cell.sample, self.cell.channel]
        return found

    def channel(self, values: Values) -> Values:
        """Return the asked channel of all samples, (N, rows, columns)."""
        found: Values = values[:, self.cell.channel]
        return found

    def colours(self, name: str, values: Values) -> Scale:
        """Return the colours of a quantity: those of x and y for what is of their kind, else its own."""
        if name in ("x", "y", "x_hat"):
            return self.scale if name == "x" else OUTPUT
        limit = nice_limit(values)
        return Scale(0.0, limit, "value", "sequential") if values.min() >= 0 else signed(limit, "value")

    def evaluation(self, dy: Values | None = None) -> Evaluation:
        """Return the operator's own formulas on these numbers; with dy their gradients too."""
        return Evaluation(self.norm.derive(), {"x": self.x, **self.params}, dy)


def changed(usual: Values, cell: Cell, reach: str, times: float, plus: float) -> Values:
    """Multiply and shift an input, (N, C, H, W): all of it, or the asked channel or sample alone.

    >>> changed(np.ones((1, 2, 1, 1)), Cell(0, 1, 0, 0), "this channel", 2.0, 0.5).ravel()
    array([1. , 2.5])
    """
    x = usual.copy()
    part = {CHANNEL: x[:, cell.channel], SAMPLE: x[cell.sample]}.get(reach, x)
    part *= times
    part += plus
    return x


def upstream_of(kind: str, y: Values, cell: Cell, paint: str, seed: int) -> Values:
    """Return dy = dl/dy, shaped like y, for a loss by its name."""
    if kind == SQUARES:
        return y
    if kind == SUM:
        return np.ones_like(y)
    if kind == RANDOM:
        noise, spread = smooth(y.shape, APART + seed), y.std()
        along = (y - y.mean()) / spread if spread > 0 else 0.0
        return 0.3 + 0.45 * along + noise / (noise.std() or 1.0)
    dy = np.zeros_like(y)
    if kind == ONE_CELL:
        dy[cell] = 1.0
    else:
        dy[cell.sample, cell.channel] = painted(paint, y.shape[2:])
    return dy


def painted(paint: str, shape: tuple[int, ...]) -> Values:
    """Return a painted map, (rows, columns), of -1, 0 and 1; its squares are as even as the map allows.

    >>> painted("8" + "0" * 15 + "0" * 15 + "1", (8, 8))[[0, -1], [0, -1]]
    array([ 1., -1.])
    """
    bits = bin(int("1" + (paint or "0" * 32), 16))[3:]
    plus, minus = (np.array([b == "1" for b in part]).reshape(BRUSH, BRUSH) for part in (bits[:64], bits[64:]))
    rows, columns = (np.arange(n) * BRUSH // n for n in shape)
    return (plus.astype(float) - minus)[np.ix_(rows, columns)]


def nice_limit(values: Values, share: float = 99.5) -> float:
    """Return a round number that a share of the values, in percent, lies within; 1 where there is nothing to show.

    >>> nice_limit(np.array([0.0, 3.2, -1.0])), nice_limit(np.zeros(3)), nice_limit(np.array([200.0]))
    (4.0, 1.0, 200.0)
    """
    sizes = np.abs(values[np.isfinite(values)])
    most = float(np.percentile(sizes, share)) if sizes.size else 0.0
    if most < np.finfo(np.float64).tiny:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next((m * power for m in (1.0, 2.0, 4.0, 6.0) if m * power >= most * (1 - 1e-9)), 10.0 * power)


def frames(scene: Scene) -> tuple[Box, ...]:
    """Frame the cells of the asked channel and sample that enter the asked cell's statistic; none if there are none."""
    inside = scene.plane(scene.norm.pooled(scene.x.shape, scene.cell))
    return (box_around(inside),) if inside.any() else ()


def block(scene: Scene, span: int) -> Block:
    """Show the whole tensor, with the cells that enter the asked cell's statistic painted."""
    painted, chosen, cubes = coarse(scene.norm.pooled(scene.x.shape, scene.cell), scene.cell)
    _, channels, rows, columns = cubes
    whole = "one channel" if channels == 1 else f"{channels} channels"
    below = "" if set(cubes) == {1} else f"A cube: {rows} × {columns} cells of {whole}."
    return Block(span=span, label="who shares", painted=painted, chosen=chosen, height_rem=7.0, below=below)


def coarse(
    inside: NDArray[np.bool_], cell: Cell
) -> tuple[NDArray[np.bool_], tuple[int, int, int, int], tuple[int, ...]]:
    """Return a mask (N, C, H, W) as cubes (H, W, K, M), where the cell lies in it, and how many cells a cube spans.

    A cube is painted if any of its cells is. Of more samples than blocks those around the asked one are shown.
    """
    first = min(max(0, cell.sample - 1), max(0, len(inside) - SAMPLES))
    shown = inside[first : first + SAMPLES]
    cubes = (1, *(-(-n // most) for n, most in zip(inside.shape[1:], MOST, strict=True)))
    for axis, by in enumerate(cubes):
        starts = np.arange(0, shown.shape[axis], by)
        shown = np.logical_or.reduceat(shown, starts, axis=axis)
    m, k, h, w = (at // by for at, by in zip((cell.sample - first, *cell[1:]), cubes, strict=True))
    return shown.transpose(2, 3, 1, 0), (h, w, k, m), cubes
