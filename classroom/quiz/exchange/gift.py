"""Questions as GIFT, the text format of Moodle: https://docs.moodle.org/en/GIFT_format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from classroom.quiz.exchange.forms import Form, InOrder, Item, Near, OneOf, Pairs, Scale, SomeOf, Words, YesNo
from classroom.quiz.exchange.numerals import decimal, percent
from classroom.quiz.exchange.texts import html_of, html_phrase, menu

SAYS: Mapping[type[Form], str] = MappingProxyType(
    {
        OneOf: "multiple choice",
        SomeOf: "multiple choice with percentages",
        YesNo: "true/false",
        Near: "numerical; the text names the unit",
        InOrder: "essay: GIFT has no order",
        Pairs: "matching, without formulas in its menus and without `explain`",
        Scale: "essay",
        Words: "essay",
    }
)
_RESERVED = re.compile(r"([\\~=#{}:])")


def gift(items: Iterable[Item]) -> str:
    """Write a file of questions."""
    return "\n".join(map(_question, items))


def escaped(text: str) -> str:
    r"""Escape what GIFT gives a meaning to.

    >>> escaped("a=1:\n{x}")
    'a\\=1\\:\\n\\{x\\}'
    """
    return _RESERVED.sub(r"\\\1", text).replace("\n", r"\n")


def _question(item: Item) -> str:
    inside = "\n\t".join([*_answers(item), f"####{_text(''.join(map(html_of, item.reasons)))}"])
    head = f"// [id:{item.id}] [tag:{item.slide}]\n::{escaped(item.id)}::[html]{_text(_asked(item))}"
    return f"{head}{{\n\t{inside}\n}}\n"


def _asked(item: Item) -> str:
    """Return what is asked; where GIFT has no field for the options, they follow as a list."""
    asked = html_of(item.ask) + html_of(item.beside)
    if isinstance(item.form, InOrder):
        asked += "".join(f"<p>{letter}: {html_phrase(item.form.options[letter])}</p>" for letter in item.form.start)
    return asked


def _answers(item: Item) -> list[str]:
    match item.form:
        case OneOf(options, right, explain):
            return [
                ("=" if letter == right else "~") + _option(text) + _feedback(explain.get(letter, ""))
                for letter, text in options.items()
            ]
        case SomeOf(options, _, explain) as form:
            return [
                f"~%{percent(form.share(letter))}%" + _option(text) + _feedback(explain.get(letter, ""))
                for letter, text in options.items()
            ]
        case YesNo(right, explain):
            return [("TRUE" if right else "FALSE") + _feedback(explain)]
        case Near(value, distance, _, slips):
            known = [f"=%0%{decimal(s.value)}:{decimal(s.distance)}{_feedback(s.says)}" for s in slips]
            return ["#", f"=%100%{decimal(value)}:{decimal(distance)}", *known]
        case Pairs(pair_items, options, right, _):
            names = menu(options)
            pairs = [f"={_option(text)} -> {escaped(names[right[k]])}" for k, text in pair_items.items()]
            return pairs + [f"= -> {escaped(names[k])}" for k in options if k not in right.values()]
        case InOrder() | Scale() | Words():
            return []


def _option(text: str) -> str:
    return _text(html_phrase(text))


def _feedback(text: str) -> str:
    return f"#{_text(html_of(text))}" if text else ""


def _text(html: str) -> str:
    """Escape a text; one that begins with [ would name its format there, and one with % its weight."""
    return escaped(re.sub(r"^[\[%]", lambda found: f"&#{ord(found[0])};", html))
