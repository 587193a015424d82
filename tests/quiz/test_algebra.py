"""An expression is read by one grammar, shown as it was read, and computed as Python and mpmath compute it."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classroom.quiz.algebra.parse import Node, parse
from classroom.quiz.algebra.preview import preview
from classroom.quiz.algebra.show import latex, text
from classroom.quiz.algebra.value import evaluate, value
from classroom.quiz.numbers import AnswerError

NAMES = ("x", "mu", "var", "eps", "gamma", "beta", "N", "x_hat", "dy", "x1", "dgamma", "dx_hat")

# --- what is read -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2x", "2*x"),
        ("2(x+1)", "2*(x+1)"),
        ("(x+1)(x-1)", "(x+1)*(x-1)"),
        ("x mu", "x*mu"),
        ("x(mu)", "x*mu"),  # a symbol before a bracket is a factor
        ("x**2", "x^2"),
        ("x²", "x^2"),
        ("x²³", "x^23"),
        ("x⁻¹", "x^-1"),
        ("x²y".replace("y", "mu"), "(x^2)*mu"),
        ("x − 1", "x-1"),
        ("x × mu · N ÷ 2", "x*mu*N/2"),
        ("√(x+1)", "sqrt(x+1)"),
        ("√x mu", "sqrt(x)*mu"),
        ("√[x+1]", "sqrt(x+1)"),
        ("[x+1](x)", "(x+1)*x"),
        ("γ*x̂+β", "gamma*x_hat+beta"),
        ("γx̂+β", "gamma*x_hat+beta"),
        ("xγ", "x*gamma"),
        ("µ + μ + mean", "mu+mu+mu"),  # the micro sign, the letter and another word for it
        ("ε + ϵ + epsilon", "eps+eps+eps"),
        ("σ²", "var"),
        ("σ", "sqrt(var)"),
        ("dγ + dx̂", "dgamma+dx_hat"),
        ("dy/N", "dy/N"),
        ("x₁ + x1", "x1+x1"),
        ("1e-3x", "0.001*x"),
        (".5 + 5.", "0.5+5"),
        ("2eps", "2*eps"),  # no power of ten: no digit follows
        ("ln(x)", "log(x)"),
        ("Sqrt(X)", "sqrt(x)"),  # as a phone begins a line
        ("+x", "x"),
        ("x\u00a0+\t1", "x+1"),
    ],
)
def test_what_readers_type_means_the_plain_form(typed: str, meant: str) -> None:
    assert parse(typed, NAMES) == parse(meant, NAMES)


@pytest.mark.parametrize(
    ("typed", "grouped"),
    [
        ("1/2x", "(1/2)*x"),
        ("x/mu/N", "(x/mu)/N"),
        ("x-mu-N", "(x-mu)-N"),
        ("x-mu+N", "(x-mu)+N"),
        ("x^2^3", "x^(2^3)"),
        ("-x^2", "-(x^2)"),
        ("2^-x", "2^(-x)"),
        ("x^-mu^2", "x^(-(mu^2))"),
        ("x*-mu", "x*(-mu)"),
        ("x--mu", "x-(-mu)"),
        ("x+mu*N^2", "x+(mu*(N^2))"),
        ("2x^2", "2*(x^2)"),
        ("√x²", "(sqrt(x))^2"),
    ],
)
def test_signs_bind_as_in_mathematics(typed: str, grouped: str) -> None:
    assert parse(typed, NAMES) == parse(grouped, NAMES)


def test_a_symbol_of_the_question_comes_before_its_other_meanings() -> None:
    assert parse("σ", ["sigma", "var"]) == parse("sigma", ["sigma"])
    assert parse("epsilon", ["epsilon", "eps"]) != parse("eps", ["epsilon", "eps"])
    assert parse("n", ["n", "N"]) != parse("N", ["n", "N"])


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("y = x", "right side only"),
        ("x == 2", "right side only"),
        (r"\frac{1}{2}", "write a/b for a fraction"),
        (r"\sqrt{x}", r"sqrt\(x\) for a root"),
        ("x^{2}", r"write \( and \)"),
        ("|x|", r"abs\(x\)"),
        ("0,5", "decimal point"),
        ("2 3", "'3' at character 3"),
        ("1.2.3", "'.3' at character 4"),
        ("x2y", "symbols .* 'x2y' at character 1: write \\* or a space"),
        ("e^x", r"exp\( \)"),
        ("x + y", "'y' at character 5"),
        ("sqrt x", r"sqrt\( \)"),
        ("sqrt(x", r"after the \( at character 5, got its end at character 7"),
        ("x)", r"got '\)' at character 2"),
        ("()", "at character 2"),
        ("x +", "end at character 4"),
        ("", "got nothing: write one with"),
        (" \t", "got nothing"),
        ("*x", "at character 1"),
        ("²", "at character 1"),
        ("max(x)", "two numbers or more"),
        ("sqrt(x, x)", "one number"),
        ("sin(x)", "functions sqrt, abs"),
        ("x.real", "points"),
        ("½", "'½' at character 1"),
        ("٣", "at character 1"),  # a digit, of another script
        ("1" * 41, "40 digits"),
        ("1e999999999", "40 digits"),
        ("1e41", "40 digits"),
        ("x" * 201, "at most 200 characters, got 201"),
        ("(" * 31 + "x" + ")" * 31, "30 brackets"),
        ("-" * 31 + "x", "30 brackets"),
        ("x" + "^x" * 31, "30 brackets"),
        ("x" + "+x" * 80, "150 parts"),
    ],
)
def test_what_is_refused_is_refused_with_the_place_and_the_remedy(typed: str, told: str) -> None:
    with pytest.raises(AnswerError, match=told) as refused:
        parse(typed, NAMES)
    message = str(refused.value)
    assert re.fullmatch(r"The expression must .*, got .*: .*\.", message), message
    assert len(message) < 300
    assert preview(typed, NAMES) == {"error": message}


def test_the_limits_themselves_are_allowed() -> None:
    assert isinstance(parse("(" * 30 + "x" + ")" * 30, NAMES), Node)
    assert isinstance(parse("+".join("x" * 75), NAMES), Node)  # 149 parts
    assert isinstance(parse("x" + " " * 199, NAMES), Node)
    assert value(parse("9" * 40, NAMES), {}) == 10**40 - 1


# --- what is shown ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("(x-mu)/sqrt(var+eps)", r"\frac{x - \mu}{\sqrt{\sigma^{2} + \epsilon}}"),
        ("gamma x_hat + beta", r"\gamma \hat{x} + \beta"),
        ("x-(mu-beta)", r"x - \left(\mu - \beta\right)"),
        ("x-(mu*beta)", r"x - \mu \beta"),
        ("x+(mu+beta)", r"x + \mu + \beta"),
        ("(x+mu)beta", r"\left(x + \mu\right) \beta"),
        ("((x*mu))*beta", r"x \mu \beta"),
        ("var^2", r"\left(\sigma^{2}\right)^{2}"),  # two superscripts on one letter do not set
        ("x^2^N", r"x^{2^{N}}"),
        ("(x^2)^N", r"\left(x^{2}\right)^{N}"),
        ("(-x)^2", r"\left(-x\right)^{2}"),
        ("-x^2", r"-x^{2}"),
        ("x*(-mu)", r"x \left(-\mu\right)"),
        ("x--mu", r"x - \left(-\mu\right)"),
        ("2*3", r"2 \cdot 3"),
        ("x*2^N", r"x \cdot 2^{N}"),
        ("x^(-3/4)", "x^{-3/4}"),
        ("dy/N", r"\frac{\mathrm{d}y}{N}"),
        ("dx_hat dgamma", r"\mathrm{d}\hat{x}\,\mathrm{d}\gamma"),
        ("x1", "x_{1}"),
        ("abs(x)^2", r"\left|x\right|^{2}"),
        ("exp(-x)^2", r"\left(e^{-x}\right)^{2}"),
        ("max(x, 0)", r"\max\left(x,\,0\right)"),
        ("2 tanh(x)", r"2\,\tanh\left(x\right)"),
        ("0.50 + 1e-5x + 1e20", r"0.5 + 10^{-5} x + 10^{20}"),
    ],
)
def test_an_expression_is_shown_with_the_brackets_that_it_needs(typed: str, shown: str) -> None:
    assert preview(typed, NAMES) == {"latex": shown}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("mean", r"\mu"),
        ("running_mean", r"\bar{\mu}"),
        ("x_max", r"x_{\mathrm{max}}"),
        ("gamma_k", r"\gamma_{k}"),
        ("scale", r"\mathrm{scale}"),
        ("d", "d"),
        ("dvar", r"\mathrm{d}\sigma^{2}"),
    ],
)
def test_a_symbol_is_shown_as_on_the_slides(name: str, shown: str) -> None:
    assert latex(parse(name, [name])) == shown


# --- any expression ---------------------------------------------------------------------------------------------------


def python_expression(chance: random.Random, functions: Sequence[str], depth: int = 4) -> str:
    """Return an expression in Python's syntax, with brackets here and there: Python decides what it means."""
    if depth == 0 or chance.random() < 0.2:
        return chance.choice(["x", "mu", "var", "x_hat", "2", "3", "0.5", "1e-3", "12.25"])

    def inner() -> str:
        return python_expression(chance, functions, depth - 1)

    kind = chance.choice(["+", "-", "*", "/", "neg", "**", "", *functions])
    if kind in ("+", "-", "*", "/"):
        return f"{inner()}{kind}{inner()}"
    if kind == "neg":
        return f"-{inner()}"
    if kind == "**":
        base = inner()
        return f"{base if base.isidentifier() else f'({base})'}**{chance.choice(['2', '3', '-1', '-2'])}"
    return f"{kind}({inner()}, {inner()})" if kind in ("max", "min") else f"{kind}({inner()})"


