"""The bank: every question of quizzes.yaml, read once, checked as a whole, never changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from classroom.quiz.frozen import Frozen
from classroom.quiz.kinds import KINDS, Question
from classroom.quiz.problems import Problem, QuizError, nearest, sentence, show
from classroom.quiz.source import Place, Source, read
from classroom.quiz.template import OWN, Entry, Template

_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


class Bank(Frozen[str, Entry]):
    """Questions by id, in the order of the file; what has something drawn in it is a `Template`."""

    __slots__ = ()

    def variants(self, seed: int) -> Mapping[str, Question]:
        """Return every question as the reader with this seed gets it."""
        return {name: entry.variant(seed) for name, entry in self.items()}


def load(path: Path | str, slides: Collection[str] | None = None, norms: Collection[str] | None = None) -> Bank:
    """Read, check and index the questions.

    slides, norms: the ids that questions may name; None leaves them unchecked.
    Raises `QuizError` with everything that is wrong, not only the first thing.
    """
    source = read(Path(path))
    if not isinstance(source.data, list) or not source.data:
        got = "an empty file" if source.data is None else show(source.data)
        todo = "Begin each question with '- id: ...' at the left edge"
        raise QuizError([source.problem((), "must hold a list of questions", got, todo), *source.problems])
    problems = [*source.problems, *_twins(source)]
    questions: dict[str, Entry] = {}
    context = {"slide": slides, "norm": norms}
    for index, entry in enumerate(source.data):
        if not isinstance(entry, dict):
            todo = "Write 'id: ...', 'type: ...' and so on under one '- '"
            problems.append(source.problem((index,), "must be a mapping of fields", show(entry), todo))
            continue
        try:
            is_template = any(name in entry for name in OWN)
            question = Template(entry, context) if is_template else _QUESTION.validate_python(entry, context=context)
            questions[question.id] = question
        except ValidationError as invalid:
            problems += _problems(source, index, entry, invalid)
        except PydanticCustomError as error:
            said = error.context or {}
            place: Place = (index, *str(said["at"]).split(".")) if said.get("at") else (index,)
            problems.append(source.problem(place, said["must"], said["got"], said["todo"]))
    if problems:
        raise QuizError(problems)
    return Bank(questions)


def _problems(source: Source, index: int, entry: dict[str, Any], invalid: ValidationError) -> Iterator[Problem]:
    kind = entry.get("type")
    fields = [*KINDS[kind].model_fields, *OWN] if isinstance(kind, str) and kind in KINDS else []
    for error in invalid.errors():
        if error["type"].startswith("union_tag"):
            must, todo = f"must be one of {', '.join(KINDS)}", nearest(str(kind), KINDS, "Write one of them")
            yield source.problem((index, "type"), must, show(kind), todo)
        else:
            inside = list(error["loc"])
            if inside and inside[0] in KINDS:  # the tag of the union
                del inside[0]
            at = error.get("ctx", {}).get("at")
            place = (index, *(name for name in inside if not str(name).startswith("[")), *([at] if at else []))
            yield source.problem(place, *sentence(error, fields))


def _twins(source: Source) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, entry in enumerate(source.data):
        name = entry.get("id") if isinstance(entry, dict) else None
        if isinstance(name, str) and first.setdefault(name, index) != index:
            got = f"'{name}' again (first on line {source.line((first[name], 'id'))})"
            todo = "Give each question its own id"
            yield source.problem((index, "id"), "must be used by one question only", got, todo)
