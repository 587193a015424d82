"""Formulas in numbers on whole arrays: as the code computes them, and as written out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from normlib import NORMS
from normlib.evaluation import Evaluation, arithmetic, terms
from normlib.layout import to_nchw
from normlib.nodes import (
    HERE,
    Above,
    GroupOf,
    Inside,
    Length,
    Partial,
    PoolSize,
    PoolSum,
    Same,
    Tagged,
    Window,
    add,
    apply,
    around,
    dy,
    i,
    ip,
    j,
    k,
    kp,
    loss,
    m,
    mul,
    neg,
    over,
    root,
    x,
    y,
)
from normlib.norms.cross_channel_norm import CrossChannelNorm
from normlib.norms.group_norm import GroupNorm
from normlib.symbolic import Derivation, Formula
from tests.normlib.conftest import inputs_for, run
from tests.normlib.test_contract import every_norm, every_variant, inside

v, mu = sp.IndexedBase("v"), sp.IndexedBase("mu")


@pytest.fixture
def rng():
    return np.random.default_rng(1998)


@every_variant
@pytest.mark.parametrize("shape", [(2, 3, 2, 3), (3, 7, 1, 4), (4, 1, 5, 6), (2, 9, 6, 3)])
def test_formulas_give_on_whole_arrays_what_forward_and_backward_give(norm, rng, shape):
    inputs = inputs_for(norm, rng, shape)
    upstream = rng.normal(size=inputs["x"].shape)
    output, grads = run(norm, inputs, upstream)
    evaluation = Evaluation(norm.derive(), inside(norm, inputs), to_nchw(upstream, norm.layout))
    np.testing.assert_allclose(evaluation.y, to_nchw(output, norm.layout), rtol=1e-9, atol=1e-13)
    for name, grad in inside(norm, grads).items():
        shown = evaluation.gradient(name)
        assert shown.shape == grad.shape
        np.testing.assert_allclose(shown, grad, rtol=1e-9, atol=1e-11, err_msg=name)


@every_norm
def test_every_quantity_has_the_axes_on_which_it_varies_and_no_other(norm, rng):
    inputs = inside(norm, inputs_for(norm, rng, (2, 5, 3, 4)))
    evaluation = Evaluation(norm.derive(), inputs)
    axes = {"m": 0, "k": 1, "i": 2, "j": 3}
    for name, let in evaluation.lets.items():
        kept = {axes[str(a)] for a in let.free}
        lengths = [n if axis in kept else 1 for axis, n in enumerate(inputs["x"].shape)]
        np.testing.assert_array_equal(np.broadcast_shapes(evaluation.value(name).shape, lengths), lengths)


def test_batch_normalization_by_hand():
    values = np.array([1.0, 3.0, 5.0, 7.0]).reshape(2, 1, 1, 2)  # mean 4, variance 5
    norm = NORMS["batch_norm"](eps=4.0)
    evaluation = Evaluation(norm.derive(), {"x": values, "gamma": np.array([3.0]), "beta": np.array([10.0])})
    assert evaluation.value("mean").ravel() == pytest.approx([4.0])
    assert evaluation.value("var").ravel() == pytest.approx([5.0])
    assert evaluation.value("x_hat").ravel() == pytest.approx([-1, -1 / 3, 1 / 3, 1])
    assert evaluation.y.ravel() == pytest.approx([7, 9, 11, 13])


def test_a_mean_of_a_million_with_a_spread_of_a_thousandth_survives(rng):
    values = 1e6 + 1e-3 * rng.normal(size=(2, 3, 8, 8))
    norm = NORMS["batch_norm"](eps=0.0)
    shown = Evaluation(norm.derive(), {"x": values, **norm.init(values.shape)}).y
    exact = values.astype(np.longdouble)
    exact -= exact.mean((0, 2, 3), keepdims=True)
    exact /= np.sqrt((exact**2).mean((0, 2, 3), keepdims=True))
    np.testing.assert_allclose(shown, exact.astype(float), rtol=1e-5, atol=1e-6)


def test_inputs_may_be_of_any_memory_and_are_left_alone(rng):
    norm = NORMS["batch_norm"]()
    plain = rng.normal(size=(2, 3, 4, 5))
    params = {"gamma": np.full(3, 2.0), "beta": np.full(3, 0.5)}
    expected = Evaluation(norm.derive(), {"x": plain, **params}, plain)
    strided = np.repeat(plain[..., ::-1], 2, axis=3)[..., ::-2]
    frozen = np.asfortranarray(plain)
    frozen.flags.writeable = False
    for values in (strided, frozen):
        shown = Evaluation(norm.derive(), {"x": values, **params}, values)
        np.testing.assert_allclose(shown.y, expected.y, rtol=1e-12)
        np.testing.assert_allclose(shown.gradient(), expected.gradient(), rtol=1e-9)
        np.testing.assert_array_equal(values, plain)


# Each kind of term, on four channels.


def evaluation_of(definition, norm=None, n=4):
    values = np.arange(1.0, n + 1)
    norm = norm or CrossChannelNorm(size=2)  # a window from the cell to the next
    derivation = Derivation(norm, (1, n, 1, 1), {"x": HERE, "v": (k,)}, definition, (), {})
    return Evaluation(derivation, {"x": values.reshape(1, n, 1, 1), "v": values}, np.ones((1, n, 1, 1)))


@pytest.mark.parametrize(
    ("expr", "values"),
    [
        (v[k] ** 2, [1, 4, 9, 16]),
        (PoolSum(v[kp], (kp,)), [10]),
        (PoolSum(1, (kp,)), [4]),
        (PoolSum(1, (kp, i)), [4]),
        (PoolSum(v[kp], (kp,), (k,)), [3, 5, 7, 4]),
        (PoolSum(v[kp], (kp,), (k,), adjoint=True), [1, 3, 5, 7]),
        (PoolSum(1, (kp,), (k,)), [2, 2, 2, 1]),
        (PoolSum(over(v[kp], PoolSize((kp,), (kp,))), (kp,), (k,), adjoint=True), [0.5, 1.5, 2.5, 5.5]),
        (PoolSize((k,)), [4]),
        (add(Length(k), Length(m)), [5]),
        (PoolSize((k,), (k,)), [2, 2, 2, 1]),
        (mul(2, mu[k]), [1, 2, 3, 4]),
        (Tagged(neg(v[k]), "term1"), [-1, -2, -3, -4]),
        (over(v[k], mul(2, v[k])), [0.5, 0.5, 0.5, 0.5]),
        (sp.Pow(root(v[k]), -1, evaluate=False), [1, 2**-0.5, 3**-0.5, 0.5]),
        (v[k] ** sp.Rational(-3, 2), [1, 2**-1.5, 3**-1.5, 0.125]),
        (apply(sp.Max, v[k], 3), [3, 3, 3, 4]),
        (Above(v[k], 2), [0, 0, 1, 1]),
        (apply(sp.sign, add(v[k], -3)), [-1, -1, 0, 1]),
        (apply(sp.Abs, add(v[k], -3)), [2, 1, 0, 1]),
        (apply(sp.exp, neg(v[k])), np.exp([-1, -2, -3, -4])),
    ],
)
def test_a_term_means_what_it_says(expr, values):
    evaluation = evaluation_of((Formula(mu[k], over(v[k], 2)),))
    np.testing.assert_allclose(evaluation.array(expr).ravel(), values, rtol=1e-15)


def test_sums_within_groups_read_the_groups_as_displayed():
    """Two of the four channels in each; shown as four of one each, the sums follow what is shown."""
    total, number = PoolSum(v[kp], (kp,), (k,)), sp.Symbol("g", positive=True)
    pairs = evaluation_of((), GroupNorm(groups=2))
    np.testing.assert_array_equal(pairs.array(total).ravel(), [3, 3, 7, 7])
    assert pairs.array(PoolSize((i, k))).ravel() == [2]
    singles = evaluation_of((Formula(around[k], GroupOf(k, 2 * number)),), GroupNorm(groups=2))
    np.testing.assert_array_equal(singles.array(total).ravel(), [1, 2, 3, 4])
    assert singles.array(PoolSize((i, k))).ravel() == [1]


def test_a_window_is_read_as_displayed():
    shown = Formula(around[k], Window((k,), (sp.Integer(1),), (sp.Integer(0),)))
    total = PoolSum(v[kp], (kp,), (k,))
    np.testing.assert_array_equal(evaluation_of((shown,)).array(total).ravel(), [1, 3, 5, 7])


def test_a_groups_mean_may_stand_under_the_groups_sum_and_nothing_else_may():
    mean = Formula(mu[k], over(PoolSum(v[kp], (kp,), (k,)), 2))
    within = PoolSum(add(v[kp], neg(mu[k])) ** 2, (kp,), (k,))
    grouped = evaluation_of((mean,), GroupNorm(groups=2))
    np.testing.assert_array_equal(grouped.array(within).ravel(), [0.5, 0.5, 0.5, 0.5])
    for evaluation, mixed in [
        (grouped, PoolSum(mul(v[kp], v[k]), (kp,), (k,))),
        (grouped, PoolSum(mul(v[kp], mu[k]), (kp,))),
        (evaluation_of((mean,)), within),  # a window's mean differs from cell to cell
        (grouped, PoolSum(mul(x[HERE], x[ip, j, k, m]), (i,))),
    ]:
        with pytest.raises(ValueError, match=r"must not vary with .* Take what does not vary out of the sum"):
            evaluation.array(mixed)


@pytest.mark.parametrize("foreign", [Same((k,), (kp,)), Inside((kp,), (k,)), Partial(loss, x[HERE]), sp.sin(v[k])])
def test_what_is_no_arithmetic_on_axes_is_named(foreign):
    with pytest.raises(TypeError, match=r"must be of quantities, sums and arithmetic, got .*\. Deltas"):
        evaluation_of(()).array(foreign)


def test_a_name_that_nobody_defines_is_named():
    evaluation = evaluation_of((Formula(mu[k], v[k]),))
    with pytest.raises(ValueError, match=r"got 'w'\. Choose among \['mu'\]"):
        evaluation.array(sp.IndexedBase("w")[k])


def test_without_dy_there_is_an_output_and_a_sentence_instead_of_a_gradient(rng):
    norm = NORMS["batch_norm"]()
    values = rng.normal(size=(2, 3, 4, 5))
    evaluation = Evaluation(norm.derive(), {"x": values, **norm.init(values.shape)})
    assert not evaluation.has_dy
    assert evaluation.y.shape == values.shape
    with pytest.raises(ValueError, match="Give the upstream gradient"):
        evaluation.gradient()


def test_what_a_wrong_formula_says_is_evaluated_as_it_stands(rng):
    """An erroneous twin: eps outside the root."""
    right = NORMS["batch_norm"](eps=0.5).derive()
    mean, var, eps = sp.IndexedBase("mean")[k], sp.IndexedBase("var")[k], sp.Symbol("epsilon", positive=True)
    wrong = Formula(y[HERE], over(add(x[HERE], neg(mean)), add(root(var), eps)))
    values = rng.normal(size=(2, 3, 4, 5))
    twin = Evaluation(
        replace(right, definition=(*right.definition[:2], wrong)),
        {"x": values, "gamma": np.ones(3), "beta": np.zeros(3)},
    )
    centred = values - values.mean((0, 2, 3), keepdims=True)
    np.testing.assert_allclose(twin.y, centred / (values.std((0, 2, 3), keepdims=True) + 0.5), rtol=1e-12)


def test_arithmetic_asks_for_each_term_once_named_in_the_order_of_reading():
    total = PoolSum(dy[HERE], (i, j))
    formula = over(add(x[HERE], neg(mul(total, v[k])), Tagged(x[HERE], "term1")), root(add(v[k], 1)))
    assert terms(formula) == (x[HERE], total, v[k])
    numbers = {x[HERE]: np.float64(8), total: np.float64(2), v[k]: np.float64(3)}
    assert arithmetic(formula, numbers.__getitem__) == pytest.approx((8 - 6 + 8) / 2)
