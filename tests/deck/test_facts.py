"""What the slides say, computed: each test quotes a sentence and holds normlib to it."""

import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import numpy as np

from classroom.deck import Deck
from classroom.errata.erratum import Case
from classroom.errata.standardizing import chain_rule
from normlib import NORMS, Span

DECK = Deck.read(Path(__file__).parents[2] / "assets" / "slides")
RNG = np.random.default_rng(5)
X, DY = RNG.standard_normal((2, 3, 6, 7, 8)) * 2 + 0.5  # N C H W

BN, LRN, MVN = NORMS["batch_norm"], NORMS["local_response_norm"], NORMS["mean_variance_norm"]
CROSS, SPATIAL = NORMS["cross_channel_norm"], NORMS["spatial_norm"]
TALK = {"batch_norm", "mean_variance_norm", "local_response_norm", "cross_channel_norm", "spatial_norm"}
EVERY = {key: norm() for key, norm in NORMS.items()}


def says(id: str, sentence: str) -> Callable:
    """Fail the test where the slide no longer says so: then the test has nothing to hold."""
    slide = DECK.find(id)
    text = re.sub(r"\s+", " ", f"{slide.lede} {slide.caption} {slide.notes}")

    def mark(test: Callable[[], None]) -> Callable[[], None]:
        @wraps(test)
        def checked() -> None:
            assert sentence in text
            test()

        return checked

    return mark


def filled(norm):
    """As many channels as the operator's groups need."""
    return np.random.default_rng(6).normal(0.5, 2.0, norm.pool.fit(X.shape))


def forward(norm, x=X, **changed):
    return norm.forward(x, **(norm.init(x.shape) | changed))


def inner(y):
    return y[:, :, 2:-2, 2:-2]


@says("what-is-normalization", "Only operators that subtract a mean move the middle of a histogram to 0")
def test_only_operators_that_subtract_a_mean_centre():
    means = {key: abs(forward(norm, filled(norm))[0].mean()) for key, norm in EVERY.items()}
    centring = {key for key, norm in EVERY.items() if any(f.name.startswith("mean") for f in norm.derive().definition)}
    centred = {key for key, mean in means.items() if mean < 1e-12}
    assert centring - centred == {"switchable_norm"}  # it subtracts a mixture, which is the mean of no set of cells
    assert centred <= centring
    assert centring & TALK == {"batch_norm", "mean_variance_norm"}


@says("before-bn", r"yes, with $\alpha_{\text{Caffe}} = N\,\alpha_{\text{MatConvNet}}$")
def test_across_channels_is_cross_channel():
    for size in (1, 3, 5):
        ours, _ = forward(CROSS(size=size, alpha=0.3))
        np.testing.assert_allclose(forward(LRN(size=size, alpha=0.3 * size))[0], ours, rtol=1e-13)


@says("before-bn", "inside the map, for odd windows")
def test_within_a_channel_is_spatial_inside_the_map_only():
    spatial, _ = forward(SPATIAL(height=3, width=3, alpha=2.0, beta=0.75))
    within, _ = forward(LRN(mode="within_channel", size=3, alpha=2.0, beta=0.75))
    np.testing.assert_allclose(inner(within), inner(spatial), rtol=1e-13)
    assert np.abs(within - spatial)[:, :, 0].max() > 0.01


@says("cross-channel", "with an even size it reaches one channel further up than down")
def test_an_even_window_of_channels_leans_up():
    assert CROSS(size=4).pool.c == Span(1, 2)


@says("spatial", "An even window leans down and to the right")
def test_an_even_window_of_pixels_leans_down_and_right():
    pooled = SPATIAL(height=2, width=2).pooled((1, 1, 5, 5), (0, 0, 2, 2))
    assert [tuple(cell[2:]) for cell in np.argwhere(pooled).tolist()] == [(2, 2), (2, 3), (3, 2), (3, 3)]


@says("spatial", r"each value $c$ becomes $c\,(1+\alpha c^2)^{-\beta}$")
def test_a_constant_map_is_damped_not_erased():
    y, _ = forward(SPATIAL(), np.full((1, 2, 5, 4), 1.5))
    np.testing.assert_allclose(y, 1.5 * (1 + 10 * 1.5**2) ** -2.0)


@says("lrn", "an $\\alpha$ that is not divided by $n$; Caffe divides, TensorFlow does not, and PyTorch does")
def test_constants_do_not_travel():
    presets = LRN.presets()
    assert (presets["Krizhevsky et al."].k, presets["Krizhevsky et al."].divide) == (2.0, False)
    assert (presets["Caffe"].divide, presets["TensorFlow"].divide, presets["PyTorch"].divide) == (True, False, True)


@says("lrn", r"The full window, $n$ or $n^2$ cells, divides $\alpha$, even at a border")
def test_alpha_is_divided_by_the_whole_window_as_the_formulas_say():
    corner = np.zeros((1, 6, 5, 5))
    corner[0, 0, 0, 0] = 2.0
    for mode, cells, shown in (("across_channels", 5, r"\alpha}{n}"), ("within_channel", 25, r"\alpha}{n^{2}}")):
        norm = LRN(mode=mode, size=5, alpha=3.0)
        np.testing.assert_allclose(forward(norm, corner)[0][0, 0, 0, 0], 2 * (1 + 3 / cells * 4) ** -0.75)
        assert shown in norm.derive().definition[0].latex()


