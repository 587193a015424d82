"""What a page of the talk holds, without a browser: Streamlit's elements, and what the slide's component was sent."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest


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
