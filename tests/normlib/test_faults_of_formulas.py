"""The algebra must catch what is displayed wrongly."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import sympy as sp

from normlib import NORMS
from normlib.gradcheck import Certificate
from normlib.nodes import (
    HERE,
    Above,
    GroupOf,
    Inside,
    PoolSize,
    PoolSum,
    Same,
    Window,
    add,
    apply,
    dy,
    i,
    ip,
    j,
    jp,
    k,
    kp,
    m,
    mp,
    mul,
    neg,
    over,
    root,
    x,
)
from normlib.symbolic import Formula
from tests.normlib.catching import (
    BatchNorm,
    FilterResponseNorm,
    GroupNorm,
    LayerNorm,
    LocalResponseNorm,
    LpNorm,
    SpatialNorm,
    WeightStandardization,
    caught_by,
)

# Faults of a formula: the algebra must catch what is displayed wrongly.


def claims(wrong_dx, steps=()):
    """Make a batch normalization that displays other formulas."""

    @dataclass(frozen=True, kw_only=True)
    class Claims(BatchNorm):
        def _derive(self):
            right = super()._derive()
            closed_form = (
                {**right.closed_form, "x": Formula(right.closed_form["x"].lhs, wrong_dx)} if wrong_dx else None
            )
            return replace(right, closed_form=closed_form or right.closed_form, steps=(*right.steps, *steps))

    return Claims()


gamma, var, x_hat = (sp.IndexedBase(name) for name in ("gamma", "var", "x_hat"))
eps = sp.Symbol("epsilon", positive=True)
THERE, N = (ip, jp, k, mp), PoolSize((i, j, m))
STD = root(add(var[k], eps))
SUM_DY = PoolSum(dy[THERE], (ip, jp, mp))
SUM_DY_X = PoolSum(mul(dy[THERE], x_hat[THERE]), (ip, jp, mp))


def bracket(*terms):
    return mul(over(gamma[k], mul(N, STD)), add(*terms))


FORMULA_FAULTS = {
    "delta printed as 1": bracket(
        mul(N, PoolSum(dy[THERE], (ip, jp, mp))), neg(SUM_DY), neg(mul(x_hat[HERE], SUM_DY_X))
    ),
    "no mean path": bracket(mul(N, dy[HERE]), neg(mul(x_hat[HERE], SUM_DY_X))),
    "no variance path": bracket(mul(N, dy[HERE]), neg(SUM_DY)),
    "N forgotten": bracket(dy[HERE], neg(SUM_DY), neg(mul(x_hat[HERE], SUM_DY_X))),
    "x for x_hat": bracket(mul(N, dy[HERE]), neg(SUM_DY), neg(mul(x[HERE], SUM_DY_X))),
}


@pytest.mark.parametrize("fault", FORMULA_FAULTS)
def test_a_wrong_closed_form_is_not_proved_and_the_code_contradicts_it(fault):
    assert caught_by(claims(FORMULA_FAULTS[fault])) == {"algebra", "code"}


@pytest.mark.parametrize("kind", [NORMS["cross_channel_norm"], SpatialNorm, LocalResponseNorm])
def test_a_window_written_with_its_lean_reversed_is_contradicted_by_the_code(kind):
    @dataclass(frozen=True, kw_only=True)
    class Reversed(kind):
        def _derive(self):
            right = super()._derive()
            turned = [
                Formula(f.lhs, Window(f.rhs.args[0], f.rhs.args[2], f.rhs.args[1])) if isinstance(f.rhs, Window) else f
                for f in right.definition
            ]
            return replace(right, definition=tuple(turned))

    even, odd = ({name: size for name in ("size", "height", "width") if hasattr(kind, name)} for size in (4, 3))
    assert caught_by(Reversed(**even, alpha=1.0)) == {"code"}
    assert caught_by(Reversed(**odd, alpha=1.0)) == set()


def test_a_displayed_group_that_is_not_the_codes_is_contradicted_by_the_code():
    @dataclass(frozen=True, kw_only=True)
    class Twice(GroupNorm):
        def _derive(self):
            right = super()._derive()
            doubled = [
                Formula(f.lhs, GroupOf(f.rhs.args[0], 2 * f.rhs.args[1])) if isinstance(f.rhs, GroupOf) else f
                for f in right.definition
            ]
            return replace(right, definition=tuple(doubled))

    assert caught_by(Twice(groups=2)) == {"code"}


def test_a_layers_closed_form_with_gamma_before_the_sums_is_refuted():
    """Batch normalization's closed form, copied: it forgets that gamma varies within the pool."""
    right = LayerNorm().derive()
    claim = right.closed_form["x"]
    here, there = gamma[i, j, k], gamma[ip, jp, kp]
    copied = Formula(claim.lhs, mul(here, claim.rhs.xreplace({here: sp.Integer(1), there: sp.Integer(1)})))
    assert set(right.residue_of(claim)) == {0}
    assert set(right.residue_of(copied)) != {0}


