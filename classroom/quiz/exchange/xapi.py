"""What a reader did as xAPI statements: https://github.com/adlnet/xAPI-Spec/blob/master/xAPI-Data.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from classroom.quiz.exchange.forms import Form, InOrder, Near, OneOf, Pairs, Scale, SomeOf, Words, YesNo, item
from classroom.quiz.exchange.numerals import decimal
from classroom.quiz.exchange.texts import words
from classroom.quiz.kinds import Question
from classroom.quiz.numbers import AnswerError, parse_number
from classroom.quiz.record import Record, is_over, verdicts
from classroom.quiz.scoring import score

_VERBS = "http://adlnet.gov/expapi/verbs/"
_ACTIVITIES = "http://adlnet.gov/expapi/activities/"
Json = dict[str, Any]


def xapi(questions: Mapping[str, Question], records: Mapping[str, Record], actor: str, site: str) -> list[Json]:
    """Return a statement `answered` for each attempt, and `completed` once every scored question is over.

    actor: an opaque name.  site: the address of the talk, under which actor and questions have theirs.
    The score of an attempt is what the answer is worth; what attempts and hints cost is in the sum of `completed`.
    A statement's id follows from what it says, so sending it twice does not count twice.
    """
    who = {"objectType": "Agent", "account": {"homePage": site, "name": actor}}
    found = [
        _answered(questions[name], record, n, who, site)
        for name, record in records.items()
        if name in questions
        for n in range(len(record.given))
    ]
    scored = {name: question for name, question in questions.items() if question.scored}
    if scored and all(is_over(question, records.get(name, Record())) for name, question in scored.items()):
        total = score(questions, records)
        result = {"completion": True, "score": _score(total.points / total.of, total.of)}
        found.append(_statement("completed", who, {"objectType": "Activity", "id": site, "definition": _TALK}, result))
    return found


_TALK = {"type": f"{_ACTIVITIES}assessment", "name": {"en": "The questions of the talk"}}


def _answered(question: Question, record: Record, n: int, who: Json, site: str) -> Json:
    given = record.given[n]
    try:
        response = _response(question, given)
    except AnswerError:  # no answer any more: the question has changed
        response = str(given)
    result: Json = {"response": response, "completion": True}
    if question.scored:
        verdict = verdicts(question, record)[n]
        result |= {"success": verdict.right, "score": _score(verdict.score, question.points)}
    notes: Json = {f"{site}/attempt": n + 1, f"{site}/hints": record.hints}
    if record.sure is not None:
        notes[f"{site}/sure"] = record.sure
    asked = {"objectType": "Activity", "id": f"{site}/questions/{question.id}", "definition": _definition(question)}
    return _statement("answered", who, asked, {**result, "extensions": notes})


def _statement(verb: str, who: Json, what: Json, result: Json) -> Json:
    said = {
        "actor": who,
        "verb": {"id": _VERBS + verb, "display": {"en": verb}},
        "object": what,
        "result": result,
    }
    return {"id": str(uuid5(NAMESPACE_URL, json.dumps(said, sort_keys=True))), **said}


def _score(share: float, points: float) -> Json:
    return {"scaled": round(share, 6), "raw": round(share * points, 6), "min": 0, "max": points}


def _definition(question: Question) -> Json:
    asked = item(question)
    whole: Json = {"type": f"{_ACTIVITIES}cmi.interaction", "name": {"en": question.id}}
    whole["description"] = {"en": words(asked.ask)}
    match asked.form:
        case OneOf(options, right):
            return whole | _interaction("choice", right) | {"choices": _components(options)}
        case SomeOf(options, several):
            return whole | _interaction("choice", "[,]".join(several)) | {"choices": _components(options)}
        case YesNo(is_true):
            return whole | _interaction("true-false", "true" if is_true else "false")
        case Near(value, distance):
            return whole | _interaction("numeric", f"{decimal(value - distance)}[:]{decimal(value + distance)}")
        case InOrder(options):
            return whole | _interaction("sequencing", "[,]".join(options)) | {"choices": _components(options)}
        case Pairs(items, options, pairs):
            ends = {"source": _components(items), "target": _components(options)}
            return whole | _interaction("matching", "[,]".join(f"{k}[.]{pairs[k]}" for k in items)) | ends
        case Scale(steps, low, high):
            names = {str(n): str(n) for n in range(1, steps + 1)} | {"1": low, str(steps): high}
            return whole | _interaction("likert") | {"scale": _components(names)}
        case Words():
            return whole | _interaction(IN_WORDS.get(question.type, "other"))


SAYS: Mapping[type[Form], str] = MappingProxyType(
    {
        OneOf: "`choice`",
        SomeOf: "`choice`",
        YesNo: "`true-false`",
        Near: "`numeric`",
        InOrder: "`sequencing`",
        Pairs: "`matching`",
        Scale: "`likert`",
        Words: "`other`",
    }
)
IN_WORDS = {"text": "long-fill-in", "algebra": "fill-in"}


def _interaction(kind: str, *right: str) -> Json:
    return {"interactionType": kind, **({"correctResponsesPattern": list(right)} if right else {})}


def _components(options: Mapping[str, str]) -> list[Json]:
    return [{"id": key, "description": {"en": words(text)}} for key, text in options.items()]


def _response(question: Question, given: Any) -> str:
    """Write an answer as its type of interaction has it; where there is none, as a teacher reads it."""
    match item(question).form:
        case OneOf() | Scale():
            return str(given)
        case SomeOf() | InOrder():
            return "[,]".join(given)
        case YesNo():
            return "true" if given == "T" else "false"
        case Near():
            return decimal(parse_number(given))
        case Pairs(items):
            return "[,]".join(f"{k}[.]{given[k]}" for k in items)
        case Words():
            return question.said(given)
