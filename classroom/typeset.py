"""Numbers as they stand in captions, tables and sentences: a true minus sign, no negative zero."""

from __future__ import annotations


def number(value: float, digits: int = 2, plus: bool = False) -> str:
    """Write a number with a fixed number of decimals.

    >>> number(-1.5), number(-0.001), number(0.25, plus=True), number(1234.5, 0)
    ('−1.50', '0.00', '+0.25', '1,234')
    """
    text = f"{value:{'+' if plus else ''},.{digits}f}"
    if not any(digit in text for digit in "123456789"):
        text = text.lstrip("+-")
    return text.replace("-", "−")


def percent(share: float) -> str:
    """Write a share in percent; a rare thing is not written as none.

    >>> percent(0.314), percent(0.002), percent(0.0), percent(1.0)
    ('31 %', '0.2 %', '0 %', '100 %')
    """
    digits = 1 if 0 < share < 0.01 or 0.99 < share < 1 else 0
    return f"{100 * share:.{digits}f} %"


def tiny(value: float) -> str:
    """Write a small number as a power of ten.

    >>> tiny(3.1e-16), tiny(0.0)
    ('3·10⁻¹⁶', '0')
    """
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}·10{str(int(exponent)).translate(_RAISED)}"


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