def as_typed(expression: str, chance: random.Random) -> str:
    """Return it as somebody might type it: Greek letters, signs of their own, products without a sign."""
    for plain, others in {
        r"\bvar\b": ["var", "σ²"],
        r"\*\*2\b": ["^2", "²", "**2"],
        r"\*\*-1\b": ["^-1", "⁻¹"],
        r"\*\*": ["^", "**"],
        r"(?<!\*)\*(?=[a-zσ(])": ["*", " ", " ", "·", "×"],
        "/": ["/", "÷"],
        r"(?<!e)-": ["-", "−"],
        r"\bmu\b": ["mu", "μ", "µ"],
        r"\bx_hat\b": ["x_hat", "x̂"],
        r"\bsqrt\(": ["sqrt(", "√("],
    }.items():
        expression = re.sub(plain, lambda _, others=others: chance.choice(others), expression)
    return re.sub(r"σ²(?=[²⁻^*])(?!\*[^*])", "(σ²)", expression)  # σ²² is a power of σ


def point(chance: random.Random) -> dict[str, Fraction]:
    return {name: Fraction(chance.randint(1, 80), chance.randint(1, 9)) for name in ("x", "mu", "var", "x_hat")}


def with_numbers(expression: str) -> str:
    """Return Python in which each number but an exponent is one of the test's own kind, F."""
    numbers = r"(\*\*-?\d)|(?<![\w.])(\d+(?:\.\d+)?(?:e-\d+)?)"
    return re.sub(numbers, lambda found: found[1] or f"F('{found[2]}')", expression)


