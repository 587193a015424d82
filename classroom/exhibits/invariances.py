"""What each operator does not mind: every change of the input, proved or refuted by an example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Annotated, Any, NamedTuple

import numpy as np

from classroom.exhibit import Exhibit, Pick
from classroom.picture import Cell, Note, Panel, Picture, Table, Values
from classroom.typeset import short, tiny
from lab.kept import Kept
from normlib import Norm
from normlib.invariance import Finding, invariances
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
from normlib.norms.spectral_norm import SpectralNorm
from normlib.norms.switchable_norm import SwitchableNorm
from normlib.norms.weight_norm import WeightNorm
from normlib.norms.weight_standardization import WeightStandardization
from normlib.pool import NONE, ONE

OPERATORS: dict[str, Norm] = {
    "local response": LocalResponseNorm.caffe(),
    "cross-channel": CrossChannelNorm(),
    "spatial": SpatialNorm(),
    "batch": BatchNorm(),
    "batch, at inference": BatchNorm(training=False),
    "batch renormalization": BatchRenorm(),
    "layer": LayerNorm(),
    "root mean square": RMSNorm(),
    "Lp": LpNorm(),
    "instance": InstanceNorm(),
    "mean-variance": MeanVarianceNorm.caffe(),
    "group, G = 2": GroupNorm(groups=2),
    "filter response": FilterResponseNorm(),
    "dynamic tanh": DynamicTanh(),
    "switchable": SwitchableNorm(),
    "weight normalization": WeightNorm(),
    "weight standardization": WeightStandardization(),
    "spectral": SpectralNorm(),
}
JOINED = {"spatial": "cross-channel", "Lp": "root mean square", "mean-variance": "instance"}  # answer alike: one row
ROWS = {
    first: (first, *(name for name, to in JOINED.items() if to == first)) for first in OPERATORS if first not in JOINED
}
GIVEN = {"batch renormalization": "r and d", "spectral": "u and v"}  # inputs that come from elsewhere


class Change(NamedTuple):
    """A column: the way of normlib.invariance that it asks about, for activations and for weights."""

    column: str
    activations: str
    weights: str


CHANGES: dict[str, Change] = {
    "scale all": Change("all", "scale", "scale"),
    "scale each sample": Change("sample", "scale by sample", "scale by output channel"),
    "scale each channel": Change("channel", "scale by channel", "scale by channel"),
    "shift all": Change("all", "shift", "shift"),
    "shift each sample": Change("sample", "shift by sample", "shift by output channel"),
    "shift each channel": Change("channel", "shift by channel", "shift by channel"),
    "batch in another order": Change("order", "order of the batch", "order of the batch"),
    "sample without its batch": Change("size", "size of the batch", "size of the batch"),
}
GROUPS = (("", 1), ("times a", 3), ("plus b", 3), ("the batch", 2))
MARKS: dict[str, Cell] = {
    "exactly": Cell("✓", "yes", "proved"),
    "for eps = 0": Cell("✓ ε=0", "yes", "proved for ε = 0"),
    "fails": Cell("✕", "no", "refuted by an example"),
    "makes no sense": Cell("–", "faint", "no such question"),
    "undecided": Cell("?", "faint", "neither proved nor refuted"),
}
SOME = (1.0, 3.0, 2.0, 6.0, 5.0, 4.0, 0.0, 7.0)  # an input for what holds for every input
AXES = ("sample", "channel", "row", "pixel")
OF_WEIGHTS = ("filter", "channel", "row", "pixel")


class Example(NamedTuple):
    """An input and its change, with what comes out; arrays are N x C x H x W."""

    x: Values
    changed: Values
    expected: Values  # if the output stays as it was
    output: Values
    with_eps: float  # how far the output is from the expected one with the operator's own eps


class Data(NamedTuple):
    """What every operator minds, by its name and by the name of the change; and an example of the chosen one."""

    found: dict[str, dict[str, Finding]]
    example: Example | None  # None where there is no such question


@dataclass(frozen=True, kw_only=True)
class Invariances(Exhibit):
    """Choose a cell: a tick shows what was proved, a cross the input on which the output changes."""

    title = "Which changes of the input leave the output as it was, for each operator"

    operator: Annotated[str, Pick("operator", tuple(OPERATORS))] = "batch"
    change: Annotated[str, Pick("change of the input", tuple(CHANGES))] = "scale each sample"

    def norm(self) -> Norm:
        """Return the operator asked about."""
        return OPERATORS[self.operator]

    def norms(self) -> tuple[Norm, ...]:
        """Return all operators of the table."""
        return tuple(OPERATORS.values())

    def compute(self) -> Data:
        """Prove or refute every cell, once for each operator, and compute the chosen one's example."""
        found = {name: {change: _ask(norm, at) for change, at in CHANGES.items()} for name, norm in OPERATORS.items()}
        return Data(found, _example(self.norm(), found[self.operator][self.change]))

    def picture(self, data: Data) -> Picture:
        """Show all verdicts, and beside them the proof or the example of the chosen one."""
        finding = data.found[self.operator][self.change]
        rows = tuple(self._row(names, data.found[names[0]]) for names in ROWS.values())
        row = list(ROWS).index(JOINED.get(self.operator, self.operator))
        at = (row, 1 + list(CHANGES).index(self.change))
        columns = ("does *y* stay?", *(change.column for change in CHANGES.values()))
        table = Table(span=8, groups=GROUPS, columns=columns, rows=rows, chosen=at)
        return [table, self._explained(finding, data.example)]

    def _row(self, names: tuple[str, ...], findings: Mapping[str, Finding]) -> tuple[str | Cell, ...]:
        """Write one row for all operators that answer alike; a cell keeps the chosen one of them."""
        said, asked = ", ".join(names), self.operator if self.operator in names else names[0]
        cells: list[str | Cell] = [said]
        for change, finding in findings.items():
            mark = MARKS[finding.verdict]
            title = f"{said}, {finding.way.say}: {mark.title}"
            cells.append(mark._replace(title=title, sets=(("operator", asked), ("change", change))))
        return tuple(cells)

    def _explained(self, finding: Finding, example: Example | None) -> Panel:
        words = self._words(finding, example)
        if example is None:
            return Note(span=4, text=words)
        names = OF_WEIGHTS if self.norm().of_weights else AXES
        return Table(
            span=4,
            label=f"{self.operator} {MARKS[finding.verdict].text}",
            note=finding.way.say,
            above=words,
            columns=(", ".join(names[axis] for axis in _axes(example)), "*x*", "changed", "expected", "got"),
            rows=_numbers(example),
        )

    def _words(self, finding: Finding, example: Example | None) -> str:
        """Say what the verdict rests on."""
        given = f" {GIVEN[self.operator]} are held fixed." if self.operator in GIVEN else ""
        match finding.verdict:
            case "exactly" | "for eps = 0" if example is not None:
                own = getattr(self.norm(), "eps", 0.0)
                if_zero, felt = "", ""
                if finding.verdict == "for eps = 0":
                    if_zero = " if ε\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}0"
                    felt = f" With ε = {short(own)} the outputs below would differ by {tiny(example.with_eps)}."
                proved = f"Proved in symbols for all values of a small tensor{if_zero}; checked on a larger."
                return f"{proved}{given}{felt}"
            case "fails":
                free = ", with ε = 0," if "eps" in self.norm().hypers() else ""
                return f"Refuted{free} by the first of small whole numbers that will do.{given}"
            case _:
                return finding.why

    def alt(self, data: Data) -> str:
        """Count what holds, and say the chosen cell with its example in numbers."""
        every = [finding.holds for row in data.found.values() for finding in row.values()]
        finding, example = data.found[self.operator][self.change], data.example
        numbers = ""
        if example is not None:
            numbers = (
                f" Of the input {_listed(example.x)} the changed one is {_listed(example.changed)}; the output would "
                f"be {_listed(example.expected)} if it stayed, and is {_listed(example.output)}."
            )
        return (
            f"{len(OPERATORS)} operators and {len(CHANGES)} changes of the input: in {every.count(True)} cells the "
            f"output stays, in {every.count(False)} it does not. {self.operator}, {finding.way.say}: "
            f"{self._words(finding, example)}{numbers}"
        ).replace("*", "")


