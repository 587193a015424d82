"""Who differs: one input through an operator as each framework computes it, and when the difference is felt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Annotated, Any, NamedTuple

import numpy as np

from classroom.chart import Axis, Chart, Dots, Label, Line, Mark
from classroom.exhibit import Exhibit, Pick, Range
from classroom.picture import Cell, Note, Picture, Table, Values
from classroom.typeset import short
from normlib import Norm
from normlib.differences import Row, differences
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.group_norm import GroupNorm
from normlib.norms.instance_norm import InstanceNorm
from normlib.norms.layer_norm import LayerNorm
from normlib.norms.local_response_norm import LocalResponseNorm
from normlib.norms.lp_norm import LpNorm
from normlib.norms.mean_variance_norm import MeanVarianceNorm
from normlib.norms.rms_norm import RMSNorm
from normlib.norms.weight_standardization import WeightStandardization

SPREADS = np.round(np.arange(-50, 11) / 10, 1)  # powers of ten
LOUDER = 2.0  # times the spread has the second sample or position, where there is one
CHANNELS, NINTH = 12, 8  # of local response: how many, and which is watched
ODD_ONLY = ("Caffe", "TensorFlow")  # take no even window
TOP = 1.9
NBSP = "\N{NO-BREAK SPACE}"
SAME = 1e-12  # of a value: rounding
WORDS = {
    "eps": "ε",
    "eps_in_root": "ε in the root",
    "eps_in_sum": "ε in the sum",
    "alpha": "α",
    "beta": "β",
    "divide": "α divided by n",
    "affine": "γ and β",
    "debias": "debiased",
}


class Case(NamedTuple):
    """How the small input of an operator lies in N x C x H x W."""

    norm: Norm
    cells: int  # the axis along which the cells lie that share a statistic
    free: int  # the axis along which inputs stand beside one another and do not mind
    louder: int | None = None  # the axis along which a second one, louder, follows
    what: str = "{}"  # the values, with room for the first and the last


BATCH, RESPONSE = "batch", "local response"
CASES: dict[str, Case] = {
    BATCH: Case(BatchNorm(), 0, 1, what="samples of one channel, {}"),
    "layer": Case(LayerNorm(), 1, 0, louder=3, what="channels, {}, and a second position, twice as far from the mean"),
    "instance": Case(InstanceNorm(), 3, 1, what="pixels of one channel, {}"),
    "group": Case(GroupNorm(), 1, 0, what="channels in each of 32 groups, {}"),
    "root mean square": Case(RMSNorm(), 1, 0, what="channels, {}"),
    "L2": Case(LpNorm(), 1, 0, what="channels, {}"),
    "mean-variance": Case(
        MeanVarianceNorm(), 3, 1, louder=0, what="pixels, {}, and a second sample, twice as far from the mean"
    ),
    RESPONSE: Case(LocalResponseNorm(), 1, 0, what="channels, {}"),
    "weight standardization": Case(WeightStandardization(), 1, 0, what="weights of one filter, {}"),
}


class Data(NamedTuple):
    """What comes out of every framework, normlib first."""

    names: tuple[str, ...]
    fields: tuple[dict[str, Any], ...]  # that differ; of normlib: all in which some framework does
    input: Values  # (cells,)
    watched: Values  # (frameworks,): the watched output, or its ratio to the input
    running: Values | None  # (frameworks, 2): mean and variance after one batch
    curves: Values  # (frameworks, spreads): the watched output, by spread


@dataclass(frozen=True, kw_only=True)
class WhoDiffers(Exhibit):
    """Shrink the spread until eps is felt, and the batch until a divisor is: the frameworks part."""

    title = "The same input through one operator as each framework computes it"

    operator: Annotated[str, Pick("operator", tuple(CASES))] = BATCH
    mean: Annotated[float, Range("mean", -1.0, 1.0, 0.1)] = 0.1
    spread: Annotated[float, Range("spread: power of 10", -5.0, 1.0, 0.1)] = -1.5
    cells: Annotated[int, Range("cells in a statistic", 2, 12, 1)] = 4

    def norm(self) -> Norm:
        """Return the operator with normlib's defaults."""
        return CASES[self.operator].norm

    def norms(self) -> tuple[Norm, ...]:
        """Return every operator that a reader may choose."""
        return tuple(case.norm for case in CASES.values())

    def compute(self) -> Data:
        """Send the input, and beside it that of every other spread, through each framework's operator."""
        case = CASES[self.operator]
        pattern, at = _pattern(self.operator, self.cells)
        x = self.mean + 10.0**self.spread * pattern
        alike = {"size": self.cells} if self.operator == RESPONSE else {}
        rows = [row for row in differences(case.norm, x, **alike) if not self._refuses(row)]
        spreads = np.expand_dims(10.0**SPREADS, tuple(axis for axis in range(4) if axis != case.free))
        beside = self.mean + spreads * pattern
        ratio = self.operator == RESPONSE
        curves = []
        for row in rows:
            y, _ = row.norm.forward(beside, **row.norm.init(beside.shape))
            curves.append(_along(y / beside if ratio else y, at, case.free))
        running = [[v.item() for v in row.running[:2]] for row in rows if row.running is not None]
        differing = {name for row in rows for name in row.fields}
        own = {name: value for name, value in asdict(rows[0].norm).items() if name in differing}
        return Data(
            names=tuple(row.framework for row in rows),
            fields=(own, *(dict(row.fields) for row in rows[1:])),
            input=_along(x, at, case.cells),
            watched=np.array([row.y[at] / x[at] if ratio else row.y[at] for row in rows]),
            running=np.array(running) if running else None,
            curves=np.array(curves),
        )

    def _refuses(self, row: Row) -> bool:
        return self.operator == RESPONSE and self.cells % 2 == 0 and row.framework.startswith(ODD_ONLY)

    def picture(self, data: Data) -> Picture:
        """Show a row for each framework; beside it the watched output by spread."""
        return [self._table(data), self._chart(data), Note(text=f"{self._input(data)} ◂ furthest from normlib.")]

    def _table(self, data: Data) -> Table:
        numbers = [_marked(data.watched)]
        columns = ["", "differs in", self._watched()]
        if data.running is not None:
            numbers += [_marked(column) for column in data.running.T]
            columns += [f"running{NBSP}*μ*", f"running{NBSP}*σ*²"]
        rows = tuple(
            (name, Cell(_said(fields) or "nothing", "phrase"), *(column[i] for column in numbers))
            for i, (name, fields) in enumerate(zip(data.names, data.fields, strict=True))
        )
        return Table(span=8, columns=tuple(columns), rows=rows)

    def _watched(self) -> str:
        return "*y* / *x*" if self.operator == RESPONSE else "*y*"

    def _chart(self, data: Data) -> Chart:
        far = _furthest(data.watched)
        marks: list[Mark] = [Line(np.full(2, self.spread), np.array([0.0, TOP]), "accent", 1.0)]
        marks += [Line(SPREADS, curve, "edge", 1.5) for curve in data.curves]
        marks += [Line(SPREADS, data.curves[far], "alert", 2.0)] if far else []
        marks += [Line(SPREADS, data.curves[0], "ink", 3.0)]
        here = np.array([self.spread])
        marks += [Dots(here, data.watched[[i]], "ink" if i == 0 else "alert") for i in sorted({0, far})]
        marks += self._names(data, far)
        return Chart(
            span=4,
            label=f"{self._watched()} by spread",
            x=Axis(SPREADS[0], SPREADS[-1], "spread", tuple((p, short(10.0**p)) for p in (-5.0, -3.0, -1.0, 1.0))),
            y=Axis(0.0, TOP),
            marks=tuple(marks),
            height_rem=13,
        )

    def _names(self, data: Data, far: int) -> list[Mark]:
        """Name the higher dot above and the lower one below, each on the side that its curve leaves free."""
        below = min((0, far), key=lambda i: data.watched[i]) if far else None
        marks: list[Mark] = []
        for i in sorted({0, far}):
            name, y, curve = data.names[i], float(data.watched[i]), data.curves[i]
            right = (i == below) == bool(curve[-1] >= curve[0])  # what rises leaves free what is below it, right
            room = 0.16 * len(name)
            marks.append(
                Label(
                    min(self.spread + 0.2, SPREADS[-1] - room) if right else max(self.spread - 0.2, SPREADS[0] + room),
                    max(y - 0.22, 0.06) if i == below else max(y + 0.12, 0.3),
                    name,
                    "ink" if i == 0 else "alert",
                    "start" if right else "end",
                )
            )
        return marks

    def _input(self, data: Data) -> str:
        """Say what went in, and which number is watched."""
        low, high = (short(float(v), 3) for v in data.input[[0, -1]])
        if self.operator == RESPONSE:
            odd = "" if self.cells % 2 else " Caffe and TensorFlow take odd windows only."
            text = f"{CHANNELS} {{}}; watched is the ninth, in a window of {self.cells}.{odd}"
        else:
            text = f"{self.cells} {{}}; watched is the last."
        return "In: " + text.format(CASES[self.operator].what.format(f"from {low} to {high}"))

    def alt(self, data: Data) -> str:
        """Give what normlib and the furthest framework make of the input, and the running statistics."""
        own, far = short(float(data.watched[0]), 5), _furthest(data.watched)
        other = "all frameworks give the same"
        if far:
            other = (
                f"furthest is {data.names[far]} ({_said(data.fields[far])}) with {short(float(data.watched[far]), 5)}"
            )
        running = ""
        if data.running is not None:
            said = (
                f"{name} {short(mean, 5)} and {short(var, 5)}"
                for name, (mean, var) in zip(data.names, data.running.tolist(), strict=True)
            )
            running = f" Running mean and variance after this batch: {'; '.join(said)}."
        ratio = " of it" if self.operator == RESPONSE else ""
        return f"{self.operator}. {self._input(data)} normlib gives {own}{ratio}, {other}.{running}"


