"""The talk's errata: each printed formula is convicted by numbers worked out by hand, on the smallest input."""

from fractions import Fraction
from itertools import groupby, islice

import numpy as np
import pytest

from classroom.errata import ERRATA
from classroom.errata.erratum import Search, differ, small
from classroom.errata.standardizing import chain_rule, one_for_delta, varying
from classroom.errata.windows import OneOperator
from normlib.norms.batch_norm import BatchNorm

WORDS_ONLY = {"lrn-mode-names", "closed-form-missing"}
SEARCHED = [erratum for erratum in ERRATA.values() if isinstance(erratum.evidence, Search)]

third, half = Fraction(1, 3), Fraction(1, 2)
BY_HAND = {  # what the printed formula gives and what is right, on the input that the erratum's sentence speaks of
    "cross-channel-k": ("x = (0, 1)", [0, third], [0, half]),  # 1 / (2 + 1) for 1 / (1 + 1)
    "spatial-row-index": ("x = (1, 0)", [1], [half]),  # 1 / (1 + 0²) for 1 / (1 + 1²)
    "spatial-channel-index": ("x = (1, 1)", [third, third], [half, half]),  # 1 / (1 + 2) for 1 / (1 + 1)
    "spatial-border": ("x = 1, a window of 1 × 2", [Fraction(2, 3)], [half]),  # 1 / (1 + 1/2) for 1 / (1 + 1)
    "lrn-index": ("x = (1, 1), n = 1", [third, third], [half, half]),
    "lrn-constant": ("x = 1, κ = 2", [half], [third]),  # 1 / (1 + 1) for 1 / (2 + 1)
    "mvn-denominator": ("x = (0, 1)", [-half, half], [-1, 1]),  # ∓1/2 over 1 for over 1/2
    "mvn-modes": ("x = (0, 1)", [0, 0], [-1, 1]),
    "idea-epsilon": ("x = (0, 1)", [1], [Fraction(1, 4) / (Fraction(1, 4) + Fraction(1, 100_000))]),
    "gamma-index": ("x = (0, 1), dy = (0, 1)", [-1, 1], [1]),
    "jacobian-delta": ("x = (0, 1), dy = (0, 1)", [2, 0], [0, 0]),  # 2 · (1/2 + 1/2), 2 · (1/2 − 1/2)
    "inference-missing": ("x = (0, 1)", [Fraction(1, 4)], [half]),
}


def test_there_are_the_sixteen():
    assert len(ERRATA) == 16
    assert all(key == erratum.id for key, erratum in ERRATA.items())


@pytest.mark.parametrize("id", BY_HAND)
def test_a_failure_is_what_one_finds_by_hand(id):
    where, printed, right = BY_HAND[id]
    failure = ERRATA[id].failure()
    assert where in failure.input
    np.testing.assert_allclose(failure.printed.ravel(), np.array(printed, float), atol=1e-8)
    np.testing.assert_allclose(failure.right.ravel(), np.array(right, float), atol=1e-8)


def test_the_variance_without_its_map_mixes_two_deviations():
    failure = ERRATA["jacobian-variance-index"].failure()
    assert "x = (0, 1) and (0, 2), dy = (0, 0) and (0, 1)" in failure.input
    gap = (1 - 1 / np.std([0, 1, 0, 2])) / 2  # (1 − 1/N) dy times the difference of the two inverse deviations
    np.testing.assert_allclose(failure.printed.ravel(), [0, 0, gap, -gap], atol=1e-12)
    np.testing.assert_allclose(failure.right.ravel(), 0, atol=1e-12)


@pytest.mark.parametrize("erratum", SEARCHED, ids=lambda erratum: erratum.id)
def test_every_failure_differs_and_none_before_it_does(erratum):
    search, failure = erratum.evidence, erratum.failure()
    assert failure.gap > 1e-5
    for case in search.cases():
        if differ(search.printed(case), search.right(case)):
            where, reason = search.say(case)
            assert failure.input == where
            assert failure.sentence.endswith(reason)
            return
        assert search.say(case)[0] != failure.input
    pytest.fail("no case fails")


@pytest.mark.parametrize("erratum", SEARCHED, ids=lambda erratum: erratum.id)
def test_small_comes_before_large(erratum):
    cases = list(islice(erratum.evidence.cases(), 500))
    sizes = [case.x.size for case in cases]
    assert sizes == sorted(sizes)
    for _, run in groupby(cases, key=lambda case: (case.x.shape, case.settings)):
        largest = [max(case.x.max(), case.dy.max()) for case in run]
        assert largest == sorted(largest)


def test_inputs_are_never_repeated():
    cases = small([(1, 1, 2), (2, 1, 1)], gradient=True)
    seen = [(case.x.shape, case.x.tobytes(), case.dy.tobytes()) for case in cases]
    assert len(seen) == len(set(seen)) == 2 * 3**4


def test_two_names_of_one_operator_agree_to_rounding():
    failure = ERRATA["one-operator-twice"].failure()
    assert failure.gap < 1e-14
    assert np.abs(failure.printed).max() > 0
    assert failure.sentence.startswith(f"On {3 * (3 + 3**2 + 3**3)} small inputs")
    assert OneOperator(alpha=2.0).failure().gap < 1e-14


def test_only_errata_of_words_have_no_number_and_they_say_so():
    assert {erratum.id for erratum in ERRATA.values() if erratum.failure() is None} == WORDS_ONLY
    assert all("no number" in ERRATA[id].why for id in WORDS_ONLY)


def test_a_failure_is_computed_once():
    assert ERRATA["jacobian-delta"].failure() is ERRATA["jacobian-delta"].failure()


@pytest.fixture
def random_case():
    rng = np.random.default_rng(7)
    x, dy = rng.standard_normal((2, 1, 3, 8, 8))
    return next(iter(varying((1, 1, 2))))._replace(x=x, dy=dy)


def right_gradient(case):
    norm = BatchNorm(eps=0.0)
    _, cache = norm.forward(case.x, **norm.init(case.x.shape))
    return norm.backward(case.dy, cache)["x"], cache


def test_with_its_delta_the_slides_chain_rule_is_right(random_case):
    right, cache = right_gradient(random_case)
    np.testing.assert_allclose(chain_rule(random_case, np.eye(64), cache.inv_std), right, atol=1e-12)


def test_with_1_for_delta_a_random_gradient_is_wrong_by_about_100_percent(random_case):
    printed, (right, _) = one_for_delta(random_case), right_gradient(random_case)
    error = np.linalg.norm(printed - right) / max(np.linalg.norm(printed), np.linalg.norm(right))
    assert 0.8 < error < 1.2


@pytest.mark.parametrize("erratum", ERRATA.values(), ids=lambda erratum: erratum.id)
def test_an_erratum_can_be_typeset(erratum):
    for latex in (erratum.printed, erratum.right):
        assert latex.count("{") == latex.count("}")
        assert "$" not in latex
    assert erratum.title.startswith("The talk")
    assert 1 <= erratum.why.count(". ") + 1 <= 3
