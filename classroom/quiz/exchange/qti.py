"""Questions as a QTI 2.1 package: https://www.imsglobal.org/question/qtiv2p1/imsqti_infov2p1.html."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from itertools import chain, groupby
from types import MappingProxyType
from xml.etree import ElementTree as ET
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from classroom.quiz.exchange.elements import element
from classroom.quiz.exchange.forms import Form, InOrder, Item, Near, OneOf, Pairs, Scale, SomeOf, Words, YesNo
from classroom.quiz.exchange.qti_scoring import WHY, declarations, scoring, told
from classroom.quiz.exchange.texts import blocks, inline

SAYS: Mapping[type[Form], str] = MappingProxyType(
    {
        OneOf: "`choiceInteraction`",
        SomeOf: "`choiceInteraction` with a mapping",
        YesNo: "`choiceInteraction`",
        Near: "`textEntryInteraction` with a tolerance; the text names the unit",
        InOrder: "`orderInteraction`, scored by pairs as here",
        Pairs: "`matchInteraction` with a mapping",
        Scale: "`choiceInteraction` without a key",
        Words: "`extendedTextInteraction`, with the key, if there is one, for whoever marks it",
    }
)
NAMESPACE = "http://www.imsglobal.org/xsd/imsqti_v2p1"
_PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"


def package(items: Iterable[Item], title: str) -> bytes:
    """Write a zip: a manifest, a file for each question, and a test that holds them all, by slides."""
    found = list(items)
    files = {f"items/{item.id}.xml": _item(item) for item in found}
    files |= {"test.xml": _test(found, title), "imsmanifest.xml": _manifest(found)}
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, root in sorted(files.items()):
            data = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
            archive.writestr(ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, ZIP_DEFLATED)  # the same bytes every time
    return out.getvalue()


def _item(item: Item) -> ET.Element:
    said = told(item.form)
    return element(
        "assessmentItem",
        *declarations(item),
        _body(item),
        scoring(item, said),
        *(_feedback(each.identifier, each.says) for each in said),
        _feedback(WHY, *item.reasons),
        xmlns=NAMESPACE,
        identifier=item.id,
        title=item.id,
        adaptive="false",
        timeDependent="false",
    )


def _body(item: Item) -> ET.Element:
    body = element("itemBody", *blocks(item.ask), *blocks(item.beside))
    if isinstance(item.form, Words) and item.form.key:
        body.append(element("rubricBlock", *blocks(item.form.key), view="scorer"))
    body.append(_interaction(item.form))
    return body


def _interaction(form: Form) -> ET.Element:
    match form:
        case OneOf(options) | SomeOf(options):
            most = "1" if isinstance(form, OneOf) else "0"
            return _choices("choiceInteraction", options, shuffle="true", maxChoices=most)
        case YesNo():
            return _choices("choiceInteraction", {"T": "True", "F": "False"}, shuffle="false", maxChoices="1")
        case Scale(steps):
            marks = {f"N{n}": str(n) for n in range(1, steps + 1)}
            return _choices("choiceInteraction", marks, shuffle="false", maxChoices="1")
        case InOrder(options, start):
            return _choices("orderInteraction", {k: options[k] for k in start}, shuffle="false")
        case Near():
            return element("p", element("textEntryInteraction", responseIdentifier="RESPONSE", expectedLength="15"))
        case Pairs(items, options):
            lefts = [_end(f"I{k}", text, "1") for k, text in items.items()]
            rights = [_end(k, text, "0") for k, text in options.items()]
            sets = element("simpleMatchSet", *lefts), element("simpleMatchSet", *rights)
            most = str(len(items))
            return element(
                "matchInteraction", *sets, responseIdentifier="RESPONSE", shuffle="false", maxAssociations=most
            )
        case Words():
            return element("extendedTextInteraction", responseIdentifier="RESPONSE", expectedLines="5")


def _choices(tag: str, options: Mapping[str, str], **attributes: str) -> ET.Element:
    found = [element("simpleChoice", inline(text), identifier=letter) for letter, text in options.items()]
    return element(tag, *found, responseIdentifier="RESPONSE", **attributes)


def _end(identifier: str, text: str, most: str) -> ET.Element:
    return element("simpleAssociableChoice", inline(text), identifier=identifier, matchMax=most)


def _feedback(identifier: str, *texts: str) -> ET.Element:
    return element(
        "modalFeedback",
        *chain(*map(blocks, texts)),
        outcomeIdentifier="FEEDBACK",
        showHide="show",
        identifier=identifier,
    )


def _test(items: list[Item], title: str) -> ET.Element:
    sections = [
        element("assessmentSection", *map(_reference, group), identifier=f"S{n}-{slide}", title=slide, visible="true")
        for n, (slide, group) in enumerate(groupby(items, lambda item: item.slide), 1)
    ]
    part = element("testPart", *sections, identifier="PART", navigationMode="nonlinear", submissionMode="individual")
    total = element("sum", element("testVariables", variableIdentifier="SCORE"))
    return element(
        "assessmentTest",
        element("outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float"),
        part,
        element("outcomeProcessing", element("setOutcomeValue", total, identifier="SCORE")),
        xmlns=NAMESPACE,
        identifier="TEST",
        title=title,
    )


def _reference(item: Item) -> ET.Element:
    control = element("itemSessionControl", maxAttempts=str(item.attempts))
    return element("assessmentItemRef", control, identifier=f"Q-{item.id}", href=f"items/{item.id}.xml")


def _manifest(items: list[Item]) -> ET.Element:
    needs = [element("dependency", identifierref=f"Q-{item.id}") for item in items]
    test = element(
        "resource",
        element("file", href="test.xml"),
        *needs,
        identifier="TEST",
        type="imsqti_test_xmlv2p1",
        href="test.xml",
    )
    resources = [
        element(
            "resource", element("file", href=f"items/{item.id}.xml"),
            identifier=f"Q-{item.id}", type="imsqti_item_xmlv2p1", href=f"items/{item.id}.xml",
        )
        for item in items
    ]  # fmt: skip
    named = element("metadata", element("schema", "QTIv2.1 Package"), element("schemaversion", "1.0.0"))
    return element(
        "manifest", named, element("organizations"), element("resources", test, *resources),
        xmlns=_PACKAGE, identifier="MANIFEST",
    )  # fmt: skip
