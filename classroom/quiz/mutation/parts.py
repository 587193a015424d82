r"""Cut a wrong formula into parts for a reader to find the wrong one: `\underbrace{...}_{\text{A}}`.

A part is a term with its sign, a factor, or what stands under a root or above a line. The place where a formula was
changed lies within one part; what stands outside all parts is right.
"""

from __future__ import annotations

from collections import Counter

import sympy as sp

from classroom.quiz.mutation.mutant import Mutant
from classroom.quiz.mutation.rewrite import Path, at, is_inverse, put, untagged
from normlib.latex import Printer
from normlib.nodes import PoolSum
from normlib.symbolic import Formula

FEWEST, ENOUGH, MOST = 3, 4, 6
LETTERS = "ABCDEF"


class _Part(sp.Expr):
    """A part and its letter."""

    def __new__(cls, content: sp.Expr, letter: str | sp.Symbol) -> _Part:
        return sp.Expr.__new__(cls, content, sp.Symbol(str(letter)))


def spot(right: sp.Expr, wrong: sp.Expr) -> Path:
    """Return the place in the wrong formula outside of which both are the same.

    >>> a, b, c = sp.symbols("a b c")
    >>> spot(sp.Add(a, b * c, evaluate=False), sp.Add(a, b, evaluate=False))
    (1,)
    """
    if type(right) is type(wrong) and len(right.args) == len(wrong.args) and not isinstance(wrong, sp.Indexed):
        apart = [n for n, pair in enumerate(zip(right.args, wrong.args, strict=True)) if pair[0] != pair[1]]
        if len(apart) == 1 and isinstance(wrong.args[apart[0]], sp.Expr):
            (n,) = apart
            return (n, *spot(right.args[n], wrong.args[n]))
    return ()


def parts(formula: Formula, changed: Path = ()) -> tuple[Path, ...]:
    """Return the places of a formula's parts, in the order of reading, on the right side without tags.

    changed: the place that must not be cut, where the formula was changed. Raises ValueError where there are fewer than
    three parts.
    """
    rhs = untagged(formula.rhs)
    found: list[Path] = [()]
    while len(found) < ENOUGH:
        cuts = [(path, _pieces(rhs, path, changed)) for path in found]
        fitting = [(path, cut) for path, cut in cuts if 1 < len(cut) <= MOST - len(found) + 1]
        if not fitting:
            break
        path, cut = max(fitting, key=lambda pair: (-len(pair[0]), _weight(at(rhs, pair[0]))))  # the whole first
        where = found.index(path)
        found[where : where + 1] = cut
    if len(found) < FEWEST:
        raise ValueError(
            f"parts: a formula must have {FEWEST} parts to choose from, got {len(found)} in {formula.latex()}. "
            "Ask another question about it."
        )
    return tuple(found)


def can_be_marked(mutant: Mutant) -> bool:
    """Return whether a mutant has parts enough, and is wrong in one of them alone."""
    try:
        parts(mutant.wrong, changed_place(mutant))
    except ValueError:
        return False
    return mutant.right.lhs == mutant.wrong.lhs


def marked(mutant: Mutant) -> tuple[str, tuple[str, ...], int]:
    """Return LaTeX of the wrong formula with a letter under each part, LaTeX of the parts, and which of them is wrong.

    Raises ValueError where `can_be_marked` says no.
    """
    if mutant.right.lhs != mutant.wrong.lhs:
        raise ValueError(f"marked: a mutant must be wrong on its right side alone, got {mutant.wrong.latex()}.")
    rhs, changed = untagged(mutant.wrong.rhs), changed_place(mutant)
    found = parts(mutant.wrong, changed)
    whole = rhs
    for path, letter in zip(found, LETTERS, strict=False):  # paths stay as they are: no part lies within another
        whole = put(whole, path, _Part(at(rhs, path), letter))
    unwritten = mutant.wrong.unwritten
    shown = _Bracer(unwritten, {}).show(whole)
    left = Printer(unwritten, {}).show(mutant.wrong.lhs)
    wrong = next(n for n, path in enumerate(found) if changed[: len(path)] == path)
    return f"{left} = {shown}", tuple(_alone(rhs, path, unwritten) for path in found), wrong


