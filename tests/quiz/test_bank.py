"""quizzes.yaml is read as a whole, and whatever is wrong with it is said: where, what, and what to do."""

from __future__ import annotations

import pickle
import re
import time
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.quiz import Bank, Choice, Choices, Number, Problem, QuizError, load

GOOD = """\
- id: first
  type: choice
  slide: idea
  ask: Which?
  options:
    A: one
    B: two
    C: three
  answer: B
  why: Because.
"""
MANY = GOOD.replace("type: choice", "type: choices").replace("answer: B", "answer: [B]")
NUMBER = """\
- id: first
  type: number
  slide: idea
  ask: How many?
  answer: 0,5
  within: 1/100
  why: Because.
  explain:
    2: Upside down.
"""


def swap(old: str, new: str, text: str = GOOD) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


# what is wrong: the file, the line to be named, and what must be said of it (* stands for anything)
BROKEN: dict[str, tuple[str | bytes, int, str]] = {
    "missing field": (swap("  answer: B\n", ""), 1, "first, answer: must be given, got nothing. Add 'answer: ...'*"),
    "unknown field": (swap("  ask:", "  aks:"), 4, "first, aks: must be one of the fields*got 'aks'. Write 'ask'."),
    "unknown type": (swap(": choice", ": chioce"), 2, "first, type: *choice, choices, truth, number*. Write 'choice'."),
    "type is a list": (swap(": choice", ": [choice]"), 2, "first, type: *, got [[]choice]. Write 'choice'."),
    "no type": (swap("  type: choice\n", ""), 1, "first, type: *, got nothing. Write one of them."),
    "stray answer": (swap("er: B", "er: D"), 9, "first, answer: must be among the options A, B, C, got 'D'. Write*"),
    "two answers": (swap("er: B", "er: [A, B]"), 9, "first, answer: must be one letter, *A, B]. *'type: choices'."),
    "equal options": (swap("three", '"two "'), 8, "first, options.C: must differ from option B, got 'two'. Change*"),
    "small letter": (swap("C:", "c:"), 8, "first, options.c: *capital letter*, got 'c'. Write it like 'A: text'."),
    "list of options": (re.sub(r"    A.*three", "    [one]", GOOD, flags=re.S), 5, "first, options: *mapping*. Write*"),
    "one option": (re.sub(r"    A.*two\n", "", GOOD, flags=re.S), 5, "first, options: *at least 2 entries, got 1. *"),
    "unknown slide": (swap(": idea", ": ideas"), 3, "first, slide: must be a known slide, got 'ideas'. Write 'idea'."),
    "unknown norm": (GOOD + "  norm: x\n", 11, "first, norm: *known norm, got 'x'. Write one of batch_norm, spatial*"),
    "empty text": (swap("Which?", ""), 4, "first, ask: must not be empty, got ''. Write a text."),
    "list for a text": (swap("Which?", "[a]"), 4, "first, ask: must be text, *. Write one text*"),
    "open formula": (swap("one", "$x"), 6, "first, options.A: must close every $ that it opens, got 1 *. Add the*"),
    "backslash": (swap("one", r'"$\beta$"'), 6, "first, options.A: must not have a backslash*. Use single quotes*"),
    "cut off": (swap("three", "cell # 3"), 8, "first, options.C: *by a comment*, got '# 3'. Put the text in single*"),
    "key explained": (GOOD + "  explain:\n    B: x\n", 12, "first, explain.B: *wrong options only (A, C), *. Remove*"),
    "word for seconds": (GOOD + "  seconds: ten\n", 11, "first, seconds: *whole number, got 'ten'. Write it in*"),
    "no points": (GOOD + "  points: 0\n", 11, "first, points: must be at least 1, got '0'. Write a larger number."),
    "too many seconds": (GOOD + "  seconds: 301\n", 11, "first, seconds: *at most 300, got '301'. Write a smaller*"),
    "odd id": (swap("id: first", "id: First!"), 1, "First!, id: must be made of a-z*. Write it like 'bn-gamma-count'."),
    "id used twice": (GOOD + GOOD, 11, "first, id: *one question only, got 'first' again (first on line 1). Give*"),
    "field used twice": (GOOD + "  answer: C\n", 11, "first: *key once, got 'answer' again (first on line 9). Remove*"),
    "letter used twice": (swap("C:", "A:"), 8, "first, options: *key once, got 'A' again (first on line 6). Remove*"),
    "a list as key": (GOOD + "  ? [a]\n  : b\n", 11, "first: must have text as its keys, *. Write it like 'A: text'."),
    "merge key": (GOOD + "  <<: {points: 2}\n", 11, "first, <<: must be one of the fields*. Rename it or remove it."),
    "no mapping": (GOOD + "- hello\n", 11, "#2: must be a mapping of fields, got 'hello'. Write 'id: ...'*"),
    "letter for a list": (swap("[B]", "B", MANY), 9, "first, answer: must be a list of letters, got 'B'. *[[]A, C]."),
    "no right option": (swap("[B]", "[]", MANY), 9, "first, answer: must have at least 1 entries, got 0. Add some."),
    "all right": (swap("[B]", "[A, B, C]", MANY), 9, "first, answer: *at least one option wrong, *. Add an option*"),
    "option named twice": (swap("[B]", "[B, B]", MANY), 9, "first, answer: *each option once, *. Remove the repeat*"),
    "stray answers": (swap("[B]", "[B, D, Z]", MANY), 9, "first, answer: must be among *, got 'D', 'Z'. Write the*"),
    "no number": (swap("0,5", "half", NUMBER), 5, "first, answer: must be a number, got 'half'. Write one such as*"),
    "a sum": (swap("0,5", "1+1", NUMBER), 5, "first, answer: must be a number, got '1+1'. Write one such as*"),
    "negative tolerance": (swap("1/100", "-1", NUMBER), 6, "first, within: must be at least 0, got -1. Write how far*"),
    "slip is no number": (swap("2:", "two:", NUMBER), 9, "first, explain.two: must be a number, *. Write one such*"),
    "slip is the key": (swap("2:", "0.505:", NUMBER), 8, "first, explain: must explain wrong numbers only, *. Say in*"),
    "two slips in one": (NUMBER + "    2.01: Nearly.\n", 8, "*must be further from the slip 2 *, got 2.01. *"),
    "top level mapping": ("id: first\n", 1, "must hold a list of questions, got a mapping with id. Begin each*"),
    "top level text": ("hello", 1, "must hold a list of questions, got 'hello'. Begin each*"),
    "empty list": ("[]", 1, "must hold a list of questions, got [[]]. Begin each*"),
    "empty file": ("", 1, "must hold a list of questions, got an empty file. Begin each*"),
    "only a comment": ("# later\n", 1, "must hold a list of questions, got an empty file. Begin each*"),
    "colon in a text": (swap("Which?", "This: which?"), 4, "must be plain YAML, *mapping values*. Look at*"),
    "tab": (GOOD + "\t- id: x\n", 11, "must be plain YAML, got the error*'\\t'*. Look at this line*"),
    "open quote": (GOOD + "  norm: 'x\n\n\n", 11, "must be plain YAML, got a quote that does not close*. Close it*"),
    "two documents": (GOOD + "---\n" + GOOD, 11, "must be plain YAML, got *another document'. Look at this line*"),
    "alias": (swap("two", "*a", swap("one", "&a one")), 7, "must be plain YAML, got the alias [*]a. Write the text*"),
    "alias of itself": ("&a [*a]", 1, "must be plain YAML, got the alias [*]a. Write the text*"),
    "deep nesting": ("[" * 50_000, 1, "must be plain YAML, got more than 8 levels. Remove some*"),
    "control character": (swap("one", "o\0ne"), 6, "must hold printable text, got *U+0000. Remove that*"),
    "not UTF-8": (b"- id: a\n  ask: caf\xe9\n", 2, "must be UTF-8 text, got the byte 0xE9. Save the file as UTF-8."),
    "too large": (b"#" * 1_000_001, 0, "must have at most 1000000 bytes, got 1000001 bytes. Split it*"),
}


