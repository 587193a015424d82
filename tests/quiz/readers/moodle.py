"""Score answers by a Moodle XML file, as Moodle's question types do (question/type/*/question.php)."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree as ET


class Question:
    """One <question>; `score` takes what a browser would send for its type."""

    def __init__(self, element: ET.Element) -> None:
        self.type = element.get("type")
        self.name = element.findtext("name/text") or ""
        self.ask = element.findtext("questiontext/text") or ""
        self.why = element.findtext("generalfeedback/text") or ""
        self.points = float(element.findtext("defaultgrade") or 1)
        self.penalty = float(element.findtext("penalty") or 0)
        self.hints = [hint.findtext("text") or "" for hint in element.findall("hint")]
        self.single = element.findtext("single")
        self.grading = element.findtext("gradingtype")
        self.answers = element.findall("answer")
        self.texts = [answer.findtext("text") or "" for answer in self.answers]
        self.feedback = [answer.findtext("feedback/text") or "" for answer in self.answers]
        self.fractions = [float(answer.get("fraction", "0")) / 100 for answer in self.answers]
        self.pairs = [
            (p.findtext("text") or "", p.findtext("answer/text") or "") for p in element.findall("subquestion")
        ]
        self.marking = element.findtext("graderinfo/text") or ""

    def score(self, response: object) -> float:
        """Return the fraction that Moodle gives."""
        return {
            "multichoice": self._multichoice,
            "truefalse": self._truefalse,
            "numerical": self._numerical,
            "ordering": self._ordering,
            "match": self._match,
        }[self.type or ""](response)

    def _multichoice(self, places: list[int]) -> float:
        if self.single == "true":
            (place,) = places
            return self.fractions[place]
        return min(1.0, max(0.0, sum(self.fractions[place] for place in places)))

    def _truefalse(self, response: bool) -> float:
        return self.fractions[self.texts.index("true" if response else "false")]

    def _numerical(self, typed: str) -> float:
        """The first answer within its tolerance counts; Moodle adds the rounding of PHP's 14 digits."""
        found = self._matching(typed)
        return 0.0 if found is None else self.fractions[found]

    def told(self, typed: str) -> str:
        """Return the feedback to a number."""
        found = self._matching(typed)
        return "" if found is None else self.feedback[found]

    def _matching(self, typed: str) -> int | None:
        value = float(typed)
        for place, (text, answer) in enumerate(zip(self.texts, self.answers, strict=True)):
            key, tolerance = float(text), float(answer.findtext("tolerance") or 0)
            if abs(value - key) <= tolerance + 1e-14 * max(abs(tolerance), abs(key), 1e-14):
                return place
        return None

    def _ordering(self, places: list[int]) -> float:
        """RELATIVE_ALL_PREVIOUS_AND_NEXT: of all that stands before and after each item, the share that should."""
        assert self.grading == "RELATIVE_ALL_PREVIOUS_AND_NEXT"
        right = sum(2 for first, second in combinations(places, 2) if first < second)
        return right / (len(places) * (len(places) - 1))

    def _match(self, rights: list[str]) -> float:
        stems = [right for left, right in self.pairs if left]
        return sum(given == right for given, right in zip(rights, stems, strict=True)) / len(stems)


def read(data: bytes) -> dict[str, Question]:
    """Read the questions of a file by their names."""
    root = ET.fromstring(data)
    assert root.tag == "quiz"
    found = [Question(each) for each in root.findall("question") if each.get("type") != "category"]
    return {question.name: question for question in found}
