"""Paint the cells of a block that share a statistic with one of them; the operator itself says which they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import prod
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, ValidationInfo
from pydantic import field_validator as check

from classroom.quiz.asked import Asked, Reason, Verdict
from classroom.quiz.fields import Name, Texts
from classroom.quiz.frozen import Frozen
from classroom.quiz.numbers import AnswerError
from classroom.quiz.operator import operator
from classroom.quiz.problems import show, unmet
from classroom.typeset import percent
from normlib import NORMS, Norm

AXES = "NCHW"
NAMES = ("sample", "channel", "row", "column")
LARGEST = (4, 6, 4, 4)  # samples, channels, rows, columns that a phone still shows as cells to touch
HALF = 0.5  # of the union: a smaller overlap earns nothing

Four = tuple[int, int, int, int]


def _axes(key: str) -> str:
    if not key or "".join(axis for axis in AXES if axis in key) != key:
        raise unmet("must be some of N, C, H, W, in this order", show(key), "Write it like 'HW'")
    return key


class Paint(Asked):
    """Paint the cells of a small block whose statistic a marked cell shares; right is what `Norm.pooled` says.

    shape: N, C, H, W.  cell: the marked one, by sample, channel, row and column, each counted from 1.
    explain: for the axes that somebody runs over wrongly, starting at the marked cell, what is wrong with it.

    Partial credit: the cells painted rightly, as a share of those that are painted or should be (intersection over
    union); below one half it is nothing, for a painted block always meets some of the right cells.
    """

    how = "Paint cells, or check the axes that the statistic runs over; both paint the same block."

    type: Literal["paint"]
    norm: str
    settings: Texts[Name] = Frozen()
    shape: Four
    cell: Four
    explain: Texts[Annotated[str, AfterValidator(_axes)]] = Frozen()

    @check("settings")
    @classmethod
    def _make_an_operator(cls, settings: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        if "norm" in info.data:
            operator(info.data["norm"], settings)
        return settings

    @check("shape")
    @classmethod
    def _is_small(cls, shape: Four) -> Four:
        if not all(1 <= n <= most for n, most in zip(shape, LARGEST, strict=True)) or prod(shape) < 2:
            must = f"must have two cells at least, and at most {' × '.join(map(str, LARGEST))}"
            raise unmet(must, show(shape), "Write samples, channels, rows and columns, like [2, 3, 2, 2]")
        return shape

    @check("cell")
    @classmethod
    def _is_inside(cls, cell: Four, info: ValidationInfo) -> Four:
        if not {"norm", "settings", "shape"} <= info.data.keys():
            return cell  # those fields have their own problem
        shape = info.data["shape"]
        if not all(1 <= at <= n for at, n in zip(cell, shape, strict=True)):
            raise unmet(f"must be a cell of the block {show(shape)}", show(cell), "Count from 1")
        try:
            right = _pooled(operator(info.data["norm"], info.data["settings"]), shape, cell)
        except ValueError as error:  # groups that do not divide the channels
            raise unmet("must fit the operator", show(str(error)), "Change shape or settings") from None
        if not right.any():
            raise unmet("must share a statistic with some cell", f"none, under {info.data['norm']}", "Choose another")
        return cell

    @check("explain")
    @classmethod
    def _explains_wrong(cls, explain: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        if {"norm", "settings", "shape", "cell"} <= info.data.keys():
            shape, cell = info.data["shape"], info.data["cell"]
            right = _pooled(operator(info.data["norm"], info.data["settings"]), shape, cell)
            for axes in explain:
                if np.array_equal(_box(axes, shape, cell), right):
                    raise unmet("must explain wrong axes only", show(axes), "Say in 'why' why they are right", at=axes)
        return explain

    @property
    def right(self) -> NDArray[np.bool_]:
        """Where a cell enters the marked cell's statistic, (N, C, H, W)."""
        return _pooled(operator(self.norm, self.settings), self.shape, self.cell)

    def public(self) -> dict[str, Any]:
        """Give what may go to the browser before an answer: the block and its marked cell."""
        return {**super().public(), "shape": list(self.shape), "cell": list(self.cell)}

    def grade(self, given: Any) -> Verdict:
        """Judge a list of cells by how far it covers the right ones."""
        overlap = _overlap(self._painted(given), self.right)
        return Verdict(overlap == 1, overlap if overlap >= HALF else 0.0)

    def reason(self, given: Any) -> Reason:
        """Say why; of a wrong answer, how far it is off and whose cells it painted."""
        painted, right = self._painted(given), self.right
        if np.array_equal(painted, right):
            return Reason(self.why, Frozen())
        both, either = int((painted & right).sum()), int((painted | right).sum())
        counts = f"{both} of {int(right.sum())} cells found, {int((painted & ~right).sum())} too many; "
        said = [f"{counts}overlap {both} of {either}, or {percent(both / either)}."]
        said += [text for axes, text in self.explain.items() if np.array_equal(painted, self._box(axes))]
        if len(said) == 1 and (names := self._who_pools(painted)):
            said.append(f"These are the cells of {' and '.join(names[:2])}.")
        return Reason(self.why, Frozen({"Your cells": " ".join(said)}))

    def key(self) -> str:
        """Say how far the cells reach along each axis."""
        return f"it is {described(self.right)}"

    def solution(self) -> list[int]:
        """Return the cells, numbered row after row."""
        return _numbers(self.right)

    def said(self, given: Any) -> str:
        """Say how far the painted cells reach."""
        return described(self._painted(given))

    def revealed(self, given: Any) -> dict[str, Any]:
        """Give the right cells."""
        return {"cells": self.solution()}

    def _box(self, axes: str) -> NDArray[np.bool_]:
        return _box(axes, self.shape, self.cell)

    def _who_pools(self, painted: NDArray[np.bool_]) -> list[str]:
        """Name the operators, as they are usually set, under which the marked cell shares just these cells."""
        found = []
        for kind in NORMS.values():
            norm = kind()
            fits = not kind.of_weights and norm.pool.fit(self.shape) == self.shape  # groups divide the channels
            if fits and np.array_equal(_pooled(norm, self.shape, self.cell), painted):
                found.append(kind.title.lower())
        return found

    def _painted(self, given: object) -> NDArray[np.bool_]:
        most = prod(self.shape)
        if isinstance(given, str | Mapping) or not isinstance(given, Collection):
            raise AnswerError(f"The answer must be a list of cells, got {show(given)}: paint one cell or more.")
        if not 1 <= len(given) <= most:
            raise AnswerError(f"The answer must hold 1 to {most} cells, got {len(given)}: paint one cell or more.")
        painted = np.zeros(most, dtype=bool)
        for cell in given:
            if isinstance(cell, bool) or not isinstance(cell, int) or not 0 <= cell < most:
                raise AnswerError(
                    f"The answer must hold cells 0 to {most - 1}, got {show(cell)}: paint inside the block."
                )
            painted[cell] = True
        return painted.reshape(self.shape)


