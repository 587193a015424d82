"""Whatever is typed is an expression or a sentence that says why not: nothing else, and soon."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.quiz.algebra.judge import refuse_at_once
from classroom.quiz.algebra.parse import Node, parse
from classroom.quiz.algebra.preview import preview
from classroom.quiz.algebra.show import text
from classroom.quiz.algebra.value import value
from classroom.quiz.numbers import AnswerError
from tests.quiz.test_algebra import as_typed, python_expression

NAMES = {"x": "real", "mu": "real", "var": "positive", "eps": "positive", "N": "whole", "x_hat": "real", "dy": "real"}
SOON = 0.5  # seconds of this thread, for reading, showing and computing one input

ESCAPES = [
    "__import__('os').system('id')",
    "().__class__.__bases__[0].__subclasses__()",
    "x.__class__",
    "x.real",
    "lambda x: x",
    "(lambda: x)()",
    "[x for x in (1, 2)]",
    "exec(x)",
    "eval(x)",
    "open(x)",
    "Symbol(x)",
    "sympify(x)",
    "globals()",
    "{x}",
    "{0.__class__}",
    "%s %n %(x)s",
    "f'{x}'",
    "x if x else x",
    "x := 2",
    "x; x",
    "x\n\\\nimport os",
    "x # comment",
    "x\0",
    "\ufeffx",
    "x\u202e2",  # written from right to left
    "x\ud800",  # half a character
    "ｘ",
    "x²^²",
    "𝑥",
    "0x10",
    "1_000",
    "1j",
    "\\x41",
    "$x$",
    "<script>x</script>",
    "' OR 1=1",
    "sqrt.__call__(x)",
    "sqrt(x)(x).y",
    "x[0].y",
    "9" * 201,
    "(" * 200,
    "√" * 200,
    "-" * 200,
    "x^" * 100,
    "²" * 100,
    "max(" * 50,
    ",".join("x" * 100),
    "\u0302" * 50,
]
TOWERS = [
    "9^9^9^9",
    "9**9**9**9",
    "10^10^10^10",
    "(9^9)^(9^9)",
    "2^1e30",
    "((((9^9)^9)^9)^9)^9",
    "exp(exp(exp(exp(9))))",
]
FRAGMENTS = [
    *(
        " ",
        "(",
        ")",
        "[",
        "]",
        "+",
        "-",
        "*",
        "/",
        "^",
        "**",
        ",",
        "=",
        ".",
        "√",
        "²",
        "⁻¹",
        "−",
        "×",
        "\\",
        "{",
        "}",
        "|",
    ),
    *(
        "x",
        "mu",
        "var",
        "σ",
        "γ",
        "x_hat",
        "x̂",
        "dy",
        "N",
        "_",
        "__class__",
        "lambda",
        "import",
        "sqrt",
        "max",
        "log",
        "exp",
    ),
    *(
        "0",
        "1",
        "2",
        "9",
        "1e9",
        "1e-9",
        "0.5",
        ".5",
        "999999999",
        "1e999",
        "\0",
        "\n",
        "٣",
        "½",
        "'",
        '"',
        "%s",
        "{0}",
        "@",
    ),
]


def judged_harmless(typed: object) -> None:
    """Read, show and compute; anything but a Node, a number or an AnswerError fails, and so does taking long."""
    start = time.thread_time()
    try:
        node = parse(typed, NAMES)  # type: ignore[arg-type]
    except AnswerError as refused:
        told = str(refused)
        assert told.startswith("The expression must ")
        assert told.isprintable()
        assert len(told) < 400
        return
    assert isinstance(node, Node)
    assert set(preview(str(typed), NAMES)) == {"latex"}
    if len(text(node)) <= 200:
        assert parse(text(node), NAMES) == node
    for number in (Fraction(3, 2), -7.5):
        with suppress(AnswerError):
            assert isinstance(value(node, dict.fromkeys(NAMES, number)), Fraction | float)
    assert time.thread_time() - start < SOON


@pytest.mark.parametrize("typed", ESCAPES)
def test_what_is_a_program_and_no_expression_is_refused(typed: str) -> None:
    judged_harmless(typed)
    with pytest.raises(AnswerError, match="The expression must "):
        parse(typed, NAMES)


@pytest.mark.parametrize("typed", [None, 3, b"x", ["x"], {"x": 1}, True])
def test_what_is_no_text_is_refused(typed: object) -> None:
    with pytest.raises(AnswerError, match=f"must be a text, got {type(typed).__name__}"):
        parse(typed, NAMES)  # type: ignore[arg-type]


@pytest.mark.parametrize("typed", TOWERS)
def test_a_tower_of_powers_is_shown_and_refused_at_once(typed: str) -> None:
    start = time.thread_time()
    assert "latex" in preview(typed, NAMES)
    with pytest.raises(AnswerError, match=r"must be small enough to compute, got .*: write smaller numbers\."):
        refuse_at_once(typed, NAMES)
    assert time.thread_time() - start < SOON


@settings(max_examples=3000)
@given(st.text(max_size=220) | st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=60).map("".join))
def test_any_text_is_harmless(typed: str) -> None:
    judged_harmless(typed)


@settings(max_examples=400)
@given(st.integers(0, 2**64))
def test_expressions_broken_anywhere_are_harmless(seed: int) -> None:
    chance = random.Random(seed)
    typed = as_typed(python_expression(chance, ("sqrt", "exp", "log", "max", "sign")), chance)
    for _ in range(20):
        first, last = sorted(chance.randint(0, len(typed)) for _ in range(2))
        kept = chance.choice([typed[first:last], typed[:first] + typed[last:], typed])
        at = chance.randint(0, len(kept))
        judged_harmless(kept[:at] + chance.choice(FRAGMENTS) * chance.choice((1, 1, 1, 2, 40)) + kept[at:])
