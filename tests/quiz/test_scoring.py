"""The closing slide's score is a pure function of the questions and of what was done at each."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.quiz import SURE, Bank, Choice, Question, Record, calibration, earned, restored, score

Questions = dict[str, Question]


@pytest.fixture(scope="module")
def questions(bank: Bank) -> Questions:
    """The questions of a reader with the seed 5."""
    return dict(bank.variants(5))


def solved(questions: Questions) -> dict[str, Record]:
    return {name: Record((question.solution(),)) for name, question in questions.items()}


def asked(**fields: Any) -> Choice:
    common = {"id": "q", "slide": "s", "ask": "a", "why": "w", "type": "choice", "answer": "B"}
    return Choice.model_validate(common | {"options": {k: k for k in "ABC"}} | fields)


def test_everything_right_is_every_point(questions: Questions) -> None:
    reached = score(questions, solved(questions))
    scored = [question for question in questions.values() if question.scored]
    assert reached.points == pytest.approx(reached.of)
    assert reached.of == sum(question.points for question in scored)
    assert reached.right == reached.answered == reached.streak == reached.longest == len(scored)
    assert reached.missed == reached.unanswered == ()


def test_nothing_answered_is_nothing_missed(questions: Questions) -> None:
    reached = score(questions, {})
    assert (reached.points, reached.of, reached.right, reached.answered, reached.streak) == (0, 0, 0, 0, 0)
    assert reached.missed == ()
    assert [link.id for link in reached.unanswered] == [name for name, q in questions.items() if q.scored]


def test_what_was_missed_leads_to_the_slide_that_explains_it(questions: Questions) -> None:
    records = solved(questions) | {"quiz-gamma-count": Record(("A",)), "mvn-denominator": Record(("0.77",))}
    reached = score(questions, records)
    assert [(link.id, link.slide) for link in reached.missed] == [
        ("quiz-gamma-count", "quiz-gamma-count"),
        ("mvn-denominator", "mvn"),
    ]
    assert reached.of - reached.points == pytest.approx(2)


def test_a_partly_right_answer_earns_its_part_and_is_missed(questions: Questions) -> None:
    reached = score(questions, {"before-bn-caffe": Record((["A"],))})
    assert (reached.points, reached.of, reached.answered, reached.right) == (0.5, 1, 1, 0)
    assert [link.id for link in reached.missed] == ["before-bn-caffe"]


def test_a_streak_is_in_the_order_of_answering(questions: Questions) -> None:
    names = ["quiz-gamma-count", "quiz-picture-which", "quiz-szegedy-paper"]
    right = {name: Record((questions[name].solution(),)) for name in names}
    assert score(questions, {"before-bn-caffe": Record((["A"],)), **right})[-2:] == (3, 3)
    assert score(questions, {**right, "before-bn-caffe": Record((["A"],))})[-2:] == (0, 3)
    assert score(questions, {**right, "a-question-of-last-year": Record(("A",))})[-2:] == (3, 3)


# of three attempts the second is worth 2/3, the third 1/3; each hint a quarter less of whatever is earned
@pytest.mark.parametrize(
    ("given", "hints", "share"),
    [
        ("B", 0, 1),
        ("AB", 0, 2 / 3),
        ("ACB", 0, 1 / 3),
        ("AC", 0, 0),
        ("B", 1, 3 / 4),
        ("AB", 2, 1 / 3),
        ("B", 3, 1 / 4),
    ],
)
def test_later_attempts_and_hints_cost_what_is_declared(given: str, hints: int, share: float) -> None:
    question = asked(attempts=3, hints=["x", "y", "z"])
    assert earned(question, Record(tuple(given), hints)) == pytest.approx(share)


def test_a_question_with_attempts_left_is_not_missed_yet() -> None:
    question = asked(attempts=2)
    once, twice = Record(("A",)), Record(("A", "C"))
    assert score({"q": question}, {"q": once}).missed == ()
    assert len(score({"q": question}, {"q": twice}).missed) == 1


def test_what_is_believed_is_the_best_thing_to_say() -> None:
    """A proper rule: whoever is right with a probability p expects the least by saying the level nearest to p."""
    questions = {str(i): asked(id=str(i)) for i in range(20)}
    for rights in (5, 10, 15, 19):
        means = {}
        for sure in SURE:
            records = {str(i): Record(("B" if i < rights else "A",), sure=sure) for i in range(20)}
            found = calibration(questions, records)
            assert found is not None
            assert [(level.sure, level.answered, level.right) for level in found.levels] == [(sure, 20, rights)]
            means[sure] = found.brier
        assert min(means, key=lambda sure: means[sure]) == min(SURE, key=lambda sure: abs(sure - rights / 20))


def test_nobody_who_never_said_how_sure_is_calibrated(questions: Questions) -> None:
    assert calibration(questions, solved(questions)) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=3) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(given_=JSON, hints=JSON, sure=JSON)
def test_whatever_a_browser_kept_gives_a_record_or_none(given_: Any, hints: Any, sure: Any) -> None:
    question = asked(attempts=2, hints=["x"])
    record = restored(question, {"given": given_, "hints": hints, "sure": sure})
    assert record is None or (0 <= earned(question, record) <= 1 and len(record.given) <= 2)
    assert restored(question, given_) is None or isinstance(given_, dict)


def test_a_record_survives_the_browser() -> None:
    question, record = asked(attempts=2, hints=["x", "y"]), Record(("A", "B"), 2, 0.75)
    assert restored(question, record.wire()) == record
    assert restored(question, {"given": ["A", "nonsense", "B", "C"], "hints": 9, "sure": 0.3}) == Record(("A", "B"))


def test_an_answer_that_is_none_any_more_is_a_wrong_one_and_breaks_nothing() -> None:
    question, record = asked(), Record(("an option of last year",), sure=0.5)
    assert score({"q": question}, {"q": record}).right == 0
    found = calibration({"q": question}, {"q": record})
    assert found is not None
    assert found.brier == 0.25
