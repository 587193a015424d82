"""The reference as Streamlit runs it: a table, a page for each operator, and links that lead from one to another."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from classroom.content import ROOT
from classroom.prose import prose
from classroom.reference import page
from classroom.ui import operators
from normlib import NORMS
from tests.app.conftest import sent, words


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60).run().switch_page("pages/talk/operators.py")
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def shown(app: AppTest) -> dict[str, Any]:
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error
    return dict(sent(app, "deck_operators"))


def test_without_a_name_all_operators_are_listed() -> None:
    sheet = shown(opened())
    assert "<h1>Operators</h1>" in sheet["head"]
    for key, kind in NORMS.items():
        assert f'<a href="?norm={key}">{kind.title}</a>' in sheet["body"]


@pytest.mark.parametrize("key", NORMS)
def test_an_operator_opens_by_its_link(key: str) -> None:
    sheet = shown(opened(norm=key))
    assert f"<h1>{NORMS[key].title}</h1>" in sheet["head"]
    assert sheet["body"] == prose(page(key))
    assert sheet["at"] == key
    assert sheet["list"].count('href="?norm=') == len(NORMS)


@pytest.mark.parametrize("name", ["no_such_norm", "<script>alert(1)</script>", "x" * 5000])
def test_an_unknown_operator_gets_a_sentence_and_the_list(name: str) -> None:
    sheet = shown(opened(norm=name))
    assert "There is no operator" in sheet["notice"]
    assert "<script>" not in sheet["notice"]
    assert len(sheet["notice"]) < 300
    assert "?norm=batch_norm" in sheet["body"]


def test_a_link_changes_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operators.st, "query_params", {})
    for asked, address in (("lp_norm", {"norm": "lp_norm"}), ("", {}), ("rms_norm", {"norm": "rms_norm"})):
        monkeypatch.setattr(operators.st, "session_state", {"operators": {"norm": asked}})
        operators._turn()
        assert operators.st.query_params == address


@pytest.mark.parametrize("nonsense", [None, 7, [], {}, {"norm": ["lp_norm"]}, {"norm": {}}, {"norm": "<b>"}, {"x": 1}])
def test_nonsense_from_a_browser_leads_to_the_table(nonsense: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operators.st, "query_params", {"norm": "lp_norm"})
    monkeypatch.setattr(operators.st, "session_state", {"operators": nonsense})
    operators._turn()
    assert operators.st.query_params == {}


def test_the_overview_leads_to_the_operators() -> None:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60).run().switch_page("pages/talk/overview.py").run()
    assert '<a href="operators">' in words(app)
