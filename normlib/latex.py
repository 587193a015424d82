r"""Formulas as LaTeX that KaTeX sets: `\frac`, `\sum`, `\sqrt`, `\textcolor`, in the order they were written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import sympy as sp

from normlib.nodes import (
    LENGTH,
    Above,
    GroupOf,
    Inside,
    Length,
    Partial,
    PoolSize,
    PoolSum,
    Same,
    Tagged,
    Window,
    around,
)

# How a quantity's name takes its indices; every other name is a letter, or Greek, with the indices below.
_NAMES = {
    "dy": r"\mathrm{d}y_{#}",
    "x_hat": r"\hat{x}_{#}",
    "var": r"\sigma_{#}^{2}",
    "sigma": r"\sigma_{#}",
    "n2": r"n_{#}^{2}",
    "r2": r"r_{#}^{2}",
    "mean": r"\mu_{#}",
    "running_mean": r"\bar{\mu}_{#}",
    "running_var": r"\bar{\sigma}_{#}^{2}",
}
# The same for what stands beside its like of another pool: of an instance, a layer or a batch.
_NAMES |= {
    f"{name}_{kind}": text.replace("@", rf"\mathrm{{{kind}}}")
    for kind in ("in", "ln", "bn")
    for name, text in {
        "mean": r"\mu_{#}^{@}",
        "var": r"\sigma_{#}^{2\,@}",
        "mean_weight": r"\lambda_{@}",
        "var_weight": r"\lambda'_{@}",
        "mean_share": r"w_{@}",
        "var_share": r"w'_{@}",
    }.items()
}
_FUNCTIONS = {sp.tanh: r"\tanh", sp.sign: r"\operatorname{sgn}", sp.Max: r"\max"}
_NEEDS_AIR = (r"\frac", r"\mathrm", r"\sqrt", *_FUNCTIONS.values())  # would touch the factor before
_GREEK = {"alpha", "beta", "gamma", "epsilon", "kappa", "nu", "rho", "tau"}


def tex(e: sp.Expr, unwritten: tuple[sp.Symbol, ...] = (), colors: Mapping[str, str] | None = None) -> str:
    """Print an expression of `normlib.nodes`; `colors` maps tags to #hex colours."""
    return Printer(unwritten, colors or {}).show(e)


