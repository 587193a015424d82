"""Read GIFT as it is written: what stands in each question, before anything is asked of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

FORMATS = ("html", "moodle", "plain", "markdown")
# An escaped character goes by one that no file holds, until everything that has a meaning is found.
_AWAY = 0xF0000
_ESCAPED = re.compile(r"\\([\\~=#{}:n])")
_GONE = re.compile("[\U000f0000-\U000f00ff]")
_WEIGHT = re.compile(r"%(-?[0-9]{1,3}(?:\.[0-9]*)?)%")
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]", re.I)
_ID = re.compile(r"\[id:([^\]]+)\]")
_TRUE, _FALSE = ("T", "TRUE"), ("F", "FALSE")


class Said(NamedTuple):
    """A text with its format."""

    text: str
    format: str  # one of FORMATS


class Answer(NamedTuple):
    """One of the answers between the braces."""

    mark: str  # = or ~
    weight: Fraction | None  # 1 is the whole; None where no percentage stands
    said: Said
    feedback: Said
    to: str = ""  # for matching: what stands after the arrow


class Raw(NamedTuple):
    """One question of the file."""

    line: int
    id: str  # of a comment [id:...], or ""
    name: str
    kind: str  # description, essay, numerical, multichoice, match, truefalse, shortanswer, or "": `fault` says why
    ask: Said
    why: Said
    answers: tuple[Answer, ...]
    fault: tuple[str, str, str] = ("", "", "")  # what must hold, what stands there, what to do


def read(text: str) -> Iterator[Raw]:
    """Yield the questions of a file in their order; categories and comments are passed over."""
    block: list[str] = []
    for number, line in enumerate([*re.split(r"\r\n|\r|\n", text.lstrip("\ufeff")), ""], 1):
        if line.strip():
            block.append(line)
        elif block:
            yield from _question(block, number - len(block))
            block = []


def _question(lines: list[str], first: int) -> Iterator[Raw]:
    known = ""
    kept: list[str] = []
    line = first
    for number, text in enumerate(lines, first):
        if text.lstrip().startswith("//"):
            named = _ID.search(text)
            known = named[1].strip() if named else known
        elif not text.lstrip().startswith("$CATEGORY:"):
            line = line if kept else number
            kept.append(text)
    if not kept:
        return
    whole = _ESCAPED.sub(lambda found: chr(_AWAY + ord(found[1])), _GONE.sub("", "\n".join(kept))).strip()
    name = ""
    if whole.startswith("::") and "::" in whole[2:]:
        name, _, whole = whole[2:].partition("::")
    yield _parsed(line, known, _back(name).strip(), whole.strip())


def _parsed(line: int, known: str, name: str, whole: str) -> Raw:
    opens, closes = whole.find("{"), whole.find("}")
    if opens < 0 and closes < 0:
        return Raw(line, known, name, "description", _said(whole, "moodle"), Said("", "plain"), ())
    if opens < 0 or closes < opens:
        fault = (
            "must have its answers between { and }",
            "one brace alone" if min(opens, closes) < 0 else "} before {",
            "Close the brace, remove empty lines between them, or write \\{ for a brace in the text",
        )
        return Raw(line, known, name, "", _said(whole, "moodle"), Said("", "plain"), (), fault)
    if "{" in whole[closes:]:
        fault = (
            "must have its answers in one pair of braces",
            "another pair after it",
            "Put an empty line between questions, or write \\{ for a brace in the text",
        )
        return Raw(line, known, name, "", _said(whole, "moodle"), Said("", "plain"), (), fault)
    blank = "" if whole.endswith("}") and closes == len(whole) - 1 else "_____"
    ask = _said(whole[:opens] + blank + whole[closes + 1 :], "moodle")
    inside, _, general = whole[opens + 1 : closes].rpartition("####")
    if "####" not in whole[opens:closes]:
        inside, general = general, ""
    inside = inside.strip()
    why = _said(general, ask.format)
    kind = _kind(inside)
    answers = tuple(_ANSWERS[kind](inside, ask.format)) if kind in _ANSWERS else ()
    return Raw(line, known, name, kind, ask, why, answers)


def _kind(inside: str) -> str:
    if not inside:
        return "essay"
    if inside.startswith("#"):
        return "numerical"
    if "~" in inside:
        return "multichoice"
    if "=" in inside and "->" in inside:
        return "match"
    return "truefalse" if inside.partition("#")[0].strip() in (*_TRUE, *_FALSE) else "shortanswer"


def _marked(inside: str, default: str) -> Iterator[Answer]:
    """Yield what stands after each = and ~."""
    pieces = re.split(r"([=~])", inside)
    if pieces[0].strip():
        pieces = ["", "=", *pieces]
    for mark, text in zip(pieces[1::2], pieces[2::2], strict=True):
        text = text.strip()
        weight = _WEIGHT.match(text)
        said, _, feedback = text[weight.end() if weight else 0 :].partition("#")
        share = Fraction(weight[1]) / 100 if weight else None
        yield Answer(mark, share, _said(said, default), _said(feedback, default))


def _matches(inside: str, default: str) -> Iterator[Answer]:
    for text in inside.split("=")[1:]:
        left, _, right = text.partition("->")
        yield Answer("=", None, _said(left, default), Said("", "plain"), _back(right).strip())


def _true_or_false(inside: str, default: str) -> Iterator[Answer]:
    """Yield the right answer with what is said to it, then what is said to the other one."""
    word, wrong, right = (*inside.split("#", 2), "", "")[:3]
    is_true = word.strip() in _TRUE
    yield Answer("=", None, Said("T" if is_true else "F", "plain"), _said(right, default))
    yield Answer("~", None, Said("F" if is_true else "T", "plain"), _said(wrong, default))


_ANSWERS = {
    "numerical": lambda inside, default: _marked(inside[1:], default),
    "multichoice": _marked,
    "match": _matches,
    "truefalse": _true_or_false,
}


def _said(text: str, default: str) -> Said:
    named = _FORMAT.match(text)
    return Said(_back(text[named.end() :] if named else text).strip(), named[1].lower() if named else default)


def _back(text: str) -> str:
    return _GONE.sub(lambda found: {"n": "\n"}.get(chr(ord(found[0]) - _AWAY), chr(ord(found[0]) - _AWAY)), text)
