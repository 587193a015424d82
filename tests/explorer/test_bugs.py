"""Each erroneous twin is really wrong, wrong in the way it says, and caught by the gradient check."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from classroom.errata import ERRATA
from classroom.explorer.bugs import BUGS, bugs_for, gradient_check
from classroom.explorer.bugs.check import LIMIT
from normlib import NORMS, Norm
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.cross_channel_norm import CrossChannelNorm
from normlib.norms.dynamic_tanh import DynamicTanh
from normlib.norms.filter_response_norm import FilterResponseNorm
from normlib.norms.group_norm import GroupNorm
from normlib.norms.instance_norm import InstanceNorm
from normlib.norms.layer_norm import LayerNorm
from normlib.norms.local_response_norm import LocalResponseNorm
from normlib.norms.lp_norm import LpNorm
from normlib.norms.mean_variance_norm import MeanVarianceNorm
from normlib.norms.rms_norm import RMSNorm
from normlib.norms.spatial_norm import SpatialNorm

VARIANTS = {
    key: tuple(dict.fromkeys(norm for norm in kind.variants().values() if norm.layout == "NCHW"))
    for key, kind in NORMS.items()
}
PAIRS = [
    pytest.param(bug, fitting, id=f"{bug.key}: {key}")
    for key, norms in VARIANTS.items()
    for bug in BUGS.values()
    if (fitting := [norm for norm in norms if bug.fits(norm)])
]
every_bug_of_every_operator = pytest.mark.parametrize(("bug", "norms"), PAIRS)
every_operator = pytest.mark.parametrize("norms", VARIANTS.values(), ids=VARIANTS.keys())


def case(norm, shape=(2, 4, 5, 6), seed=0):
    """Random x off centre, parameters that are not 1, and dy with a mean."""
    rng = np.random.default_rng(seed)
    shape = norm.pool.fit(shape)
    params = {name: rng.uniform(0.5, 1.5, p.shape) for name, p in norm.init(shape).items()}
    return rng.normal(1.0, 2.0, shape), params, rng.normal(0.3, 1.0, shape)


def is_visible(bug, norm, x, params, dy):
    y, cache = norm.forward(x, **params)
    right = y if bug.where == "forward" else norm.backward(dy, cache)[bug.of]
    return np.abs(bug.error(norm, x, params, dy)).max() > 1e-3 * np.abs(right).max()


# Every bug is real.


def test_every_operator_has_bugs_and_every_bug_an_operator():
    for key, norms in VARIANTS.items():
        assert any(bugs_for(norm) for norm in norms), key
    assert {pair.values[0].key for pair in PAIRS} == set(BUGS)


@every_bug_of_every_operator
def test_some_input_shows_the_bug_and_there_the_gradient_check_fails(bug, norms):
    shown = [norm for norm in norms if is_visible(bug, norm, *case(norm))]
    assert shown
    for norm in shown:
        assert not gradient_check(bug, norm, *case(norm), cells=12).holds


@every_bug_of_every_operator
def test_what_is_not_wrong_is_the_operators_own_and_no_input_is_changed(bug, norms):
    for norm in norms:
        x, params, dy = case(norm)
        for array in (x, dy, *params.values()):
            array.setflags(write=False)
        y, cache = norm.forward(x, **params)
        right, found = norm.backward(dy, cache), bug.backward(norm, x, params, dy)
        wrong = set() if bug.where == "forward" else {bug.of}
        assert {name: g.shape for name, g in found.items()} == {name: g.shape for name, g in right.items()}
        for name in right.keys() - wrong:
            np.testing.assert_array_equal(found[name], right[name])
        off = bug.forward(norm, x, params) - y
        if bug.where == "backward":
            np.testing.assert_array_equal(off, 0)
            off = found[bug.of] - right[bug.of]
        np.testing.assert_array_equal(bug.error(norm, x, params, dy), off)


# The gradient check says what differences of the whole tensor say.


@every_operator
def test_the_check_holds_for_the_right_operator(norms):
    for norm in norms:
        check = gradient_check(None, norm, *case(norm))
        assert check.holds
        assert check.largest < 1e-7


@every_bug_of_every_operator
def test_moving_a_block_gives_the_slopes_of_the_whole_tensor(bug, norms):
    for norm in norms:
        x, params, dy = case(norm)
        check = gradient_check(bug, norm, x, params, dy, asked=(1, 0, 2, 3), cells=5)
        inputs = {"x": x, **params}
        for place, slope in zip(check.cells, check.numeric, strict=True):
            ends = []
            for step in (1e-5, -1e-5):
                moved = {name: value.copy() for name, value in inputs.items()}
                moved[check.of][place] += step
                ends.append(bug.forward(norm, moved.pop("x"), moved))
            expected = (dy * (ends[0] - ends[1])).sum() / 2e-5
            assert slope == pytest.approx(expected, rel=1e-4, abs=1e-5 * np.abs(check.numeric).max() + 1e-9)


def test_the_asked_cell_comes_first_and_both_ends_are_looked_at():
    norm = SpatialNorm()
    check = gradient_check(None, norm, *case(norm), asked=(1, 2, 3, 4))
    assert check.cells[0] == (1, 2, 3, 4)
    assert {(0, 0, 0, 0), (1, 3, 4, 5)} <= set(check.cells)
    assert len(set(check.cells)) == len(check.cells)


def test_the_worst_cell_has_the_largest_error():
    norm = SpatialNorm(height=3, width=3)
    x, params, dy = case(norm, (1, 1, 9, 9))
    check = gradient_check(BUGS["full_area_at_borders"], norm, x, params, dy)
    gaps = np.abs(check.claimed - check.numeric)
    assert check.worst == check.cells[int(np.argmax(gaps))]
    assert gaps[check.cells.index((0, 0, 0, 0))] > 0


@pytest.mark.parametrize("key", ["window_not_mirrored", "delta_forgotten", "bracket_constant"])
def test_a_dy_of_one_small_patch_is_enough(key):
    norm = SpatialNorm(height=4, width=4)
    x, params, dy = case(norm, (2, 3, 40, 40))
    dy[:] = 0
    dy[1, 2, 20:24, 8:12] = 1.0
    assert gradient_check(None, norm, x, params, dy).holds
    assert not gradient_check(BUGS[key], norm, x, params, dy).holds


@pytest.mark.parametrize("dy", [0.0, 1.0])
@pytest.mark.parametrize("norm", [BatchNorm(), LayerNorm(), LocalResponseNorm(), LpNorm()])
def test_a_gradient_of_nothing_is_no_failure(norm, dy):
    x, params, _ = case(norm)
    assert gradient_check(None, norm, x, params, np.full_like(x, dy)).holds


def test_with_dy_of_ones_a_missing_variance_path_goes_unseen():
    norm = BatchNorm()
    x, params, dy = case(norm)
    assert gradient_check(BUGS["variance_constant"], norm, x, params, np.ones_like(x)).holds
    assert not gradient_check(BUGS["variance_constant"], norm, x, params, dy).holds


@pytest.mark.parametrize("norm", [FilterResponseNorm(), LpNorm(p=1.0), DynamicTanh()])
def test_many_zeros_are_no_failure_though_a_threshold_has_a_kink_there(norm):
    x, params, dy = case(norm)
    x[np.random.default_rng(1).random(x.shape) < 0.5] = 0.0
    if "tau" in params:
        params |= {"beta": np.zeros(4), "tau": np.zeros(4)}
    check = gradient_check(None, norm, x, params, dy, cells=60)
    assert check.holds
    assert any(x[cell] == 0 for cell in check.cells)


@pytest.mark.parametrize("norm", [BatchNorm(eps=0.0), InstanceNorm(eps=0.0), LayerNorm(eps=0.0), MeanVarianceNorm()])
def test_a_small_spread_around_a_large_mean_is_no_failure(norm):
    x, params, dy = case(norm)
    assert gradient_check(None, norm, 1e6 + 1e-3 * x, params, dy).largest < LIMIT


def test_a_check_with_a_nan_does_not_hold():
    norm = BatchNorm()
    x, params, dy = case(norm)
    x[:, 0] = 3.0
    y = BUGS["eps_forgotten"].forward(norm, x, params)
    assert np.isnan(y[:, 0]).all()
    assert np.isfinite(y[:, 1:]).all()
    assert not gradient_check(BUGS["eps_forgotten"], norm, x, params, dy).holds


# The bugs are those that they say: the textbook's formula with one term changed.


def pooled(norm):
    """The mean over a pool, written out."""
    if isinstance(norm, GroupNorm):
        return lambda v: np.repeat(
            v.reshape(len(v), norm.groups, -1).mean(axis=2).reshape(len(v), norm.groups, 1, 1),
            v.shape[1] // norm.groups,
            axis=1,
        )
    axes = {BatchNorm: (0, 2, 3), LayerNorm: (1, 2, 3), InstanceNorm: (2, 3), MeanVarianceNorm: (2, 3), RMSNorm: (1,)}
    return lambda v: v.mean(axis=axes[type(norm)], keepdims=True)


TEXTBOOK = [
    (BatchNorm(eps=0.3), 60),
    (LayerNorm(eps=0.3), 120),
    (InstanceNorm(eps=0.3), 30),
    (GroupNorm(groups=2, eps=0.3), 60),
    (RMSNorm(eps=0.3), 4),
    (MeanVarianceNorm(eps=0.3, eps_in_root=True), 30),
]
by_the_book = pytest.mark.parametrize(("norm", "n"), TEXTBOOK, ids=lambda value: type(value).__name__)


@by_the_book
def test_the_backward_bugs_are_the_textbooks_gradient_with_a_term_changed(norm, n):
    x, params, dy = case(norm)
    mean = pooled(norm)
    centred = x if isinstance(norm, RMSNorm) else x - mean(x)
    std = np.sqrt(mean(centred**2) + 0.3)
    x_hat = centred / std
    gamma = params.get("gamma", np.ones(4))
    g = dy * (gamma if gamma.ndim == 3 else gamma[:, None, None])
    level = 0 if isinstance(norm, RMSNorm) else mean(g)
    along = x_hat * mean(g * x_hat)
    expected = {
        "mean_constant": g - along,
        "variance_constant": g - level,
        "statistics_constant": g,
        "count_forgotten": g - n * level - n * along,
        "delta_is_one": n * mean(g) - level - along,
        "last_path_added": g - level + along,
    }
    bugs = {bug.key: bug for bug in bugs_for(norm)}
    for key in expected.keys() & bugs.keys():
        found = bugs[key].backward(norm, x, params, dy)["x"]
        np.testing.assert_allclose(found, expected[key] / std, rtol=1e-9, atol=1e-11, err_msg=key)
    assert isinstance(norm, RMSNorm) or expected.keys() <= bugs.keys()


@by_the_book
def test_the_forward_bugs_are_the_textbooks_with_a_term_changed(norm, n):
    x, params, _ = case(norm)
    mean = pooled(norm)
    mu = np.zeros((1, 1, 1, 1)) if isinstance(norm, RMSNorm) else mean(x)
    square = mean((x - mu) ** 2)
    one, none = np.ones(4), np.zeros(4)
    gamma, beta = (params.get(name, usual) for name, usual in (("gamma", one), ("beta", none)))
    scale, shift = (p if p.ndim == 3 else p[:, None, None] for p in (gamma, beta))
    expected = {
        "variance_not_centred": (mu, np.sqrt(mean(x**2) + 0.3)),
        "sum_for_mean": (mu, np.sqrt(n * square + 0.3)),
        "variance_unbiased": (mu, np.sqrt(square * n / (n - 1) + 0.3)),
        "root_forgotten": (mu, square + 0.3),
        "eps_moved": (mu, np.sqrt(square) + 0.3),
        "eps_forgotten": (mu, np.sqrt(square)),
        "mean_kept": (0, np.sqrt(square + 0.3)),
        "mean_taken_off": (mean(x), np.sqrt(mean((x - mean(x)) ** 2) + 0.3)),
    }
    bugs = {bug.key: bug for bug in bugs_for(norm)}
    for key in expected.keys() & bugs.keys():
        off, std = expected[key]
        y = scale * (x - off) / std + shift
        np.testing.assert_allclose(bugs[key].forward(norm, x, params), y, rtol=1e-9, atol=1e-11, err_msg=key)


def test_swapped_axes_are_those_of_the_other_operator():
    batch, layer = BatchNorm(affine=False), LayerNorm(affine=False)
    x, _, _ = case(batch)
    swap = BUGS["axes_swapped"]
    np.testing.assert_allclose(swap.forward(batch, x, {}), layer.forward(x)[0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(swap.forward(layer, x, {}), batch.forward(x)[0], rtol=1e-12, atol=1e-12)
    alone = InstanceNorm(affine=False).forward(x)[0]
    np.testing.assert_allclose(BUGS["each_map_alone"].forward(batch, x, {}), alone, rtol=1e-12, atol=1e-12)


def test_batch_norm_left_in_training_is_the_one_in_training():
    inferring = BatchNorm(training=False)
    x, params, _ = case(inferring)
    trained = BatchNorm().forward(x, gamma=params["gamma"], beta=params["beta"])[0]
    np.testing.assert_array_equal(BUGS["training_at_inference"].forward(inferring, x, params), trained)


# What the talk printed is what the errata say that it printed.


def as_printed(bug, norm):
    """The twin on a case of the errata, with γ = 1 and β = 0."""

    def run(c):
        built = norm(**c.settings) if callable(norm) else norm
        params = built.init(c.x.shape)
        return (
            bug.forward(built, c.x, params) if bug.where == "forward" else bug.backward(built, c.x, params, c.dy)["x"]
        )

    return run


def spatial(height=1, width=1):
    return SpatialNorm(height=height, width=width, alpha=1.0, beta=1.0)


def local(size=1, k=1):
    return LocalResponseNorm(size=size, k=float(k), alpha=1.0, beta=1.0)


OPERATORS = {
    "mvn-denominator": MeanVarianceNorm(),
    "mvn-modes": MeanVarianceNorm(across_channels=True),
    "jacobian-delta": BatchNorm(eps=0.0),
    "jacobian-variance-index": BatchNorm(eps=0.0),
    "cross-channel-k": CrossChannelNorm(size=1, k=1.0, alpha=1.0, beta=1.0),
    "spatial-channel-index": spatial(),
    "spatial-border": spatial,
    "lrn-index": local,
    "lrn-constant": local,
}
OWN_TEST = {"idea-epsilon", "spatial-row-index"}


def test_every_erratum_that_a_bug_names_is_compared():
    assert {bug.erratum for bug in BUGS.values()} - {""} == OPERATORS.keys() | OWN_TEST


@pytest.mark.parametrize("name", OPERATORS)
def test_the_twin_computes_what_was_printed(name):
    (bug,) = (b for b in BUGS.values() if b.erratum == name)
    twin, search = as_printed(bug, OPERATORS[name]), ERRATA[name].evidence
    for c in islice(search.cases(), 200):
        np.testing.assert_allclose(twin(c), search.printed(c), rtol=1e-12, atol=1e-12)


def test_without_eps_the_variance_is_1_as_the_talks_idea_has_it():
    norm = BatchNorm()
    y = BUGS["eps_forgotten"].forward(norm, 1e-3 * case(norm)[0], norm.init((2, 4, 5, 6)))
    np.testing.assert_allclose(y.var(axis=(0, 2, 3)), 1.0, rtol=1e-12)


def test_the_row_too_low_is_the_printed_one_where_no_border_matters():
    bug, search = BUGS["window_one_row_down"], ERRATA["spatial-row-index"].evidence
    compared = 0
    for c in islice(search.cases(), 200):
        printed, height = search.printed(c), c.settings["height"]
        start = (height - 1) // 2
        found = bug.forward(spatial(height=height), c.x, {})[:, :, start : start + printed.shape[2]]
        np.testing.assert_allclose(found, printed, rtol=1e-12)
        compared += printed.size
    assert compared


# The formulas are whole, and the operator's own.


@every_bug_of_every_operator
def test_both_formulas_are_complete_and_differ(bug, norms):
    for norm in norms:
        wrong, correct = bug.formulas(norm)
        assert wrong != correct
        for line in (wrong, correct):
            assert "$" not in line
            assert line.count("{") == line.count("}")
            assert line.count(r"\left") == line.count(r"\right")


def test_the_letters_are_those_of_the_operator():
    bug = BUGS["eps_moved"]
    assert bug.formulas(BatchNorm()).right == r"\hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}"
    assert bug.formulas(MeanVarianceNorm()).right == r"\hat x = \frac{x - \mu}{\sigma + \epsilon}"
    assert bug.formulas(RMSNorm()).right == r"\hat x = \frac{x}{\sqrt{r^2 + \epsilon}}"


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS.keys())
def test_a_bug_says_what_it_is_in_whole_sentences(bug):
    assert not bug.title.endswith(".")
    assert bug.says.endswith(".")
    assert bug.shows.endswith(".")


@every_operator
def test_bugs_of_the_forward_come_first(norms):
    for norm in norms:
        kinds = [bug.where for bug in bugs_for(norm)]
        assert kinds == sorted(kinds, key=("forward", "backward").index)


def test_a_bug_that_a_setting_rules_out_is_not_offered():
    def keys(norm: Norm) -> set[str]:
        return {bug.key for bug in bugs_for(norm)}

    assert "window_not_mirrored" in keys(LocalResponseNorm(size=4))
    assert "window_not_mirrored" not in keys(LocalResponseNorm(size=5))
    assert "constant_one" not in keys(LocalResponseNorm(k=1.0))
    assert "eps_moved" not in keys(BatchNorm(eps=0.0))
    assert "gamma_forgotten" not in keys(BatchNorm(affine=False))
