"""Numbers as they stand in captions, tables and sentences: a true minus sign, no negative zero, powers of ten."""

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


def short(value: float, digits: int = 6) -> str:
    """Write a number with as many significant digits as it has, `digits` at most.

    >>> short(0.25), short(-1 / 3, 3), short(1e-5), short(-0.0)
    ('0.25', '−0.333', '10⁻⁵', '0')
    """
    text, _, exponent = f"{value + 0.0:.{digits}g}".partition("e")
    if exponent:
        power = f"10{str(int(exponent)).translate(_RAISED)}"
        text = {"1": power, "-1": f"-{power}"}.get(text, f"{text}·{power}")
    return text.replace("-", "−")


def tiny(value: float) -> str:
    """Write how large an error is: one digit and the power of ten.

    >>> tiny(3.1e-16), tiny(0.0)
    ('3·10⁻¹⁶', '0')
    """
    return short(value, 1)


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
