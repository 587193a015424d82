r"""Show an expression while it is typed: as LaTeX that KaTeX sets, and as text that reads back to the same tree."""

from __future__ import annotations

import re
from fractions import Fraction

from classroom.quiz.algebra.tree import Call, Name, Negated, Node, Number, Operation

_SUM, _PRODUCT, _POWER, _ATOM = range(4)  # how tightly a node holds together
_TIGHTNESS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "^": _POWER}

_NAMES = {
    "eps": r"\epsilon",
    "mean": r"\mu",
    "var": r"\sigma^{2}",
    "running_mean": r"\bar{\mu}",
    "running_var": r"\bar{\sigma}^{2}",
}
_GREEK = {
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi"),
    *("pi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega"),
}
_FUNCTIONS = {"log": r"\ln", "tanh": r"\tanh", "max": r"\max", "min": r"\min", "sign": r"\operatorname{sgn}"}
_NEEDS_AIR = (r"\frac", r"\mathrm", r"\sqrt", *_FUNCTIONS.values())  # would touch the factor before


# --- text -------------------------------------------------------------------------------------------------------------


def text(node: Node) -> str:
    """Return what a reader could have typed: `parse` reads the same tree from it."""
    match node:
        case Number():
            digits, power = _decimal(node.value)
            return digits + (f"e{power}" if power else "")
        case Name():
            return node.name
        case Negated():
            return f"-{_text_within(node.of, _PRODUCT)}"
        case Operation():
            own = _TIGHTNESS[node.sign]
            left = _text_within(node.left, own + (own == _POWER))
            right = _text_within(node.right, own + (own != _POWER))
            return f"{left}{node.sign}{right}"
        case Call():
            return f"{node.function}({', '.join(map(text, node.arguments))})"
    raise TypeError(f"text: must be given a kind of Node that it knows, got {type(node)}. Add a case.")


def _text_within(node: Node, at_least: int) -> str:
    return text(node) if _tightness(node) >= at_least else f"({text(node)})"


def _tightness(node: Node) -> int:
    match node:
        case Operation():
            return _TIGHTNESS[node.sign]
        case Negated():
            return _SUM
    return _ATOM


def _decimal(value: Fraction) -> tuple[str, int]:
    """Return digits and a power of ten, which is 0 where the number reads well without."""
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = str(value * 10**places)
    power = len(digits) - 1 - places
    if value == 0 or (power >= -4 and not digits.endswith("000000")):
        return _pointed(digits.rjust(places + 1, "0"), places), 0
    digits = digits.rstrip("0")
    return _pointed(digits, len(digits) - 1), power


def _pointed(digits: str, places: int) -> str:
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


# --- LaTeX ------------------------------------------------------------------------------------------------------------


def latex(node: Node) -> str:
    r"""Return LaTeX with as few brackets as its meaning needs.

    >>> latex(Operation("/", Name("x"), Call("sqrt", (Name("var"),))))
    '\\frac{x}{\\sqrt{\\sigma^{2}}}'
    """
    match node:
        case Number():
            digits, power = _decimal(node.value)
            return digits if not power else f"10^{{{power}}}" if digits == "1" else rf"{digits} \cdot 10^{{{power}}}"
        case Name():
            return _name(node.name)
        case Negated():
            return f"-{_latex_within(node.of)}"
        case Operation("+" | "-"):
            left, right = latex(node.left), latex(node.right)
            grouped = right.startswith("-") or (node.sign == "-" and _tightness(node.right) == _SUM)
            return f"{left} {node.sign} {_grouped(right) if grouped else right}"
        case Operation("*"):
            first = latex(node.left) if isinstance(node.left, Negated) else _latex_within(node.left)
            return _product(first, node.right)
        case Operation("/"):
            return rf"\frac{{{latex(node.left)}}}{{{latex(node.right)}}}"
        case Operation():
            return f"{_base(node.left)}^{{{_exponent(node.right)}}}"
        case Call():
            return _call(node)
    raise TypeError(f"latex: must be given a kind of Node that it knows, got {type(node)}. Add a case.")


def _grouped(shown: str) -> str:
    return rf"\left({shown}\right)"


def _latex_within(node: Node) -> str:
    """Return a factor, or what a minus stands before."""
    shown = latex(node)
    return _grouped(shown) if _tightness(node) == _SUM or shown.startswith("-") else shown


def _product(left: str, factor: Node) -> str:
    right = _latex_within(factor)
    if right[0].isdigit():
        return rf"{left} \cdot {right}"
    return rf"{left}\,{right}" if right.startswith(_NEEDS_AIR) else f"{left} {right}"


def _base(node: Node) -> str:
    shown = latex(node)
    bare = isinstance(node, Number | Name) or (isinstance(node, Call) and node.function == "abs")
    return shown if bare and "^" not in shown else _grouped(shown)


def _exponent(node: Node) -> str:
    match node:
        case Negated(Operation("/", Number(), Number()) as of):
            return f"-{_exponent(of)}"
        case Operation("/", Number(), Number()):  # a small fraction with a line is hard to read
            return f"{latex(node.left)}/{latex(node.right)}"
    return latex(node)


def _call(node: Call) -> str:
    arguments = r",\,".join(map(latex, node.arguments))
    match node.function:
        case "sqrt":
            return rf"\sqrt{{{arguments}}}"
        case "abs":
            return rf"\left|{arguments}\right|"
        case "exp":
            return f"e^{{{arguments}}}"
    return rf"{_FUNCTIONS[node.function]}\left({arguments}\right)"


def _name(name: str) -> str:
    r"""Return a symbol: dx_hat is \mathrm{d}\hat{x}."""
    if name in _NAMES:
        return _NAMES[name]
    if name in _GREEK:
        return f"\\{name}"
    if len(name) == 1:
        return name
    differential = re.fullmatch("d([A-Za-z].*)", name)
    if differential and (len(name) == 2 or differential[1] in {*_GREEK, *_NAMES} or name.endswith("_hat")):
        return rf"\mathrm{{d}}{_name(differential[1])}"
    if hatted := re.fullmatch("(.+)_hat", name):
        return rf"\hat{{{_name(hatted[1])}}}"
    if indexed := re.fullmatch("(.*?[A-Za-z])_?([0-9]+)|(.+?)_(.+)", name):
        base, index = indexed[1] or indexed[3], indexed[2] or indexed[4]
        below = index if index.isdigit() or len(index) == 1 else rf"\mathrm{{{index}}}".replace("_", ",")
        return f"{_name(base)}_{{{below}}}"
    return rf"\mathrm{{{name}}}".replace("_", r"\_")
