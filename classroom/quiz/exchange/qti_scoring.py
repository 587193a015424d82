"""What an answer is worth, in QTI's terms: declarations of the key, and response processing by our rules of credit."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple
from xml.etree import ElementTree as ET

from classroom.quiz.exchange.elements import element
from classroom.quiz.exchange.forms import Form, InOrder, Item, Near, OneOf, Pairs, Scale, SomeOf, Words, YesNo
from classroom.quiz.exchange.numerals import decimal

RESPONSE = "RESPONSE"
WHY = "WHY"  # the feedback that everybody gets


class Told(NamedTuple):
    """What is said to an answer that holds this: an option, a couple, a slip's number."""

    identifier: str
    says: str


def told(form: Form) -> list[Told]:
    """Return what is said to wrong answers, by the identifiers under which it is shown."""
    match form:
        case OneOf(explain=explain) | SomeOf(explain=explain) | InOrder(explain=explain):
            return [Told(f"E-{key}", says) for key, says in explain.items()]
        case Pairs(explain=explain):
            return [Told(f"E-{key}", says) for key, says in explain.items()]
        case YesNo(right, says) if says:
            return [Told(f"E-{'F' if right else 'T'}", says)]
        case Near(slips=slips):
            return [Told(f"E-{n}", slip.says) for n, slip in enumerate(slips, 1)]
        case _:
            return []


def declarations(item: Item) -> Iterator[ET.Element]:
    """Yield the response with its key and mapping, and the outcomes."""
    form, points = item.form, item.points
    match form:
        case OneOf(right=right):
            yield _response("single", "identifier", [right])
        case YesNo(right):
            yield _response("single", "identifier", ["T" if right else "F"])
        case SomeOf(options, right):
            yield _response("multiple", "identifier", right, {k: points * form.share(k) for k in options}, points)
        case Near(value):
            yield _response("single", "float", [decimal(value)])
        case InOrder(options):
            yield _response("ordered", "identifier", list(options))
        case Pairs(items, _, right):
            pairs = [f"I{k} {right[k]}" for k in items]
            share = Fraction(points, len(items))
            yield _response("multiple", "directedPair", pairs, dict.fromkeys(pairs, share), points)
        case Scale():
            yield _response("single", "identifier", [])
        case Words():
            yield _response("single", "string", [])
    yield _outcome("SCORE", "float", "0")
    is_poll = isinstance(form, Scale) or (isinstance(form, Words) and not form.key)
    yield _outcome("MAXSCORE", "float", "0" if is_poll else str(points))
    yield element("outcomeDeclaration", identifier="FEEDBACK", cardinality="multiple", baseType="identifier")
    if isinstance(form, InOrder):
        yield _outcome("PAIRS", "integer", "0")
        yield from (_outcome(f"PLACE-{letter}", "integer", "0") for letter in form.options)


def scoring(item: Item, said: list[Told]) -> ET.Element:
    """Return the response processing: the score, then what is said."""
    found = element("responseProcessing")
    match item.form:
        case SomeOf() | Pairs():
            found.append(_set("SCORE", element("mapResponse", identifier=RESPONSE)))
        case OneOf() | YesNo():
            right = element("match", _variable(RESPONSE), element("correct", identifier=RESPONSE))
            found.append(_when(right, _set("SCORE", _value("float", str(item.points)))))
        case Near(_, distance):
            right = _near(element("correct", identifier=RESPONSE), distance)
            found.append(_when(right, _set("SCORE", _value("float", str(item.points)))))
        case InOrder(options):
            found.extend(_by_pairs(list(options), item.points))
        case Scale() | Words():
            pass
    found.extend(
        _when(_holds(item.form, n, each), _tell(each)) for n, each in enumerate(each.identifier for each in said)
    )
    found.append(_tell(WHY))
    return found


