"""Compute an expression at a point: exactly while its numbers are fractions, else to a stated number of digits.

The digits are those of `decimal`: its contexts belong to one thread, and stop a number at once that grows too large.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, InvalidOperation, Overflow, localcontext
from fractions import Fraction

from classroom.quiz.algebra.show import text
from classroom.quiz.algebra.tree import Call, Name, Negated, Node, Number, Operation
from classroom.quiz.numbers import AnswerError

Real = Fraction | Decimal

_DIGITS = 50
_LARGEST_POWER = 1000
_LARGEST_SCALE = 300  # powers of ten; what is smaller than the smallest is 0
_MOST_BITS = 1000  # of a numerator or denominator; longer ones are rounded


class NoValueError(AnswerError):
    """The expression has no value at a point, for one of the three reasons below."""


class PoleError(NoValueError):
    """It divides by zero there."""


class NotRealError(NoValueError):
    """It takes a root or a logarithm of a negative number there."""


class TooLargeError(NoValueError):
    """It grows there beyond what is computed."""


def value(node: Node, values: Mapping[str, Fraction | float]) -> Fraction | float:
    """Return the value at a point, as a Fraction while only + - * /, whole powers and fractions are used.

    Raises AnswerError where there is none: division by zero, a root of a negative number, a number too large.
    """
    found = evaluate(node, {name: Fraction(number) for name, number in values.items()})
    if isinstance(found, Decimal) or any(isinstance(number, float) for number in values.values()):
        return float(found)
    return found


def evaluate(node: Node, values: Mapping[str, Fraction], digits: int = _DIGITS) -> Real:
    """Return the value at a point of fractions; a Decimal is rounded to `digits` digits. Raises NoValueError."""
    traps = [Overflow, InvalidOperation]
    with localcontext(Context(prec=digits, Emax=_LARGEST_SCALE, Emin=-_LARGEST_SCALE, traps=traps)):
        return _Point(values, digits).value(node)


class _Point:
    """Computes at one point, within a decimal context."""

    def __init__(self, values: Mapping[str, Fraction], digits: int) -> None:
        self._values = values
        self._rounding = Decimal(10) ** -(digits * 4 // 5)  # what is left of a difference this small is rounding

    def value(self, node: Node) -> Real:
        match node:
            case Number():
                return node.value
            case Name():
                return self._values[node.name]
            case Negated():
                return -self.value(node.of)
            case Operation():
                left, right = self.value(node.left), self.value(node.right)
                try:
                    return self._operate(node.sign, left, right)
                except ArithmeticError as fault:
                    raise _reason(fault, node) from fault
            case Call():
                arguments = [self.value(argument) for argument in node.arguments]
                try:
                    return _call(node.function, arguments)
                except ArithmeticError as fault:
                    raise _reason(fault, node) from fault
        raise TypeError(f"value: must be given a kind of Node that it knows, got {type(node)}. Add a case.")

    def _operate(self, sign: str, a: Real, b: Real) -> Real:
        if sign == "^":
            return _power(a, b)
        if isinstance(a, Fraction) and isinstance(b, Fraction):
            return _kept(_FOUR[sign](a, b))
        a, b = _long(a), _long(b)
        if sign in "+-":
            return self._sum(a, b if sign == "+" else -b)
        if sign == "*":
            return a * b
        if b == 0:  # Decimal has another error for 0/0
            raise ZeroDivisionError
        return a / b

    def _sum(self, a: Decimal, b: Decimal) -> Decimal:
        total = a + b
        return Decimal(0) if abs(total) < abs(a) * self._rounding else total


_FOUR: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def _power(base: Real, exponent: Real) -> Real:
    if exponent > _LARGEST_POWER or exponent < -_LARGEST_POWER:
        raise Overflow
    if exponent == 0:
        return Fraction(1)
    if exponent < 0 and _long(base) == 0:
        raise ZeroDivisionError
    match base, exponent:
        case Fraction(), Fraction(denominator=1) if _bits(base) * abs(exponent) <= _MOST_BITS:
            return base**exponent.numerator
        case _, Fraction(denominator=2):
            return _long(base).sqrt() ** exponent.numerator  # many times as fast
    return _long(base) ** _long(exponent)


def _call(function: str, arguments: list[Real]) -> Real:
    of = arguments[0]
    match function:
        case "abs":
            return of if of >= 0 else -of
        case "max":
            return max(arguments)
        case "min":
            return min(arguments)
        case "sign":
            return Fraction((of > 0) - (of < 0))
        case "sqrt":
            return _long(of).sqrt()
        case "exp":
            return _long(of).exp()
        case "log":
            if _long(of) == 0:
                raise ZeroDivisionError
            return _long(of).ln()
        case "tanh":
            shrunk = (-2 * abs(_long(of))).exp()
            return ((1 - shrunk) / (1 + shrunk)).copy_sign(_long(of))
    raise TypeError(f"value: must be given a function that it knows, got {function}. Add a case.")


def _kept(number: Fraction) -> Real:
    """Return a fraction, rounded if it is too long to go on with."""
    return _long(number) if _bits(number) > _MOST_BITS else number


def _bits(number: Fraction) -> int:
    return max(number.numerator.bit_length(), number.denominator.bit_length())


def _long(number: Real) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(number.numerator) / number.denominator


def _reason(fault: ArithmeticError, node: Node) -> NoValueError:
    shown = text(node)
    got = f"got {shown if len(shown) <= 60 else f'{shown[:56]} ...'}"
    match fault:
        case Overflow():
            return TooLargeError(f"The expression must be small enough to compute, {got}: write smaller numbers.")
        case InvalidOperation():
            return NotRealError(f"The expression must be real, {got}: write a root or logarithm of what is above zero.")
        case ZeroDivisionError():
            return PoleError(f"The expression must not divide by zero, {got}: write another denominator.")
    raise fault