def problems(folder: Path, text: str | bytes) -> tuple[Problem, ...]:
    path = folder / "quizzes.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(QuizError) as raised:
        load(path, slides=["idea", "forward"], norms=["batch_norm", "spatial_norm"])
    assert str(raised.value) == "\n".join(map(str, raised.value.problems))
    return raised.value.problems


@pytest.mark.parametrize(("text", "line", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_is_said_with_its_line_and_a_remedy(
    tmp_path: Path, text: str | bytes, line: int, said: str
) -> None:
    start = time.perf_counter()
    found = [str(problem) for problem in problems(tmp_path, text)]
    assert time.perf_counter() - start < 20  # seconds, on a machine that does other things too
    place = f"quizzes.yaml:{line}: " if line else "quizzes.yaml: "
    said = place + (said if said.startswith("must") else f"question {said}")
    assert [message for message in found if fnmatchcase(message, said)], found
    for message in found:
        assert re.fullmatch(r"quizzes\.yaml(:\d+)?: (question .+?: )?must .+, got .+\. [A-Z].+\.", message), message
        assert "\n" not in message
        assert len(message) < 300


def test_everything_wrong_is_said_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = GOOD.replace("er: B", "er: D").replace("idea", "idee") + "  seconds: 1\n"
    text += NUMBER.replace("0,5", "x") + "- 3\n"
    found = [(problem.line, problem.field) for problem in problems(tmp_path, text)]
    assert found == [(3, "slide"), (9, "answer"), (11, "seconds"), (12, "id"), (16, "answer"), (21, "")]


@given(st.data())
def test_any_edit_loads_or_is_explained(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([GOOD, MANY, NUMBER]))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 12)))
    typed = data.draw(st.text(max_size=6) | st.text("-:?*&![]{}|>'\"#%@`$\\ \n\tAB012", max_size=12))
    path = tmp_path_factory.getbasetemp() / "edited.yaml"
    path.write_bytes((text[:start] + typed + text[end:]).encode("utf-8", "replace"))
    try:
        outcome: Bank | tuple[Problem, ...] = load(path)
    except QuizError as error:
        outcome = error.problems
    assert outcome