@cache
def _pattern(operator: str, cells: int) -> tuple[Values, tuple[int, int, int, int]]:
    """Return the input for a mean of 0 and a spread of 1, N x C x H x W, and which of its cells is watched."""
    case = CASES[operator]
    count = CHANNELS if operator == RESPONSE else cells
    values, at = _ramp(count), [0, 0, 0, 0]
    at[case.cells] = NINTH if operator == RESPONSE else count - 1
    if isinstance(case.norm, GroupNorm):
        values = np.tile(values, case.norm.groups)
    pattern = np.expand_dims(values, tuple(axis for axis in range(4) if axis != case.cells))
    if case.louder is not None:
        pattern = np.concatenate([pattern, LOUDER * pattern], axis=case.louder)
    pattern.setflags(write=False)
    return pattern, (at[0], at[1], at[2], at[3])


def _ramp(count: int) -> Values:
    """Return so many numbers in equal steps, with mean 0 and deviation 1."""
    steps = np.arange(count) - (count - 1) / 2
    return steps / steps.std()


def _along(x: Values, at: tuple[int, ...], axis: int) -> Values:
    """Return the values along an axis through a cell."""
    return x[tuple(slice(None) if a == axis else i for a, i in enumerate(at))]


def _furthest(values: Values) -> int:
    """Return which value is furthest from the first; 0 if none is."""
    far = np.abs(values - values[0])
    return 0 if far.max() <= SAME * np.abs(values[0]) else int(far.argmax())


def _marked(values: Values) -> tuple[str | Cell, ...]:
    """Write the values; the furthest from the first, or several alike, are marked."""
    far = _furthest(values)
    texts = [short(float(v), 5) for v in values]
    away = np.abs(np.abs(values - values[0]) - abs(values[far] - values[0])) <= SAME * np.abs(values).max()
    return tuple(
        Cell(f"{text} ◂", "no", f"{text}, furthest from normlib") if far and is_far else text
        for text, is_far in zip(texts, away.tolist(), strict=True)
    )


def _said(fields: Mapping[str, Any]) -> str:
    """Write fields and their values: `ε 10⁻³, unbiased: no`."""
    return ", ".join(_field(WORDS.get(name, name.replace("_", " ")), value) for name, value in fields.items())


def _field(name: str, value: Any) -> str:
    match value:
        case bool():
            return f"{name}: {'yes' if value else 'no'}"
        case str():
            return f"{name}: {value.replace('_', ' ')}"
        case _:
            return f"{name} {short(value, 3)}"
