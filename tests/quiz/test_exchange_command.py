"""Export and import from the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from classroom.quiz import load
from classroom.quiz.__main__ import main
from tests.quiz.conftest import ROOT
from tests.quiz.readers import gift, moodle, qti
from tests.quiz.test_bank import GOOD

DRAWN = """
- id: drawn
  type: number
  slide: idea
  ask: What is <a> + 1?
  draw: {a: [1, 2, 3]}
  let: {b: a + 1}
  answer: <b>
  why: Count.
"""


@pytest.fixture
def talk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "assets" / "slides").mkdir(parents=True)
    (tmp_path / "assets" / "slides" / "010-idea.md").touch()
    (tmp_path / "quizzes.yaml").write_text(GOOD + DRAWN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_format_is_written(talk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for to in ("gift", "moodle", "qti"):
        assert main(["export", "--to", to, f"out.{to}"]) == 0
        assert capsys.readouterr().out == f"out.{to}: 2 questions\n"
    assert list(gift.read((talk / "out.gift").read_text())) == ["first", "drawn-1"]
    assert list(moodle.read((talk / "out.moodle").read_bytes())) == ["first", "drawn-1"]
    assert list(qti.read((talk / "out.qti").read_bytes())) == ["first", "drawn-1"]


def test_a_drawn_question_goes_out_as_so_many_different_ones_as_there_are(talk: Path) -> None:
    assert main(["export", "--to", "gift", "out.gift", "--variants", "5"]) == 0
    read = gift.read((talk / "out.gift").read_text())
    assert list(read) == ["first", "drawn-1", "drawn-2", "drawn-3"]
    assert {question.ask for question in read.values()} > {f"<p>What is {a} + 1?</p>" for a in (1, 2, 3)}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export", "--to", "qti", "o.zip", "--slide", "idee"], "--slide: must be a slide with questions, got 'idee"),
        (["export", "--to", "gift", "no/o.gift"], "no/o.gift: must be a file that can be written, got No such"),
        (["import", "no.gift", "--slide", "idea"], "no.gift: must be a file that can be read, got No such"),
        (["import", "no.gift", "--slide", "idee"], "--slide: must be a known slide, got 'idee'. Write 'idea'."),
        (["import", "latin.gift", "--slide", "idea"], "latin.gift: must be UTF-8 text, got the byte 0xE9. Save"),
        (["import", "big.gift", "--slide", "idea"], "big.gift: must have at most 1000000 bytes, got more. Split it."),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(
    talk: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    (talk / "latin.gift").write_bytes("é{T}".encode("latin-1"))
    (talk / "big.gift").write_bytes(b" " * 1_000_001)
    assert main(arguments) == 1
    assert capsys.readouterr().err.startswith(said)


def test_an_import_can_be_pasted(talk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (talk / "t.gift").write_text(
        "::First::Two?{=yes#It is: 2. ~no#Count: 1.}\n\n::Short::Who?{=me}\n\n::Sun::It rises.{T}\n"
    )
    assert main(["import", "t.gift", "--slide", "idea"]) == 1
    out, err = capsys.readouterr()
    assert err.splitlines()[0].startswith("t.gift:3: question Short: must be a kind that quizzes.yaml has")
    assert err.splitlines()[0].endswith("The question is left out.")
    assert "t.gift:5: question sun, why: must say why the key is right" in err
    (talk / "quizzes.yaml").write_text(GOOD + "\n" + out)
    bank = load(talk / "quizzes.yaml", ["idea"])
    assert list(bank) == ["first", "first-2", "sun"]


def test_from_the_command_line(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "classroom.quiz",
        "export",
        "--to",
        "moodle",
        str(tmp_path / "all.xml"),
        "--variants",
        "2",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("all.xml: ")
    assert len(moodle.read((tmp_path / "all.xml").read_bytes())) == int(done.stdout.split()[1])