def test_a_tag_constructs_nothing(tmp_path: Path) -> None:
    text = swap("one", f"!!python/object/apply:os.mkdir ['{tmp_path}/made']")
    assert "must be plain text, a list or a mapping, got the tag" in str(problems(tmp_path, text)[0])
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("name", ["nowhere.yaml", "."])
def test_a_file_that_cannot_be_read_is_one_problem(tmp_path: Path, name: str) -> None:
    with pytest.raises(QuizError, match=r"must be a file that can be read, got .+\. Check the path\.$"):
        load(tmp_path / name)


def test_scalars_stay_as_they_were_typed(tmp_path: Path) -> None:
    path = tmp_path / "quizzes.yaml"
    path.write_text(GOOD.replace("one", "yes").replace("two", "007").replace("three", "1e3"), encoding="utf-8-sig")
    assert load(path)["first"].options == {"A": "yes", "B": "007", "C": "1e3"}


def test_slides_and_norms_are_checked_only_against_what_is_given(tmp_path: Path) -> None:
    path = tmp_path / "quizzes.yaml"
    path.write_text(GOOD + "  norm: anything\n")
    assert load(path)["first"].norm == "anything"
    with pytest.raises(QuizError, match="must be a known slide"):
        load(path, slides=["forward"])


# The talk's own file


def test_the_talks_three_questions_have_their_options_and_keys(bank: Bank) -> None:
    talk = {"quiz-szegedy-paper": "quiz-szegedy", "quiz-picture-which": "quiz-picture"}
    talk["quiz-gamma-count"] = "quiz-gamma-count"
    assert {name: bank[name].slide for name in talk} == talk
    papers, picture, gammas = (bank[name] for name in talk)
    assert "Going Deeper with Convolutions" in papers.options[papers.answer]
    assert (papers.answer, list(papers.options)) == ("E", list("ABCDE"))
    assert [text.removesuffix(" normalization") for text in picture.options.values()] == [
        *("Cross-channel", "Spatial", "Batch", "Local response", "Mean-variance")
    ]
    assert picture.answer == "C"
    counts = ["The batch size", "The number of feature maps", "The number of activations"]
    assert list(gammas.options.values()) == counts
    assert gammas.answer == "B"


def test_every_wrong_option_of_the_talk_says_why_it_is_wrong(bank: Bank) -> None:
    for question in bank.variants(1).values():
        match question:
            case Number():
                assert question.explain, question.id
            case Choice() | Choices():
                assert set(question.explain) == set(question.options) - set(question.answer), question.id
                said = Counter([question.why, *question.explain.values()])
                assert said.most_common(1)[0][1] == 1, question.id


def test_the_talk_asks_enough_of_every_kind(bank: Bank) -> None:
    kinds = Counter(question.type for question in bank.values())
    assert kinds["choice"] >= 4
    assert kinds["choices"] >= 4
    assert kinds["number"] >= 4
    assert len(bank) >= 18


def test_no_letter_is_the_key_so_often_that_guessing_it_pays(bank: Bank) -> None:
    keys = Counter(question.answer for question in bank.variants(1).values() if isinstance(question, Choice))
    assert max(keys.values()) <= keys.total() / 2


def test_a_bank_is_an_ordered_value_that_cannot_change(bank: Bank) -> None:
    assert next(iter(bank)) == "quiz-szegedy-paper"
    assert pickle.loads(pickle.dumps(bank)) == bank
    assert hash(bank) == hash(pickle.loads(pickle.dumps(bank)))
    with pytest.raises(TypeError):
        bank["new"] = bank["quiz-gamma-count"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        bank._items = {}
