"""What a page of the talk holds, without a browser: Streamlit's elements, and what the slide's component was sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from classroom.quiz import AnswerError, Question
from classroom.ui import memory


class Session(dict[Any, Any]):
    """Stands in for st.session_state: items and attributes are the same."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    """A visitor's session, without a server."""
    bag = Session()
    monkeypatch.setattr(memory.st, "session_state", bag)
    return bag


def sent(app: AppTest, component: str) -> Any:
    """Return the data of a component of this kind on the page; None if there is none."""
    for element in app.get("bidi_component"):
        if element.proto.component_name == component:
            return json.loads(element.proto.json)
    return None


def sheet(app: AppTest) -> dict[str, Any]:
    """Return the sheet of the slide that is shown."""
    return dict(sent(app, "deck_slide")["sheet"])


def words(app: AppTest) -> str:
    """Return all HTML and Markdown on the page, with that of the slide and of an open question, one a line."""
    found = [*(e.proto.body for e in app.get("html")), *(e.value for e in [*app.markdown, *app.caption])]
    for component in ("deck_slide", "deck_question"):
        found += _texts(sent(app, component))
    return "\n".join(found)


def _texts(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for part in value.values() for text in _texts(part)]
        case list():
            return [text for part in value for text in _texts(part)]
    return []


def wrong(question: Question) -> Any:
    """Return a wrong answer: the first of some, changed from the right one, that is graded as wrong."""
    for given in _others(question.solution()):
        try:
            if not question.grade(given).right:
                return given
        except AnswerError:
            continue
    raise LookupError(f"{question.id}: must have a wrong answer among those tried, got none. Try others.")


def _others(right: Any) -> Iterator[Any]:
    match right:
        case list():
            yield right[::-1]
            yield from ([each] for each in (0, 1, "A", "B"))
            yield [0.0] * len(right)
            yield [1.0] * len(right)
        case dict():
            values = list(right.values())
            yield dict(zip(right, values[1:] + values[:1], strict=True))
            yield from (dict.fromkeys(right, value) for value in (0, 1, 2, "1", "2"))
        case _:
            yield from ["A", "B", "F", "T", "17.25", "x"]
