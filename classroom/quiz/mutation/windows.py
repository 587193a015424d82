"""Slips of the operators that damp by the energy of a window: what is summed, divided, raised, and where G lies."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from classroom.quiz.mutation.paths import is_of_x
from classroom.quiz.mutation.rewrite import Path, at, drop, is_inverse, is_quantity, moved, places, put, untagged
from classroom.quiz.mutation.rule import Rule, Target
from normlib.derivations.damped import alpha, beta, kappa
from normlib.nodes import HERE, THERE, PoolSize, PoolSum, Window, k, mul, over, x
from normlib.symbolic import Formula

_HOME = dict(zip(THERE, HERE, strict=True))
_ENERGIES = ("s", "n2")


def is_windowed(target: Target) -> bool:
    """Whether the operator sums over windows."""
    return not target.cells.grouped and any(_windows(f.rhs) for f in target.derivation.definition)


def _windows(e: sp.Expr) -> list[Path]:
    return places(e, lambda node: isinstance(node, PoolSum) and bool(node.args[2]))


def _sizes(target: Target) -> list[sp.Symbol]:
    """Return the letters of the window's lengths, one for each of its axes."""
    fields = {field: symbol for symbol, field in target.derivation.constants.items()}
    if "size" not in fields:
        return [fields["height"], fields["width"]]
    across = any(len(at(f.rhs, path).args[1]) == 1 for f in target.derivation.definition for path in _windows(f.rhs))
    return [fields["size"]] if across else [fields["size"], fields["size"]]


def _area(target: Target) -> sp.Expr:
    first, *more = _sizes(target)
    return first if not more else first**2 if more == [first] else mul(first, *more)


def _is_energy(target: Target) -> bool:
    return target.changed in _ENERGIES and is_windowed(target)


def _shares(target: Target) -> list[Path]:
    """Return where something is divided by the size of a full window."""
    return target.find(lambda node: is_inverse(node) and node.args[0] == _area(target))


def _not_divided(target: Target) -> Iterator[Formula]:
    if is_windowed(target) and (_is_energy(target) or is_of_x(target)):
        for path in _shares(target)[:1]:
            yield target.with_right(drop(target.rhs, path))


def _divided(target: Target) -> Iterator[Formula]:
    if target.changed == "s" and is_windowed(target) and not _shares(target):
        (path,) = target.find(lambda node: node == alpha)
        yield target.with_right(put(target.rhs, path, over(alpha, _area(target))))


def _full_area(target: Target) -> Iterator[Formula]:
    if _is_energy(target):
        for path in target.find(lambda node: isinstance(node, PoolSize)):
            yield target.with_right(put(target.rhs, path, _area(target)))


def _clipped_area(target: Target) -> Iterator[Formula]:
    if _is_energy(target):
        for path in _shares(target):
            (outer,) = _windows(target.rhs)
            centre = tuple(at(target.rhs, outer).args[2])
            yield target.with_right(put(target.rhs, (*path, 0), PoolSize(centre, centre)))


def _constant_forgotten(target: Target) -> Iterator[Formula]:
    if target.changed in ("s", "y") and is_windowed(target):
        for path in target.find(lambda node: isinstance(node, sp.Add) and node.args[0] in (1, kappa))[:1]:
            yield target.with_right(drop(target.rhs, (*path, 0)))


def _one_for_constant(target: Target) -> Iterator[Formula]:
    if _is_energy(target):
        for path in target.find(lambda node: node == kappa):
            yield target.with_right(put(target.rhs, path, sp.Integer(1)))


def _whole_axis(target: Target) -> Iterator[Formula]:
    if _is_energy(target):
        (path,) = _windows(target.rhs)
        body, _, centre, _ = at(target.rhs, path).args
        rhs = put(target.rhs, path, PoolSum(moved(body, _HOME), tuple(centre)))
        for size in places(rhs, lambda node: isinstance(node, PoolSize)):
            rhs = put(rhs, size, PoolSize(tuple(centre)))
        yield target.with_right(rhs)


