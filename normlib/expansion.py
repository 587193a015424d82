"""Settle whether an expression is zero: expand it, first with a letter for each root, denominator and exponential.

What is zero whatever the letters stand for is zero. Expanding what stands under every root again in each of thousands
of terms is what takes long, and an identity seldom needs it; where it does, the whole expression is expanded.
"""

from __future__ import annotations

import sympy as sp


def expanded(e: sp.Expr) -> sp.Expr:
    """Return 0 where an expression expands to it, and else the expanded expression.

    >>> a, b = sp.symbols("a b")
    >>> expanded((a * a - b * b) / sp.sqrt(a + b) - (a - b) * (a + b) / sp.sqrt(b + a))
    0
    """
    if sp.expand(_Letters().write(e)) == 0:
        return sp.Integer(0)
    whole = sp.expand(e)  # SymPy does not see that x |x| is x^2 times the sign
    return sp.expand(whole.replace(sp.Abs, lambda v: v * sp.sign(v))) if whole.has(sp.Abs) else whole


class _Letters:
    """One letter for each base, equal bases by their expanded form."""

    def __init__(self) -> None:
        self._letters: dict[sp.Expr, sp.Symbol] = {}
        self._written: dict[sp.Expr, sp.Expr] = {}

    def write(self, e: sp.Expr) -> sp.Expr:
        """Return the expression in letters."""
        if e not in self._written:
            self._written[e] = self._write(e)
        return self._written[e]

    def _write(self, e: sp.Expr) -> sp.Expr:
        if not e.args:
            return e
        if isinstance(e, sp.exp):
            return sp.Mul(*map(self._exponential, sp.Add.make_args(e.args[0])))
        arguments = [self.write(a) for a in e.args]
        if isinstance(e, sp.Pow) and isinstance(arguments[0], sp.Add) and not (e.exp.is_Integer and e.exp > 0):
            return self._letter(arguments[0]) ** arguments[1]
        return e.func(*arguments)

    def _exponential(self, term: sp.Expr) -> sp.Expr:
        times, rest = term.as_coeff_Mul()
        return self._letter(sp.exp(rest)) ** times if times.is_Integer else self._letter(sp.exp(term))

    def _letter(self, base: sp.Expr) -> sp.Symbol:
        return self._letters.setdefault(sp.expand(base), sp.Dummy(positive=True))
