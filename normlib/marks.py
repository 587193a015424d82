r"""Formulas whose parts a page can find, in symbols and with their numbers: `\htmlData{term=KEY}{...}` in KaTeX.

What a sum comes to is one term; what is under it is none. A tagged term is marked as `path=TAG`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isfinite, isnan

import sympy as sp

from normlib.latex import Printer, tex
from normlib.nodes import Tagged

WHOLE = 10**6  # below, a whole number is written out
SMALL, LARGE = -3, 5  # powers of ten from and to which a number is written without one

_BARE, _SIGNED, _RAISED = 0xE000, 0xE800, 0xF000  # blanks, of a private area: as it is, after a sign, under a power
_MARKS = re.compile(r"(\\htmlData\{[^{}]*\}\{)+")


def marked(e: sp.Expr, keys: Mapping[sp.Expr, str], unwritten: tuple[sp.Symbol, ...] = ()) -> str:
    r"""Print an expression in symbols, each term that has a key marked with it.

    >>> marked(sp.Symbol("alpha") * 2, {sp.Symbol("alpha"): "a"})
    '2 \\htmlData{term=a}{\\alpha}'
    """
    return _Marker(keys, unwritten).show(e)


def form(e: sp.Expr, terms: Sequence[sp.Expr]) -> str:
    """Print an expression with a blank in place of each term, for `filled`."""
    return _Form(terms).show(e)


def filled(form: str, keys: Sequence[str], numerals: Sequence[str]) -> str:
    r"""Fill the blanks of a `form`, each numeral marked with its key, and in brackets where a sign would touch its own.

    >>> a, b = sp.symbols("a b")
    >>> filled(form(sp.Add(a, -b, evaluate=False), [a, b]), ["A", "B"], ["-1", "-3"])
    '\\htmlData{term=A}{-1} - \\htmlData{term=B}{(-3)}'
    """
    places: dict[int, str] = {}
    for n, (key, text) in enumerate(zip(keys, numerals, strict=True)):
        negative, product = text.startswith("-"), "10^" in text
        for start, brackets in ((_BARE, False), (_SIGNED, negative), (_RAISED, negative or product)):
            places[start + n] = rf"\htmlData{{term={key}}}{{{f'({text})' if brackets else text}}}"
    return form.translate(places)


def numeral(value: float, digits: int = 3) -> tuple[str, float]:
    r"""Return LaTeX of a number to so many significant digits, and the number that it says. A whole one is exact.

    >>> numeral(0.2166), numeral(-2543.21), numeral(1e-5), numeral(8192.0)
    (('0.217', 0.217), ('-2543', -2543.0), ('10^{-5}', 1e-05), ('8192', 8192.0))
    """
    if not isfinite(value):
        return (r"\mathrm{undefined}" if isnan(value) else r"\infty" if value > 0 else r"-\infty"), value
    if value == int(value) and abs(value) < WHOLE:
        return str(int(value)), value
    digit, _, power = f"{value:.{digits - 1}e}".partition("e")
    exponent = int(power)
    if SMALL <= exponent < LARGE:
        text = _shortest(f"{value:.{max(0, digits - 1 - exponent)}f}")
        return text, float(text)
    digit = _shortest(digit)
    shown = {"1": "", "-1": "-"}.get(digit, rf"{digit} \cdot ")
    return f"{shown}10^{{{exponent}}}", float(f"{digit}e{exponent}")


def _shortest(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


class _Marker(Printer):
    def __init__(self, keys: Mapping[sp.Expr, str], unwritten: tuple[sp.Symbol, ...]) -> None:
        super().__init__(unwritten, {})
        self._keys = keys

    def show(self, e: sp.Expr) -> str:
        if e not in self._keys:
            return super().show(e)
        return rf"\htmlData{{term={self._keys[e]}}}{{{tex(e, self._unwritten)}}}"

    def _needs_air(self, shown: str) -> bool:
        return super()._needs_air(_MARKS.sub("", shown, count=1))

    def _colored(self, text: str, tag: str) -> str:
        return text if tag == "pool" else rf"\htmlData{{path={tag}}}{{{text}}}"


class _Form(_Marker):
    """Knows where a number needs brackets, and puts dots between factors."""

    def __init__(self, terms: Sequence[sp.Expr]) -> None:
        super().__init__({}, ())
        self._places = {term: n for n, term in enumerate(terms)}

    def show(self, e: sp.Expr) -> str:
        return self._blank(e, _BARE) or super().show(e)

    def _blank(self, e: sp.Expr, start: int) -> str:
        return chr(start + self._places[e]) if e in self._places else ""

    def _after_sign(self, e: sp.Expr) -> str:
        if isinstance(e, Tagged):
            return self._colored(self._after_sign(e.args[0]), str(e.args[1]))
        return self._blank(e, _SIGNED) or self.show(e)

    def _wrapped(self, f: sp.Expr, last: bool = True) -> str:
        inner = f.args[0] if isinstance(f, Tagged) else f
        return self._after_sign(f) if inner in self._places else super()._wrapped(f, last)

    def _factors(self, factors: list[sp.Expr]) -> str:
        return r" \cdot ".join(map(self._wrapped, factors)) if len(factors) > 1 else super()._factors(factors)

    def _base(self, base: sp.Expr) -> str:
        return self._blank(base, _RAISED) or super()._base(base)
