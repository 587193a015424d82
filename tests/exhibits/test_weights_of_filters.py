"""Filters of a trained network, their weights normalized in three ways."""

import numpy as np
import pytest

from classroom.chart import Chart, Dots
from classroom.exhibits.weights import FILTERS, MOST, OPERATORS, Weights, trained
from classroom.picture import Facts, Map

LENGTH, DEVIATION, SINGULAR = OPERATORS


def rows(filters: np.ndarray) -> np.ndarray:
    return filters.reshape(FILTERS, -1)


def test_the_filters_are_those_of_a_network_that_reads() -> None:
    found = trained()
    assert found.accuracy > 0.95
    assert found.weights.shape == (FILTERS, 1, 8, 8)
    lengths = np.linalg.norm(rows(found.weights), axis=1)
    assert lengths.min() > 0.2  # no filter is dead
    assert lengths.max() > 2 * lengths.min()


@pytest.mark.parametrize(("g", "scale", "shift"), [(1.0, 1.0, 0.0), (2.5, 0.25, 0.3), (0.25, 2.0, -0.1)])
def test_every_filter_gets_the_length_g_and_keeps_its_direction(g: float, scale: float, shift: float) -> None:
    data = Weights(by=LENGTH, g=g, scale=scale, shift=shift).compute()
    np.testing.assert_allclose(data.x[:, None], scale * trained().weights + shift)
    np.testing.assert_allclose(np.linalg.norm(rows(data.y), axis=1), g)
    cosine = np.sum(rows(data.x) * rows(data.y), axis=1) / np.linalg.norm(rows(data.x), axis=1) / g
    np.testing.assert_allclose(cosine, 1.0)


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (0.25, 0.3), (2.0, -0.3)])
def test_every_filter_gets_mean_0_and_the_unbiased_deviation_1(scale: float, shift: float) -> None:
    data = Weights(by=DEVIATION, scale=scale, shift=shift).compute()
    np.testing.assert_allclose(rows(data.y).mean(axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(rows(data.y).std(axis=1, ddof=1), 1.0, atol=2e-3)  # eps takes the rest
    assert data.by_shift < 1e-12


@pytest.mark.parametrize("scale", [0.25, 1.0, 2.0])
def test_the_estimate_rises_to_the_largest_singular_value(scale: float) -> None:
    data = Weights(by=SINGULAR, scale=scale, iterations=MOST).compute()
    true = np.linalg.norm(rows(data.x), ord=2)
    assert (np.diff(data.estimates) > 0).all()
    assert data.estimates[0] < 0.95 * true
    assert data.estimates[-1] == pytest.approx(true, rel=1e-3)
    assert np.linalg.norm(rows(data.y), ord=2) == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize("iterations", [1, 3, 10])
def test_too_few_steps_leave_the_layer_longer_than_1(iterations: int) -> None:
    exhibit = Weights(by=SINGULAR, iterations=iterations)
    data = exhibit.compute()
    assert np.linalg.norm(rows(data.y), ord=2) == pytest.approx(data.singular[0][0] / data.estimates[iterations - 1])
    assert np.linalg.norm(rows(data.y), ord=2) > 1
    (dot,) = (m for p in exhibit.picture(data) if isinstance(p, Chart) for m in p.marks if isinstance(m, Dots))
    assert dot.x == [iterations]
    assert dot.y == pytest.approx([data.estimates[iterations - 1] / data.singular[0][0]])


@pytest.mark.parametrize("by", OPERATORS)
def test_a_scale_of_all_weights_changes_no_output(by: str) -> None:
    one, large = (Weights(by=by, scale=scale).compute() for scale in (1.0, 2.0))
    assert not np.allclose(one.x, large.x, atol=0.1)
    np.testing.assert_allclose(one.y, large.y, atol=1e-3)  # eps is all that weight standardization leaves
    assert one.by_scale < 1e-3
    facts = [p.items[0][1] for p in Weights(by=by).picture(one) if isinstance(p, Facts)]
    assert ["2 *x*" in facts[0], "+ 0.1" in facts[1]] == [True, True]


@pytest.mark.parametrize("by", [LENGTH, SINGULAR])
def test_a_shift_changes_the_output_where_no_mean_is_taken_off(by: str) -> None:
    data, moved = (Weights(by=by, shift=shift).compute() for shift in (0.0, 0.1))
    assert np.abs(moved.y - data.y).max() == pytest.approx(data.by_shift)
    assert data.by_shift > 0.03


@pytest.mark.parametrize("by", OPERATORS)
def test_maps_hold_all_filters_and_words_hold_the_numbers(by: str) -> None:
    exhibit = Weights(by=by, scale=1.5)
    data = exhibit.compute()
    before, after = (panel for panel in exhibit.picture(data) if isinstance(panel, Map))
    for sheet, filters in ((before, data.x), (after, data.y)):
        assert np.isfinite(sheet.values).sum() == filters.size
        np.testing.assert_array_equal(sheet.values[:8, 9:17], filters[1])
    words = exhibit.alt(data)
    assert f"{FILTERS} filters" in words
    longest = {LENGTH: np.linalg.norm(rows(data.x), axis=1).max(), DEVIATION: rows(data.x).std(axis=1).max()}
    assert f"{longest.get(by, np.linalg.norm(rows(data.x), ord=2)):.2f}" in words
