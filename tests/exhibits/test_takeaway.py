"""What a reader takes away: the script gives the numbers on the screen, the file holds them, the table says them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from starlette.testclient import TestClient

import app
from classroom.exhibit import Exhibit, Pick, Range
from classroom.exhibits import EXHIBITS
from classroom.exhibits.channel_window import ChannelWindow, Data
from classroom.exhibits.groups import Groups
from classroom.exhibits.scale_and_shift import ScaleAndShift
from classroom.takeaway import MOST, constructed, imported, leaves, table

ROOT = Path(app.__file__).parent
ORDINARY = [key for key, cls in EXHIBITS.items() if cls.code is Exhibit.code]  # others answer for a script of their own
EVERY = pytest.mark.parametrize("key", list(EXHIBITS))
QUICK = pytest.mark.parametrize("key", [key for key in EXHIBITS if EXHIBITS[key]().run() is None])
# These normalize `x` as a whole with the one operator that they name.
THE_OPERATOR_GIVES = {
    "before_after": "y", "channel_window": "y", "forward_graph": "y", "groups": "y", "lrn_modes": "across",
    "mvn_modes": "y", "scale_and_shift": "y", "spatial_window": "y", "weights": "y",
}  # fmt: skip
# Runs each script by itself; says what it printed, and whether what it calls an array of the data is that array.
RUNNER = """
import contextlib, io, json, sys
import numpy as np
told = []
for code in json.load(sys.stdin):
    names, out = {}, io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, names)
    _, _, claim = code.partition("norm.forward(")
    one, _, other = claim.partition("# ")[2].strip().partition(" is ")
    same = bool(np.allclose(eval(one, names), eval(other, names), rtol=1e-6, atol=1e-9)) if claim else None
    told.append([out.getvalue(), same])
