"""Options to be put in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic import field_validator as check

from classroom.quiz.asked import Reason, Verdict
from classroom.quiz.draw import Dice
from classroom.quiz.fields import Letter, Texts, among_options
from classroom.quiz.frozen import Frozen
from classroom.quiz.kinds.lettered import Lettered
from classroom.quiz.numbers import AnswerError
from classroom.quiz.problems import show, unmet


def _pair(key: str) -> str:
    if not (len(key) == 2 and all("A" <= letter <= "Z" for letter in key) and key[0] != key[1]):
        raise unmet("must have two letters as its key", show(key), "Write it like 'CA: text', for C put before A")
    return key


class Order(Lettered):
    """Options to be put in order, the first on top.

    Partial credit by pairs: with a share p of them in the right order it is 2p - 1, never below 0. So an order that
    is right for half of the pairs, as one by chance is on average, earns nothing, like the order that is shown first.
    """

    how = "Drag the cards by their letters, or move them with the arrows, then answer."

    type: Literal["order"]
    options: Annotated[Texts[Letter], Field(min_length=3, max_length=8)]
    answer: tuple[str, ...]
    explain: Texts[Annotated[str, AfterValidator(_pair)]] = Frozen()  # CA: to those who put C before A

    @check("answer")
    @classmethod
    def _has_every_letter(cls, answer: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        among_options(answer, info)
        options = info.data.get("options")
        if options is not None and sorted(answer) != sorted(options):
            raise unmet("must name each option once", show(answer), f"Write all of {', '.join(options)} in order")
        if list(answer) == sorted(answer):
            raise unmet("must not be alphabetical", show(answer), "The letters would tell: give them out differently")
        return answer

    @check("explain")
    @classmethod
    def _explains_wrong(cls, explain: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        answer = info.data.get("answer", ())
        for pair in explain if answer else ():
            if not set(pair) <= set(answer) or answer.index(pair[0]) < answer.index(pair[1]):
                must = "must be of two options that stand the other way round in the answer"
                raise unmet(must, show(pair), "Turn the letters round, or remove it", at=pair)
        return explain

    @property
    def start(self) -> tuple[str, ...]:
        """The order in which the options are shown first: the same for everybody, and worth nothing."""
        dice, letters = Dice(f"{self.id}/order"), list(self.answer)
        while self._credit(letters):
            letters = dice.shuffled(letters)
        return tuple(letters)

    def public(self) -> dict[str, Any]:
        """Give what may go to the browser before an answer, the options as they are shown first."""
        return {**super().public(), "options": {letter: self.options[letter] for letter in self.start}}

    def grade(self, given: Any) -> Verdict:
        """Judge a list of all letters, with partial credit."""
        order = self._order(given)
        return Verdict(order == list(self.answer), self._credit(order))

    def reason(self, given: Any) -> Reason:
        """Say why, and what is wrong with each pair that was turned round and is known for it."""
        order = self._order(given)
        turned = {f"{a} before {b}": self.explain[a + b] for a, b in combinations(order, 2) if a + b in self.explain}
        return Reason(self.why, Frozen(turned))

    def key(self) -> str:
        """Name the letters in order."""
        return f"the order is {', '.join(self.answer)}"

    def solution(self) -> list[str]:
        """Return the letters in order."""
        return list(self.answer)

    def said(self, given: Any) -> str:
        """Write the letters in a row."""
        return ", ".join(self._order(given))

    def _credit(self, order: Sequence[str]) -> float:
        pairs = list(combinations(order, 2))
        right = sum(self.answer.index(first) < self.answer.index(second) for first, second in pairs)
        return max(0.0, 2 * right / len(pairs) - 1)

    def _order(self, given: object) -> list[str]:
        if not isinstance(given, list | tuple):
            raise AnswerError(f"The answer must be a list of letters, got {show(given)}: put all options in order.")
        if len(given) != len(self.options):
            most = len(self.options)
            raise AnswerError(f"The answer must hold {most} letters, got {len(given)}: put all options in order.")
        order = [self.an_option(letter) for letter in given]
        if len(set(order)) < len(order):
            raise AnswerError(f"The answer must hold each letter once, got {show(given)}: put all options in order.")
        return order