class Printer:
    """Prints each kind of term; what prints terms in another way takes its place at a few of them (`marks`)."""

    def __init__(self, unwritten: tuple[sp.Symbol, ...], colors: Mapping[str, str]) -> None:
        """Take the indices to leave out, and colours by tag."""
        self._unwritten, self._colors = unwritten, colors

    def show(self, e: sp.Expr) -> str:
        """Return LaTeX of an expression."""
        match e:
            case Tagged():
                return self._colored(self.show(e.args[0]), str(e.args[1]))
            case PoolSum():
                return self._sum(e)
            case PoolSize():
                return rf"\left|G({self._list(e.args[1])})\right|" if e.args[1] else "N"
            case Length():
                return LENGTH[e.args[0]]
            case Window():
                return self._window(e)
            case GroupOf():
                centre, number = e.args
                first, second = (
                    rf"\lceil \tfrac{{{self.show(number)}\,{a}}}{{{LENGTH[centre]}}} \rceil"
                    for a in (f"{centre}'", centre)
                )
                return rf"\{{{centre}' : {first} = {second}\}}"
            case sp.floor() | sp.ceiling():
                kind = "floor" if isinstance(e, sp.floor) else "ceil"
                return rf"\l{kind} {self.show(e.args[0])} \r{kind}".replace(r"\frac", r"\tfrac")
            case Same():
                return "".join(rf"\delta_{{{a}{b}}}" for a, b in zip(*e.args, strict=True))
            case Inside():
                cell, centre = e.args
                return rf"\left[{self._cell(cell)}\in G({self._list(centre)})\right]"
            case Above():
                greater, less = map(self.show, e.args)
                return rf"\left[{greater} > {less}\right]"
            case sp.exp():
                return f"e^{{{self.show(e.args[0])}}}"
            case sp.Abs():
                return rf"\left|{self.show(e.args[0])}\right|"
            case sp.tanh() | sp.sign() | sp.Max():
                arguments = r",\,".join(map(self.show, e.args))
                return rf"{_FUNCTIONS[e.func]}\left({arguments}\right)"
            case Partial():
                of, by = e.args
                return rf"\frac{{\partial {self.show(of)}}}{{\partial {self.show(by)}}}"
            case sp.Indexed() if e.base == around:
                return f"G({self._list(e.indices)})"
            case sp.Indexed():
                name = str(e.base.label)
                below = "".join(str(a) for a in e.indices if a not in self._unwritten)
                return _NAMES.get(name, f"{_letter(name)}_{{#}}").replace("#", below)
            case sp.Symbol():
                return _NAMES.get(e.name, _letter(e.name)).replace("_{#}", "")
            case sp.Integer():
                return str(e)
            case sp.Add():
                return self._add(e)
            case sp.Pow():
                return self._pow(*e.args)
            case sp.Mul() | sp.Rational():
                return self._mul(e)
        raise TypeError(f"latex: a formula must be built of normlib.nodes, got {type(e)}. Add a case.")

    def _add(self, e: sp.Add) -> str:
        text = ""
        for term in e.args:
            sign, rest = _sign(term)
            shown = self._after_sign(rest) if text or sign == "-" else self.show(rest)
            text += f" {sign} {shown}" if text else (f"-{shown}" if sign == "-" else shown)
        return text

    def _after_sign(self, e: sp.Expr) -> str:
        return self.show(e)

    def _mul(self, e: sp.Expr) -> str:
        sign, rest = _sign(e)
        if sign == "-":
            return f"-{self._after_sign(rest)}"
        above, below = _split(e)
        shown = self._factors(above)
        return rf"\frac{{{shown}}}{{{self._factors(below)}}}" if below else shown

    def _factors(self, factors: list[sp.Expr]) -> str:
        if not factors:
            return "1"
        if len(factors) == 1:
            return self.show(factors[0])
        shown = [self._wrapped(f, last=f is factors[-1]) for f in factors]
        airy = [_has_indices(f) and _has_indices(g) for f, g in pairwise(factors)]  # their subscripts would touch
        following = zip(shown[1:], airy, strict=True)
        return shown[0] + "".join(rf"\,{f}" if air or self._needs_air(f) else f" {f}" for f, air in following)

    def _needs_air(self, shown: str) -> bool:
        return shown.startswith(_NEEDS_AIR)

    def _wrapped(self, f: sp.Expr, last: bool = True) -> str:
        inner = f.args[0] if isinstance(f, Tagged) else f
        needs = isinstance(inner, sp.Add) or (isinstance(inner, PoolSum) and not last)
        return rf"\left({self.show(f)}\right)" if needs else self.show(f)

    def _pow(self, base: sp.Expr, exponent: sp.Expr) -> str:
        if exponent == sp.Rational(1, 2):
            return rf"\sqrt{{{self.show(base)}}}"
        if exponent in (-1, sp.Rational(-1, 2)):
            return rf"\frac{{1}}{{{self._pow(base, -exponent)}}}"
        if exponent == 1:
            return self.show(base)
        above = f"{exponent.p}/{exponent.q}" if isinstance(exponent, sp.Rational) else self.show(exponent)
        return f"{self._base(base)}^{{{above.removesuffix('/1')}}}"

    def _base(self, base: sp.Expr) -> str:
        shown = self.show(base)
        if isinstance(base, sp.Symbol | sp.Abs) or (isinstance(base, sp.Indexed) and "^" not in shown):
            return shown
        return rf"\left({shown}\right)"

    def _sum(self, e: PoolSum) -> str:
        body, bound, centre, adjoint = e.args
        if not centre:
            under = "".join(map(str, bound))
        elif adjoint:
            under = rf"{self._cell(bound)}\,:\,{self._cell(centre)}\in G({self._list(bound)})"
        else:
            under = rf"{self._cell(bound)}\in G({self._list(centre)})"
        sign = self._colored(rf"\sum_{{{under}}}", "pool")
        return f"{sign} {self._wrapped(body)}"

    def _window(self, e: Window) -> str:
        sides = [
            rf"[\max(1,\,{a} - {self.show(before)}),\ \min({LENGTH[a]},\,{a} + {self.show(after)})]"
            for a, before, after in zip(*e.args, strict=True)
        ]
        product = r" \\ &\times ".join(sides)  # a line for each axis
        return rf"\begin{{aligned}}&{product}\end{{aligned}}" if len(sides) > 1 else product

    def _colored(self, text: str, tag: str) -> str:
        return rf"\textcolor{{{self._colors[tag]}}}{{{text}}}" if tag in self._colors else text

    @staticmethod
    def _list(indices: Sequence[sp.Symbol]) -> str:
        return ",".join(map(str, indices))

    def _cell(self, indices: sp.Tuple) -> str:
        return str(indices[0]) if len(indices) == 1 else f"({self._list(indices)})"


def _letter(name: str) -> str:
    return f"\\{name}" if name in _GREEK else name


def _has_indices(f: sp.Expr) -> bool:
    return isinstance(f.args[0] if isinstance(f, sp.Pow) else f, sp.Indexed)


def _sign(e: sp.Expr) -> tuple[str, sp.Expr]:
    """Take a leading minus off a term."""
    if isinstance(e, Tagged):
        sign, rest = _sign(e.args[0])
        return sign, Tagged(rest, e.args[1])
    if e.is_Rational and e < 0:
        return "-", -e
    if isinstance(e, sp.Mul) and e.args[0].is_Rational and e.args[0] < 0:
        rest = e.args[1:] if e.args[0] == -1 else (-e.args[0], *e.args[1:])
        return "-", rest[0] if len(rest) == 1 else sp.Mul(*rest, evaluate=False)
    return "+", e


def _split(e: sp.Expr) -> tuple[list[sp.Expr], list[sp.Expr]]:
    """Sort the factors of a product into those above and below the line."""
    above: list[sp.Expr] = []
    below: list[sp.Expr] = []
    for f in sp.Mul.make_args(e):
        if f.is_Rational:
            above += [sp.Integer(f.p)] if f.p != 1 else []
            below += [sp.Integer(f.q)] if f.q != 1 else []
        elif isinstance(f, sp.Pow) and f.args[1] in (-1, sp.Rational(-1, 2)):
            below.append(sp.sqrt(f.args[0]) if f.args[1] != -1 else f.args[0])
        else:
            above.append(f)
    return above, below
