"""A number is read as a person types it, exactly, and nothing is ever evaluated."""

from __future__ import annotations

import re
import time
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classroom.quiz.numbers import AnswerError, parse_number


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("0.5", Fraction(1, 2)),
        ("1/2", Fraction(1, 2)),
        (" 1 / 2 ", Fraction(1, 2)),
        ("0,5", Fraction(1, 2)),
        ("-0.5", Fraction(-1, 2)),
        ("−0.5", Fraction(-1, 2)),  # U+2212
        ("–3", Fraction(-3)),  # en dash, as some keyboards type it
        ("+3", Fraction(3)),
        ("1e-3", Fraction(1, 1000)),
        ("2.5E+2", Fraction(250)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        ("0,125", Fraction(1, 8)),
        ("-1/3", Fraction(-1, 3)),
        ("007", Fraction(7)),
        (0.1, Fraction(1, 10)),  # as it is written, not as it is stored
        (1e-7, Fraction(1, 10**7)),
        (6272, Fraction(6272)),
    ],
)
def test_a_number_is_read_exactly(typed: object, value: Fraction) -> None:
    assert parse_number(typed) == value


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "abc", "nan", "inf", "-inf", "1/0", "1/0.0", "1//2", "1/2/3", "--1", "1e", "e3", ".", ",", "0x10"),
        *("1_000", "1 000", "1.2.3", "1,000", "12,345,678", "2+2", "2*3", "__import__('os')", "１２", "٣", "½", "10²"),
        *("1e9999", "1e999999999", "9" * 41, pytest.param("1" * 100_000, id="long text")),
        *(True, None, [1], {"a": 1}, float("nan"), float("inf"), 1j, pytest.param(10**5000, id="long int")),
    ],
)
def test_what_is_no_number_is_refused_in_one_sentence_and_at_once(typed: object) -> None:
    start = time.perf_counter()
    with pytest.raises(AnswerError) as refused:
        parse_number(typed)
    assert time.perf_counter() - start < 0.5
    message = str(refused.value)
    assert re.fullmatch(r"The answer must .*: write .*\.", message), message
    assert "\n" not in message
    assert len(message) < 160


def test_a_comma_that_could_be_read_in_two_ways_is_asked_about() -> None:
    with pytest.raises(AnswerError, match=r"1,225 can be read in two ways: write 1225 or 1\.225"):
        parse_number("1,225")


@given(st.text(max_size=60) | st.from_regex(r"[-+−]?[0-9.,eE/ ]{1,45}", fullmatch=True))
@example("1" + "0" * 39)
def test_any_text_is_a_finite_number_or_refused(typed: str) -> None:
    try:
        value = parse_number(typed)
    except AnswerError:
        return
    assert isinstance(value, Fraction)
    assert set(typed) & set("0123456789")


@given(st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=10**9))
def test_a_fraction_comes_back_as_typed(value: Fraction) -> None:
    assert parse_number(str(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_comes_back_as_python_writes_it(value: float) -> None:
    assert float(parse_number(value)) == value
    assert parse_number(value) == Fraction(repr(value))


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=4))
def test_comma_and_point_mean_the_same(value: object) -> None:
    assert parse_number(str(value).replace(".", ",")) == parse_number(str(value))
