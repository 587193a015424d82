"""Questions whose options have letters; a letter stays with its option when options are moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from pydantic import field_validator as check

from classroom.quiz.asked import Asked
from classroom.quiz.fields import Letter, Texts
from classroom.quiz.numbers import AnswerError
from classroom.quiz.problems import show, unmet


class Lettered(Asked):
    """A question with options."""

    options: Annotated[Texts[Letter], Field(min_length=2, max_length=8)]

    @check("options")
    @classmethod
    def _options_differ(cls, options: Mapping[str, str]) -> Mapping[str, str]:
        first: dict[str, str] = {}
        for letter, text in options.items():
            twin = first.setdefault(" ".join(text.split()), letter)
            if twin != letter:
                raise unmet(f"must differ from option {twin}", show(text), "Change one of them", at=letter)
        return options

    def public(self) -> dict[str, Any]:
        """Give what may go to the browser before an answer, the options included."""
        return {**super().public(), "options": dict(self.options)}

    def an_option(self, given: object) -> str:
        """Return a letter that was given. Raises `AnswerError` where it is none."""
        if not isinstance(given, str) or given not in self.options:
            letters = ", ".join(self.options)
            raise AnswerError(f"The answer must be one of {letters}, got {show(given)}: pick one of them.")
        return given