def test_a_groups_jacobian_that_reaches_beyond_the_group_is_refuted():
    right = GroupNorm().derive()
    d_mean = next(f for step in right.steps for f in step.formulas if f.rhs.has(Inside))
    (membership,) = d_mean.rhs.atoms(Inside)
    unbounded = Formula(d_mean.lhs, d_mean.rhs.xreplace({membership: sp.Integer(1)}))
    assert set(right.residue_of(d_mean)) == {0}
    assert set(right.residue_of(unbounded)) != {0}


@pytest.mark.parametrize("norm", [LpNorm(), FilterResponseNorm()])
def test_a_threshold_without_its_bracket_is_refuted(norm):
    """As if the least norm, or what lies below tau, moved with x."""
    right = norm.derive()
    claim = right.closed_form["x"]
    unbounded = Formula(claim.lhs, claim.rhs.xreplace({above: sp.Integer(1) for above in claim.rhs.atoms(Above)}))
    assert set(right.residue_of(claim)) == {0}
    assert 0 not in right.residue_of(unbounded)


def test_a_power_that_is_one_too_high_or_a_sign_too_few_is_refuted():
    for p in (1.0, 3.0, 1.5):
        right = LpNorm(p=p).derive()
        (slope,) = (f for step in right.steps for f in step.formulas if step.title == "The norm")
        assert set(right.residue_of(slope)) == {0}
        for wrong in (mul(slope.rhs, apply(sp.sign, x[HERE])), mul(slope.rhs, x[HERE])):
            assert 0 not in right.residue_of(Formula(slope.lhs, wrong))


def test_weights_shared_among_n_instead_of_n_less_1_are_refuted():
    right = WeightStandardization().derive()
    claim = right.closed_form["x"]
    biased = Formula(claim.lhs, claim.rhs.xreplace({add(PoolSize((i, j, k)), -1): PoolSize((i, j, k))}))
    assert biased != claim
    assert set(right.residue_of(claim)) == {0}
    assert 0 not in right.residue_of(biased)


def test_the_right_closed_form_put_together_by_hand_is_proved():
    right = bracket(mul(N, dy[HERE]), neg(SUM_DY), neg(mul(x_hat[HERE], SUM_DY_X)))
    assert caught_by(claims(right)) == set()


def test_the_talks_jacobian_with_1_for_delta_is_refuted():
    right = BatchNorm().derive()
    jacobian = next(f for step in right.steps for f in step.formulas if f.rhs.has(Same))
    assert set(right.residue_of(jacobian)) == {0}
    delta = next(iter(jacobian.rhs.atoms(Same)))
    printed = Formula(jacobian.lhs, jacobian.rhs.xreplace({delta: sp.Integer(1)}))
    assert set(right.residue_of(printed)) != {0}


def test_a_certificate_with_a_nan_does_not_hold():
    nan = float("nan")
    for bad in ({"code_error": nan}, {"difference_error": nan}, {"algebra": False}):
        good = Certificate(True, 0.0, 1, 0.0, 1, "complex step")
        assert good.holds
        assert not good._replace(**bad).holds
