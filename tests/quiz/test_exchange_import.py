"""A teacher's GIFT file becomes entries that the bank takes; what it cannot say is said with its line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.quiz import load
from classroom.quiz.exchange.gift_import import NO_WHY, THANKS, entries
from classroom.quiz.exchange.paste import pasted
from tests.quiz.readers.questions import PIECES

FILE = r"""$CATEGORY: $course$/top/Norms

// question: 1  name: Tomb
// [id:tomb] [tag:history]
::Grant's tomb::Who's buried in Grant's tomb?{
  =no one#Right\: he lies above the ground.
  ~Grant#He is entombed.
  ~%50%Grant's wife
####Buried means *in the ground*.
}

Two plus two equals {=four ~five ~three} in base ten.

::Sum::[html]<p>What is \\(1+1\\)<br>in <b>Z</b>?</p>{#2\:x}

::A sum::[html]<p>What is \\(1+1\\)<br>in <b>Z</b>, for $5 &lt; 6?</p>{#
  =2:0.1#Yes.
  =%0%11:0.1#That is a string\, not a sum.
  =%50%3:0
  ~#Count again.
}

From to {#1.5..2.5####Half way.}

::Which?::Which are even?{~%50%two ~%50%four ~three ~%-100%five}

::Sun::[markdown]The *sun* rises in the east.{T#It does.#Yes.}

::Cities::Match.{=Canada -> Ottawa =Italy -> Rome =Rome itself -> Rome = -> Bonn}

::Why::Say why.{}

Who?{=Grant =Ulysses S. Grant}

Read this first.

Broken {=a ~b

::Grant's tomb::Twice { =a#f ~b }

::Big::Table.[html]{}

::Pic::[html]<img src="x.png"> What?{=a ~b}

No right one {~a ~b}

Two right {=a =b ~c}
"""


def test_what_quizzes_yaml_can_say_becomes_an_entry(tmp_path: Path) -> None:
    done = entries(FILE, "idea", "f.gift")
    path = tmp_path / "quizzes.yaml"
    path.write_text(pasted(done.entries), encoding="utf-8")
    bank: dict[str, Any] = dict(load(path, ["idea"]))
    assert list(bank) == [
        "tomb", "two-plus-two-equals", "a-sum", "from-to", "which", "sun", "cities", "why", "grant-s-tomb", "big",
    ]  # fmt: skip
    tomb = bank["tomb"]
    assert (tomb.ask, dict(tomb.options)) == (
        "Who's buried in Grant's tomb?", {"A": "no one", "B": "Grant", "C": "Grant's wife"}
    )  # fmt: skip
    assert tomb.why == r"Right: he lies above the ground.\n\nBuried means \*in the ground\*.".replace(r"\n", "\n")
    assert (tomb.answer, dict(tomb.explain)) == ("A", {"B": "He is entombed."})
    assert bank["two-plus-two-equals"].ask == r"Two plus two equals \_\_\_\_\_ in base ten."
    number = bank["a-sum"]
    assert number.ask == "What is $1+1$\\\nin **Z**, for \\$5 \\< 6?"
    assert (number.answer, number.within, number.why) == (2, Fraction(1, 10), "Yes.")
    assert dict(number.explain) == {11: "That is a string\\, not a sum.".replace("\\", "&#92;")}
    assert (bank["from-to"].answer, bank["from-to"].within, bank["from-to"].why) == (2, 0.5, "Half way.")
    assert (bank["which"].answer, bank["which"].type) == (("A", "B"), "choices")
    assert (bank["sun"].answer, bank["sun"].explain, bank["sun"].why) == ("T", "It does.", "Yes.")
    assert bank["sun"].ask == "The *sun* rises in the east."
    cities = bank["cities"]
    assert [cities.options[letter] for letter in cities.answer.values()] == ["Ottawa", "Rome", "Rome"]
    assert (sorted(cities.options.values()), cities.why) == (["Bonn", "Ottawa", "Rome"], NO_WHY)
    assert (bank["why"].type, bank["why"].why) == ("text", THANKS)


def test_what_it_cannot_say_is_named_with_its_line() -> None:
    refused = [(problem.line, problem.question, problem.got, problem.todo) for problem in entries(FILE, "idea").refused]
    assert [(line, name, got) for line, name, got, _ in refused] == [
        (FILE[: FILE.index("::Sum::")].count("\n") + 1, "Sum", "'2:x'"),
        (FILE[: FILE.index("Who?{")].count("\n") + 1, "", "a short answer"),
        (FILE[: FILE.index("Read this")].count("\n") + 1, "", "a text without a question"),
        (FILE[: FILE.index("Broken")].count("\n") + 1, "", "one brace alone"),
        (FILE[: FILE.index("::Pic")].count("\n") + 1, "Pic", "<img>"),
        (FILE[: FILE.index("No right")].count("\n") + 1, "", "none"),
        (FILE[: FILE.index("Two right")].count("\n") + 1, "", "2 marked ="),
    ]
    assert all(todo for *_, todo in refused)


def test_questions_without_an_empty_line_between_them_are_not_swallowed() -> None:
    done = entries("// two questions\nOne and one?{#2}\nTwo and two?{#4}\n\nThree?{#3}\n", "idea")
    assert [problem.got for problem in done.refused] == ["another pair after it"]
    assert "Put an empty line between questions" in done.refused[0].todo
    assert len(done.entries) == 1


def test_what_changes_on_the_way_is_said() -> None:
    changed = {(problem.question, problem.field): str(problem) for problem in entries(FILE, "idea", "f.gift").changed}
    assert set(changed) == {
        ("tomb", "options"),
        ("two-plus-two-equals", "why"),
        ("a-sum", "answer"),
        ("a-sum", "explain"),
        ("which", "answer"),
        ("which", "why"),
        ("cities", "why"),
        ("why", "type"),
        ("big", "type"),
    }
    assert changed["a-sum", "answer"].startswith("f.gift:16: question a-sum, answer: must be right or wrong, got 50 %")
    assert "50 %, 50 %, 0 %, -100 %" in changed["which", "answer"]


def test_formulas_typed_by_hand_are_formulas_and_money_is_money() -> None:
    asked = r"What does $\gamma_k$ scale in $x^2$, for $5 or $6 a_1, with $\hat{x}$?"
    done = entries(asked.replace("{", r"\{").replace("}", r"\}") + " {=all ~none}", "forward", "a.gift")
    assert done.entries[0]["ask"] == r"What does $\gamma_k$ scale in $x^2$, for \$5 or \$6 a\_1, with $\hat{x}$?"


def test_a_number_says_which_file_it_comes_from() -> None:
    done = entries("Two plus two? {#4} \n\nTrue? {T}", "forward", "sums.gift")
    assert [entry.get("source") for entry in done.entries] == ["sums.gift", None]


def test_ids_that_are_in_use_are_not_given_again() -> None:
    text = "::One::a?{T}\n\n::one::b?{F}\n\n::One::c?{T}"
    assert [entry["id"] for entry in entries(text, "idea", taken=["one-2"]).entries] == ["one", "one-3", "one-4"]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from([*PIECES, "::a::", "{", "}", "=", "~", "#", "\r\n", "\r", "T", "3:1", "..", "<ul><li>"]))
)
def test_whatever_the_file_holds_is_read_or_refused(pieces: list[str]) -> None:
    done = entries(" ".join(pieces), "idea")
    pasted(done.entries)
    assert all(problem.line >= 1 and problem.must and problem.todo for problem in (*done.refused, *done.changed))


@pytest.mark.parametrize("text", ["", "\n\n", "// only a comment", "$CATEGORY: a"])
def test_a_file_without_questions_gives_none(text: str) -> None:
    assert entries(text, "idea") == ([], [], [])