@settings(max_examples=2500)
@given(st.integers(0, 2**64))
def test_fractions_are_computed_as_python_computes_them(seed: int) -> None:
    chance = random.Random(seed)
    expression, where = python_expression(chance, ("abs", "max", "min")), point(chance)
    node = _read(as_typed(expression, chance))
    if node is None:
        return
    names = {"__builtins__": {}, "F": Fraction, "abs": abs, "max": max, "min": min, **where}
    try:
        right = eval(with_numbers(expression), names)
    except ZeroDivisionError:
        with pytest.raises(AnswerError, match="divide by zero"):
            value(node, where)
        return
    found = value(node, where)
    if isinstance(found, Fraction):
        assert found == right
    else:  # too many digits to stay exact
        assert found == pytest.approx(float(right), rel=1e-12)
        assert max(right.numerator.bit_length(), right.denominator.bit_length()) > 300


class _RoundingError(ArithmeticError):
    """A number of mpmath's is nothing but its rounding: the sign of a difference that is 0 would be 1 or -1."""


def _sign(number: Any) -> Any:
    if 0 < abs(number) < mpmath.mpf(10) ** -90:
        raise _RoundingError
    return mpmath.sign(number)


@settings(max_examples=1500)
@given(st.integers(0, 2**64))
@example(17_742_278_501)
def test_functions_are_computed_as_mpmath_computes_them(seed: int) -> None:
    chance = random.Random(seed)
    functions = ("sqrt", "exp", "log", "tanh", "abs", "max", "min", "sign")
    expression, where = python_expression(chance, functions), point(chance)
    node = _read(as_typed(expression, chance))
    if node is None:
        return
    with mpmath.workdps(120):
        known = {name: getattr(mpmath, name) for name in ("sqrt", "exp", "log", "tanh")} | {"sign": _sign}
        numbers = {name: mpmath.mpf(number.numerator) / number.denominator for name, number in where.items()}
        names = {"__builtins__": {}, "F": mpmath.mpf, "abs": abs, "max": max, "min": min, **known, **numbers}
        try:
            found = evaluate(node, where, digits=100)
        except AnswerError:
            return  # the next test asks where there is no value
        try:
            right = eval(with_numbers(expression), names)
        except _RoundingError:
            return
        above, below = (found.numerator, found.denominator) if isinstance(found, Fraction) else (str(found), 1)
        assert abs(mpmath.mpf(above) / below - right) < mpmath.mpf(10) ** -40 * max(1, abs(right))


