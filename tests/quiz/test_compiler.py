"""The compiler finds in a bank what reading it cannot: each fault planted here must be named with its line."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from classroom.content import SLIDES
from classroom.deck import Deck
from classroom.quiz import load
from classroom.quiz.compiler import compile_bank, reading_seconds
from classroom.quiz.source import read
from normlib import NORMS
from tests.quiz.conftest import ROOT
from tests.quiz.test_bank import GOOD, NUMBER
from tests.quiz.test_drawn import FORMULA, OUTPUT

DECK = Deck.read(SLIDES)
EXHIBITS = {slide.id: slide.exhibit for slide in DECK}
PROVED = NUMBER + "  proof: 2 / 4\n"
LOOKED = GOOD.replace("idea", "forward") + "  look: {gamma: 2}\n"


def faults(folder: Path, text: str, seeds: int = 30) -> list[str]:
    path = folder / "quizzes.yaml"
    path.write_text(text, encoding="utf-8")
    return [str(problem) for problem in compile_bank(read(path), load(path), EXHIBITS, seeds)]


@pytest.mark.parametrize("text", [GOOD, PROVED, NUMBER + "  source: Smith 2015\n", LOOKED, OUTPUT, FORMULA])
def test_a_good_question_has_no_fault(tmp_path: Path, text: str) -> None:
    assert faults(tmp_path, text) == []


PLANTED = {
    "a typed key": (NUMBER, 5, "first, answer: must be computed, proved or cited, got '0,5'. Write 'answer: *"),
    "no picture": (LOOKED.replace("forward", "quiz-gamma-count"), 11, "first, look: must be settings of*none. Remove*"),
    "unknown control": (LOOKED.replace("gamma: 2", "gama: 2"), 11, "first, look.gama: must be settings of *gamma*"),
    "illegal setting": (LOOKED.replace("2}", "99}"), 11, "first, look.gamma: must be a legal setting*99*"),
    "no time to read": (
        GOOD.replace("Which?", "Which of these words is it? " * 30) + "  seconds: 20\n",
        11,
        "first, seconds: must be as many as reading takes, got 20 for 51. Write 'seconds: 55' or shorten it.",
    ),
    "the same number twice": (
        GOOD.replace("one", "$0.5$").replace("three", "1/2"),
        8,
        "first, options.C: must differ from option A in value, got '1/2'. Change one of them.",
    ),
    "nothing drawn": (
        OUTPUT.replace("{numbers: 4, from: -2, to: 6}", "{numbers: 4, from: 1, to: 4}").replace("<x>", "four")
        .replace("[0.5, 2, 3]", "[2]").replace("[-1, 1]", "[1]").replace("<y[1]>", "<count>").replace("<mean>", "2.5")
        .replace("; <twice>", ""),
        1,
        "output: must differ from seed to seed, got one question from 30 seeds. Draw something.",
    ),
    "a setting misspelt": (OUTPUT.replace("eps: [0]", "epss: [0]"), 9, "output, draw.epss: must be used*Write 'eps'."),
    "a seed without time": (
        OUTPUT.replace("gamma <gamma>", "gamma <gamma> " + "<x> " * 60) + "  seconds: 30\n",
        16,
        "output, seconds: *(seed 0)*",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "said"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_named_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    found = faults(tmp_path, text)
    assert [message for message in found if fnmatchcase(message, f"quizzes.yaml:{line}: question {said}")], found


@pytest.mark.parametrize("proof", ["2 / 5", "x / 2", "1 / 0", "__import__('os')", "9^9^9^9"])
def test_a_proof_must_come_to_the_key_and_is_not_executed(tmp_path: Path, proof: str) -> None:
    path = tmp_path / "quizzes.yaml"
    path.write_text(PROVED.replace("2 / 4", f'"{proof}"'), encoding="utf-8")
    with pytest.raises(ValueError, match=r"yaml:10: question first, proof: must (come to the answer 0\.5|be an)"):
        load(path)


def test_reading_takes_longer_the_more_there_is(tmp_path: Path) -> None:
    path = tmp_path / "quizzes.yaml"
    path.write_text(GOOD, encoding="utf-8")
    short = reading_seconds(load(path)["first"].variant(0))
    path.write_text(GOOD.replace("Which?", "Which of the two, $x$ or $y$?"), encoding="utf-8")
    assert short == pytest.approx(5 + 4 / 4)  # one word of the question, three of the options
    assert reading_seconds(load(path)["first"].variant(0)) == pytest.approx(5 + 8 / 4 + 2 * 1.5)


def test_the_bank_of_the_talk_has_no_fault() -> None:
    path = ROOT / "quizzes.yaml"
    bank = load(path, [slide.id for slide in DECK], NORMS)
    assert [str(problem) for problem in compile_bank(read(path), bank, EXHIBITS, 20)] == []
