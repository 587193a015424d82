"""Numbers as a reader sees them."""

import pytest

from classroom.typeset import number, percent, short, tiny


@pytest.mark.parametrize(
    ("value", "text"), [(-0.004, "0.00"), (-1.5, "−1.50"), (2.0, "2.00"), (0.005, "0.01"), (12345.678, "12,345.68")]
)
def test_numbers_have_a_true_minus_and_zero_has_no_sign(value: float, text: str) -> None:
    assert number(value) == text


def test_a_sign_is_shown_where_it_is_asked_for_but_not_on_zero() -> None:
    assert [number(value, 1, plus=True) for value in (0.5, -0.5, 0.001)] == ["+0.5", "−0.5", "0.0"]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(-2.5, 6, "−2.5"), (1e-5, 6, "10⁻⁵"), (-1e-5, 6, "−10⁻⁵"), (2e-9, 6, "2·10⁻⁹"), (-0.0, 6, "0"),
     (1 / 3, 5, "0.33333"), (6272, 6, "6272"), (1e12, 3, "10¹²"), (-2.5e-7, 6, "−2.5·10⁻⁷")],
)  # fmt: skip
def test_a_short_number_has_no_e_and_no_idle_zero(value: float, digits: int, text: str) -> None:
    assert short(value, digits) == text


def test_an_error_is_written_by_its_size() -> None:
    assert (tiny(3.14e-16), tiny(0.25), tiny(0)) == ("3·10⁻¹⁶", "0.2", "0")


def test_a_rare_thing_is_not_written_as_none_nor_a_common_one_as_all() -> None:
    assert (percent(0.004), percent(0.996), percent(0.5), percent(0), percent(1)) == (
        "0.4 %", "99.6 %", "50 %", "0 %", "100 %"
    )  # fmt: skip