def _by_pairs(key: list[str], points: int) -> Iterator[ET.Element]:
    """Find the place of each option, then count the PAIRS in order; all are worth the points, half of them nothing."""
    for letter in key:
        for place in range(1, len(key) + 1):
            there = element("index", _variable(RESPONSE), n=str(place))
            at_place = element("match", there, _value("identifier", letter))
            yield _when(at_place, _set(f"PLACE-{letter}", _value("integer", str(place))))
    pairs = list(combinations(key, 2))
    for first, second in pairs:
        more = element("sum", _variable("PAIRS"), _value("integer", "1"))
        yield _when(_before(first, second), _set("PAIRS", more))
    share = element("divide", _variable("PAIRS"), _value("float", str(len(pairs))))
    beyond_half = element("subtract", element("product", _value("float", "2"), share), _value("float", "1"))
    more_than_half = element("gt", _variable("PAIRS"), _value("float", str(len(pairs) / 2)))
    yield _when(more_than_half, _set("SCORE", element("product", _value("float", str(points)), beyond_half)))


def _holds(form: Form, n: int, identifier: str) -> ET.Element:
    """Return the condition that an answer holds what is explained under an identifier, the n-th one."""
    key = identifier.removeprefix("E-")
    match form:
        case OneOf() | YesNo():
            return element("match", _variable(RESPONSE), _value("identifier", key))
        case SomeOf():
            return element("member", _value("identifier", key), _variable(RESPONSE))
        case Pairs():
            return element("member", _value("directedPair", f"I{key[0]} {key[1]}"), _variable(RESPONSE))
        case InOrder():
            return _before(key[0], key[1])
        case Near(_, distance, _, slips):
            slip = _near(_value("float", decimal(slips[n].value)), slips[n].distance)
            wrong = element("not", _near(element("correct", identifier=RESPONSE), distance))
            return element("and", slip, wrong)
        case _:
            raise ValueError(f"{type(form).__name__}: must be a form that explains, got {identifier}. Add it here.")


def _before(first: str, second: str) -> ET.Element:
    return element("lt", _variable(f"PLACE-{first}"), _variable(f"PLACE-{second}"))


def _near(to: ET.Element, distance: Fraction) -> ET.Element:
    if not distance:
        return element("equal", _variable(RESPONSE), to, toleranceMode="exact")
    both = f"{decimal(distance)} {decimal(distance)}"
    return element("equal", _variable(RESPONSE), to, toleranceMode="absolute", tolerance=both)


def _tell(identifier: str) -> ET.Element:
    told_before = _variable("FEEDBACK")
    return _set("FEEDBACK", element("multiple", told_before, _value("identifier", identifier)))


def _response(
    cardinality: str,
    kind: str,
    right: list[str] | tuple[str, ...],
    worth: dict[str, Fraction] | None = None,
    most: int = 1,
) -> ET.Element:
    found = element("responseDeclaration", identifier=RESPONSE, cardinality=cardinality, baseType=kind)
    if right:
        found.append(element("correctResponse", *(element("value", each) for each in right)))
    if worth:
        entries = [element("mapEntry", mapKey=key, mappedValue=repr(float(share))) for key, share in worth.items()]
        found.append(element("mapping", *entries, lowerBound="0", upperBound=str(most), defaultValue="0"))
    return found


def _outcome(name: str, kind: str, value: str) -> ET.Element:
    usual = element("defaultValue", element("value", value))
    return element("outcomeDeclaration", usual, identifier=name, cardinality="single", baseType=kind)


def _when(condition: ET.Element, then: ET.Element) -> ET.Element:
    return element("responseCondition", element("responseIf", condition, then))


def _set(name: str, to: ET.Element) -> ET.Element:
    return element("setOutcomeValue", to, identifier=name)


def _variable(name: str) -> ET.Element:
    return element("variable", identifier=name)


def _value(kind: str, value: str) -> ET.Element:
    return element("baseValue", value, baseType=kind)
