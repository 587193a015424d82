"""The gradient check: the backward in use against differences of the forward in use, cell by cell.

An input is moved in the cells that depend on it alone: a block of the tensor, so that a check takes milliseconds.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from classroom.explorer.bugs.bug import Bug, Params
from normlib import Norm, Pool, Span
from normlib.gradcheck import TOLERANCE
from normlib.norms.lp_norm import LpNorm
from normlib.pool import Array, Axis

STEP = 1e-5  # times the spread of the input: a slope is then off by some 1e-10 of it, by rounding or by curvature
WORK = 1 << 19  # cells of all blocks together; a few milliseconds
RESOLVED = 64  # times the distance of neighbouring numbers: as little as a step may be
FEWEST = 8  # cells to check, whatever it takes
LIMIT = TOLERANCE["central differences"]

Index = tuple[int, ...]


class Check(NamedTuple):
    """What the backward claims of some cells, and what differences say; the asked cell comes first."""

    of: str  # the input: x, or a parameter
    cells: tuple[Index, ...]
    claimed: Array  # (cells,)
    numeric: Array  # (cells,)
    errors: Array  # (cells,), relative to the length of the summed terms

    @property
    def largest(self) -> float:
        """The largest relative error."""
        return float(np.max(self.errors))  # np.max, unlike max, hands on a nan

    @property
    def worst(self) -> Index:
        """The cell that has it."""
        return self.cells[int(np.argmax(self.errors))]

    @property
    def holds(self) -> bool:
        """Whether the two agree in every cell."""
        return self.largest <= LIMIT


def gradient_check(
    bug: Bug | None,
    norm: Norm,
    x: Array,
    params: Params,
    dy: Array,
    *,
    asked: Index | None = None,
    cells: int = 16,
    seed: int = 0,
) -> Check:
    """Check the gradient of x, or of the parameter that the bug is about.

    x, dy: (N, C, H, W).  asked: a cell of x that is looked at in any case.  cells: how many, at most; fewer
    where each moves a large block. Besides the asked one they are the first and the last, for borders are where windows
    go wrong, and others: half of them at random, half where the claimed gradient is.
    """
    inputs = {"x": x, **params}
    of = bug.of if bug else "x"
    claimed = (bug.backward(norm, x, params, dy) if bug else norm.backward(dy, norm.forward(x, **params)[1]))[of]
    first = asked if asked is not None and of == "x" else (0,) * claimed.ndim
    block = _block(norm, bug.pool(norm) if bug else norm.pool, first, dy.shape)
    count = min(cells, max(FEWEST, WORK // dy[block].size))
    places = _places(claimed, first, count, seed)
    spread = float(np.std(inputs[of])) or 1.0
    below, above, lengths = np.array([_slopes(bug, norm, inputs, dy, of, place, spread) for place in places]).T
    found = np.array([claimed[place] for place in places])
    # At a kink, such as that of |x| at 0, the two sides differ, and whatever lies between them is right.
    gaps = np.maximum(np.maximum(np.minimum(below, above) - found, found - np.maximum(below, above)), 0)
    scale = float(np.sqrt(np.mean(lengths**2))) or 1.0
    return Check(of, places, found, (below + above) / 2, gaps / scale)


def _places(claimed: Array, first: Index, count: int, seed: int) -> tuple[Index, ...]:
    """Return some cells, each once: `first`, then the corners, then others."""
    weights = np.abs(np.nan_to_num(claimed, posinf=0.0, neginf=0.0)).ravel()
    odds = np.cumsum(weights + (weights.mean() or 1.0))
    drawn = np.searchsorted(odds, np.random.default_rng(seed).random(count) * odds[-1])
    start = int(np.ravel_multi_index(first, claimed.shape)) if first else 0
    flat = list(dict.fromkeys([start, 0, claimed.size - 1, *drawn.tolist()]))[:count]
    return tuple(tuple(int(i) for i in np.unravel_index(at, claimed.shape)) for at in flat)


def _slopes(
    bug: Bug | None, norm: Norm, inputs: Params, dy: Array, of: str, place: Index, spread: float
) -> tuple[float, float, float]:
    """Return the slopes of <dy, y> below and above one number of an input, and the length of the summed terms."""
    block = _block(norm, bug.pool(norm) if bug else norm.pool, place, dy.shape)
    small = {name: np.asarray(value[_of_input(block, value.ndim)]) for name, value in inputs.items()}
    local = tuple(at - (cut.start or 0) for at, cut in zip(place, _of_input(block, len(place)), strict=True))
    step = _step(norm, small[of], spread, float(small[of][local])) if of == "x" else STEP * spread
    outputs, ends = [], []
    for move in (-step, step) if norm.analytic else (-step, 0.0, step):
        moved = small[of].copy()
        moved[local] += move
        ends.append(float(moved[local]))  # as it was rounded
        params = small | {of: moved}
        x = params.pop("x")
        outputs.append(bug.forward(norm, x, params) if bug else norm.forward(x, **params)[0])
    weights = dy[block]
    # Not np.vdot: for so few numbers BLAS may wait for its threads longer than it computes.
    slopes = [
        np.sum(weights * (b - a)) / (end - start)
        for (a, b), (start, end) in zip(pairwise(outputs), pairwise(ends), strict=True)
    ]
    length = np.sqrt(np.sum((weights * (outputs[-1] - outputs[0])) ** 2)) / (ends[-1] - ends[0])
    return float(slopes[0]), float(slopes[-1]), float(length)


def _step(norm: Norm, near: Array, spread: float, value: float) -> float:
    """Return how far to move a number: a small part of the spread that it is divided by, and more than is rounded."""
    eps = getattr(norm, "eps", 0.0)
    if eps:  # a pool may vary much less than the others; eps then bounds what it is divided by
        added_to_squares = getattr(norm, "eps_in_root", not isinstance(norm, LpNorm))
        spread = max(float(np.std(near)), eps**0.5 if added_to_squares else eps)
    return max(STEP * spread, RESOLVED * float(np.spacing(abs(value))))


def _block(norm: Norm, pool: Pool, place: Index, shape: Index) -> tuple[slice, ...]:
    """Return the block that holds every output which depends on a number, and whatever these outputs depend on."""
    if norm.of_weights:
        return (slice(None),) * 4
    at: tuple[int | None, ...] = {4: place, 3: (None, *place), 1: (None, *place, None, None)}.get(
        len(place), (None,) * 4
    )
    return tuple(_cut(span, where, axis) for axis, (span, where) in enumerate(zip(pool, at, strict=True)))


def _cut(span: Axis, at: int | None, axis: int) -> slice:
    if at is None or not isinstance(span, Span):
        return slice(None)
    reach = max(span.before + span.after, 0)  # NONE holds one cell less than none on either side
    if reach and axis == 1:
        return slice(None)  # channels are few, and a twin may number them
    return slice(max(at - reach, 0), at + reach + 1)


def _of_input(block: tuple[slice, ...], axes: int) -> tuple[slice, ...]:
    """Return the part of a block that an input with so many axes has: x, one per element, one per channel, or one."""
    return {4: block, 3: block[1:], 1: block[1:2]}.get(axes, ())