found_once: Kept[Norm, Mapping[str, Finding]] = Kept(invariances, room=len(OPERATORS))
"""Return what an operator minds; proved once, also where two readers ask at the same time."""


def _ask(norm: Norm, change: Change) -> Finding:
    return found_once(norm)[change.weights if norm.of_weights else change.activations]


def _example(norm: Norm, finding: Finding) -> Example | None:
    """Return the counter-example, or some numbers for what holds of all."""
    if (found := finding.counter_example) is not None:
        return Example(found.x, found.changed, found.expected, found.output, 0.0)
    if finding.holds is None:
        return None
    no_eps: dict[str, Any] = {"eps": 0.0} if "eps" in norm.hypers() else {}
    free = replace(norm, **no_eps)
    shape = norm.pool.fit(_shape(norm, finding))
    x = np.array(SOME[: prod(shape)]).reshape(shape)
    changed = finding.way.change(x)
    expected, output = finding.way.expected(_output(free, x)), _output(free, changed)
    with_eps = np.abs(_output(norm, changed) - finding.way.expected(_output(norm, x))).max()
    return Example(x, changed, expected, output, float(with_eps))


def _shape(norm: Norm, finding: Finding) -> tuple[int, int, int, int]:
    """Return a small shape in which the change can be seen, and a statistic has two cells."""
    if finding.way.axis == 1:
        return (1, 2, 1, 2)
    return (2, 2, 1, 1) if norm.pool.w in (ONE, NONE) else (2, 1, 1, 2)


def _output(norm: Norm, x: Values) -> Values:
    params: dict[str, Any] = norm.init(x.shape)
    return norm.forward(x, **params)[0]


def _numbers(example: Example) -> tuple[tuple[str | Cell, ...], ...]:
    """Write a row for every value of x: its place, itself, and what becomes of it; dashes for a sample left out."""
    rows: list[tuple[str | Cell, ...]] = []
    axes = _axes(example)
    for at in np.ndindex(*example.x.shape):
        place = ", ".join(str(at[axis] + 1) for axis in axes)
        x = short(float(example.x[at]))
        if at[0] < len(example.changed):
            changed, expected = (short(float(a[at]), 3) for a in (example.changed, example.expected))
            rows.append((place, x, changed, expected, _judged(example, at)))
        else:
            rows.append((place, x, "–", "–", "–"))
    return tuple(rows)


def _axes(example: Example) -> list[int]:
    """Return the axes along which the input has more than one value."""
    return [axis for axis, n in enumerate(example.x.shape) if n > 1]


def _judged(example: Example, at: tuple[int, ...]) -> Cell:
    text = short(float(example.output[at]), 3)
    same = np.isclose(example.output[at], example.expected[at], rtol=1e-9, atol=1e-9)
    return Cell(f"{text} ✓", "yes", f"{text}, the same") if same else Cell(f"{text} ✕", "no", f"{text}, not the same")


def _listed(values: Values) -> str:
    return ", ".join(short(float(v), 3) for v in values.ravel())
