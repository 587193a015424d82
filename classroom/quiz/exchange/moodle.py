"""Questions as Moodle XML: https://docs.moodle.org/en/Moodle_XML_format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from types import MappingProxyType
from xml.etree import ElementTree as ET

from classroom.quiz.exchange.forms import Form, InOrder, Item, Near, OneOf, Pairs, Scale, SomeOf, Words, YesNo
from classroom.quiz.exchange.numerals import decimal, percent
from classroom.quiz.exchange.texts import html_of, html_phrase, menu
from classroom.quiz.record import HINT

SAYS: Mapping[type[Form], str] = MappingProxyType(
    {
        OneOf: "`multichoice`, single",
        SomeOf: "`multichoice` with fractions",
        YesNo: "`truefalse`",
        Near: "`numerical`; the text names the unit",
        InOrder: "`ordering` by pairs: Moodle grades the share p of the pairs, not 2p − 1; without `explain`",
        Pairs: "`match`, without formulas in its menus and without `explain`",
        Scale: "`essay`",
        Words: "`essay`, with the key, if there is one, for whoever marks it",
    }
)
_TYPES: Mapping[type[Form], str] = MappingProxyType(
    {
        OneOf: "multichoice",
        SomeOf: "multichoice",
        YesNo: "truefalse",
        Near: "numerical",
        InOrder: "ordering",
        Pairs: "match",
        Scale: "essay",
        Words: "essay",
    }
)


def moodle(items: Iterable[Item], category: str) -> bytes:
    """Write a file of questions, to be imported into a category."""
    quiz = ET.Element("quiz")
    head = ET.SubElement(quiz, "question", type="category")
    _text(ET.SubElement(head, "category"), f"$course$/top/{category}")
    for item in items:
        quiz.append(_question(item))
    ET.indent(quiz)
    return ET.tostring(quiz, encoding="UTF-8", xml_declaration=True) + b"\n"


def _question(item: Item) -> ET.Element:
    found = ET.Element("question", type=_TYPES[type(item.form)])
    _text(ET.SubElement(found, "name"), item.id)
    _html(found, "questiontext", html_of(item.ask) + html_of(item.beside))
    _html(found, "generalfeedback", "".join(map(html_of, item.reasons)))
    _put(found, "defaultgrade", "0" if _is_poll(item) else str(item.points))
    _put(found, "penalty", _penalty(item))
    _put(found, "hidden", "0")
    _put(found, "idnumber", item.id)
    _add_form(found, item.form)
    for hint in item.hints:
        _html(found, "hint", html_of(hint))
    tags = ET.SubElement(found, "tags")
    for name in filter(None, (item.slide, item.norm)):
        _text(ET.SubElement(tags, "tag"), name)
    return found


def _penalty(item: Item) -> str:
    """Return what another try costs: with n attempts 1/n, as here; with one, what a hint costs here."""
    share = Fraction(1, item.attempts) if item.attempts > 1 or not item.hints else Fraction(HINT)
    return f"{float(share):.7f}".rstrip("0").rstrip(".")


def _is_poll(item: Item) -> bool:
    return isinstance(item.form, Scale) or (isinstance(item.form, Words) and not item.form.key)


def _add_form(found: ET.Element, form: Form) -> None:
    match form:
        case OneOf(options, right, explain):
            _put(found, "single", "true")
            _put(found, "shuffleanswers", "true")
            _put(found, "answernumbering", "ABCD")
            for letter, text in options.items():
                _answer(found, html_phrase(text), Fraction(letter == right), explain.get(letter, ""))
        case SomeOf(options, _, explain):
            _put(found, "single", "false")
            _put(found, "shuffleanswers", "true")
            _put(found, "answernumbering", "ABCD")
            for letter, text in options.items():
                _answer(found, html_phrase(text), form.share(letter), explain.get(letter, ""))
        case YesNo(right, explain):
            for word, is_right in (("true", right), ("false", not right)):
                _answer(found, word, Fraction(is_right), "" if is_right else explain, is_html=False)
        case Near(value, distance, _, slips):
            _put(_answer(found, decimal(value), Fraction(1), "", is_html=False), "tolerance", decimal(distance))
            for slip in slips:
                answer = _answer(found, decimal(slip.value), Fraction(0), slip.says, is_html=False)
                _put(answer, "tolerance", decimal(slip.distance))
        case InOrder(options):
            for name, setting in _ORDERING:
                _put(found, name, setting)
            _put(found, "selectcount", str(len(options)))
            for place, text in enumerate(options.values(), 1):
                _answer(found, html_phrase(text), Fraction(place, 100), "")  # here "fraction" is the place itself
        case Pairs(items, options, right, _):
            _put(found, "shuffleanswers", "true")
            names = menu(options)
            for key, text in items.items():
                _pair(found, html_phrase(text), names[right[key]])
            for letter in options:
                if letter not in right.values():
                    _pair(found, "", names[letter])
        case Scale() | Words():
            _put(found, "responseformat", "editor")
            _put(found, "responserequired", "1")
            _put(found, "responsefieldlines", "5")
            _put(found, "attachments", "0")
            _html(found, "graderinfo", html_of(form.key) if isinstance(form, Words) else "")


_ORDERING = (
    ("layouttype", "VERTICAL"),
    ("selecttype", "ALL"),
    ("gradingtype", "RELATIVE_ALL_PREVIOUS_AND_NEXT"),
    ("showgrading", "SHOW"),
    ("numberingstyle", "none"),
)


def _answer(parent: ET.Element, text: str, share: Fraction, feedback: str, is_html: bool = True) -> ET.Element:
    found = ET.SubElement(parent, "answer", fraction=percent(share), format="html" if is_html else "moodle_auto_format")
    _text(found, text)
    _html(found, "feedback", html_of(feedback))
    return found


def _pair(parent: ET.Element, left: str, right: str) -> None:
    _text(ET.SubElement(_html(parent, "subquestion", left), "answer"), right)


def _html(parent: ET.Element, tag: str, html: str) -> ET.Element:
    found = ET.SubElement(parent, tag, format="html")
    _text(found, html)
    return found


def _text(parent: ET.Element, text: str) -> None:
    _put(parent, "text", text)


def _put(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text
