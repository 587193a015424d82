"""Local derivatives of displayed formulas: against differences of the formula itself, and word for word."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from normlib import NORMS
from normlib.explanation import needed
from normlib.grounding import Grounding
from normlib.latex import tex
from normlib.nodes import AXIS, HERE, PoolSum, add, apply, i, k, kp, mul, name_of, neg, over, root, x, y
from normlib.pool import Groups
from normlib.slopes import local_slope, partial, quantities, slope
from normlib.symbolic import Formula
from tests.normlib.test_contract import every_variant

a, b = sp.symbols("a b")


def indices_of(quantity):
    return quantity.indices if isinstance(quantity, sp.Indexed) else ()


@every_variant
def test_a_slope_is_what_differences_of_the_formula_give(norm):
    """Read cell by cell, with every quantity that the right side names an array of its own."""
    rng = np.random.default_rng(0)
    derivation, shape, cell, step = norm.derive(), (2, 4, 3, 2), (1, 2, 1, 0), 1e-6
    grouped = isinstance(norm.pool.c, Groups)
    pool = norm.pool._replace(c=Groups(2)) if grouped else norm.pool
    constants = {symbol: float(getattr(norm, name)) for symbol, name in derivation.constants.items()}
    constants |= {symbol: 2.0 for symbol in constants if grouped and symbol.name == "g"}
    sets = tuple(f for f in derivation.definition if f.name == "G")

    def read(e, free, leaves):
        return Grounding(sets, pool, shape, leaves, constants).array(e, free)

    for let in needed(derivation.definition):
        named = {name_of(q): indices_of(q) for q in quantities(let.rhs) if q not in constants}
        leaves = {"x": np.zeros(shape)} | {
            name: rng.uniform(0.5, 1.5, [shape[AXIS[a]] for a in indices]) for name, indices in named.items()
        }
        value = read(let.rhs, let.free, leaves)
        for name, indices in named.items():
            ends = []
            for sign in (1, -1):
                moved = leaves[name].copy()
                moved[tuple(cell[AXIS[a]] for a in indices)] += sign * step
                ends.append(read(let.rhs, let.free, leaves | {name: moved})[tuple(cell[AXIS[a]] for a in let.free)])
            shown = read(local_slope(let, name), HERE, leaves | {let.name: value})
            here = shown[tuple(cell[AXIS[a]] for a in HERE)]
            assert here == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-5, abs=1e-8), f"{let.name}, {name}"


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (a, "1"),
        (b, "0"),
        (neg(a), "-1"),
        (add(a, mul(3, a)), "1 + 3"),
        (mul(b, a, 2), "2 b"),
        (over(b, a), r"-\frac{b}{a^{2}}"),
        (a**2, "2 a"),
        (a**3, "3 a^{2}"),
        (sp.Pow(a, b, evaluate=False), "b a^{b - 1}"),
        (over(1, sp.Pow(a, b)), "-b a^{-b - 1}"),
        (root(add(a, b)), r"\frac{1}{2\,\sqrt{a + b}}"),
        (over(1, root(add(a, b))), r"-\frac{1}{2 \left(a + b\right)^{3/2}}"),
        (apply(sp.exp, mul(2, a)), "2 e^{2 a}"),
        (apply(sp.tanh, mul(b, a)), r"\left(1 - \left(\tanh\left(b a\right)\right)^{2}\right) b"),
        (apply(sp.Abs, a), r"\operatorname{sgn}\left(a\right)"),
        (apply(sp.Max, a, b), r"\left[a > b\right]"),
    ],
)
def test_each_kind_of_term_has_its_slope(expr, text):
    assert tex(partial(expr, a, Formula(y[HERE], sp.Integer(0)))) == text


def test_what_equals_the_right_side_is_called_by_its_left_side():
    sigma = sp.Symbol("sigma")
    assert tex(partial(root(add(a, b)), a, Formula(sigma, root(add(a, b))))) == r"\frac{1}{2 \sigma}"
    x_hat = sp.IndexedBase("x_hat")[HERE]
    flat = partial(apply(sp.tanh, a), a, Formula(x_hat, apply(sp.tanh, a)))
    assert tex(flat) == r"1 - \hat{x}_{ijkm}^{2}"


def test_of_a_sum_the_cells_own_term_is_left_and_what_all_cells_share_keeps_the_sum():
    let = Formula(y[HERE], PoolSum(mul(x[kp], b), (kp,), (k,)))
    assert slope(let.rhs, x[kp], let) == b
    assert tex(slope(let.rhs, b, let)) == r"\sum_{k'\in G(k)} x_{k'}"
    twice = Formula(y[HERE], PoolSum(x[kp] ** 2, (kp,), (k,)))
    assert local_slope(twice, "x") == mul(2, x[k])


def test_batch_normalizations_steps_word_for_word():
    lets = {f.name: f for f in NORMS["batch_norm"]().derive().definition}
    steps = [("mean", "x"), ("var", "x"), ("var", "mean"), ("x_hat", "x"), ("x_hat", "mean"), ("x_hat", "var")]
    assert [tex(local_slope(lets[end], start)) for end, start in steps] == [
        r"\frac{1}{N}",
        r"\frac{2 \left(x_{ijkm} - \mu_{k}\right)}{N}",
        r"-\frac{2 \sum_{ijm} \left(x_{ijkm} - \mu_{k}\right)}{N}",
        r"\frac{1}{\sqrt{\sigma_{k}^{2} + \epsilon}}",
        r"-\frac{1}{\sqrt{\sigma_{k}^{2} + \epsilon}}",
        r"-\frac{x_{ijkm} - \mu_{k}}{2 \left(\sigma_{k}^{2} + \epsilon\right)^{3/2}}",
    ]


def test_what_is_not_named_has_no_slope():
    assert local_slope(Formula(y[HERE], PoolSum(x[HERE], (i,))), "dy") == 0


def test_a_slope_by_an_exponent_is_refused():
    with pytest.raises(TypeError, match=r"b must stand in arithmetic, and in no exponent, got a\*\*b"):
        partial(a**b, b, Formula(y[HERE], a**b))