def _read(typed: str) -> Node | None:
    """Return the tree, after a look at its round trip; None where the expression is beyond the limits."""
    try:
        node = parse(typed, NAMES)
    except AnswerError as refused:
        if re.search("characters|deep|parts", str(refused)):
            return None
        raise
    shown = text(node)
    if len(shown) <= 200:
        assert parse(shown, NAMES) == node, (typed, shown)
    assert latex(node).count("{") == latex(node).count("}")
    return node


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("1/(x-2)", "divide by zero"),
        ("0^(-1)", "divide by zero"),
        ("0^(-0.5)", "divide by zero"),
        ("log(x-2)", "divide by zero"),
        ("1/(sqrt(x)^2-2)", "divide by zero"),  # the root is rounded, the difference is 0 all the same
        ("sqrt(-x)", "real"),
        ("(-8)^(1/3)", "real"),
        ("log(-1)", "real"),
        ("9^9^9^9", "small enough"),
        ("x^100000", "small enough"),
        ("1^100000", "small enough"),
        ("((x^900)^900)^900", "small enough"),
        ("exp(exp(exp(x+9)))", "small enough"),
        ("1e39^9", "small enough"),
    ],
)
def test_where_there_is_no_value_a_sentence_says_why(typed: str, told: str) -> None:
    with pytest.raises(AnswerError, match=told) as refused:
        value(parse(typed, NAMES), {"x": Fraction(2)})
    assert re.fullmatch(r"The expression must .*, got .*: .*\.", str(refused.value))


@pytest.mark.parametrize(
    ("typed", "x", "right"),
    [
        ("x/3", Fraction(2), Fraction(2, 3)),
        ("x^-2", Fraction(2), Fraction(1, 4)),
        ("0^0", Fraction(2), Fraction(1)),
        ("sign(-x) + abs(-x)", Fraction(2), Fraction(1)),
        ("(-x)^3", Fraction(2), Fraction(-8)),
        ("2^0.5", Fraction(2), 2**0.5),
        ("tanh(-x)", Fraction(2), -0.9640275800758169),
        ("exp(-1e9)", Fraction(2), 0.0),
        ("x/2", 3.0, 1.5),
    ],
)
def test_a_value_is_exact_as_long_as_it_can_be(typed: str, x: Any, right: Any) -> None:
    found = value(parse(typed, NAMES), {"x": x})
    assert type(found) is type(right)
    assert found == pytest.approx(right, rel=1e-15) if isinstance(right, float) else found == right