def _alone(rhs: sp.Expr, path: Path, unwritten: tuple[sp.Symbol, ...]) -> str:
    """Write a part by itself; a term that is added after others keeps its plus, as one taken off keeps its minus."""
    written = Printer(unwritten, {}).show(at(rhs, path))
    follows = bool(path) and path[-1] > 0 and isinstance(at(rhs, path[:-1]), sp.Add)
    return f"+ {written}" if follows and not written.startswith("-") else written


def changed_place(mutant: Mutant) -> Path:
    """Return the place of a mutant's right side, without tags, where it is wrong."""
    right, wrong = untagged(mutant.right.rhs), untagged(mutant.wrong.rhs)
    path = spot(right, wrong)
    if not _only_a_factor(at(right, path), at(wrong, path)):
        return path
    # A factor could be put right anywhere in its product: then all of the product is the part that is wrong.
    while path and isinstance(above := at(wrong, path[:-1]), sp.Mul | sp.Pow):
        others = [a for n, a in enumerate(above.args) if n != path[-1]]
        if (isinstance(above, sp.Pow) and above.args[1] != -1) or any(isinstance(a, sp.Add) for a in others):
            break
        path = path[:-1]
    return path


def _only_a_factor(right: sp.Expr, wrong: sp.Expr) -> bool:
    """Whether one of two expressions is the other with some factors left out."""
    first, second = Counter(_factors(right)), Counter(_factors(wrong))
    return first <= second or second <= first


def _factors(e: sp.Expr) -> list[sp.Expr]:
    if isinstance(e, sp.Mul):
        return [f for a in e.args for f in _factors(a)]
    if is_inverse(e):
        return [sp.Pow(f, -1, evaluate=False) for f in _factors(e.args[0])]
    return [] if e == 1 else [e]


def _pieces(rhs: sp.Expr, path: Path, changed: Path) -> list[Path]:
    """Return what a part can be cut into; nothing where the changed place would be cut or fall between the pieces."""
    e = at(rhs, path)
    if changed[: len(path)] == path and not _holds_one(e, changed[len(path) :]):
        return []
    if isinstance(e, sp.Pow | PoolSum) or len(e.args) == 1:
        return _pieces(rhs, (*path, 0), changed) if not isinstance(e, sp.Indexed) else []
    if not isinstance(e, sp.Add | sp.Mul):
        return []
    pieces = [(*path, n) for n, a in enumerate(e.args) if not a.is_Rational]
    return pieces if len(pieces) > 1 else _pieces(rhs, pieces[0], changed)


def _holds_one(e: sp.Expr, rest: Path) -> bool:
    """Whether the changed place lies within one argument that can be a part, or be cut in turn."""
    if not rest:
        return False
    return not e.args[rest[0]].is_Rational and (isinstance(e, sp.Add | sp.Mul) or rest[0] == 0)


def _weight(e: sp.Expr) -> int:
    return sum(1 for _ in sp.preorder_traversal(e))


class _Bracer(Printer):
    """Puts a brace and a letter under each part; the sign of a term belongs to it."""

    def show(self, e: sp.Expr) -> str:
        if isinstance(e, _Part):
            return self._braced(super().show(e.args[0]), e)
        return super().show(e)

    @staticmethod
    def _braced(text: str, part: _Part) -> str:
        return rf"\underbrace{{{text}}}_{{\text{{{part.args[1]}}}}}"

    def _add(self, e: sp.Add) -> str:
        text = ""
        for term in e.args:
            if isinstance(term, _Part):
                shown = super().show(term.args[0])
                if text:  # {} before a sign keeps the distance of a sum
                    shown = f"{{}} - {shown[1:]}" if shown.startswith("-") else f"{{}} + {shown}"
                text += (" " if text else "") + self._braced(shown, term)
            else:
                shown = self.show(term)
                text += shown if not text else (f" - {shown[1:]}" if shown.startswith("-") else f" + {shown}")
        return text

    def _wrapped(self, f: sp.Expr, last: bool = True) -> str:
        if isinstance(f, _Part):
            return self._braced(super()._wrapped(f.args[0], last), f)
        return super()._wrapped(f, last)

    def _needs_air(self, shown: str) -> bool:
        return shown.startswith(r"\underbrace") or super()._needs_air(shown)
