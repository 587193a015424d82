"""Numbers in formulas: how they are written, and where brackets keep a sign or a power apart."""

from __future__ import annotations

import re

import pytest
import sympy as sp

from normlib.marks import filled, form, marked, numeral
from normlib.nodes import (
    HERE,
    Above,
    PoolSize,
    PoolSum,
    Tagged,
    add,
    apply,
    dy,
    i,
    k,
    mul,
    neg,
    over,
    root,
    x,
)

a, b = sp.symbols("a b")
COUNT, TOTAL = PoolSize((i,)), PoolSum(x[HERE] ** 2, (i,))


@pytest.mark.parametrize(
    ("value", "digits", "text", "said"),
    [
        (0.31, 3, "0.31", 0.31),
        (-1.7649, 3, "-1.76", -1.76),
        (-1.7649, 4, "-1.765", -1.765),
        (3.0999, 3, "3.1", 3.1),
        (9.9999, 3, "10", 10.0),
        (8192.0, 3, "8192", 8192.0),
        (2543.21, 3, "2543", 2543.0),
        (-0.0, 3, "0", 0.0),
        (0.00123456, 3, "0.00123", 0.00123),
        (0.000123456, 3, r"1.23 \cdot 10^{-4}", 1.23e-4),
        (1e-5, 3, "10^{-5}", 1e-5),
        (-1e-5, 3, "-10^{-5}", -1e-5),
        (123456.7, 3, r"1.23 \cdot 10^{5}", 1.23e5),
        (123456.0, 3, "123456", 123456.0),
        (1e9, 3, "10^{9}", 1e9),
        (float("inf"), 3, r"\infty", float("inf")),
        (-float("inf"), 3, r"-\infty", -float("inf")),
    ],
)
def test_a_number_is_written_to_be_read_aloud(value, digits, text, said):
    assert numeral(value, digits) == (text, said)


def test_what_is_not_a_number_is_called_undefined():
    assert numeral(float("nan"))[0] == r"\mathrm{undefined}"


@pytest.mark.parametrize(
    ("expr", "numerals", "text"),
    [
        (add(a, neg(b)), "1 2", "1 - 2"),
        (add(a, neg(b)), "-1 -2", "-1 - (-2)"),
        (add(neg(a), b), "-1 -2", "-(-1) + (-2)"),
        (mul(a, b), "-1 -2", r"(-1) \cdot (-2)"),
        (mul(2, a), "3", r"2 \cdot 3"),
        (over(a, b), "-1 -2", r"\frac{-1}{-2}"),
        (neg(over(a, b)), "-1 2", r"-\frac{-1}{2}"),
        (over(1, mul(a, b)), "8 -2", r"\frac{1}{8 \cdot (-2)}"),
        (a**2, "3", "3^{2}"),
        (a**2, "-3", "(-3)^{2}"),
        (a**2, "10^{-5}", "(10^{-5})^{2}"),
        (sp.Pow(a, neg(b), evaluate=False), "3 -2", "3^{-(-2)}"),
        (root(add(a, b)), "-1 -2", r"\sqrt{-1 + (-2)}"),
        (add(Tagged(a, "term1"), neg(Tagged(b, "term2"))), "-1 -2", "-1 - (-2)"),
        (apply(sp.tanh, a), "-1", r"\tanh\left(-1\right)"),
        (Above(a, b), "-1 0", r"\left[-1 > 0\right]"),
        (mul(a, add(b, 1)), "2 -3", r"2 \cdot \left(-3 + 1\right)"),
        (mul(over(1, COUNT), TOTAL), "8 -5", r"\frac{1}{8} \cdot (-5)"),
    ],
)
def test_a_negative_number_stands_in_brackets_where_a_sign_or_a_power_would_touch_it(expr, numerals, text):
    leaves = [e for e in (a, b, COUNT, TOTAL) if expr.has(e)]
    shown = filled(form(expr, leaves), [str(n) for n in range(len(leaves))], numerals.split())
    assert glyphs(shown) == glyphs(text)


def glyphs(text):
    """Leave out marks, and the braces that group and set nothing."""
    return re.sub(r"\\htmlData\{[^{}]*\}|[{}]", "", text)


def test_terms_and_paths_are_marked_and_what_is_under_a_sum_is_not():
    total = PoolSum(mul(dy[HERE], x[HERE]), (i,))
    expr = add(Tagged(x[HERE], "term1"), neg(Tagged(mul(a, total), "term2")))
    assert marked(expr, {x[HERE]: "y-0", a: "y-1", total: "y-2"}) == (
        r"\htmlData{path=term1}{\htmlData{term=y-0}{x_{ijkm}}} - "
        r"\htmlData{path=term2}{\htmlData{term=y-1}{a} \htmlData{term=y-2}{\sum_{i} \mathrm{d}y_{ijkm}\,x_{ijkm}}}"
    )


def test_indices_that_are_not_written_stay_unwritten_within_a_mark():
    assert marked(x[HERE], {x[HERE]: "y-0"}, HERE[3:]) == r"\htmlData{term=y-0}{x_{ijk}}"


def test_a_mark_takes_no_air_from_between_factors():
    assert marked(mul(a, dy[k]), {dy[k]: "y-0"}) == r"a\,\htmlData{term=y-0}{\mathrm{d}y_{k}}"
