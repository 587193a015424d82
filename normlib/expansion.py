"""Settle whether an expression is zero: as a polynomial in letters for its roots, denominators and functions.

What is zero whatever the letters stand for is zero. Expanding what stands under every root again in each of thousands
of terms is what takes long, and an identity seldom needs it; where it does, the whole expression is expanded.
"""

from __future__ import annotations

import sympy as sp


def expanded(e: sp.Expr) -> sp.Expr:
    """Return 0 where an expression expands to it, and else the expanded expression.

    >>> a, b = sp.symbols("a b")
    >>> expanded((a * a - b * b) / sp.sqrt(a + 1) - (a - b) * (a + b) / sp.sqrt(1 + a))
    0
    """
    if vanishes(e):
        return sp.Integer(0)
    whole = sp.expand(e)  # SymPy does not see that x |x| is x^2 times the sign
    return sp.expand(whole.replace(sp.Abs, lambda v: v * sp.sign(v))) if whole.has(sp.Abs) else whole


def vanishes(e: sp.Expr) -> bool:
    """Return whether an expression is zero as a polynomial in letters: a proof that it is, and no proof that it is not.

    >>> x = sp.Symbol("x", positive=True)
    >>> vanishes(1 / sp.sqrt(x + 1) ** 2 - 1 / (1 + x)), vanishes(sp.sqrt(x**2 + 2 * x + 1) - x - 1)
    (True, False)
    """
    letters = _Letters()
    polynomial = letters.write(e)
    return _is_zero(polynomial) or _is_zero(sp.numer(sp.together(letters.with_denominators(polynomial))))


def _is_zero(polynomial: sp.Expr) -> bool:
    symbols = sorted(polynomial.free_symbols, key=str)
    return polynomial == 0 or bool(symbols and sp.ring(symbols, sp.QQ)[0].from_expr(polynomial) == 0)


class _Letters:
    """One letter for whatever is no polynomial, the same where its parts are the same when expanded."""

    def __init__(self) -> None:
        self._letters: dict[sp.Expr, sp.Symbol] = {}
        self._written: dict[sp.Expr, sp.Expr] = {}

    def write(self, e: sp.Expr) -> sp.Expr:
        """Return the expression as a polynomial in letters."""
        if e not in self._written:
            self._written[e] = self._write(e)
        return self._written[e]

    def with_denominators(self, polynomial: sp.Expr) -> sp.Expr:
        """Return the polynomial with the sums of exponentials that letters stand for: a softmax sums to 1."""
        sums = {key: letter for key, letter in self._letters.items() if isinstance(key, sp.Pow) and key.has(sp.exp)}
        bases = {letter: key.base for key, letter in sums.items() if all(a.func is sp.exp for a in key.base.args)}
        return polynomial.xreplace({letter: 1 / sp.sqrt(self.write(base)) for letter, base in bases.items()})

    def _write(self, e: sp.Expr) -> sp.Expr:
        match e:
            case sp.Symbol() | sp.Rational():
                return e
            case sp.Add() | sp.Mul():
                return e.func(*map(self.write, e.args))
            case sp.Pow():
                return self._power(*e.args)
            case sp.exp():
                return sp.Mul(*map(self._exponential, sp.Add.make_args(e.args[0])))
            case sp.Abs():
                (value,) = e.args
                return self.write(value) * self._letter(sp.sign(sp.expand(value)))
        return self._letter(e.func(*map(sp.expand, e.args)))

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        if exponent.is_Integer and exponent > 0:
            return self.write(base) ** exponent
        times, rest = exponent.as_coeff_Add()
        base = sp.expand(base)
        symbolic = self._letter(base**rest) if rest != 0 else sp.Integer(1)
        if (-2 * times).is_Integer and times <= 0:  # of a root in a denominator
            return symbolic * self._letter(1 / sp.sqrt(base)) ** (-2 * times)
        return symbolic * (self.write(base) ** times if times.is_Integer else self._letter(base**times))

    def _exponential(self, term: sp.Expr) -> sp.Expr:
        times, rest = term.as_coeff_Mul()
        whole = times.is_Integer and times > 0
        return self._letter(sp.exp(rest)) ** times if whole else self._letter(sp.exp(term))

    def _letter(self, key: sp.Expr) -> sp.Symbol:
        return self._letters.setdefault(key, sp.Dummy())
