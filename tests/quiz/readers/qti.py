"""Score answers by QTI 2.1 items: a small interpreter of response processing, after the information model."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from math import prod
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

QTI = "{http://www.imsglobal.org/xsd/imsqti_v2p1}"
PACKAGE = "{http://www.imsglobal.org/xsd/imscp_v1p1}"
BASE: dict[str, Callable[[str], Any]] = {
    "identifier": str,
    "directedPair": lambda text: tuple(text.split(" ")),
    "float": float,
    "integer": int,
    "string": str,
}


class Item:
    """One assessmentItem."""

    def __init__(self, root: ET.Element) -> None:
        assert root.tag == f"{QTI}assessmentItem"
        self.root = root
        self.name = root.get("identifier")
        (self.declared,) = root.findall(f"{QTI}responseDeclaration")
        self.base = BASE[self.declared.get("baseType", "")]
        self.cardinality = self.declared.get("cardinality")
        self.outcomes = {each.get("identifier"): each for each in root.findall(f"{QTI}outcomeDeclaration")}
        self.right = [self.base(v.text or "") for v in self.declared.findall(f"{QTI}correctResponse/{QTI}value")]
        self.told: list[str] = []

    def body(self) -> str:
        """Return the item's body as text."""
        (body,) = self.root.findall(f"{QTI}itemBody")
        return "".join(body.itertext())

    def feedback(self, name: str) -> str:
        """Return the feedback that a name shows."""
        (found,) = [each for each in self.root.findall(f"{QTI}modalFeedback") if each.get("identifier") == name]
        return "".join(found.itertext())

    def score(self, response: list[str]) -> float:
        """Run the response processing; return SCORE as a share of MAXSCORE, and keep in `told` what is shown."""
        self.values: dict[str | None, Any] = {}
        for name, outcome in self.outcomes.items():
            usual = outcome.find(f"{QTI}defaultValue/{QTI}value")
            is_single = outcome.get("cardinality") == "single"
            value = BASE[outcome.get("baseType", "")](usual.text or "") if usual is not None else None
            self.values[name] = value if is_single else []
        given = [self.base(each) for each in response]
        self.values["RESPONSE"] = given[0] if self.cardinality == "single" else given
        for rule in self.root.findall(f"{QTI}responseProcessing/*"):
            self._rule(rule)
        self.told = sorted(self.values["FEEDBACK"])
        return self.values["SCORE"] / self.values["MAXSCORE"]

    def _rule(self, rule: ET.Element) -> None:
        if rule.tag == f"{QTI}setOutcomeValue":
            assert rule.get("identifier") in self.outcomes
            self.values[rule.get("identifier")] = self._value(rule[0])
            return
        assert rule.tag == f"{QTI}responseCondition"
        for branch in rule:
            is_else = branch.tag == f"{QTI}responseElse"
            if is_else or self._value(branch[0]):
                for inside in branch if is_else else branch[1:]:
                    self._rule(inside)
                return

    def _value(self, expression: ET.Element) -> Any:
        name = expression.tag.removeprefix(QTI)
        if name == "variable":
            return self.values[expression.get("identifier")]
        if name == "correct":
            return self.right[0] if self.cardinality == "single" else self.right
        if name == "baseValue":
            return BASE[expression.get("baseType", "")](expression.text or "")
        if name == "mapResponse":
            return self._mapped()
        inside = [self._value(each) for each in expression]
        match name:
            case "match":
                return (
                    Counter(inside[0]) == Counter(inside[1]) if isinstance(inside[0], list) else inside[0] == inside[1]
                )
            case "member":
                return inside[0] in inside[1]
            case "index":
                place = int(expression.get("n", "0"))
                return inside[0][place - 1] if place <= len(inside[0]) else None
            case "equal":
                if expression.get("toleranceMode") == "exact":
                    return inside[0] == inside[1]
                assert expression.get("toleranceMode") == "absolute"
                below, above = map(float, expression.get("tolerance", "").split())
                slack = 1e-12 * max(1.0, abs(inside[1]))  # floats at the very edge
                return inside[1] - below - slack <= inside[0] <= inside[1] + above + slack
            case "lt":
                return inside[0] < inside[1]
            case "gt":
                return inside[0] > inside[1]
            case "and":
                return all(inside)
            case "not":
                return not inside[0]
            case "sum":
                return sum(inside)
            case "product":
                return prod(inside)
            case "subtract":
                return inside[0] - inside[1]
            case "divide":
                return inside[0] / inside[1]
            case "multiple":
                return [value for each in inside for value in (each if isinstance(each, list) else [each])]
        raise ValueError(name)

    def _mapped(self) -> float:
        (mapping,) = self.declared.findall(f"{QTI}mapping")
        worth = {self.base(e.get("mapKey", "")): float(e.get("mappedValue", "")) for e in mapping}
        usual = float(mapping.get("defaultValue", "0"))
        given = self.values["RESPONSE"]
        total = sum(worth.get(each, usual) for each in set(given if isinstance(given, list) else [given]))
        low, high = mapping.get("lowerBound"), mapping.get("upperBound")
        total = max(float(low), total) if low is not None else total
        return min(float(high), total) if high is not None else total


def read(data: bytes) -> dict[str | None, Item]:
    """Read the items of a package, as its manifest lists them."""
    with ZipFile(io.BytesIO(data)) as archive:
        root = ET.fromstring(archive.read("imsmanifest.xml"))
        resources = root.findall(f"{PACKAGE}resources/{PACKAGE}resource")
        listed = {each.get("href") for each in resources}
        assert listed == set(archive.namelist()) - {"imsmanifest.xml"}
        found = [
            Item(ET.fromstring(archive.read(each.get("href") or "")))
            for each in resources
            if each.get("type") == "imsqti_item_xmlv2p1"
        ]
    return {each.name: each for each in found}
