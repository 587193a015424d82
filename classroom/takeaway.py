"""What a reader takes away from an exhibit: a script that gives its numbers, its arrays in a file, a table of them."""

from __future__ import annotations

import io
import json
import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import product
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classroom.typeset import short
from normlib import Norm

if TYPE_CHECKING:
    from classroom.exhibit import Exhibit

WIDTH = 100  # characters of a line of the script
WHERE = "Run it in the folder of this talk, where its packages lie."
_TOGETHER = ",\N{NO-BREAK SPACE}"  # lines do not break here
FEW = 6  # so many numbers are written out
MOST = 40  # lines of a table that somebody reads
Index = tuple[Any, ...]  # of slices, None and numbers
# How arrays of fewer axes than N x C x H x W may stand in for them: the index that makes them so, and the one back.
WHOLE = slice(None)
VIEWS: dict[int, tuple[tuple[Index, Index], ...]] = {
    3: (((None,), (0,)), ((WHOLE, None), (WHOLE, 0))),  # the channels of one sample; the samples of one channel
    2: (((None, None), (0, 0)),),
    1: (((WHOLE, None, None, None), (WHOLE, 0, 0, 0)),),
}


def settings(value: Any) -> dict[str, Any]:
    """Return the fields of a frozen dataclass that differ from their defaults."""
    return {f.name: getattr(value, f.name) for f in fields(value) if getattr(value, f.name) != f.default}


def imported(value: Any) -> str:
    """Return the line that imports the class of a value."""
    return f"from {type(value).__module__} import {type(value).__name__}"


def constructed(value: Any) -> str:
    """Return the call that makes a frozen dataclass again, with what differs from its defaults.

    >>> from normlib.norms.batch_norm import BatchNorm
    >>> constructed(BatchNorm(eps=0.3, layout="NHWC"))
    'BatchNorm(layout="NHWC", eps=0.3)'
    """
    given = [f"{name}={literal(v)}" for name, v in settings(value).items()]
    call = f"{type(value).__name__}({', '.join(given)})"
    if len(call) <= WIDTH - 12:
        return call
    return f"{type(value).__name__}(\n" + "".join(f"    {one},\n" for one in given) + ")"


def literal(value: Any) -> str:
    """Return a value as a reader would type it."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def script(exhibit: Exhibit) -> str:
    """Return a script that prints the words of the picture and leaves its arrays, and its operator's, in variables.

    The operator is run on x only where that gives an array of the picture: this is tried here, with these settings.
    """
    data, norm = exhibit.compute(), exhibit.norm()
    imports = [imported(exhibit), *([] if norm is None else [imported(norm)])]
    lines = [f"exhibit = {constructed(exhibit)}", "data = exhibit.compute()", _named(data), "print(exhibit.alt(data))"]
    if norm is not None:
        lines += ["", "# The operator by itself", f"norm = {constructed(norm)}", *_run(exhibit, norm, data)]
    return "\n".join([*_comment(exhibit.title), *_comment(WHERE), *sorted(imports), "", *lines, ""])


def _named(data: Any) -> str:
    return "\n".join(_comment(", ".join(f"data.{name}{_shape(value)}" for name, value in _parts(data))))


def _shape(value: Any) -> str:
    return f" {value.shape}".replace(", ", _TOGETHER) if isinstance(value, np.ndarray) else ""


def _comment(text: str) -> list[str]:
    lines = textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ")
    return [line.replace(_TOGETHER, ", ") for line in lines]


def _run(exhibit: Exhibit, norm: Norm, data: Any) -> list[str]:
    """Return the lines that run an operator on `data.x`; none where no array of the picture comes of it."""
    arrays = {name: v for name, v in _parts(data) if isinstance(v, np.ndarray) and v.dtype.kind == "f"}
    x = arrays.pop("x", None)
    if x is None:
        return []
    shown = {name: arrays[name] for name in sorted(arrays, key=lambda name: name != "y")}
    views = VIEWS.get(x.ndim, ()) if x.ndim < len(norm.layout) else (((), ()),)
    for (there, back), (name, wanted) in product(views, shown.items()):
        try:
            params = norm.init(x[there].shape)
            chosen = {p: getattr(exhibit, p) for p in params if p in exhibit.controls()}
            y, _ = norm.forward(x[there], **{p: np.full_like(v, chosen.get(p, v)) for p, v in params.items()})
        except ValueError:  # no array that this operator takes
            continue
        if (part := _part_like(y[back], wanted)) is None:
            continue
        return [
            f"x = data.x{_written_index(there)}",
            *(["params = norm.init(x.shape)"] if params else []),
            *(f'params["{p}"][...] = {literal(v)}' for p, v in chosen.items() if np.any(params[p] != v)),
            f"y, cache = norm.forward(x{', **params' if params else ''})  "
            f"# {'y' + _written_index(back + part)} is data.{name}",
        ]
    return []


def _part_like(y: NDArray[Any], wanted: NDArray[Any]) -> Index | None:
    """Return the index of an array in y: of all of it, or of one of its channels; None if it is neither."""

    def same(part: NDArray[Any]) -> bool:
        return bool(part.shape == wanted.shape and np.allclose(part, wanted, rtol=1e-6, atol=1e-9, equal_nan=True))

    return () if same(y) else next(((i,) for i, part in enumerate(y) if same(part)), None)


def _written_index(index: Index) -> str:
    return f"[{', '.join(':' if i == WHOLE else str(i) for i in index)}]" if index else ""


def arrays(exhibit: Exhibit, notices: Sequence[str] = ()) -> bytes:
    """Return an exhibit's arrays and numbers as an .npz file, `settings` and `notices` as JSON; nothing is pickled."""
    found: dict[str, Any] = {name: np.asarray(value) for name, value in leaves(exhibit.compute())}
    for name, said in (("settings", exhibit.state()), ("notices", list(notices))):
        found[name] = np.array(json.dumps(said, ensure_ascii=False))
    file = io.BytesIO()
    np.savez_compressed(file, **found)
    return file.getvalue()


