"""The bank: every question of quizzes.yaml, read once, checked as a whole, never changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from classroom.quiz.frozen import Frozen
from classroom.quiz.problems import Problem, QuizError, nearest, sentence, show
from classroom.quiz.questions import Choice, Choices, Number, Question
from classroom.quiz.source import Source, read

_KINDS: dict[str, type[Choice | Choices | Number]] = {"choice": Choice, "choices": Choices, "number": Number}
_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


class Bank(Frozen[str, Question]):
    """Questions by id, in the order of the file."""

    __slots__ = ()


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
    questions: dict[str, Question] = {}
    for index, entry in enumerate(source.data):
        if not isinstance(entry, dict):
            todo = "Write 'id: ...', 'type: ...' and so on under one '- '"
            problems.append(source.problem((index,), "must be a mapping of fields", show(entry), todo))
            continue
        try:
            question = _QUESTION.validate_python(entry, context={"slide": slides, "norm": norms})
            questions[question.id] = question
        except ValidationError as invalid:
            problems += _problems(source, index, entry, invalid)
    if problems:
        raise QuizError(problems)
    return Bank(questions)


def _problems(source: Source, index: int, entry: dict[str, Any], invalid: ValidationError) -> Iterator[Problem]:
    kind = entry.get("type")
    fields = list(_KINDS[kind].model_fields) if isinstance(kind, str) and kind in _KINDS else []
    for error in invalid.errors():
        if error["type"].startswith("union_tag"):
            must, todo = f"must be one of {', '.join(_KINDS)}", nearest(str(kind), _KINDS, "Write one of them")
            yield source.problem((index, "type"), must, show(kind), todo)
        else:
            _, *inside = error["loc"]  # the first is the tag of the union
            at = error.get("ctx", {}).get("at")
            place = (index, *(name for name in inside if name != "[key]"), *([at] if at else []))
            yield source.problem(place, *sentence(error, fields))


def _twins(source: Source) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, entry in enumerate(source.data):
        name = entry.get("id") if isinstance(entry, dict) else None
        if isinstance(name, str) and first.setdefault(name, index) != index:
            got = f"'{name}' again (first on line {source.line((first[name], 'id'))})"
            todo = "Give each question its own id"
            yield source.problem((index, "id"), "must be used by one question only", got, todo)
