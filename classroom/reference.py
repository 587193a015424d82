"""A reference page for every operator, made of what its file declares; nothing on it is typed a second time.

`python -m classroom.reference` writes them to docs/operators, in the form that GitHub sets.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_type_hints

from classroom.content import ROOT, content
from classroom.deck import Slide
from classroom.proof import certificate_of, lines, operators
from classroom.typeset import short
from normlib import ALL, NORMS, Groups, Norm, Span
from normlib.gradcheck import CODE_TOLERANCE, TOLERANCE
from normlib.nodes import AXIS, PoolSize

FOLDER = ROOT / "docs" / "operators"
SHAPE = (8, 6, 5, 7)  # of the x that pages speak of; the axes differ in length, so that a shape says which they are
ACTIVATIONS = ("sample", "channel", "row", "column")
WEIGHTS = ("outgoing channel", "incoming channel", "row", "column")
_INDEX = {axis: index for index, axis in AXIS.items() if len(str(index)) == 1}  # the letter of each axis in a formula


class Form(NamedTuple):
    """An operator with one field changed, where that changes its formulas."""

    field: str
    norm: Norm

    @property
    def setting(self) -> str:
        """The field and its value, as code."""
        return _setting(self.field, getattr(self.norm, self.field))


@cache
def page(key: str) -> str:
    """Return the reference page of an operator as Markdown without its title; `$` and `$$` hold TeX."""
    kind = NORMS[key]
    norm = kind()
    others = forms(norm)
    sections = [
        inspect.cleandoc(inspect.getmodule(kind).__doc__ or ""),
        _section("Definition", *lines(norm, "definition")),
        _section("Gradients", *_gradients(norm)),
        _section("Which cells share a statistic", *_sharing(norm)),
        _section("Hyperparameters", _hyperparameters(norm)),
        _section("Parameters", *_parameters(norm, others)),
        _section("Who differs", _who_differs(norm)),
        *(_section(f"With {form.setting}", *_changed(norm, form.norm)) for form in others),
        _section("How this was checked", _checked([norm, *(form.norm for form in others)])),
        _section("Source", *_source(key)),
    ]
    return "\n\n".join(sections) + "\n"


@cache
def index() -> str:
    """Return the table of all operators as Markdown, oldest first."""
    rows = []
    for key, kind in NORMS.items():
        norm = kind()
        parameters = ", ".join(f"`{name}`" for name in norm.init(_shape(norm))) or "none"
        rows.append([f"[{kind.title}](?norm={key})", _pool_in_words(norm), parameters, _paper(norm)])
    return _table(["operator", "cells that share a statistic", "parameters", "paper"], rows)


def forms(norm: Norm) -> list[Form]:
    """Return what else a choice makes of an operator's formulas; to leave gamma and beta out is no form of its own."""
    found = []
    for name, choices in _choices(type(norm)).items():
        others = [replace(norm, **{name: value}) for value in choices if value != getattr(norm, name)]
        found += [Form(name, other) for other in others if name != "affine" and _formulas(other) != _formulas(norm)]
    return found


def _formulas(norm: Norm) -> list[tuple[str, ...]]:
    return [lines(norm, name) for name in ("definition", "closed_form", "parameters")]


def _changed(norm: Norm, other: Norm) -> list[str]:
    known = set(chain(*_formulas(norm)))
    return ["The formulas that change:", *(line for line in chain(*_formulas(other)) if line not in known)]


def _gradients(norm: Norm) -> tuple[str, ...]:
    return lines(norm, "closed_form") + lines(norm, "parameters")


def _choices(kind: type[Norm]) -> dict[str, tuple[Any, ...]]:
    """Return the values of every field that is no number, by its name; `layout` changes no formula and is left out."""
    kinds = {name: hint for name, hint in get_type_hints(kind).items() if name in _fields(kind) and name != "layout"}
    choices = {name: (True, False) if hint is bool else get_args(hint) for name, hint in kinds.items()}
    return {name: values for name, values in choices.items() if values and name not in kind.hypers()}


def _fields(kind: type[Norm]) -> dict[str, Any]:
    """Return the defaults, the operator's own fields first."""
    defaults = {field.name: field.default for field in fields(kind)}
    return {**{name: value for name, value in defaults.items() if name != "layout"}, "layout": defaults["layout"]}


