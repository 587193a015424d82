"""A fraction as other systems read a number: with a point, and a power of ten where it is long."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

DIGITS = 17  # as many as tell two floats apart


def decimal(value: Fraction) -> str:
    """Write a number exactly where 17 digits are enough for it.

    >>> decimal(Fraction(1, 2)), decimal(Fraction(-2, 3)), decimal(Fraction(10) ** 30), decimal(Fraction(1, 10**9))
    ('0.5', '-0.66666666666666667', '1e30', '1e-9')
    """
    with localcontext() as context:
        context.prec = DIGITS
        near = (Decimal(value.numerator) / Decimal(value.denominator)).normalize()
    if -7 < near.adjusted() < DIGITS:
        return f"{near:f}"
    mantissa, _, exponent = f"{near:E}".partition("E")
    return f"{mantissa}e{int(exponent)}"


def percent(share: Fraction) -> str:
    """Write a share in percent with Moodle's five decimals, which know a third from 33.3 %.

    >>> percent(Fraction(1, 3)), percent(Fraction(-1, 2)), percent(Fraction(1))
    ('33.33333', '-50', '100')
    """
    return f"{float(100 * share):.5f}".rstrip("0").rstrip(".")
