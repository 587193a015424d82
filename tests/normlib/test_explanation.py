"""Every number explains itself: what is printed is read again, and what a term is made of is moved."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from normlib import NONE, NORMS
from normlib.evaluation import Evaluation
from normlib.explanation import explain
from normlib.layout import to_nchw
from normlib.nodes import HERE, add, k, neg, over, root, x, y
from normlib.origins import Cells
from normlib.symbolic import Formula
from tests.normlib.conftest import inputs_for, run
from tests.normlib.test_contract import every_norm, every_variant, inside


@pytest.fixture
def rng():
    return np.random.default_rng(2012)


def setting(norm, rng, shape=(2, 5, 3, 4)):
    """Inputs as `_forward` takes them, a random upstream gradient, and a cell in the middle."""
    inputs = inside(norm, inputs_for(norm, rng, shape))
    dy = rng.normal(size=inputs["x"].shape)
    return inputs, dy, tuple(n // 2 for n in dy.shape)


# The arithmetic.


@every_variant
def test_the_last_line_is_what_forward_and_backward_give_at_the_cell(norm, rng):
    outer = inputs_for(norm, rng, (2, 5, 3, 4))
    upstream = rng.normal(size=outer["x"].shape)
    output, grads = run(norm, outer, upstream)
    evaluation = Evaluation(norm.derive(), inside(norm, outer), to_nchw(upstream, norm.layout))
    for cell in ((0, 0, 0, 0), tuple(n - 1 for n in evaluation.shape)):
        explanation = explain(evaluation, cell)
        assert explanation.definition[-1].value == pytest.approx(to_nchw(output, norm.layout)[cell], rel=1e-9)
        assert explanation.gradient.value == pytest.approx(to_nchw(grads["x"], norm.layout)[cell], rel=1e-9, abs=1e-11)


@every_variant
def test_who_takes_the_printed_numbers_gets_the_printed_result(norm, rng):
    inputs, dy, cell = setting(norm, rng)
    for line in explain(Evaluation(norm.derive(), inputs, dy), cell).lines:
        result = read(line.result)
        assert result == pytest.approx(line.value, rel=5e-3)
        unit = 10.0 ** (np.floor(np.log10(abs(line.value))) - 2) if line.value else 0
        assert read(line.numbers) == pytest.approx(result, rel=0, abs=1.51 * unit), f"{line.name}: {line.numbers}"


@every_norm
def test_numbers_are_short(norm, rng):
    inputs, dy, cell = setting(norm, rng)
    for line in explain(Evaluation(norm.derive(), inputs, dy), cell).lines:
        digits = [len(re.sub(r"\\cdot.*|[^0-9]", "", term.numeral).lstrip("0")) for term in line.terms]
        assert max(digits) <= 5, line.numbers


def test_batch_normalization_by_hand():
    values = np.array([1.0, 3.0, 5.0, 7.0]).reshape(2, 1, 1, 2)
    inputs = {"x": values, "gamma": np.array([3.0]), "beta": np.array([-10.0])}
    dy = np.array([1.0, 0.0, 0.0, 2.0]).reshape(2, 1, 1, 2)
    explanation = explain(Evaluation(NORMS["batch_norm"](eps=4.0).derive(), inputs, dy), (0, 0, 0, 0))
    shown = {line.name: (plain(line.numbers), line.result) for line in explanation.lines}
    assert shown == {
        "mean": (r"\frac{1}{4} \cdot 16", "4"),
        "var": (r"\frac{1}{4} \cdot 20", "5"),
        "x_hat": (r"\frac{1 - 4}{\sqrt{5 + 4}}", "-1"),
        "y": (r"3 \cdot (-1) + (-10)", "-13"),
        # 4 dy = 4, the sum of dy = 3, that of dy x_hat = -1 + 2 = 1
        "dx": (r"\frac{3}{4 \cdot \sqrt{5 + 4}} \cdot \left(4 \cdot 1 - 3 - (-1) \cdot 1\right)", "0.5"),
    }
    assert [line.symbol for line in explanation.definition] == [
        r"\mu_{k}", r"\sigma_{k}^{2}", r"\hat{x}_{ijkm}", "y_{ijkm}",
    ]  # fmt: skip
    assert plain(explanation.definition[0].latex) == r"\frac{1}{N} \sum_{ijm} x_{ijkm}"


def test_a_difference_of_large_numbers_gets_the_digits_that_it_needs():
    values = (1e6 + np.array([0.001, 0.003, 0.005, 0.007])).reshape(1, 1, 1, 4)
    inputs = {"x": values, "gamma": np.ones(1), "beta": np.zeros(1)}
    line = explain(Evaluation(NORMS["batch_norm"](eps=0.0).derive(), inputs), (0, 0, 0, 3)).definition[2]
    assert read(line.numbers) == pytest.approx(3 / 5**0.5, rel=1e-2)
    assert [len(term.numeral) for term in line.terms[2:]] == [len(r"5 \cdot 10^{-6}"), 1]


def test_without_dy_there_is_no_gradient(rng):
    inputs, _, cell = setting(NORMS["batch_norm"](), rng)
    explanation = explain(Evaluation(NORMS["batch_norm"]().derive(), inputs), cell)
    assert explanation.gradient is None
    assert [line.name for line in explanation.lines] == ["mean", "var", "x_hat", "y"]


def test_lines_that_y_does_not_need_are_left_out(rng):
    norm = NORMS["batch_norm"]()
    right, (inputs, _, cell) = norm.derive(), setting(norm, rng)
    centred = Formula(y[HERE], add(x[HERE], neg(sp.IndexedBase("mean")[k])))
    shorter = replace(right, definition=(*right.definition[:-1], centred))
    assert [line.name for line in explain(Evaluation(shorter, inputs), cell).lines] == ["mean", "y"]


def test_an_erroneous_twin_is_explained_as_it_stands(rng):
    norm = NORMS["batch_norm"](eps=0.5, affine=False)
    right, (inputs, _, cell) = norm.derive(), setting(norm, rng)
    mean, var, eps = sp.IndexedBase("mean")[k], sp.IndexedBase("var")[k], sp.Symbol("epsilon", positive=True)
    wrong = Formula(y[HERE], over(add(x[HERE], neg(mean)), add(root(var), eps)))
    line = explain(Evaluation(replace(right, definition=(*right.definition[:2], wrong)), inputs), cell).lines[-1]
    own = inputs["x"][:, cell[1]]
    assert line.value == pytest.approx((inputs["x"][cell] - own.mean()) / (own.std() + 0.5))
    assert plain(line.latex) == r"\frac{x_{ijkm} - \mu_{k}}{\sqrt{\sigma_{k}^{2}} + \epsilon}"


@pytest.mark.parametrize("cell", [(2, 0, 0, 0), (0, -1, 0, 0), (0, 0, 0)])
def test_a_cell_that_is_not_there_is_refused(cell, rng):
    inputs, _, _ = setting(NORMS["batch_norm"](), rng)
    with pytest.raises(ValueError, match=r"explain: cell must be an index into x \(2, 5, 3, 4\), got .* from 0\."):
        explain(Evaluation(NORMS["batch_norm"]().derive(), inputs), cell)


# The terms.


@every_variant
def test_every_term_is_marked_in_symbols_and_in_numbers_and_no_key_comes_twice(norm, rng):
    inputs, dy, cell = setting(norm, rng)
    explanation = explain(Evaluation(norm.derive(), inputs, dy), cell)
    assert len(explanation.terms) == sum(len(line.terms) for line in explanation.lines)
    for line in explanation.lines:
        keys = {term.key for term in line.terms}
        assert keys
        for text in (line.latex, line.numbers):
            assert set(re.findall(r"\\htmlData\{term=([\w-]+)\}", text)) == keys
            depths = np.cumsum([{"{": 1, "}": -1}.get(c, 0) for c in text])
            assert depths.min() >= 0
            assert depths[-1] == 0
            assert text.isascii()
        for term in line.terms:
            assert rf"\htmlData{{term={term.key}}}{{{term.symbol}}}" in line.latex


@every_norm
def test_the_gradients_paths_are_marked_alike_in_symbols_and_in_numbers(norm, rng):
    inputs, dy, cell = setting(norm, rng)
    line = explain(Evaluation(norm.derive(), inputs, dy), cell).gradient
    paths = re.findall(r"\{path=(\w+)\}", line.latex)
    assert paths == re.findall(r"\{path=(\w+)\}", line.numbers)
    assert (not paths) == (NONE in norm.pool)


def value_of(norm, inputs, dy, cell, key):
    return explain(Evaluation(norm.derive(), inputs, dy), cell).terms[key].value


@every_norm
@pytest.mark.parametrize("tensor", ["x", "dy"])
def test_a_term_moves_with_each_of_its_cells_and_with_no_other(norm, rng, tensor):
    inputs, dy, cell = setting(norm, rng, (2, 6, 4, 5))
    given = {**inputs, "dy": dy}
    explanation = explain(Evaluation(norm.derive(), inputs, dy), cell)
    lines = explanation.definition if tensor == "x" else (explanation.gradient,)
    counted = [t for line in lines for t in line.terms if tensor in {cells.tensor for cells in t.cells}]
    terms = [t for t in counted if t.name or r"\sum" in t.symbol]  # a count moves with nothing
    assert terms
    for term in terms:
        mask = np.any([c.mask(dy.shape) for c in term.cells if c.tensor == tensor], axis=0)
        moved = {**given, tensor: np.where(mask, given[tensor], given[tensor] + rng.normal(size=dy.shape))}
        assert value_of(norm, moved, moved.pop("dy"), cell, term.key) == pytest.approx(term.value, rel=1e-12)
        for at in (tuple(np.argwhere(mask)[0]), tuple(np.argwhere(mask)[-1])):
            moved = {**given, tensor: given[tensor].copy()}
            moved[tensor][at] += 0.5
            assert value_of(norm, moved, moved.pop("dy"), cell, term.key) != term.value


@pytest.mark.parametrize("norm", [NORMS["layer_norm"](), NORMS["instance_norm"](), NORMS["group_norm"](groups=2)])
def test_a_statistic_and_its_count_are_made_of_the_pool(norm, rng):
    inputs, dy, cell = setting(norm, rng, (2, 6, 4, 5))
    terms = explain(Evaluation(norm.derive(), inputs, dy), cell).terms
    for key in ("mean-0", "mean-1", "var-1", "x_hat-1", "x_hat-2"):
        (cells,) = terms[key].cells
        assert cells.tensor == "x"
        np.testing.assert_array_equal(cells.mask(dy.shape), norm.pool.mask(dy.shape, cell))


def test_windows_are_clipped_and_mirrored(rng):
    norm = NORMS["cross_channel_norm"](size=4, alpha=1.0)  # from one below to two above
    inputs, dy, _ = setting(norm, rng, (2, 6, 3, 4))
    terms = explain(Evaluation(norm.derive(), inputs, dy), (1, 0, 2, 3)).terms
    assert terms["s-2"].cells == (Cells("x", (1, 0, 2, 3), (1, 2, 2, 3)),)
    assert terms["y-1"].cells == (Cells("s", (1, 0, 2, 3), (1, 0, 2, 3)), Cells("x", (1, 0, 2, 3), (1, 2, 2, 3)))
    adjoint = explain(Evaluation(norm.derive(), inputs, dy), (1, 3, 2, 3)).gradient.terms[-1]
    assert adjoint.cells == tuple(Cells(tensor, (1, 1, 2, 3), (1, 4, 2, 3)) for tensor in ("dy", "x", "s"))


def test_parameters_and_constants(rng):
    inputs, dy, _ = setting(NORMS["batch_norm"](), rng)
    terms = explain(Evaluation(NORMS["batch_norm"]().derive(), inputs, dy), (1, 3, 2, 3)).terms
    assert terms["y-0"].name == "gamma"
    assert terms["y-0"].cells == (Cells("gamma", (0, 3, 0, 0), (0, 3, 0, 0)),)
    assert (terms["x_hat-3"].name, terms["x_hat-3"].numeral, terms["x_hat-3"].cells) == ("epsilon", "10^{-5}", ())
    assert terms["y-1"].cells == (Cells("x_hat", (1, 3, 2, 3), (1, 3, 2, 3)),)


# A reader of printed numbers, who knows nothing of SymPy.


def plain(text):
    """Leave out the marks."""
    while (start := text.find(r"\htmlData")) >= 0:
        opening = text.index("}", start) + 1
        closing = _matching(text, opening)
        text = text[:start] + text[opening + 1 : closing] + text[closing + 1 :]
    return text


def _matching(text, opening):
    depth = 0
    for at in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise ValueError(text)


def read(text):
    """Work printed mathematics out, as Python."""
    text = plain(text)
    for command, turned in ((r"\frac", "({0})/({1})"), (r"\sqrt", "sqrt({0})")):
        while (start := text.rfind(command)) >= 0:
            parts, at = [], start + len(command)
            for _ in range(turned.count("{")):
                closing = _matching(text, at)
                parts.append(text[at + 1 : closing])
                at = closing + 1
            text = f"{text[:start]}({turned.format(*parts)}){text[at:]}"
    for pattern, turned in [
        (r"\\left\|", "abs("), (r"\\right\|", ")"), (r"\\left\[", "float("), (r"\\right\]", ")"),
        (r"\\left|\\right", ""), (r"\\tanh", "tanh"), (r"\\operatorname\{sgn\}", "sign"), (r"\\max", "maximum"),
        (r"\\cdot", "*"), (r"\\,", " "), (r"e\^", "2.718281828459045^"), (r"\^", "**"), (r"\{", "("), (r"\}", ")"),
    ]:  # fmt: skip
        text = re.sub(pattern, turned, text)
    assert "\\" not in text, text
    names = {name: getattr(np, name) for name in ("sqrt", "tanh", "sign", "maximum", "abs")}
    return float(eval(text, {"__builtins__": {}}, {**names, "float": float}))
