"""Two expressions are equal where their domains say so; where they are not, a point shows it."""

from __future__ import annotations

import math
import random
import re
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.quiz.algebra import symbolic
from classroom.quiz.algebra.judge import judge, same_as
from classroom.quiz.algebra.parse import parse
from classroom.quiz.numbers import AnswerError
from tests.quiz.test_algebra import as_typed, point, python_expression, with_numbers

NAMES = {
    **dict.fromkeys(("x", "mu", "gamma", "beta", "x_hat", "dy", "dgamma", "dbeta"), "real"),
    **dict.fromkeys(("var", "eps", "s", "k", "a"), "positive"),
    "N": "whole",
}

EQUAL = [
    ("(x-mu)/sqrt(var+eps)", "(x-mu)*(var+eps)^(-1/2)"),
    ("(x-mu)/sqrt(var+eps)", "x/sqrt(var+eps) - mu/sqrt(var+eps)"),
    ("(x-mu)/sqrt(var+eps)", "(x-mu) sqrt(var+eps)/(var+eps)"),
    ("(x-mu)/sqrt(var+eps)", "-(mu-x)/√(σ²+ε)"),
    ("(x-mu)/sqrt(var+eps)", "((x-mu)^2/(var+eps))^0.5 * sign(x-mu)"),
    ("gamma*(x-mu)/sqrt(var+eps)+beta", "gamma/sqrt(var+eps)*x + (beta - gamma*mu/sqrt(var+eps))"),
    ("x/(s^beta)", "x*s^(-beta)"),
    ("x(k + a*s)^(-3/4)", "x/(sqrt(k+a s) sqrt(sqrt(k+a s)))"),
    (
        "gamma/sqrt(var+eps)*(dy - dbeta/N - x_hat*dgamma/N)",
        "gamma/(N sqrt(var+eps)) * (N dy - dbeta - x_hat dgamma)",
    ),
    ("sqrt(s^2)", "s"),
    ("sqrt(x^2)", "abs(x)"),
    ("x/x", "1"),
    ("(x^2-1)/(x-1)", "x+1"),
    ("log(s*k)", "log(s)+log(k)"),
    ("exp(x)^2", "exp(2x)"),
    ("tanh(x)", "2/(1+exp(-2x))-1"),
    ("max(x, 0)", "(x+abs(x))/2"),
    ("min(x, mu)", "x + mu - max(x, mu)"),
    ("(-1)^(2N)", "1"),
    ("2^N*2", "2^(N+1)"),
    ("sqrt(3+2sqrt(2))", "1+sqrt(2)"),
    ("sqrt(2)^2*x", "2x"),
    ("(s+k)^(3/2)", "s sqrt(s+k) + k sqrt(s+k)"),
    ("(x+1e20) - 1e20", "x"),
    ("(sqrt(2)*s + 1e39) - 1e39", "sqrt(2)s"),  # at 50 digits, most of the root is rounded away
    ("0.1 + 0.2", "0.3"),
]
DIFFERENT = [
    ("sqrt(var+eps)", "sqrt(var)+eps"),
    ("(x-mu)/(var+eps)", "(x-mu)/sqrt(var+eps)"),
    ("x/(s^beta)", "x*s^beta"),
    ("sqrt(x^2)", "x"),  # x may be negative
    ("log(x^2)", "2 log(x)"),
    ("sqrt(x)^2", "x"),
    ("(-1)^N", "1"),
    ("N/(N-1)", "1"),
    ("max(x, -1000)", "x"),  # only far out
    ("abs(x - 5000)", "5000 - x"),
    ("x + 1e-39", "x"),
    ("sqrt(2)*s*1e-39*1e-39", "2 sqrt(2)*s*1e-39*1e-39"),
    ("exp(x)", "1 + x + x^2/2 + x^3/6"),
    ("tanh(x)", "x - x^3/3"),
    ("sqrt(-1-x^2)", "x"),
    ("dy - dbeta/N", "dy - dbeta"),
    ("0.3333333333", "1/3"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_what_is_equal_is_judged_equal_both_ways(one: str, other: str) -> None:
    assert judge(one, other, NAMES) == (True, None, None, None)
    assert judge(other, one, NAMES) == (True, None, None, None)


def in_floats(typed: str, where: dict[str, float]) -> float | None:
    """Compute it with Python's floats; None where it is not real."""
    python = re.sub(r"(?<=\d) ?(?=[a-z])(?!e-)", "*", typed.replace("^", "**"))
    names = {name: getattr(math, name) for name in ("sqrt", "log", "exp", "tanh")}
    try:
        found = eval(python, {"__builtins__": {}, "abs": abs, "max": max, **names, **where})
    except ValueError:
        return None
    return None if isinstance(found, complex) else found


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_differs_is_shown_at_a_point_where_it_does(one: str, other: str) -> None:
    equal, where, first, second = judge(one, other, NAMES)
    assert not equal
    assert where is not None
    assert set(where) <= set(NAMES)
    for name, number in where.items():
        assert NAMES[name] == "real" or number > 0
        assert NAMES[name] != "whole" or (number >= 2 and number.denominator == 1)
    assert first != second
    floats = {name: float(number) for name, number in where.items()}
    for found, typed in ((first, one), (second, other)):
        right = in_floats(typed, floats)
        assert found is right is None or found == pytest.approx(right, rel=1e-9)


@pytest.mark.parametrize(
    ("one", "other", "where"),
    [
        ("sqrt(var+eps)", "sqrt(var)+eps", {"var": 1, "eps": 1}),
        ("sqrt(x^2)", "x", {"x": -1}),
        ("x", "2x", {"x": 1}),
        ("N", "2", {"N": 3}),
        ("x^2", "x", {"x": -1}),
        ("s^2", "s", {"s": 2}),
    ],
)
def test_the_point_shown_is_the_simplest(one: str, other: str, where: dict[str, int]) -> None:
    assert judge(one, other, NAMES).counterexample == where


def test_the_domain_decides() -> None:
    assert not judge("sqrt(x^2)", "x", {"x": "real"}).equal
    assert judge("sqrt(x^2)", "x", {"x": "positive"}).equal
    assert judge("max(x, 2)", "x", {"x": "whole"}).equal
    assert not judge("max(x, 2)", "x", {"x": "positive"}).equal


def test_the_same_question_gets_the_same_judgement() -> None:
    assert len({repr(judge(one, other, NAMES)) for one, other in DIFFERENT[:1] * 5}) == 1


def test_a_known_slip_is_recognized_by_its_place() -> None:
    slips = ["(x-mu)/(var+eps)", "(x-mu)/(sqrt(var)+eps)", "(x-mu)/sqrt(var)"]
    assert same_as("(x-mu)/(eps + sqrt(var))", slips, NAMES) == 1
    assert same_as("(x-mu) var^-0.5", slips, NAMES) == 2
    assert same_as("(x-mu)/sqrt(var+eps)", slips, NAMES) is None
    assert same_as("x", [], NAMES) is None


@pytest.mark.parametrize("typed", ["9^9^9^9", "1/0", "x/(mu-mu)", "x^100000", "exp(exp(exp(x^2+9)))", "log(x-x)"])
def test_what_has_no_value_is_refused(typed: str) -> None:
    with pytest.raises(AnswerError, match=r"The expression must (be small enough|not divide by zero)"):
        judge(typed, "x", NAMES)


@pytest.mark.parametrize("key", ["y", "1/0", "9^9^9^9", "x ="])
def test_a_key_at_fault_is_not_told_to_the_reader(key: str) -> None:
    with pytest.raises(ValueError, match="key: must") as fault:
        judge("x", key, NAMES)
    assert not isinstance(fault.value, AnswerError)


def test_an_unknown_domain_is_refused() -> None:
    with pytest.raises(ValueError, match="x must be one of real, positive, whole, got 'complex'"):
        judge("x", "x", {"x": "complex"})


def test_equalities_of_the_slides_are_proved_not_only_probed() -> None:
    proved = [
        symbolic.is_proved_zero(
            symbolic.expression(parse(one, NAMES), NAMES) - symbolic.expression(parse(other, NAMES), NAMES)
        )
        for one, other in EQUAL
    ]
    assert sum(proved) >= 20
    assert all(proved[:4])


# --- any expression ---------------------------------------------------------------------------------------------------


@settings(max_examples=400)
@given(st.integers(0, 2**64))
def test_sympy_gets_the_expression_that_python_reads(seed: int) -> None:
    chance = random.Random(seed)
    expression = python_expression(chance, ("sqrt", "exp", "tanh", "abs", "max", "min"))
    try:
        node = parse(as_typed(expression, chance), NAMES)
    except AnswerError:  # beyond the limits
        return
    names = {name: sp.Symbol(name, real=True) for name in ("x", "mu", "x_hat")} | {
        "var": sp.Symbol("var", positive=True)
    }
    functions = {"sqrt": sp.sqrt, "exp": sp.exp, "tanh": sp.tanh, "abs": sp.Abs, "max": sp.Max, "min": sp.Min}
    try:
        right = eval(with_numbers(expression), {"__builtins__": {}, "F": sp.Rational, **names, **functions})
    except ValueError:  # the greater of two numbers that are not real
        with pytest.raises(ValueError, match="comparable"):
            symbolic.expression(node, NAMES)
        return
    assert symbolic.expression(node, NAMES) == right or right.has(sp.nan)


@settings(max_examples=300)
@given(st.integers(0, 2**64))
def test_an_expression_equals_its_expanded_form_and_differs_from_a_changed_one(seed: int) -> None:
    chance = random.Random(seed)
    one = python_expression(chance, (), depth=3)
    symbols = {name: sp.Symbol(name) for name in ("x", "mu", "var", "x_hat")}
    exact = eval(with_numbers(one), {"__builtins__": {}, "F": sp.Rational, **symbols})
    other = sp.expand(exact)
    typed = str(other)
    if len(typed) > 180 or typed.count("*") + typed.count("+") > 40 or other.has(sp.nan, sp.zoo):
        return
    try:
        eval(with_numbers(one), {"__builtins__": {}, "F": Fraction, **point(chance)})
    except ZeroDivisionError:  # 1/(3-3)^(-1) is 0 only for SymPy
        return
    assert judge(typed, one, NAMES).equal
    assert not judge(f"{typed} + x/1000", one, NAMES).equal
