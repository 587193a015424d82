import numpy as np
import pytest

from classroom import samples
from classroom.samples import (
    batch,
    colours,
    digit_responses,
    digits,
    filter_bank,
    filtered,
    photo,
    responses,
    synthetic,
)

GIVEN = {
    "colours": (colours, (1, 3, 90, 135)),
    "photo": (photo, (90, 135)),
    "responses": (responses, (1, 12, 90, 135)),
    "batch": (batch, (2, 12, 90, 135)),
    "digits": (digits, (64, 1, 8, 8)),
    "digit_responses": (digit_responses, (54, 12, 8, 8)),
    "synthetic": (lambda: synthetic((2, 3, 4, 5)), (2, 3, 4, 5)),
}


@pytest.mark.parametrize("name", GIVEN)
def test_samples_have_their_shape_and_nobody_can_change_them(name: str) -> None:
    make, shape = GIVEN[name]
    array = make()
    assert array.shape == shape
    assert np.isfinite(array).all()
    with pytest.raises(ValueError, match="read-only"):
        array[...] = 0
    assert make() is array


def test_photographs_and_digits_lie_between_0_and_1() -> None:
    for array in (*(photo(name) for name in samples.PHOTOS), *(colours(name) for name in samples.PHOTOS), digits()):
        assert 0 <= array.min() < 0.1
        assert 0.7 < array.max() <= 1


def test_responses_have_deviation_1_and_the_filters_no_mean() -> None:
    for array in (*(responses(name) for name in samples.PHOTOS), digit_responses()):
        assert array.std() == pytest.approx(1)
    assert np.allclose(filter_bank().mean(axis=(1, 2)), 0)
    assert np.allclose(np.abs(filter_bank()).sum(axis=(1, 2)), 1)


def test_filtering_is_a_correlation_mirrored_at_the_borders() -> None:
    image, shift = np.arange(12.0).reshape(1, 3, 4), np.zeros((1, 3, 3))
    shift[0, 0, 2] = 1.0  # takes the pixel above, to the right
    out = filtered(image, shift)
    assert out.shape == (1, 1, 3, 4)
    assert np.array_equal(out[0, 0, 1:, :3], image[0, :2, 1:])
    assert np.array_equal(out[0, 0, 0, :3], image[0, 1, 1:])
    assert np.array_equal(out[0, 0, :, 3], image[0, [1, 0, 1], 2])


def test_an_edge_filter_answers_to_an_edge_across_it_and_not_along_it() -> None:
    step = np.zeros((1, 30, 30))
    step[:, :, 15:] = 1.0
    strength = np.abs(filtered(step, filter_bank())[0, :, 15]).max(axis=1)
    assert strength.argmax() in (0, 1, 11)
    assert strength[6] < 1e-9 < 0.2 < strength[0]


def test_synthetic_numbers_have_the_chosen_mean_spread_and_seed() -> None:
    x = synthetic((8, 4, 32, 32), mean=3.0, spread=0.5, seed=7)
    assert x.mean() == pytest.approx(3.0, abs=0.02)
    assert x.std() == pytest.approx(0.5, abs=0.02)
    assert not np.array_equal(x, synthetic((8, 4, 32, 32), mean=3.0, spread=0.5, seed=8))
    assert np.allclose(x, 3.0 + 0.5 * synthetic((8, 4, 32, 32), seed=7))
