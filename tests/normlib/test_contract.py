"""Laws that every operator obeys, in every variant. A new file in normlib/norms/ is tested with no new test."""

from __future__ import annotations

import inspect
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from normlib import NORMS
from normlib.gradcheck import central_difference, certify, complex_step, random_inputs
from normlib.layout import nchw_cell, to_nchw
from tests.normlib.conftest import OUTER, inner_shape, inputs_for, outer_shape, run

VARIANTS = {f"{key}: {name}": norm for key, cls in NORMS.items() for name, norm in cls.variants().items()}
every_variant = pytest.mark.parametrize("norm", VARIANTS.values(), ids=VARIANTS.keys())
every_norm = pytest.mark.parametrize("norm", [cls() for cls in NORMS.values()], ids=NORMS.keys())


@pytest.fixture
def rng():
    return np.random.default_rng(2015)


# Law 1: the proof.


@every_variant
def test_chain_rule_minus_claim_is_exactly_zero(norm):
    residue = norm.derive().residue
    assert residue
    assert {e for cells in residue.values() for e in cells} == {0}


@every_variant
def test_every_displayed_step_is_an_equation_that_holds(norm):
    derivation = norm.derive()
    for step in derivation.steps:
        for formula in step.formulas:
            assert set(derivation.residue_of(formula)) == {0}, f"{step.title}: {formula.latex()}"


@every_norm
def test_the_proof_holds_where_cells_of_other_pools_stand_beside(norm):
    two_pools = replace(norm.derive(), shape=(2, 2, 1, 2))  # with groups: two of one channel each
    assert {e for cells in two_pools.residue.values() for e in cells} == {0}


@every_variant
def test_a_gradient_is_claimed_and_revealed_for_every_input(norm):
    derivation = norm.derive()
    assert set(derivation.closed_form) == set(derivation.inputs) == {"x", *norm.init(outer_shape(norm))}
    revealed = {formula for step in derivation.steps for formula in step.formulas}
    assert set(derivation.closed_form.values()) <= revealed


# Law 2: the code computes what the slide shows.


@every_variant
@pytest.mark.parametrize("shape", [(2, 3, 2, 3), (3, 7, 1, 4), (4, 1, 5, 6), (2, 9, 6, 3)])
def test_code_computes_the_displayed_formulas(norm, rng, shape):
    inputs = inputs_for(norm, rng, shape)
    dy = rng.normal(size=inputs["x"].shape)
    y, grads = run(norm, inputs, dy)
    y_shown, shown = norm.derive().evaluate(inside(norm, inputs), to_nchw(dy, norm.layout))
    np.testing.assert_allclose(to_nchw(y, norm.layout), y_shown, rtol=1e-10, atol=1e-13)
    assert set(grads) == set(shown)
    for name, grad in inside(norm, grads).items():
        np.testing.assert_allclose(grad, shown[name], rtol=1e-10, atol=1e-12, err_msg=name)


# Law 3: the code agrees with differences, cell by cell.


@every_variant
def test_backward_agrees_with_central_differences_for_random_dy_and_every_input(norm, rng):
    inputs = inputs_for(norm, rng)
    dy = rng.normal(size=inputs["x"].shape)  # random: with dy = 1, dx of a standardizing norm is 0 and proves nothing
    step = 1e-6
    for name, grad in run(norm, inputs, dy)[1].items():
        slopes = np.empty(grad.shape)
        for cell in np.ndindex(grad.shape):
            ends = []
            for sign in (1, -1):
                moved = inputs[name].copy()
                moved[cell] += sign * step
                ends.append((norm.forward(**(inputs | {name: moved}))[0] * dy).sum())
            slopes[cell] = (ends[0] - ends[1]) / (2 * step)
        np.testing.assert_allclose(grad, slopes, rtol=1e-6, atol=1e-7, err_msg=name)


@every_variant
def test_it_is_certified(norm):
    assert certify(norm).holds


# The contract around the mathematics.