def _all_channels(target: Target) -> Iterator[Formula]:
    if _is_energy(target):
        (path,) = _windows(target.rhs)
        body, _, centre, _ = at(target.rhs, path).args
        if k not in centre:
            yield target.with_right(put(target.rhs, (*path, 0), PoolSum(body, (k,))))


def _power_forgotten(target: Target) -> Iterator[Formula]:
    if target.changed == "y" and is_windowed(target):
        for path in target.find(lambda node: isinstance(node, sp.Pow) and node.args[1] == beta):
            yield target.with_right(put(target.rhs, path, at(target.rhs, (*path, 0))))


# G.


def _windows_of(target: Target) -> list[sp.Expr]:
    return [target.rhs] if isinstance(target.rhs, Window) else []


def _other_side(target: Target) -> Iterator[Formula]:
    for window in _windows_of(target):
        centre, before, after = window.args
        yield target.with_right(Window(tuple(centre), tuple(after), tuple(before)))


def _too_wide(target: Target) -> Iterator[Formula]:
    for window in _windows_of(target):
        half = tuple(sp.floor(over(size, 2), evaluate=False) for size in _sizes(target))
        yield target.with_right(Window(tuple(window.args[0]), half, half))


def _on_either_side(target: Target) -> Iterator[Formula]:
    for window in _windows_of(target):
        sizes = tuple(_sizes(target))
        yield target.with_right(Window(tuple(window.args[0]), sizes, sizes))


# The gradient of x.


def _pull(target: Target) -> list[Path]:
    """Return the place of the path through the windows."""
    return target.terms("term2") if is_of_x(target) and is_windowed(target) else []


def _two_forgotten(target: Target) -> Iterator[Formula]:
    for path in _pull(target):
        for two in places(at(target.rhs, path), lambda node: node == 2)[:1]:
            if isinstance(at(target.rhs, (*path, *two[:-1])), sp.Mul):
                yield target.with_right(drop(target.rhs, (*path, *two)))


def _beta_forgotten(target: Target) -> Iterator[Formula]:
    for path in _pull(target):
        for found in places(at(target.rhs, path), lambda node: node == beta)[:1]:
            yield target.with_right(drop(target.rhs, (*path, *found)))


def _not_lowered(target: Target) -> Iterator[Formula]:
    for path in _pull(target):
        for found in places(at(target.rhs, path), lambda node: isinstance(node, sp.Add) and node.args[-1] == -1):
            yield target.with_right(put(target.rhs, (*path, *found), at(target.rhs, (*path, *found, 0))))


def _not_mirrored(target: Target) -> Iterator[Formula]:
    for path in _pull(target):
        for found in _windows(at(target.rhs, path)):
            body, bound, centre, _ = at(target.rhs, (*path, *found)).args
            yield target.with_right(put(target.rhs, (*path, *found), PoolSum(body, tuple(bound), tuple(centre))))


def _own_value_forgotten(target: Target) -> Iterator[Formula]:
    for path in _pull(target):
        for found in places(at(target.rhs, path), lambda node: node == x[HERE])[:1]:
            yield target.with_right(drop(target.rhs, (*path, *found)))


def _own_area(target: Target) -> Iterator[Formula]:
    """Divide by the area of the receiving cell's window, in front of the sum."""
    for path in _pull(target):
        for found in places(at(target.rhs, path), lambda node: is_inverse(node) and isinstance(node.args[0], PoolSize)):
            (outer,) = _windows(at(target.rhs, path))
            centre = tuple(at(target.rhs, (*path, *outer)).args[2])
            rhs = drop(target.rhs, (*path, *found))
            (front,) = places(at(rhs, path), lambda node: isinstance(node, sp.Mul) and node.args[0] == 2)
            weight = at(rhs, (*path, *front))
            yield target.with_right(put(rhs, (*path, *front), over(weight, PoolSize(centre, centre))))


def _multiplied(target: Target) -> Iterator[Formula]:
    if target.changed in ("x_hat", "y"):
        for path in target.find(is_inverse)[:1]:
            rhs = untagged(target.rhs)
            if not is_quantity(at(rhs, (*path, 0)), "gamma"):
                yield target.with_right(put(rhs, path, at(rhs, (*path, 0))))


