"""Items to be matched with options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainSerializer, ValidationInfo
from pydantic import field_validator as check

from classroom.quiz.asked import Reason, Verdict
from classroom.quiz.fields import Letter, Texts, among_options
from classroom.quiz.frozen import Frozen
from classroom.quiz.kinds.lettered import Lettered
from classroom.quiz.numbers import AnswerError
from classroom.quiz.problems import show, unmet


def _digit(key: str) -> str:
    if not (len(key) == 1 and "1" <= key <= "9"):
        raise unmet("must have a digit as its key", show(key), "Write it like '1: text'")
    return key


def _couple(key: str) -> str:
    if not (len(key) == 2 and "1" <= key[0] <= "9" and "A" <= key[1] <= "Z"):
        raise unmet("must have a digit and a letter as its key", show(key), "Write it like '1B: text'")
    return key


Digit = Annotated[str, AfterValidator(_digit)]


class Match(Lettered):
    """Items, each to be matched with an option; there may be options left over, and one may fit several items.

    Partial credit: the share of the items that are matched rightly.
    """

    how = "Choose a letter for each line, then answer."

    type: Literal["match"]
    items: Annotated[Texts[Digit], Field(min_length=2, max_length=6)]
    options: Annotated[Texts[Letter], Field(min_length=2, max_length=8)]
    answer: Annotated[Mapping[Digit, str], AfterValidator(Frozen), PlainSerializer(dict)]
    explain: Texts[Annotated[str, AfterValidator(_couple)]] = Frozen()  # 1B: to those who matched 1 with B

    @check("items")
    @classmethod
    def _items_differ(cls, items: Mapping[str, str]) -> Mapping[str, str]:
        return cls._options_differ(items)

    @check("answer")
    @classmethod
    def _has_every_item(cls, answer: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        among_options(tuple(answer.values()), info)
        items = info.data.get("items")
        if items is not None and set(answer) != set(items):
            got = ", ".join(answer) or "nothing"
            raise unmet(f"must have a letter for each of the items {', '.join(items)}", got, "Write it like '1: B'")
        return answer

    @check("explain")
    @classmethod
    def _explains_wrong(cls, explain: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        answer, options = info.data.get("answer"), info.data.get("options")
        if not answer or not options:
            return explain  # those fields have their own problem
        for pair in explain:
            if pair[0] not in answer or pair[1] not in options or answer[pair[0]] == pair[1]:
                must = "must be of an item and an option that do not belong together"
                raise unmet(must, show(pair), "Write another pair, or remove it", at=pair)
        return explain

    def public(self) -> dict[str, Any]:
        """Give what may go to the browser before an answer, with the items."""
        return {**super().public(), "items": dict(self.items)}

    def grade(self, given: Any) -> Verdict:
        """Judge a letter for each item, with partial credit."""
        matched = self._matched(given)
        right = sum(letter == self.answer[item] for item, letter in matched.items())
        return Verdict(right == len(matched), right / len(matched))

    def reason(self, given: Any) -> Reason:
        """Say why, and what is wrong with each match that is known for it."""
        known = {
            f"{item} with {letter}": self.explain[item + letter]
            for item, letter in self._matched(given).items()
            if item + letter in self.explain
        }
        return Reason(self.why, Frozen(known))

    def key(self) -> str:
        """Name each item with its letter."""
        return f"the pairs are {', '.join(f'{item}{letter}' for item, letter in self._in_order(self.answer))}"

    def solution(self) -> dict[str, str]:
        """Return a letter for each item."""
        return dict(self._in_order(self.answer))

    def said(self, given: Any) -> str:
        """Write each item with its letter."""
        return ", ".join(f"{item}{letter}" for item, letter in self._in_order(self._matched(given)))

    def _in_order(self, matched: Mapping[str, str]) -> list[tuple[str, str]]:
        return [(item, matched[item]) for item in self.items]

    def _matched(self, given: object) -> dict[str, str]:
        if not isinstance(given, Mapping):
            raise AnswerError(f"The answer must be a letter for each line, got {show(given)}: choose one for each.")
        missing = [item for item in self.items if item not in given]
        if missing:
            raise AnswerError(f"The answer must have a letter for each line, got none for {missing[0]}: choose one.")
        if len(given) != len(self.items):
            raise AnswerError(f"The answer must have {len(self.items)} lines, got {len(given)}: choose one for each.")
        return {item: self.an_option(given[item]) for item in self.items}