def described(cells: NDArray[np.bool_]) -> str:
    """Say along each axis of N, C, H, W which cells, and how many in all.

    >>> described(np.ones((2, 3, 1, 1), dtype=bool))
    'every sample, every channel, row 1, column 1 (6 cells)'
    """
    along = [np.flatnonzero(cells.any(axis=tuple(a for a in range(4) if a != axis))) for axis in range(4)]
    count = f"{int(cells.sum())} cell{'' if cells.sum() == 1 else 's'}"
    is_box = cells.sum() == prod(map(len, along)) and all(len(at) == at[-1] - at[0] + 1 for at in along)
    if not is_box:
        return f"{count} of {cells.size}"
    extents = (_extent(name, at, n) for name, at, n in zip(NAMES, along, cells.shape, strict=True))
    return f"{', '.join(extents)} ({count})"


def _extent(name: str, at: NDArray[np.intp], n: int) -> str:
    if len(at) == n > 1:
        return f"every {name}"
    return f"{name} {at[0] + 1}" if len(at) == 1 else f"{name}s {at[0] + 1} to {at[-1] + 1}"


def _pooled(norm: Norm, shape: Four, cell: Four) -> NDArray[np.bool_]:
    return norm.pooled(shape, tuple(at - 1 for at in cell))


def _box(axes: str, shape: Four, cell: Four) -> NDArray[np.bool_]:
    """Return True at the cells that differ from `cell` along these axes only."""
    found = np.zeros(shape, dtype=bool)
    found[tuple(slice(None) if axis in axes else at - 1 for axis, at in zip(AXES, cell, strict=True))] = True
    return found


def _overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float((one & other).sum() / (one | other).sum())


def _numbers(cells: NDArray[np.bool_]) -> list[int]:
    return [int(at) for at in np.flatnonzero(cells)]
