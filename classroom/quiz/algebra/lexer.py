"""Cut what was typed into numbers, words and signs, each with its place; anything else is refused with a hint."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from classroom.quiz.numbers import AnswerError

_LONGEST = 200

# One character for one, so that places stay places.
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("−–‐‑﹣－", "-"),
        **dict.fromkeys("×·⋅∙∗", "*"),
        **dict.fromkeys("÷∕⁄", "/"),
        "[": "(",
        "]": ")",
    }
)
_GREEK = {
    letter: name
    for name, letters in (
        *(("alpha", "α"), ("beta", "β"), ("gamma", "γ"), ("delta", "δ"), ("eps", "εϵ"), ("zeta", "ζ"), ("eta", "η")),
        *(("theta", "θϑ"), ("kappa", "κ"), ("lambda", "λ"), ("mu", "μµ"), ("nu", "ν"), ("xi", "ξ"), ("pi", "π")),
        *(("rho", "ρ"), ("sigma", "σ"), ("tau", "τ"), ("phi", "φϕ"), ("chi", "χ"), ("psi", "ψ"), ("omega", "ω")),
    )
    for letter in letters
}
_HATTED = {"ŷ": "y", "ŵ": "w", "ĝ": "g", "ẑ": "z"}  # a letter and its hat in one character
_HAT = "\u0302"  # the hat that follows its letter
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")

_greek, _hatted = "".join(_GREEK), "".join(_HATTED)
_TOKEN = re.compile(
    rf"""
    (?P<space>\s+)
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<word>
        d?(?:[{_greek}]{_HAT}?|[A-Za-z]{_HAT}|[{_hatted}])(?:_?[0-9₀-₉]+|_[A-Za-z0-9]+)?
        | [A-Za-z_][A-Za-z0-9_₀-₉]*)
    | (?P<raised>[⁻⁺]?[⁰¹²³⁴-⁹]+)
    | (?P<power>\^|\*\*)
    | (?P<sign>[-+*/(),√])
    """,
    re.VERBOSE,
)

_HINTS = {
    "=": ("one side of an equation", "write the right side only"),
    "\\": ("typed as text, not as LaTeX", "write a/b for a fraction and sqrt(x) for a root"),
    **dict.fromkeys("{}", ("grouped by round brackets", "write ( and )")),
    ".": ("free of points but in numbers", "write a number such as 0.5, or * for a product"),
    **dict.fromkeys("|‖", ("free of bars", "write abs(x) for an absolute value")),
}
_OTHER = ("built of numbers, symbols, brackets and + - * / ^", "take it out")


class Token(NamedTuple):
    """A piece of what was typed."""

    kind: str  # number, word, power (^), raised (a superscript), a sign by itself, or end
    text: str  # a word in plain letters: γ is gamma, x̂ is x_hat
    at: int  # the place of its first character, counted from 1


def tokens(text: object) -> Iterator[Token]:
    """Yield the pieces of `text` and an `end`. Raises AnswerError for anything that is not one."""
    if not isinstance(text, str):
        raise AnswerError(f"The expression must be a text, got {type(text).__name__}: write one such as x/2.")
    if len(text) > _LONGEST:
        raise AnswerError(f"The expression must have at most {_LONGEST} characters, got {len(text)}: write it shorter.")
    plain, at = text.translate(_SIGNS), 0
    while at < len(plain):
        found = _TOKEN.match(plain, at)
        if found is None:
            raise refusal(*_HINTS.get(plain[at], _OTHER), text[at], at + 1)
        kind, piece = str(found.lastgroup), found.group()
        if kind == "word":
            piece = _spelled(piece)
        elif kind == "raised":
            piece = piece.translate(_RAISED)
        if kind != "space":
            yield Token(piece if kind == "sign" else kind, piece, at + 1)
        at = found.end()
    yield Token("end", "", len(text) + 1)


def refusal(hold: str, remedy: str, piece: str, at: int) -> AnswerError:
    """Return the error for a piece of an expression, in one sentence."""
    shown = repr(piece if len(piece) <= 24 else f"{piece[:20]}...")
    got = f"got {shown} at character {at}" if piece else f"got its end at character {at}"
    return AnswerError(f"The expression must be {hold}, {got}: {remedy}.")


def _spelled(word: str) -> str:
    """Return a word in plain letters."""
    letters = (_GREEK.get(c, f"{_HATTED[c]}_hat" if c in _HATTED else c) for c in word)
    return "".join(letters).replace(_HAT, "_hat").translate(_LOWERED)