RULES = (
    Rule(
        "alpha-not-divided",
        "α is not divided by the size of the window",
        "A sum stands for a mean. The damping then grows with the window, as if α were larger.",
        _not_divided,
    ),
    Rule(
        "alpha-divided",
        "α is divided by the size of the window",
        "This operator weighs the plain sum by α. Some others divide α by the window's size first.",
        _divided,
    ),
    Rule(
        "full-area-at-border",
        "It is divided by the full window at the border too",
        "At the border part of the window lies outside and holds nothing. Divided by the full size, the missing cells "
        "count as zeros.",
        _full_area,
    ),
    Rule(
        "clipped-area-at-border",
        "It is divided by the cells that are there",
        "This operator divides by the full size of the window wherever it lies. What is beyond the border counts as 0.",
        _clipped_area,
    ),
    Rule(
        "constant-forgotten",
        "The constant in the bracket is forgotten",
        "Without the constant a quiet neighbourhood is divided by almost nothing. The constant bounds the gain.",
        _constant_forgotten,
    ),
    Rule(
        "one-for-kappa",
        "1 stands for κ",
        "1 is only a common choice. With a larger κ values come out smaller.",
        _one_for_constant,
    ),
    Rule(
        "window-is-whole-axis",
        "The sum runs over the whole axis",
        "The summed index is not tied to the window around the cell. Every cell is then damped by all, near or far.",
        _whole_axis,
    ),
    Rule(
        "window-of-all-channels",
        "The sum runs over all channels",
        "The window holds rows and columns of one channel. Summed over all channels, a loud one damps the others.",
        _all_channels,
    ),
    Rule(
        "power-forgotten",
        "The power β is forgotten",
        "The bracket is raised to β before it divides. Without β loud cells are damped by another amount.",
        _power_forgotten,
    ),
    Rule(
        "window-leans-other-way",
        "The window leans to the other side",
        "An even window has no middle, and its extra cell lies on one side. Here it lies on the other; an odd window "
        "cannot tell.",
        _other_side,
    ),
    Rule(
        "window-too-wide",
        "Half of the size on either side",
        "The middle cell takes one place of its own, so n − 1 cells are left for the two sides. With n an even window "
        "gets a cell too many.",
        _too_wide,
    ),
    Rule(
        "size-on-either-side",
        "The whole size on either side",
        "The size is that of the whole window, not how far it reaches to one side. This one is about twice as wide.",
        _on_either_side,
    ),
    Rule(
        "two-forgotten",
        "The 2 of the square is forgotten",
        "The derivative of x² is 2x. Without the 2 only half of what the window takes away is left.",
        _two_forgotten,
    ),
    Rule(
        "beta-forgotten-in-gradient",
        "β in front is forgotten",
        "The derivative of a power brings its exponent down in front. Here the exponent is lowered and the factor left "
        "out.",
        _beta_forgotten,
    ),
    Rule(
        "exponent-not-lowered",
        "The exponent is not lowered by one",
        "The derivative of a power has one less in the exponent. Here it is as it was before.",
        _not_lowered,
    ),
    Rule(
        "window-not-mirrored",
        "The window is not mirrored",
        "The sum must run over the cells whose window holds this one. Here it runs over the cell's own window; for an "
        "even size the two differ.",
        _not_mirrored,
    ),
    Rule(
        "own-value-forgotten",
        "x before the sum is forgotten",
        "The derivative of x² is in proportion to x: a value near 0 hardly moves the sum of squares.",
        _own_value_forgotten,
    ),
    Rule(
        "area-of-wrong-cell",
        "The area of the wrong cell",
        "Each term is divided by the area of its own window. Here all have that of the cell whose gradient it is; near "
        "the border these differ.",
        _own_area,
    ),
    Rule(
        "multiplied",
        "It is multiplied, not divided",
        "What measures the size of the values must divide them. Multiplied, large values become larger still.",
        _multiplied,
    ),
)
