"""Read an expression as a reader types it, by a grammar of five rules; nothing of it is ever executed.

sum: [-] term {+|- [-] term};  term: power {* [-] power | / [-] power | power};
power: atom [superscript] [^ [-] power];  atom: number | symbol | function ( sum {, sum} ) | ( sum ) | √ atom.
A product without a sign binds as one with it: 1/2x is (1/2)x. The preview shows the reader how it was read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction

from classroom.quiz.algebra.lexer import Token, refusal, tokens
from classroom.quiz.algebra.tree import FUNCTIONS, Call, Name, Negated, Node, Number, Operation
from classroom.quiz.numbers import AnswerError

__all__ = ["AnswerError", "Node", "parse"]

_DEEPEST = 30
_MOST_NODES = 150
_MOST_DIGITS = 40
_LARGEST = Fraction(10**40)

_OTHER_FUNCTIONS = {"ln": "log", "sgn": "sign"}
_OTHER_NAMES = {"epsilon": "eps", "eps": "epsilon", "mean": "mu", "mu": "mean", "variance": "var", "xhat": "x_hat"}
_VARIANCE = Name("var")
_DEVIATION = Call("sqrt", (_VARIANCE,))  # what σ stands for where only the variance has a name
_FEEDS = ("number", "word", "(", "√")  # what an atom begins with


def parse(text: str, names: Collection[str]) -> Node:
    """Read an expression in which the symbols `names` may stand.

    Greek letters, typed or spelled out, are names: γ is gamma. Where var is a symbol and sigma is not, σ is its root.
    Raises AnswerError, with the place, for anything that is not an expression, or is too long or too deep.

    >>> parse("2x", ["x"]) == parse("2 * x", ["x"])
    True
    """
    if isinstance(text, str) and not text.strip():
        raise AnswerError(f"The expression must be written, got nothing: write one with {', '.join(sorted(names))}.")
    return _Reader(list(tokens(text)), names).read()


class _Reader:
    """Reads tokens from left to right; one method for each rule of the grammar."""

    def __init__(self, pieces: list[Token], names: Collection[str]) -> None:
        self._pieces, self._names = pieces, names
        self._at = self._nodes = self._depth = 0

    def read(self) -> Node:
        node = self._sum()
        if self._next.kind == ",":
            raise self._refusal("free of commas outside max and min", "write a decimal point, as in 0.5")
        if self._next.kind == ")":
            raise self._refusal("closed only where a bracket is open", "take the bracket out or open one before")
        return node

    # --- the grammar --------------------------------------------------------------------------------------------------

    def _sum(self) -> Node:
        node = self._signed(self._term)
        while self._next.kind in ("+", "-"):
            sign = self._take().kind
            node = self._made(Operation(sign, node, self._signed(self._term)))
        return node

    def _term(self) -> Node:
        node = self._power()
        while True:
            if self._next.kind in ("*", "/"):
                sign = self._take().kind
                node = self._made(Operation(sign, node, self._signed(self._power)))
            elif self._next.kind == "number":
                raise self._refusal("clear about what stands before a number", "write * or + between them")
            elif self._next.kind in _FEEDS:
                node = self._made(Operation("*", node, self._power()))
            else:
                return node

    def _power(self) -> Node:
        typed, node = self._next.text, self._atom()
        while self._next.kind == "raised":
            raised = self._take()
            digits = self._made(Number(_number(raised.text.lstrip("+-"), raised)))
            node = self._raised(typed, node, self._made(Negated(digits)) if raised.text.startswith("-") else digits)
        if self._next.kind == "power":
            self._take()
            node = self._raised(typed, node, self._inside(lambda: self._signed(self._power)))
        return node

    def _raised(self, typed: str, base: Node, exponent: Node) -> Node:
        if typed == "sigma" and base == _DEVIATION and exponent == Number(Fraction(2)):
            return _VARIANCE
        return self._made(Operation("^", base, exponent))

    def _signed(self, rule: Callable[[], Node]) -> Node:
        if self._next.kind not in ("+", "-"):
            return rule()
        sign = self._take().kind
        node = self._inside(lambda: self._signed(rule))
        return self._made(Negated(node)) if sign == "-" else node

    def _atom(self) -> Node:
        piece = self._take()
        match piece.kind:
            case "number":
                return self._made(Number(_number(piece.text, piece)))
            case "word":
                return self._word(piece)
            case "(":
                node = self._inside(self._sum)
                self._close(piece)
                return node
            case "√":
                return self._made(Call("sqrt", (self._inside(self._atom),)))
        raise refusal("complete", "write a number, a symbol or a bracket there", piece.text, piece.at)

    def _word(self, piece: Token) -> Node:
        meant = _meant(piece.text, self._names)
        if meant is not None:
            return self._made(meant)
        function = _OTHER_FUNCTIONS.get(piece.text.lower(), piece.text.lower())
        if function in FUNCTIONS:
            return self._call(function, piece)
        if self._next.kind == "(":
            known, remedy = f"functions {', '.join(FUNCTIONS)}", "write one of them, or * for a product"
        else:
            known = f"symbols {', '.join(sorted(self._names))[:120]}"
            remedy = "write exp( ) for a power of e" if piece.text == "e" else "write * or a space in a product"
        raise refusal(f"made of the {known}", remedy, piece.text, piece.at)

    def _call(self, function: str, piece: Token) -> Node:
        if self._next.kind != "(":
            raise self._refusal(f"clear about what {function} is taken of", f"write {function}( )")
        bracket = self._take()
        arguments = [self._inside(self._sum)]
        while self._next.kind == ",":
            self._take()
            arguments.append(self._inside(self._sum))
        self._close(bracket)
        if (len(arguments) > 1) != (function in ("max", "min")):
            many = "two numbers or more" if len(arguments) == 1 else "one number"
            raise refusal(f"such that {function} is of {many}", "count the commas", piece.text, piece.at)
        return self._made(Call(function, tuple(arguments)))

    # --- the limits ---------------------------------------------------------------------------------------------------

    def _inside(self, rule: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._refusal(f"at most {_DEEPEST} brackets, powers and signs deep", "write it simpler")
        node = rule()
        self._depth -= 1
        return node

    def _made(self, node: Node) -> Node:
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise self._refusal(f"made of at most {_MOST_NODES} parts", "write it simpler")
        return node

    # --- the tokens ---------------------------------------------------------------------------------------------------

    @property
    def _next(self) -> Token:
        return self._pieces[self._at]

    def _take(self) -> Token:
        piece = self._next
        self._at += piece.kind != "end"
        return piece

    def _close(self, bracket: Token) -> None:
        if self._next.kind != ")":
            raise self._refusal(f"closed by ) after the ( at character {bracket.at}", "write ) or a sign there")
        self._take()

    def _refusal(self, hold: str, remedy: str) -> AnswerError:
        return refusal(hold, remedy, self._next.text, self._next.at)


def _number(digits: str, piece: Token) -> Fraction:
    """Return the number, exactly; its size is looked at before it is written out."""
    coefficient, _, exponent = digits.lower().partition("e")
    if len(coefficient.replace(".", "").strip("0")) <= _MOST_DIGITS and len(exponent) <= 4:
        value = Fraction(digits)
        if value == 0 or 1 / _LARGEST <= value < _LARGEST:
            return value
    remedy = "write a shorter one"
    raise refusal(f"made of numbers with at most {_MOST_DIGITS} digits", remedy, piece.text, piece.at)


def _meant(word: str, names: Collection[str]) -> Node | None:
    """Return the symbol that a word stands for: itself, another spelling of it, or in capitals as phones write them."""
    for spelling in (word, _OTHER_NAMES.get(word, word)):
        if spelling in names:
            return Name(spelling)
    if word == "sigma" and "var" in names:
        return _DEVIATION
    alike = [name for name in names if name.lower() == word.lower()]
    return Name(alike[0]) if len(alike) == 1 else None
