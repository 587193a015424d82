"""The inputs that the explorer offers, against the files they come from and a filter that is not ours."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import correlate
from sklearn.datasets import load_digits, load_sample_images

from classroom.explorer.tensors import OWN, SOURCES, tensor
from classroom.explorer.uploads import keep
from classroom.samples import edges, filter_bank, squares

SHAPES = {"photographs": (2, 8, 64, 64), "digits": (16, 8, 8, 8), "random": (4, 8, 16, 16), "your own": (2, 8, 64, 64)}
PHOTOGRAPHS = dict(zip(("china", "flower"), load_sample_images().images, strict=True))


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_is_a_tensor_of_its_shape_that_nobody_can_change(source):
    x, title = tensor(source, "", 3)
    assert (x.shape, x.dtype) == (SHAPES[source], np.float64)
    assert np.isfinite(x).all()
    assert 0 < len(title) < 60
    with pytest.raises(ValueError, match="read-only"):
        x[...] = 0
    assert tensor(source, "", 3).x is x


@pytest.mark.parametrize("source", ["photographs", "digits"])
def test_pictures_have_deviation_1_over_all_and_the_seed_changes_none(source):
    assert tensor(source, "", 0).x.std() == pytest.approx(1)
    assert np.array_equal(tensor(source, "", 0).x, tensor(source, "", 9).x)


@pytest.mark.parametrize("sample", [0, 1])
def test_a_photograph_is_a_part_of_the_bundled_one_through_eight_filters(sample):
    whole = PHOTOGRAPHS[("china", "flower")[sample]]
    first_row, first_column = ((10, 8), (0, 128))[sample]
    part = Image.fromarray(whole).crop((first_column, first_row, first_column + 384, first_row + 384))
    grey = np.asarray(part.resize((64, 64), Image.Resampling.BOX), float).mean(axis=-1) / 255
    assert np.abs(squares()[sample] - grey).max() < 1 / 255  # Pillow rounds twice to whole numbers

    x = tensor("photographs", "", 0).x[sample]
    maps = np.stack([correlate(squares()[sample], one, mode="mirror") for one in filter_bank(8)])
    scale = (maps * x).sum() / (x * x).sum()
    assert np.allclose(x, maps / scale, atol=1e-12)


def test_both_photographs_are_on_one_scale_and_every_other_picture_too():
    pair = edges(squares())
    assert np.allclose(edges(0.25 * squares()[:1] + 0.5), 0.25 * pair[:1])
    assert np.abs(edges(np.full((1, 5, 7), 0.3))).max() < 1e-12  # no edge, no answer, and nothing divided by zero


def test_a_digit_is_the_mean_of_its_channels_but_for_one_factor_and_one_shift():
    x = tensor("digits", "", 0).x
    ink = load_digits().images[:16] / 16  # opposite slopes cancel
    mean = x.mean(axis=1)
    assert np.corrcoef(mean.ravel(), ink.ravel())[0, 1] == pytest.approx(1)
    assert np.abs(x[:, 0] - mean).max() > 0.1  # but each channel is its own
    assert np.allclose(x[:, 0] - mean, mean - x[:, 4])


def test_random_numbers_follow_the_seed():
    x = tensor("random", "", 0).x
    assert abs(x.mean()) < 0.05
    assert x.std() == pytest.approx(1, abs=0.05)
    assert np.abs(x - tensor("random", "", 1).x).mean() > 0.5


def test_a_readers_file_is_found_by_its_key():
    given = np.arange(6.0).reshape(1, 1, 2, 3)
    found = tensor(OWN, keep(given, "six.npy"), 0)
    assert np.array_equal(found.x, given)
    assert found.title == "six.npy"


def test_without_a_file_there_are_the_photographs_and_the_title_says_so():
    found = tensor(OWN, "", 0)
    assert np.array_equal(found.x, tensor("photographs", "", 0).x)
    assert found.title == "two photographs, until you bring a file"


@pytest.mark.parametrize(
    ("source", "own", "sentence"),
    [
        ("your own", "0123456789ab", "own: must be the key of a file that is kept, got '0123456789ab'. Bring the file"),
        ("noise", "", "source: must be one of photographs, digits, random, your own, got 'noise'. Choose one"),
    ],
)
def test_what_is_not_there_is_refused_in_a_sentence(source, own, sentence):
    with pytest.raises(ValueError, match=sentence):
        tensor(source, own, 0)