def _sharing(norm: Norm) -> list[str]:
    shape = _shape(norm)
    middle = tuple(length // 2 for length in shape)
    mask, block = norm.pooled(shape, middle), norm.pool.mask(shape, middle)
    if not mask.any():
        return [f"{_pool_in_words(norm)}. Neither another cell nor another {_axes(norm)[0]} takes part."]
    rows = [[f"{name}s, ${_INDEX[at]}$", _along(norm.pool[at])] for at, name in enumerate(_axes(norm))]
    beside = mask.any((1, 2, 3)).sum() > 1
    say = [
        f"In an x of {_times(shape)}, {mask.sum():,} of its {mask.size:,} cells share the statistic of a cell in the "
        f"middle. Another {_axes(norm)[0]} {'takes part' if beside else 'takes no part'}."
    ]
    if mask.sum() < block.sum():
        say.append(f"These axes span {block.sum():,} cells, of which not all take part.")
    if any(not size.args[1] for formula in norm.derive().definition for size in formula.rhs.atoms(PoolSize)):
        say.append("The formulas call the number of pooled cells $N$.")
    return [f"{_pool_in_words(norm)}.", _table(["axis", "cells"], rows), " ".join(say)]


def _pool_in_words(norm: Norm) -> str:
    return (type(norm).pool.__doc__ or "").removesuffix(".")


def _along(axis: Any) -> str:
    if axis is ALL:
        return "all"
    if isinstance(axis, Groups):
        return f"those of its group, of {axis.number} groups"
    assert isinstance(axis, Span)
    size = 1 + axis.before + axis.after
    window = f"a window of {size}: {axis.before} before, {axis.after} after, fewer at the ends"
    return window if size > 1 else "its own"


def _hyperparameters(norm: Norm) -> str:
    kind = type(norm)
    hypers, choices = kind.hypers(), _choices(kind)
    rows = []
    for name, default in _fields(kind).items():
        if name in hypers:
            symbol, low, high, doc = hypers[name]
            whole = "whole, " if isinstance(default, int) else ""
            rows.append([f"`{name}`", f"${symbol}$", _value(default), f"{whole}{short(low)} to {short(high)}", doc])
        else:
            values = choices.get(name) or _layouts(norm)
            legal = ", ".join(map(_value, values))
            rows.append([f"`{name}`", "", _value(default), legal, _capital(_comment(kind, name))])
    return _table(["field", "symbol", "default", "legal", "what it means"], rows)


def _layouts(norm: Norm) -> list[str]:
    """Return the layouts that the operator takes: a window of rows and columns takes no volume."""
    found: list[str] = []
    for layout in get_args(get_type_hints(Norm)["layout"]):
        try:
            found.append(replace(norm, layout=layout).layout)
        except ValueError:
            continue
    return found


def _comment(kind: type[Norm], field: str) -> str:
    """Return the comment beside a field, which says what it means where no number needs a range."""
    declared = inspect.getsource(kind) + inspect.getsource(Norm)
    found = re.search(rf"^    {field}: .*?  # (.+)$", declared, re.MULTILINE)
    return found[1] if found else ""


def _parameters(norm: Norm, others: list[Form]) -> list[str]:
    shape = _shape(norm)
    axis = dict(zip(shape, _axes(norm), strict=True))
    rows: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    for when, each in [("", norm), *((f" with {form.setting}", form.norm) for form in others)]:
        for name, start in each.init(shape).items():
            if (name, start.shape) not in rows:
                carrier = "each " + ", ".join(axis[length] for length in start.shape) if start.ndim else "the layer"
                first = start.flat[0]
                value = short(float(first)) if (start == first).all() else "drawn at random"
                rows[name, start.shape] = [f"`{name}`{when}", carrier, f"`{start.shape}`", value]
    if not rows:
        return ["None."]
    header = ["parameter", "a number for", f"shape for x of {_times(shape)}", "before training"]
    return [_table(header, rows.values())]


def _who_differs(norm: Norm) -> str:
    kind = type(norm)
    said = {
        method.preset: _first_sentence(inspect.getdoc(method)).removeprefix("Return ")
        for method in (getattr(kind, name) for name, member in vars(kind).items() if isinstance(member, classmethod))
        if hasattr(method, "preset")
    }
    rows = []
    for who, preset in kind.presets().items():
        changed = [name for name in _fields(kind) if getattr(preset, name) != getattr(norm, name)]
        differs = ", ".join(_setting(name, getattr(preset, name)) for name in changed) or "nothing"
        rows.append([who, differs, _capital(said[who])])
    return (
        _table(["who", "differs from the defaults in", "in words"], rows)
        if rows
        else "No framework's settings are declared."
    )


def _checked(norms: list[Norm]) -> str:
    proofs = {norm: certificate_of(norm) for norm in norms}
    for norm, proof in proofs.items():
        if not proof.holds:
            return f"✕ A check fails at `{norm}`."
    inputs, directions = (sum(getattr(p, n) for p in proofs.values()) for n in ("code_cases", "difference_cases"))
    method = proofs[norms[0]].method
    every = "" if len(norms) == 1 else f" in each of its {len(norms)} forms"
    return (
        f"✓ Checked three ways{every}: the chain rule minus the closed form is exactly 0; the code is off the formulas "
        f"by less than {short(CODE_TOLERANCE)}, on {inputs} random inputs; its gradient is off {_article(method)} by "
        f"less than {short(TOLERANCE[method])}, in {directions} random directions, for random dy."
    )


def _article(method: str) -> str:
    return f"the {method}" if method == "complex step" else method


def _source(key: str) -> list[str]:
    kind = NORMS[key]
    shown = ", ".join(f"[{slide.title}](./?slide={slide.id})" for slide in slides(key))
    return [
        f"Paper: {_paper(kind())}.",
        f"Code: `normlib/norms/{key}.py`, class `{kind.__name__}`. {inspect.getdoc(kind)}",
        *([f"Shown on: {shown}."] if shown else []),
    ]


def slides(key: str) -> list[Slide]:
    """Return the slides that show an operator: by their front matter, or by the picture that they open with."""
    return [s for s in content().deck if s.norm == key or any(isinstance(norm, NORMS[key]) for norm in operators(s))]


def _paper(norm: Norm) -> str:
    authors, year, url = norm.paper
    return f"[{authors} {year}]({url})"


def _axes(norm: Norm) -> tuple[str, str, str, str]:
    return WEIGHTS if norm.of_weights else ACTIVATIONS


def _shape(norm: Norm) -> tuple[int, int, int, int]:
    return norm.pool.fit(SHAPE)


def _times(shape: Iterable[int]) -> str:
    return " × ".join(map(str, shape))


def _setting(name: str, value: Any) -> str:
    shown = f'"{value}"' if isinstance(value, str) else str(value) if isinstance(value, bool) else f"{value:g}"
    return f"`{name}={shown}`"


def _value(value: Any) -> str:
    return f"`{value}`" if isinstance(value, bool | str) else short(value)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _first_sentence(text: str | None) -> str:
    return " ".join((text or "").partition("\n\n")[0].split())


def _section(title: str, *parts: str) -> str:
    return "\n\n".join([f"## {title}", *parts])


def _table(header: list[str], rows: Iterable[list[str]]) -> str:
    shown = [header, ["---"] * len(header), *([cell.replace("|", r"\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in shown)


def files() -> Mapping[str, str]:
    """Return the files of docs/operators, by name."""
    said = "Made by `python -m classroom.reference` from the operators' code; change it there.\n"
    start = f"# Operators\n\n{said}\n{index()}\n"
    pages = {f"{key}.md": f"# {kind.title}\n\n{page(key)}" for key, kind in NORMS.items()}
    return {name: _for_github(text) for name, text in {"README.md": start, **pages}.items()}


def _for_github(text: str) -> str:
    r"""Return a page with links to files, and with formulas as GitHub takes them.

    Its Markdown eats backslashes inside `$$`; it refuses `\operatorname`; and colours made for paper are dim on black.
    """
    text = re.sub(r"^\$\$\n(.*?)\n\$\$$", r"```math\n\1\n```", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"\\textcolor\{#\w+\}", "", text).replace(r"\operatorname", r"\mathrm")
    text = re.sub(r"`(normlib/norms/\w+\.py)`", r"[`\1`](../../\1)", text)
    text = re.sub(r"\]\(\?norm=(\w+)\)", r"](\1.md)", text)
    names = {slide.id: slide.path.name for slide in content().deck.pages}
    return re.sub(r"\]\(\./\?slide=([\w-]+)\)", lambda link: f"](../../assets/slides/{names[link[1]]})", text)


def write(folder: Path = FOLDER) -> None:
    """Write the pages to a folder that holds nothing else; a page whose operator is gone goes too."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = files()
    for path in folder.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