class Line(NamedTuple):
    """One line of the table of a picture's numbers."""

    name: str
    shape: str
    numbers: tuple[str, ...]  # mean, standard deviation, least, largest; or what there is to say in their place


def table(exhibit: Exhibit) -> list[Line]:
    """Return a line for each array and each number of an exhibit, as many as somebody reads."""
    found = list(leaves(exhibit.compute()))
    lines = [_line(name, value) for name, value in found[:MOST]]
    left = len(found) - len(lines)
    return [*lines, Line(f"and {left:,} more", "", ("in the file of the arrays",))] if left else lines


def _line(name: str, value: Any) -> Line:
    if not isinstance(value, np.ndarray):
        return Line(name, "", (_written(value),))
    shape = " × ".join(map(str, value.shape))
    if value.size <= FEW or value.dtype.kind == "U":
        return Line(name, shape, (", ".join(map(_written, value.ravel().tolist())) or "empty",))
    if value.dtype.kind == "b":
        return Line(name, shape, (f"{np.count_nonzero(value):,} of {value.size:,} hold",))
    wide = value.astype(np.float64, copy=False)
    finite = wide if np.isfinite(wide).all() else wide[np.isfinite(wide)]
    if left := wide.size - finite.size:
        shape = f"{shape}; no number: {left:,}"
    moments = (finite.mean(), finite.std(), finite.min(), finite.max()) if finite.size else ()
    return Line(name, shape, tuple(short(float(v), 4) for v in moments) or ("no number",))


def _written(value: str | Real) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return short(float(value)) if math.isfinite(value) else "no number"


def leaves(data: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Return the arrays, numbers and strings of an exhibit's data, by their dotted names.

    >>> [(name, np.shape(v)) for name, v in leaves({"a": {"b": np.ones(3)}, "cell": (1, 2), "none": None})]
    [('a.b', (3,)), ('cell', (2,))]
    """
    match data:
        case np.ndarray() if data.dtype.kind in "biufU":
            yield name, data
        case str() | bool() | int() | np.generic():
            yield name, data
        case Real():  # a Fraction too
            yield name, float(data)
        case (str(), *_) if all(isinstance(v, str) for v in data):
            yield name, np.array(data)
        case (Real(), *_) if all(isinstance(v, Real) for v in data):
            yield name, np.array([v if isinstance(v, int) else float(v) for v in data])
        case _:
            for part, value in _parts(data):
                yield from leaves(value, f"{name}.{part}" if name else part)


def _parts(data: Any) -> list[tuple[str, Any]]:
    if isinstance(data, Mapping):
        return [(str(key), value) for key, value in data.items()]
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return list(zip(data._fields, data, strict=True))
    return [(str(i), value) for i, value in enumerate(data)] if isinstance(data, tuple | list) else []
