"""Formulas: how they print, what they mean on arrays, and that both are the same expression."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy as sp

from normlib import NONE, NORMS, Groups, Pool, Span
from normlib.grounding import Grounding
from normlib.latex import tex
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
    add,
    apply,
    around,
    dy,
    i,
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
from normlib.symbolic import Derivation, Formula

DERIVATIONS = {f"{key}: {name}": norm.derive() for key, cls in NORMS.items() for name, norm in cls.variants().items()}
every_derivation = pytest.mark.parametrize("derivation", DERIVATIONS.values(), ids=DERIVATIONS.keys())
COLORS = {"term1": "#00695C", "term2": "#86307A", "term3": "#7A5A00", "pool": "#1C1B19"}
# All that KaTeX needs to know for these formulas.
KNOWN = {
    "alpha", "bar", "begin", "beta", "delta", "end", "epsilon", "frac", "gamma", "hat", "in", "kappa", "lambda",
    "lceil", "left", "lfloor", "mathrm", "max", "min", "mu", "nu", "operatorname", "partial", "rceil", "rfloor",
    "right", "sigma", "sqrt", "sum", "tanh", "tau", "textcolor", "tfrac", "times",
}  # fmt: skip


def formulas(derivation):
    return [
        *derivation.definition,
        *derivation.closed_form.values(),
        *(f for s in derivation.steps for f in s.formulas),
    ]


@every_derivation
def test_latex_is_balanced_and_uses_only_what_katex_knows(derivation):
    for formula in formulas(derivation):
        for text in (formula.latex(), formula.latex(COLORS)):
            depths = np.cumsum([{"{": 1, "}": -1}.get(c, 0) for c in text])
            assert depths.min() >= 0
            assert depths[-1] == 0
            assert text.count(r"\left") == text.count(r"\right")
            assert set(re.findall(r"\\([A-Za-z]+)", text)) <= KNOWN, text
            assert "#}" not in text


@every_derivation
def test_colours_touch_the_named_terms_and_nothing_else(derivation):
    for formula in formulas(derivation):
        plain = formula.latex()
        assert "textcolor" not in plain
        colored = formula.latex(COLORS)
        for tag in ("term1", "term2", "term3"):
            uses = sum(str(t.args[1]) == tag for t in formula.rhs.atoms(Tagged))
            assert colored.count(COLORS[tag]) == uses
        assert formula.latex({}) == plain


@pytest.mark.parametrize("key", NORMS)
def test_the_last_steps_show_every_path_by_its_tag(key):
    derivation = NORMS[key]().derive()
    centred = any(formula.name == "mean" for formula in derivation.definition)
    tags = {str(t.args[1]) for t in derivation.closed_form["x"].rhs.atoms(Tagged)}
    if NONE in NORMS[key]().pool:  # no statistic, so a single path
        assert tags == set()
    else:
        assert tags == ({"term1", "term2", "term3"} if centred else {"term1", "term2"})


def test_batch_normalizations_slide_word_for_word():
    derivation = NORMS["batch_norm"]().derive()
    assert [f.latex() for f in derivation.definition] == [
        r"\mu_{k} = \frac{1}{N} \sum_{ijm} x_{ijkm}",
        r"\sigma_{k}^{2} = \frac{1}{N} \sum_{ijm} \left(x_{ijkm} - \mu_{k}\right)^{2}",
        r"\hat{x}_{ijkm} = \frac{x_{ijkm} - \mu_{k}}{\sqrt{\sigma_{k}^{2} + \epsilon}}",
        r"y_{ijkm} = \gamma_{k}\,\hat{x}_{ijkm} + \beta_{k}",
    ]
    assert derivation.closed_form["x"].latex() == (
        r"\frac{\partial l}{\partial x_{ijkm}} = \frac{\gamma_{k}}{N\,\sqrt{\sigma_{k}^{2} + \epsilon}} "
        r"\left(N\,\mathrm{d}y_{ijkm} - \sum_{i'j'm'} \mathrm{d}y_{i'j'km'} "
        r"- \hat{x}_{ijkm} \sum_{i'j'm'} \mathrm{d}y_{i'j'km'}\,\hat{x}_{i'j'km'}\right)"
    )
    assert [step.title for step in derivation.steps] == [
        "Chain rule", "Three paths", "The mean and the variance", "Substitute", "Sum", "Closed form", "Scale and shift",
    ]  # fmt: skip


def test_a_window_is_written_with_its_set_and_the_example_is_left_out():
    derivation = NORMS["cross_channel_norm"]().derive()
    assert derivation.definition[0].latex() == r"s_{ijk} = \kappa + \alpha \sum_{k'\in G(k)} x_{ijk'}^{2}"
    assert derivation.definition[1].latex() == (
        r"G(k) = [\max(1,\,k - \lfloor \tfrac{N - 1}{2} \rfloor),\ \min(D,\,k + \lceil \tfrac{N - 1}{2} \rceil)]"
    )
    assert r"\sum_{k'\,:\,k\in G(k')}" in derivation.closed_form["x"].latex()


def test_spatial_normalizations_slide_word_for_word():
    assert [f.latex() for f in NORMS["spatial_norm"]().derive().definition] == [
        r"n_{ijk}^{2} = \frac{1}{\left|G(i,j)\right|} \sum_{(i',j')\in G(i,j)} x_{i'j'k}^{2}",
        r"G(i,j) = \begin{aligned}"
        r"&[\max(1,\,i - \lfloor \tfrac{H' - 1}{2} \rfloor),\ \min(H,\,i + \lceil \tfrac{H' - 1}{2} \rceil)] \\ "
        r"&\times [\max(1,\,j - \lfloor \tfrac{W' - 1}{2} \rfloor),\ \min(W,\,j + \lceil \tfrac{W' - 1}{2} \rceil)]"
        r"\end{aligned}",
        r"y_{ijk} = \frac{x_{ijk}}{\left(1 + \alpha n_{ijk}^{2}\right)^{\beta}}",
    ]


def test_group_normalizations_slide_word_for_word():
    derivation = NORMS["group_norm"]().derive()
    assert [f.latex() for f in derivation.definition[:3]] == [
        r"\mu_{km} = \frac{1}{N} \sum_{ij} \sum_{k'\in G(k)} x_{ijk'm}",
        r"G(k) = \{k' : \lceil \tfrac{g\,k'}{D} \rceil = \lceil \tfrac{g\,k}{D} \rceil\}",
        r"\sigma_{km}^{2} = \frac{1}{N} \sum_{ij} \sum_{k'\in G(k)} \left(x_{ijk'm} - \mu_{km}\right)^{2}",
    ]
    assert derivation.closed_form["x"].latex() == (
        r"\frac{\partial l}{\partial x_{ijkm}} = \frac{1}{N\,\sqrt{\sigma_{km}^{2} + \epsilon}} "
        r"\left(N \gamma_{k}\,\mathrm{d}y_{ijkm} - \sum_{i'j'} \sum_{k'\in G(k)} \gamma_{k'}\,\mathrm{d}y_{i'j'k'm} "
        r"- \hat{x}_{ijkm} \sum_{i'j'} \sum_{k'\in G(k)} \gamma_{k'}\,\mathrm{d}y_{i'j'k'm}\,\hat{x}_{i'j'k'm}\right)"
    )


def test_layer_normalizations_gamma_varies_within_the_pool_and_stays_under_the_sums():
    assert NORMS["layer_norm"]().derive().closed_form["x"].latex() == (
        r"\frac{\partial l}{\partial x_{ijkm}} = \frac{1}{N\,\sqrt{\sigma_{m}^{2} + \epsilon}} "
        r"\left(N \gamma_{ijk}\,\mathrm{d}y_{ijkm} - \sum_{i'j'k'} \gamma_{i'j'k'}\,\mathrm{d}y_{i'j'k'm} "
        r"- \hat{x}_{ijkm} \sum_{i'j'k'} \gamma_{i'j'k'}\,\mathrm{d}y_{i'j'k'm}\,\hat{x}_{i'j'k'm}\right)"
    )


def test_root_mean_square_normalizations_slide_word_for_word():
    assert [f.latex() for f in NORMS["rms_norm"]().derive().definition] == [
        r"r_{ijm}^{2} = \frac{1}{N} \sum_{k} x_{ijkm}^{2}",
        r"\hat{x}_{ijkm} = \frac{x_{ijkm}}{\sqrt{r_{ijm}^{2} + \epsilon}}",
        r"y_{ijkm} = \gamma_{k}\,\hat{x}_{ijkm}",
    ]


def test_a_window_of_one_cell_is_written_like_any_other():
    one, five = (NORMS["cross_channel_norm"](size=size).derive().definition for size in (1, 5))
    assert one == five


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (over(1, 2), r"\frac{1}{2}"),
        (sp.Rational(-3, 2), r"-\frac{3}{2}"),
        (neg(x[HERE]), "-x_{ijkm}"),
        (add(neg(x[HERE]), -1), "-x_{ijkm} - 1"),
        (mul(2, add(x[i], 1)), r"2 \left(x_{i} + 1\right)"),
        (add(x[i], 1) ** 2, r"\left(x_{i} + 1\right)^{2}"),
        (root(add(x[i], 1)), r"\sqrt{x_{i} + 1}"),
        (sp.Pow(add(x[i], 1), -sp.Rational(3, 2)), r"\left(x_{i} + 1\right)^{-3/2}"),
        (sp.IndexedBase("var")[k] ** 2, r"\left(\sigma_{k}^{2}\right)^{2}"),
        (Same((i, k), (j, m)), r"\delta_{ij}\delta_{km}"),
        (Inside((i, j), (k, m)), r"\left[(i,j)\in G(k,m)\right]"),
        (PoolSize((i,)), "N"),
        (mul(Length(i), Length(k)), "H D"),
        (PoolSize((i,), (j,)), r"\left|G(j)\right|"),
        (mul(y[k], apply(sp.tanh, mul(2, x[i]))), r"y_{k}\,\tanh\left(2 x_{i}\right)"),
        (apply(sp.exp, neg(x[i])), "e^{-x_{i}}"),
        (apply(sp.Abs, x[i]), r"\left|x_{i}\right|"),
        (apply(sp.sign, x[i]), r"\operatorname{sgn}\left(x_{i}\right)"),
        (apply(sp.Max, x[i], 1), r"\max\left(1,\,x_{i}\right)"),
        (Above(x[i], y[k]), r"\left[x_{i} > y_{k}\right]"),
        (Partial(loss, x[HERE]), r"\frac{\partial l}{\partial x_{ijkm}}"),
        (mul(PoolSum(x[i], (i,)), y[k]), r"\left(\sum_{i} x_{i}\right) y_{k}"),
        (PoolSum(add(x[i], 1), (i,)), r"\sum_{i} \left(x_{i} + 1\right)"),
    ],
)
def test_each_kind_of_term_prints(expr, text):
    assert tex(expr) == text


@pytest.mark.parametrize("reader", [tex, lambda e: ground().array(e, (k,))])
def test_a_foreign_term_is_named(reader):
    with pytest.raises(TypeError, match=r"must be built of normlib.nodes, got .*sin.* Add a case"):
        reader(sp.sin(x[k]))


# What formulas mean.


def ground(definition=(), n=4):
    values = np.arange(1.0, n + 1)
    leaves = {"x": values.reshape(1, 1, n, 1), "dy": np.ones((1, 1, n, 1)), "v": values}
    return Grounding(definition, Pool(c=Span(0, 1)), (1, n, 1, 1), leaves, {})


v, half = sp.IndexedBase("v"), sp.IndexedBase("half")


@pytest.mark.parametrize(
    ("expr", "values"),
    [
        (v[k] ** 2, [1, 4, 9, 16]),
        (PoolSum(v[kp], (kp,)), [10, 10, 10, 10]),
        (PoolSum(1, (kp,)), [4, 4, 4, 4]),
        (PoolSum(v[kp], (kp,), (k,)), [3, 5, 7, 4]),
        (PoolSum(v[kp], (kp,), (k,), adjoint=True), [1, 3, 5, 7]),
        (PoolSize((k,)), [4, 4, 4, 4]),
        (add(Length(k), Length(m)), [5, 5, 5, 5]),
        (PoolSize((k,), (k,)), [2, 2, 2, 1]),
        (PoolSum(mul(v[kp], Same((k,), (kp,))), (kp,)), [1, 2, 3, 4]),
        (PoolSum(mul(v[kp], Inside((kp,), (k,))), (kp,)), [3, 5, 7, 4]),
        (mul(2, half[k]), [1, 2, 3, 4]),
        (Tagged(neg(v[k]), "term1"), [-1, -2, -3, -4]),
        (apply(sp.Max, v[k], 3), [3, 3, 3, 4]),
        (Above(v[k], 2), [0, 0, 1, 1]),
        (apply(sp.sign, add(v[k], -3)), [-1, -1, 0, 1]),
        (apply(sp.Abs, add(v[k], -3)), [2, 1, 0, 1]),
    ],
)
def test_a_term_means_what_it_says(expr, values):
    definition = (Formula(half[k], over(v[k], 2)),)
    np.testing.assert_array_equal(ground(definition).array(expr, (k,)), values)


def test_a_group_is_read_as_it_is_displayed():
    """Two of the four channels in each; shown as four of one each, the sums follow what is shown."""
    leaves = {"x": np.zeros((1, 1, 4, 1)), "v": np.arange(1.0, 5.0)}
    total, number = PoolSum(v[kp], (kp,), (k,)), sp.Symbol("g", positive=True)
    pool, shape, shown = Pool(c=Groups(2)), (1, 4, 1, 1), (Formula(around[k], GroupOf(k, number)),)
    for definition, sums, size in ((), [3, 3, 7, 7], 2), (shown, [1, 2, 3, 4], 1):
        grounding = Grounding(definition, pool, shape, leaves, {number: 4})
        np.testing.assert_array_equal(grounding.array(total, (k,)), sums)
        np.testing.assert_array_equal(grounding.array(PoolSize((i, k)), ()), size)


@pytest.mark.parametrize(
    ("value", "slope", "wrong"),
    [
        (apply(sp.tanh, x[HERE]), add(1, neg(apply(sp.tanh, x[HERE]) ** 2)), sp.Integer(1)),
        (apply(sp.exp, neg(x[HERE])), neg(apply(sp.exp, neg(x[HERE]))), apply(sp.exp, neg(x[HERE]))),
        (apply(sp.Abs, x[HERE]), apply(sp.sign, x[HERE]), sp.Integer(1)),
        (apply(sp.Max, x[HERE], 2), Above(x[HERE], 2), Above(2, x[HERE])),
    ],
)
def test_a_function_and_its_slope_are_proved_and_evaluated(value, slope, wrong):
    claim = Formula(Partial(loss, x[HERE]), mul(dy[HERE], slope))
    norm, definition = NORMS["batch_norm"](), (Formula(y[HERE], value),)
    derivation = Derivation(norm, (1, 2, 1, 1), {"x": HERE}, definition, (), {"x": claim})
    assert set(derivation.residue["x"]) == {0}
    assert set(derivation.residue_of(Formula(claim.lhs, mul(dy[HERE], wrong)))) != {0}
    values, upstream = np.random.default_rng(0).normal(size=(2, 1, 40, 1, 1)) * 2
    _, grads = derivation.evaluate({"x": values}, upstream)
    ends = [derivation.evaluate({"x": values + step}, upstream)[0] for step in (1e-6, -1e-6)]
    np.testing.assert_allclose(grads["x"], upstream * (ends[0] - ends[1]) / 2e-6, rtol=1e-7, atol=1e-8)


def test_a_parameter_without_index_is_a_plain_symbol():
    """With one v for all cells, as in y = v x, its gradient gathers all cells, in the proof and in numbers."""
    norm, scale = NORMS["batch_norm"](), sp.Symbol("v")
    claim = Formula(Partial(loss, scale), PoolSum(mul(dy[HERE], x[HERE]), HERE))
    wrong = Formula(Partial(loss, scale), PoolSum(dy[HERE], HERE))
    definition = (Formula(y[HERE], mul(scale, x[HERE])),)
    derivation = Derivation(norm, (1, 2, 1, 2), {"x": HERE, "v": ()}, definition, (), {"v": claim})
    assert set(derivation.residue["v"]) == {0}
    assert set(derivation.residue_of(wrong)) != {0}
    values, upstream = np.random.default_rng(0).normal(size=(2, 2, 3, 1, 2))
    shown, grads = derivation.evaluate({"x": values, "v": np.array(3.0)}, upstream)
    np.testing.assert_allclose(shown, 3 * values)
    assert grads["v"] == pytest.approx((upstream * values).sum())


def test_an_index_named_twice_takes_the_diagonal():
    square = sp.IndexedBase("square")
    leaves = {"x": np.zeros((1, 1, 3, 1)), "square": np.arange(9.0).reshape(3, 3)}
    grounding = Grounding((), Pool(), (1, 3, 1, 1), leaves, {})
    np.testing.assert_array_equal(grounding.array(square[k, k], (k,)), [0, 4, 8])
    np.testing.assert_array_equal(grounding.array(square[kp, k], (k, kp)), np.arange(9.0).reshape(3, 3).T)


def test_numbers_have_no_derivative():
    with pytest.raises(TypeError, match="derivatives must be of symbols"):
        ground((Formula(y[HERE], x[HERE]),)).array(Partial(loss, x[HERE]), HERE)


def test_the_upstream_gradient_is_the_derivative_by_y():
    np.testing.assert_array_equal(ground().array(Partial(loss, y[HERE]), HERE), np.ones((1, 1, 4, 1)))
    np.testing.assert_array_equal(ground().array(dy[HERE], HERE), np.ones((1, 1, 4, 1)))


def test_symbols_take_the_value_of_their_field():
    derivation = NORMS["cross_channel_norm"](size=1, k=2.0, alpha=3.0, beta=1.0).derive()
    values = np.array([1.0, 2.0]).reshape(1, 2, 1, 1)
    shown, _ = derivation.evaluate({"x": values}, np.ones_like(values))
    np.testing.assert_allclose(shown.ravel(), [1 / 5, 2 / 14])
    assert set(derivation.constants.values()) == {"size", "k", "alpha", "beta"}


def test_formulas_are_values():
    assert NORMS["batch_norm"]._derive(NORMS["batch_norm"]()).definition == NORMS["batch_norm"]().derive().definition
    formula = NORMS["batch_norm"]().derive().definition[0]
    assert formula.eq.lhs == formula.lhs
    assert formula.eq.rhs == formula.rhs
    assert formula.name == "mean"
    assert formula.free == (k,)