@says("mvn", "No other sample takes part")
def test_mean_variance_never_looks_at_another_sample():
    for across in (False, True):
        norm = MVN(across_channels=across)
        np.testing.assert_allclose(forward(norm, X[:1])[0], forward(norm)[0][:1], rtol=1e-12)


@says("mvn", "exactly 0 and 1 in one, scattered in the other")
def test_the_modes_leave_other_means():
    alone, together = forward(MVN())[0], forward(MVN(across_channels=True))[0]
    np.testing.assert_allclose(alone.mean((2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(alone.std((2, 3)), 1)
    assert np.abs(together.mean((2, 3))).min() > 1e-3
    np.testing.assert_allclose(together.mean((1, 2, 3)), 0, atol=1e-12)


@says("forward", r"$\gamma_k=\sqrt{\sigma_k^2+\epsilon}$ with $\beta_k=\mu_k$ would undo it")
def test_two_numbers_undo_the_layer():
    gamma, beta = np.sqrt(X.var((0, 2, 3)) + BN().eps), X.mean((0, 2, 3))
    np.testing.assert_allclose(forward(BN(), gamma=gamma, beta=beta)[0], X, rtol=1e-12)


@says("forward", r"the deviation follows $|\gamma|$, the mean is β, the shape never changes")
def test_gamma_and_beta_set_width_and_place():
    gamma, beta = np.array([2, -1, 0.5, 3, -0.2, 1.0]), np.arange(6.0)
    y, _ = forward(BN(eps=0.0), gamma=gamma, beta=beta)
    np.testing.assert_allclose(y.mean((0, 2, 3)), beta, atol=1e-12)
    np.testing.assert_allclose(y.std((0, 2, 3)), np.abs(gamma))


@says("forward", "The layer's own bias is useless before BN")
def test_a_bias_before_the_layer_is_subtracted_again():
    bias = np.arange(6.0)[:, None, None]
    np.testing.assert_allclose(forward(BN(), X + bias)[0], forward(BN())[0], atol=1e-12)


@says("forward-tensor", "Multiply them: for batch normalization they give the whole block, each cell once")
def test_the_sets_of_batch_norm_tile_the_block():
    shape = (3, 6, 4, 5)
    sets = [BN().pooled(shape, (0, k, 0, 0)) for k in range(6)]
    assert {int(one.sum()) for one in sets} == {3 * 4 * 5}
    assert (sum(one.astype(int) for one in sets) == 1).all()


@says("forward-steps", "Then each $y$ depends on its own $x$ alone")
def test_at_inference_a_cell_moves_no_other():
    moved = X.copy()
    moved[0, 0, 0, 0] += 1
    norm = BN(training=False)
    changed = forward(norm, moved)[0] != forward(norm)[0]
    assert np.argwhere(changed).tolist() == [[0, 0, 0, 0]]
    assert (forward(BN(), moved)[0] != forward(BN())[0]).sum() == X[:, 0].size


@says("backward-params", "It is negative, so a descent step makes γ grow")
def test_a_loss_that_wants_contrast_grows_gamma():
    norm = BN()
    _, cache = forward(norm)
    assert (norm.backward(-cache.x_hat, cache)["gamma"] < 0).all()


@says("backward-input", "The result has mean 0 and, up to $\\epsilon$, no part along $\\hat x$")
def test_the_input_gradient_has_neither_mean_nor_stretch():
    norm = BN(eps=0.0)
    _, cache = forward(norm)
    dx = norm.backward(DY, cache)["x"]
    np.testing.assert_allclose(dx.mean((0, 2, 3)), 0, atol=1e-14)
    np.testing.assert_allclose((dx * cache.x_hat).mean((0, 2, 3)), 0, atol=1e-14)
    assert np.abs(dx).max() > 0.1


@says("backward-input", "with $dy=1$ the true answer is 0")
def test_a_constant_upstream_gradient_proves_nothing():
    norm = BN()
    _, cache = forward(norm)
    np.testing.assert_allclose(norm.backward(np.ones_like(X), cache)["x"], 0, atol=1e-14)


@says("backward-input", "wrong by more than its own size, the more the larger the batch")
def test_one_for_delta_is_wrong_by_more_than_the_gradient_itself():
    norm, medians = BN(eps=0.0), []
    for count in (8, 64, 512):
        wrong = []
        for x, dy in RNG.standard_normal((50, 2, 1, 1, 1, count)):
            _, cache = forward(norm, x)
            right = norm.backward(dy, cache)["x"]
            printed = chain_rule(Case(x, dy, {}), np.ones((count, count)), cache.inv_std)
            wrong.append(np.linalg.norm(printed - right) / np.linalg.norm(right))
        medians.append(np.median(wrong))
    assert 1 < medians[0] < medians[1] < medians[2]


def test_of_the_talks_operators_only_batch_norm_looks_at_a_second_sample():
    shape, cell = (2, 5, 4, 4), (0, 2, 1, 1)
    assert {key for key in TALK if NORMS[key]().pooled(shape, cell)[1].any()} == {"batch_norm"}
