"""Say a counterexample in one sentence."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import sympy as sp

from classroom.typeset import short
from normlib.pool import Array
from normlib.symbolic import Derivation

CUT = ("size", "height", "width", "groups")  # fields that say how an axis is cut: no formula but that of G names them
_AXES = ("sample", "channel", "row", "column")
_WEIGHT_AXES = ("output", "input channel", "row", "column")
_MIXING = ("mean_weight_", "var_weight_")
_KINDS = {"in": "instance", "ln": "layer", "bn": "batch"}
_LETTERS = {
    "epsilon": "ε",
    "alpha": "α",
    "beta": "β",
    "kappa": "κ",
    "gamma": "γ",
    "tau": "τ",
    "running_mean": "running μ",
    "running_var": "running σ²",
}


def sentence(
    derivation: Derivation,
    changed: str,
    named: set[str],
    shape: tuple[int, ...],
    inputs: Mapping[str, Array],
    settings: Mapping[str, float],
    place: tuple[int, ...],
    output: tuple[int, ...],
    values: tuple[float, float],
) -> str:
    """Say on which input a formula fails, and what it should give.

    named: the quantities that either formula depends on; of the others the sentence says nothing.
    """
    axes = _WEIGHT_AXES if derivation.of.of_weights else _AXES
    lengths = [f"{n} {axis}s" for n, axis in zip(shape, axes, strict=True) if n > 1]
    symbols = {field: symbol.name for symbol, field in derivation.constants.items()}
    given = [f"{name} = {show(inputs[name])}" for name in ("x", "dy") if name in inputs]
    given += [f"{_letter(n)} = {show(v)}" for n, v in inputs.items() if n in named and _is_said(n, v)]
    mixing = [np.any(v) for n, v in inputs.items() if n in named and n.startswith(_MIXING)]
    given += [f"all {'other ' if any(mixing) else ''}λ = 0"] if mixing else []
    given += [
        f"{_letter(symbols[f])} = {short(float(v))}" for f, v in settings.items() if symbols[f] in named or f in CUT
    ]
    of = changed.removeprefix("d ")
    what = "y" if of == changed else "dx" if of == "x" else f"gradient of {_letter(of)}"
    count = int(np.prod(output))
    which = f"the {_ordinal(int(np.ravel_multi_index(place, output)))} " if count > 1 else "the " if " " in what else ""
    wrong, right = (short(round(value, 12), 5) for value in values)
    where = f"With {' and '.join(lengths) or 'a single value'}, {', '.join(given)}"
    return f"{where}, the formula gives {wrong} for {which}{what}; right is {right}."


def reached(derivation: Derivation, changed: str) -> set[str]:
    """Return the names of all quantities that y, or a gradient, depends on."""
    lets = {f.name: f.rhs for f in derivation.definition}
    first = derivation.closed_form[changed.removeprefix("d ")].rhs if changed.startswith("d ") else lets["y"]
    names: set[str] = set()
    ahead = [first]
    while ahead:
        for node in ahead.pop().atoms(sp.Symbol):
            if node.name not in names:
                names.add(node.name)
                ahead += [lets[node.name]] if node.name in lets else []
    return names


def show(array: Array) -> str:
    """Write numbers in the order of their axes: one alone, all alike once, or in brackets.

    >>> show(np.array([1, 2])), show(np.array([2]))
    ('(1, 2)', '2')
    """
    numbers = [short(float(value)) for value in np.ravel(array)]
    return numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"


def _is_said(name: str, value: Array) -> bool:
    """Whether a parameter is listed: the six weights of a mixture are so only where they are not 0."""
    return name not in ("x", "dy") and (not name.startswith(_MIXING) or bool(np.any(value)))


def _letter(name: str) -> str:
    for prefix, letter in zip(_MIXING, ("λ", "λ′"), strict=True):
        if name.startswith(prefix):
            return f"{letter} of the {_KINDS[name.removeprefix(prefix)]}"
    return _LETTERS.get(name, name)


def _ordinal(n: int) -> str:
    return ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")[n]