json.dump(told, sys.stdout)
"""


def settings(key: str) -> Iterator[Exhibit]:
    """The defaults, and every control that starts no run at each of its ends, one by one and together."""
    default = EXHIBITS[key]()
    yield default
    last = default
    for name, control in default.controls().items():
        if control.slow or not isinstance(control, Range | Pick):
            continue
        kind = type(getattr(default, name))
        ends = control.options if isinstance(control, Pick) else (kind(control.low), kind(control.high))
        yield from (replace(default, **{name: end}) for end in ends)
        last = replace(last, **{name: ends[-1]})
    yield last


@pytest.fixture(scope="module")
def server() -> TestClient:
    """The application, for questions of its own."""
    return TestClient(app.app, raise_server_exceptions=False)


def test_every_script_runs_and_prints_the_words_on_the_screen() -> None:
    ends = (exhibit for key in ORDINARY for exhibit in (EXHIBITS[key](), list(settings(key))[-1]))
    exhibits = [exhibit for exhibit in ends if exhibit.run() is None]
    assert {type(e) for e in exhibits} >= {EXHIBITS[key] for key in THE_OPERATOR_GIVES}
    codes = json.dumps([e.code() for e in exhibits])
    run = [sys.executable, "-c", RUNNER]
    done = subprocess.run(run, input=codes, capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert not done.returncode, done.stderr
    for exhibit, (printed, same) in zip(exhibits, json.loads(done.stdout), strict=True):
        assert printed == exhibit.alt(exhibit.compute()) + "\n"
        assert same in (True, None), exhibit.code()


@pytest.mark.parametrize(("key", "name"), THE_OPERATOR_GIVES.items())
def test_the_operator_by_itself_gives_the_array_of_the_picture(key: str, name: str) -> None:
    code = EXHIBITS[key]().code()
    assert code.rstrip().endswith(f" is data.{name}")
    assert f"from {type(EXHIBITS[key]().norm()).__module__} import" in code


def test_an_operator_that_does_not_give_the_picture_is_not_said_to() -> None:
    class Louder(ChannelWindow):
        def compute(self) -> Data:
            data = super().compute()
            return data._replace(y=1.001 * data.y)

    assert "norm.forward(x)  # y[0, 3] is data.y" in ChannelWindow().code()
    assert "norm.forward" not in Louder().code()
    assert "norm = CrossChannelNorm(alpha=0.2)" in Louder().code()


def test_parameters_that_the_reader_has_set_stand_in_the_script() -> None:
    code = ScaleAndShift(gamma=0.5, beta=-1.0).code()
    assert 'params["gamma"][...] = 0.5' in code
    assert 'params["beta"][...] = -1.0' in code
    assert 'params["beta"]' not in ScaleAndShift(beta=0.0).code(), "it is 0 before training"


@EVERY
def test_the_call_of_a_script_makes_the_same_exhibit(key: str) -> None:
    for exhibit in settings(key):
        names: dict[str, Any] = {}
        exec(f"{imported(exhibit)}\nagain = {constructed(exhibit)}", names)
        assert names["again"] == exhibit
    assert constructed(EXHIBITS[key]()) == f"{EXHIBITS[key].__name__}()"


@QUICK
def test_no_line_of_a_script_is_too_long_to_read(key: str) -> None:
    assert max(map(len, EXHIBITS[key]().code().splitlines())) <= 110


@QUICK
def test_the_file_holds_what_the_table_names_and_nothing_is_pickled(server: TestClient, key: str) -> None:
    reply = server.get(f"/api/exhibit/{key}/arrays")
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-disposition"] == f'attachment; filename="{key}.npz"'
    file = np.load(io.BytesIO(reply.content), allow_pickle=False)
    found = {name: file[name] for name in file.files}
    assert json.loads(str(found.pop("settings"))) == EXHIBITS[key]().state()
    assert json.loads(str(found.pop("notices"))) == []
    data = dict(leaves(EXHIBITS[key]().compute()))
    assert found.keys() == data.keys()
    for name, value in data.items():
        np.testing.assert_array_equal(found[name], value)
    lines = server.get(f"/api/exhibit/{key}/table").json()["lines"]
    assert [line["name"] for line in lines[:MOST]] == list(data)[:MOST]
    assert not any("nan" in number or "inf" in number for line in lines for number in line["numbers"])


def test_a_setting_moves_the_file_the_script_and_the_table(server: TestClient) -> None:
    parts = ("arrays", "code", "table")
    found = [[server.get(f"/api/exhibit/channel_window/{part}?k={k}").content for part in parts] for k in (4, 7)]
    assert all(one != other for one, other in zip(*found, strict=True))
    k_of = [int(np.load(io.BytesIO(arrays))["k"]) for arrays, _, _ in found]
    assert k_of == [3, 6]


def test_what_had_to_be_made_legal_is_said_in_each(server: TestClient) -> None:
    said = "output channel k: the link says 99, outside 1 to 12; 12 is shown instead."
    code = server.get("/api/exhibit/channel_window/code", params={"k": "99"})
    assert code.headers["content-type"].startswith("text/plain")
    assert code.text == f"# {said}\n{ChannelWindow(k=12).code()}"
    arrays = np.load(io.BytesIO(server.get("/api/exhibit/channel_window/arrays", params={"k": "99"}).content))
    assert json.loads(str(arrays["notices"])) == [said]
    assert server.get("/api/exhibit/channel_window/table", params={"k": "99"}).json()["notices"] == [said]


@pytest.mark.parametrize("part", ["code", "arrays", "table"])
def test_unknown_exhibits_and_settings_are_refused(server: TestClient, part: str) -> None:
    assert server.get(f"/api/exhibit/no_such_thing/{part}").status_code == 404
    reply = server.get(f"/api/exhibit/channel_window/{part}", params={"learning_rte": "1"})
    assert reply.status_code == 422
    assert "learning_rte" in reply.text


class Few(NamedTuple):
    """Data of every kind."""

    x: Any
    holds: Any
    cell: tuple[int, int]
    names: tuple[str, ...]
    share: float
    none: None = None


def test_the_table_says_mean_deviation_least_and_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, np.nan]])
    few = Few(x, np.eye(3, dtype=bool), (3, 4), ("a", "b"), 0.25)
    monkeypatch.setattr(Groups, "compute", lambda _: few)
    assert [tuple(line) for line in table(Groups())] == [
        ("x", "2 × 4; no number: 1", ("4", "2", "1", "7")),
        ("holds", "3 × 3", ("3 of 9 hold",)),
        ("cell", "2", ("3, 4",)),
        ("names", "2", ("a, b",)),
        ("share", "", ("0.25",)),
    ]


def test_a_table_too_long_to_read_ends_with_how_much_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Groups, "compute", lambda _: {str(i): float(i) for i in range(MOST + 3)})
    lines = table(Groups())
    assert len(lines) == MOST + 1
    assert lines[-1].name == "and 3 more"


def test_a_mean_of_a_million_keeps_its_deviation(monkeypatch: pytest.MonkeyPatch) -> None:
    values = (1e6 + np.arange(64) % 2).astype(np.float32)
    monkeypatch.setattr(Groups, "compute", lambda _: {"x": values})
    assert table(Groups())[0].numbers[1] == "0.5"