@every_variant
def test_backward_names_and_shapes_match_the_inputs(norm, rng):
    inputs = inputs_for(norm, rng)
    _, grads = run(norm, inputs, np.ones_like(inputs["x"]))
    assert {name: grad.shape for name, grad in grads.items()} == {name: a.shape for name, a in inputs.items()}


@every_variant
def test_a_cell_depends_on_itself_and_on_its_pool_and_on_nothing_else(norm, rng):
    """The pool that pictures and quizzes show is the one that the code sums over."""
    inputs = random_inputs(norm, inner_shape(norm, 2, 6, 3, 4), rng)
    x, slope_of = inputs.pop("x"), complex_step if norm.analytic else central_difference
    x *= 20  # a norm above the least one
    if "tau" in inputs:
        inputs["tau"] -= 9  # and no cell below the threshold: there a cell depends on nothing
    params = {name: p + 0j if norm.analytic else p for name, p in inputs.items()}
    shape = OUTER[norm.layout](x).shape
    outside = tuple(length // 2 for length in shape)
    cell = nchw_cell(outside, shape, norm.layout)
    units = (unit.reshape(x.shape) for unit in np.eye(x.size))
    slope = [slope_of(lambda v: norm._forward(v, **params)[0][cell], x, unit) for unit in units]
    expected = to_nchw(norm.pooled(shape, outside), norm.layout).copy()
    expected[cell] = True
    np.testing.assert_array_equal(np.reshape(slope, x.shape) != 0, expected)


@every_variant
def test_inputs_and_upstream_gradient_are_left_alone(norm, rng):
    inputs = inputs_for(norm, rng)
    dy = rng.normal(size=inputs["x"].shape)
    before = {name: a.copy() for name, a in inputs.items()} | {"dy": dy.copy()}
    run(norm, inputs, dy)
    for name, a in (inputs | {"dy": dy}).items():
        np.testing.assert_array_equal(a, before[name])


@every_variant
def test_writing_to_y_does_not_reach_the_cache(norm, rng):
    inputs = inputs_for(norm, rng)
    dy = rng.normal(size=inputs["x"].shape)
    y, cache = norm.forward(**inputs)
    before = norm.backward(dy, cache)
    y[...] = 7.0
    for name, grad in norm.backward(dy, cache).items():
        np.testing.assert_array_equal(grad, before[name])


@every_variant
def test_no_two_parameters_of_the_start_share_memory(norm):
    start = norm.init(outer_shape(norm))
    for one, other in combinations(start, 2):
        assert not np.shares_memory(start[one], start[other]), f"{one} and {other}"


@every_variant
def test_operators_are_values(norm):
    twin = replace(norm)
    assert twin == norm
    assert hash(twin) == hash(norm)
    assert twin.derive() is norm.derive()


@pytest.mark.parametrize("cls", NORMS.values(), ids=NORMS.keys())
def test_variants_are_distinct_in_name_and_hold_the_presets(cls):
    assert set(cls.presets()) < set(cls.variants())
    assert all(isinstance(norm, cls) for norm in cls.variants().values())


@every_norm
def test_every_number_among_the_fields_declares_its_symbol_and_range(norm):
    numbers = {
        name for name, value in vars(norm).items() if isinstance(value, int | float) and value not in (True, False)
    }
    assert numbers <= set(norm.hypers()) <= set(vars(norm))
    for name, hyper in norm.hypers().items():
        assert hyper.low <= getattr(norm, name) <= hyper.high
        assert hyper.doc


@every_norm
def test_the_lecture_is_in_words_and_leaves_the_formula_to_the_derivation(norm):
    text = inspect.getmodule(type(norm)).__doc__
    assert "$" not in text
    assert "\\" not in text
    assert norm.paper.url.startswith("https://")


def inside(norm, arrays):
    """Turn x and what is named like a parameter into what `_forward` takes."""
    params = norm._inward(arrays["x"].shape, {name: a for name, a in arrays.items() if name != "x"})
    return {"x": to_nchw(arrays["x"], norm.layout), **params}
