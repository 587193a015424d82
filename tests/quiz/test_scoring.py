"""The closing slide's score is a pure function of the bank and the answers."""

from __future__ import annotations

import pytest

from classroom.quiz import Bank, Choices, score


def right_answers(bank: Bank) -> dict[str, object]:
    return {
        q.id: list(q.answer) if isinstance(q, Choices) else float(q.answer) if q.type == "number" else q.answer
        for q in bank.values()
    }


def test_everything_right_is_every_point(bank: Bank) -> None:
    reached = score(bank, right_answers(bank))
    assert reached.points == pytest.approx(reached.of)
    assert reached.of == sum(q.points for q in bank.values())
    assert reached.right == reached.answered == len(bank)
    assert reached.missed == reached.unanswered == ()


def test_nothing_answered_is_nothing_missed(bank: Bank) -> None:
    reached = score(bank, {})
    assert reached[:4] == (0, 0, 0, 0)
    assert reached.missed == ()
    assert [link.id for link in reached.unanswered] == list(bank)


def test_what_was_missed_leads_to_the_slide_that_explains_it(bank: Bank) -> None:
    answers = right_answers(bank) | {"quiz-gamma-count": "A", "mvn-denominator": "0.5"}
    reached = score(bank, answers)
    assert reached.missed == (("quiz-gamma-count", "quiz-gamma-count"), ("mvn-denominator", "mvn"))
    assert reached.right == len(bank) - 2
    assert reached.of - reached.points == pytest.approx(2)


def test_a_partly_right_answer_earns_its_part_and_is_missed(bank: Bank) -> None:
    reached = score(bank, {"before-bn-caffe": ["A"]})
    assert reached.points == 0.5
    assert reached.of == reached.answered == 1
    assert reached.right == 0
    assert reached.missed == (("before-bn-caffe", "before-bn"),)


def test_malformed_and_forgotten_answers_are_no_attempts(bank: Bank) -> None:
    assert score(bank, {"quiz-gamma-count": "Z", "mvn-denominator": "one", "a-question-of-last-year": "A"}) == score(
        bank, {}
    )
