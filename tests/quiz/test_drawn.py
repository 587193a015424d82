"""Questions with something drawn in them: the same everywhere, computed by the operator, fair to every reader."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.quiz import AnswerError, Choice, Number, QuizError, Template, load, reason
from classroom.quiz.draw import Dice, Row
from tests.quiz.conftest import ROOT

OUTPUT = """\
- id: output
  type: number
  slide: forward
  norm: batch_norm
  draw:
    x: {numbers: 4, from: -2, to: 6}
    gamma: [0.5, 2, 3]
    beta: [-1, 1]
    eps: [0]
  run: {shape: [4, 1, 1, 1]}
  let: {twice: '2 * x1 + mean'}
  ask: A unit takes the values <x>, gamma <gamma>, beta <beta>; <twice>.
  answer: <y[1]>
  within: 0.001
  why: The mean is <mean>.
"""
FORMULA = """\
- id: gradient
  type: choice
  slide: forward
  norm: batch_norm
  formula: d x
  ask: Which?
  why: Because.
"""


def template(folder: Path, text: str) -> Template:
    path = folder / "quizzes.yaml"
    path.write_text(text, encoding="utf-8")
    (entry,) = load(path).values()
    assert isinstance(entry, Template)
    return entry


def numbers(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?", text.replace("−", "-"))]


@pytest.mark.parametrize("seed", range(12))
def test_the_key_is_what_the_drawn_numbers_come_to(tmp_path: Path, seed: int) -> None:
    question = template(tmp_path, OUTPUT).variant(seed)
    assert isinstance(question, Number)
    *x, gamma, beta, twice = numbers(question.ask)
    mean = sum(x) / 4
    std = (sum((value - mean) ** 2 for value in x) / 4) ** 0.5
    assert len(set(x)) == 4
    assert float(question.answer) == pytest.approx(gamma * (x[0] - mean) / std + beta, abs=1e-9)
    assert twice == pytest.approx(2 * x[0] + mean)
    assert numbers(question.why) == [pytest.approx(mean)]


def test_what_a_slip_comes_to_is_told_apart(tmp_path: Path) -> None:
    entry = template(tmp_path, OUTPUT)
    question = entry.variant(3)
    *x, gamma, beta, _ = numbers(question.ask)
    unbiased = gamma * (x[0] - np.mean(x)) / np.std(x, ddof=1) + beta
    said = reason(entry, 3, f"{unbiased:.6f}").this
    assert "one less" in " ".join(said.values())
    assert "With 2 samples, x = (0, 1)" in " ".join(said.values())  # the smallest input on which it fails
    assert reason(entry, 3, question.solution()).this == {}


def test_a_formula_stands_among_wrong_ones_each_with_its_reason(tmp_path: Path) -> None:
    entry = template(tmp_path, FORMULA)
    keys, wrong = Counter[str](), set()
    for seed in range(40):
        question = entry.variant(seed)
        assert isinstance(question, Choice)
        assert len(set(question.options.values())) == 4
        assert set(question.explain) == set(question.options) - {question.answer}
        keys[question.answer] += 1
        wrong |= set(question.explain.values())
    assert min(keys[letter] for letter in "ABCD") >= 3
    assert len(wrong) >= 8
    assert len({entry.variant(seed).options[entry.variant(seed).answer] for seed in range(40)}) == 1  # type: ignore[union-attr]


def test_a_seed_makes_the_same_question_in_another_process(tmp_path: Path) -> None:
    path = tmp_path / "quizzes.yaml"
    path.write_text(OUTPUT + FORMULA, encoding="utf-8")
    here = "\n".join(question.model_dump_json() for question in load(path).variants(11).values())
    program = (
        "import sys; from classroom.quiz import load; "
        "print('\\n'.join(q.model_dump_json() for q in load(sys.argv[1]).variants(11).values()))"
    )
    there = subprocess.run(
        [sys.executable, "-c", program, str(path)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
        env={"PYTHONHASHSEED": "77", "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert there.stdout.strip() == here


def test_readers_get_different_questions(tmp_path: Path) -> None:
    entry = template(tmp_path, OUTPUT)
    assert len({entry.variant(seed).ask for seed in range(50)}) > 45


@given(st.integers(1, 9), st.text(max_size=9))
def test_dice_are_fair_and_decided_by_their_seed(n: int, seed: str) -> None:
    rolled = [Dice(seed).below(n) for _ in range(2)]
    assert rolled[0] == rolled[1]
    dice = Dice(seed)
    counts = Counter(dice.below(n) for _ in range(60 * n))
    assert set(counts) <= set(range(n))
    assert min(counts.values()) > 60 - 8 * 60**0.5  # eight standard deviations
    assert sorted(Dice(seed).shuffled(list(range(n)))) == list(range(n))


@given(st.integers(1, 8), st.integers(-9, 9), st.integers(8, 30), st.sampled_from(["1", "0.5", "1/3"]), st.booleans())
def test_a_row_stays_in_its_range(count: int, low: int, width: int, step: str, repeats: bool) -> None:
    row = Row.model_validate({"numbers": count, "from": low, "to": low + width, "step": step, "repeats": repeats})
    found = row.draw(Dice(f"{count}{low}{width}"))
    assert len(found) == count
    assert all(low <= value <= low + width and (value - low) / Fraction(step) % 1 == 0 for value in found)
    assert repeats or len(set(found)) == count


# what is wrong: the file, the line to be named, and what must be said of it (* stands for anything)
BROKEN = {
    "unknown value": (
        OUTPUT.replace("<mean>", "<meen>"),
        15,
        "output, why: must name a value: y, *, got <meen>. Draw it*",
    ),
    "beyond the row": (OUTPUT.replace("<y[1]>", "<y[5]>"), 13, "output, answer: must be one of the *got <y[[]5]>*"),
    "no operator": (OUTPUT.replace("  norm: batch_norm\n", ""), 9, "output, run: must have an operator*"),
    "misspelt norm": (OUTPUT.replace("batch_norm", "batch_normalization"), 4, "output, norm: must be a known norm*"),
    "no x": (OUTPUT.replace("    x: {", "    z: {"), 10, "output, run: must find its inputs*no 'x'*Draw it."),
    "wrong count": (OUTPUT.replace("[4, 1", "[3, 1"), 10, "output, run: must fit the operator*3 numbers*"),
    "bad step": (OUTPUT.replace("to: 6", "to: 6, step: 0"), 6, "output, draw.x.step: must lead from*"),
    "too few": (OUTPUT.replace("to: 6", "to: 0"), 6, "output, draw.x*must be true, for there are 3 numbers only*"),
    "bad let": (OUTPUT.replace("2 * x1", "2 * x9"), 11, "output, let.twice: must be an expression of known values*"),
    "hostile let": (OUTPUT.replace("2 * x1 + mean", "__import__(1)"), 11, "output, let.twice: must be an expr*"),
    "power tower": (OUTPUT.replace("2 * x1 + mean", "9^9^9^9"), 11, "output, let.twice: must be an expression*"),
    "unknown formula": (FORMULA.replace("d x", "dx"), 5, "gradient, formula: must be one that can be mistaken: *d x*"),
    "always 0/0": (OUTPUT.replace("-2, to: 6", "1, to: 1, repeats: true"), 10, "output, run: must fit*variance of 0*"),
}


@pytest.mark.parametrize(("text", "line", "said"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_drawn_is_said_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(QuizError) as raised:
        template(tmp_path, text)
    found = [str(problem) for problem in raised.value.problems]
    assert [message for message in found if fnmatchcase(message, f"quizzes.yaml:{line}: question {said}")], found


def test_a_drawn_question_refuses_what_is_no_answer(tmp_path: Path) -> None:
    entry = template(tmp_path, OUTPUT)
    for given_ in ("", "abc", None, [], {}, "1,000"):
        with pytest.raises(AnswerError):
            reason(entry, 0, given_)
