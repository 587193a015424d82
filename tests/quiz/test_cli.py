"""The check that a teacher runs before a lecture."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from classroom.quiz.__main__ import main
from tests.quiz.conftest import ROOT
from tests.quiz.test_bank import GOOD


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    (tmp_path / "assets" / "slides").mkdir(parents=True)
    (tmp_path / "assets" / "slides" / "010-idea.md").touch()
    (tmp_path / "quizzes.yaml").write_text(GOOD)
    return tmp_path


def test_a_sound_file_is_summed_up(talk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(talk / "quizzes.yaml")]) == 0
    assert capsys.readouterr().out == "quizzes.yaml: 1 questions (1 choice), 1 points\n  idea  1\n"


def test_every_problem_has_its_line(talk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (talk / "quizzes.yaml").write_text(GOOD.replace("idea", "idee").replace("er: B", "er: D") + "  norm: batchnorm\n")
    assert main(["check", str(talk / "quizzes.yaml")]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split(" must")[0] for line in err.splitlines()] == [
        "quizzes.yaml:3: question first, slide:",
        "quizzes.yaml:9: question first, answer:",
        "quizzes.yaml:11: question first, norm:",
    ]
    assert "Write 'batch_norm'." in err


def test_what_only_the_compiler_finds_is_said_too(talk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (talk / "quizzes.yaml").write_text(GOOD + "  look: {gamma: 2}\n")
    assert main(["check", str(talk / "quizzes.yaml")]) == 1
    assert "quizzes.yaml:11: question first, look: must be settings of the slide's picture" in capsys.readouterr().err
    (talk / "assets" / "slides" / "010-idea.md").write_text("---\nexhibit: scale_and_shift\n---\n")
    assert main(["check", str(talk / "quizzes.yaml")]) == 0


@pytest.mark.parametrize(("folder", "got"), [("empty", "an empty folder"), ("nowhere", "no such folder")])
def test_slides_that_cannot_be_checked_do_not_pass(
    talk: Path, capsys: pytest.CaptureFixture[str], folder: str, got: str
) -> None:
    (talk / "empty").mkdir()
    assert main(["check", str(talk / "quizzes.yaml"), "--slides", str(talk / folder)]) == 1
    assert f"must hold slides named like 010-idea.md, got {got}. Name the folder" in capsys.readouterr().err


def test_the_talks_file_passes_from_the_command_line() -> None:
    command = [sys.executable, "-m", "classroom.quiz", "check", "--seeds", "5"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("quizzes.yaml: ")
