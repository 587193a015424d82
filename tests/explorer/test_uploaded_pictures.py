"""A picture becomes the maps of its grey middle."""

import numpy as np
import pytest
from PIL import Image

from classroom.explorer.uploads import read
from classroom.samples import squares
from tests.explorer.files import encoded, maps_of, pixels, png_that_claims, refused

# --- pictures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [5000, 10_000, 50_000])
def test_a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded(side, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("it was decoded"))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda *_: pytest.fail("it was decoded"))
    assert "a picture must have at most 16,000,000 pixels, got " in refused("a.png", png_that_claims(side, side))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_where_pillow_only_warns_the_size_is_said():
    assert "got 10,000 × 10,000. Shrink it." in refused("a.png", png_that_claims(10_000, 10_000))


def test_a_jpeg_of_a_hundred_and_one_scans_is_refused_and_the_usual_ten_are_read():
    data = encoded(Image.fromarray(pixels(64, 64, 3)), "JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    assert read("a.jpg", data).shape == (1, 8, 64, 64)
    more = 101 - data.count(b"\xff\xda")
    assert "a JPEG must have at most 100 scans, got 101. " in refused("a.jpg", data[:-2] + more * last + data[-2:])


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("cut", [0.5, 0.9])
def test_a_picture_that_breaks_off_is_refused(form, cut):
    data = encoded(Image.fromarray(pixels(200, 200)), form)
    sentence = refused("a.png", data[: int(cut * len(data))])
    assert "the picture must be whole" in sentence or "must be a PNG, JPEG, WebP or GIF" in sentence


@pytest.mark.parametrize("form", ["BMP", "TIFF", "PPM", "ICO"])
def test_other_decoders_are_not_reached_whatever_the_name_says(form):
    data = encoded(Image.fromarray(pixels(64, 64, 3)), form)
    assert "the file must be a PNG, JPEG, WebP or GIF, got something else. Save it as PNG." in refused("a.png", data)


@pytest.mark.parametrize(
    ("rows", "columns", "kept_rows", "kept_columns"),
    [
        (64, 64, slice(0, 64), slice(0, 64)),
        (9, 20, slice(0, 9), slice(0, 20)),
        (1, 1, slice(0, 1), slice(0, 1)),
        (30, 101, slice(0, 30), slice(18, 82)),
        (200, 64, slice(68, 132), slice(0, 64)),
    ],
)
def test_the_middle_of_a_grey_picture_goes_through_eight_filters(rows, columns, kept_rows, kept_columns):
    drawn = pixels(rows, columns)
    x = read("a.png", encoded(Image.fromarray(drawn)))
    assert np.allclose(x, maps_of(drawn[kept_rows, kept_columns] / 255.0), atol=1e-12)


def test_a_large_picture_is_averaged_over_squares_of_its_middle():
    small = pixels(64, 64, 3)
    large = np.zeros((192, 192 + 20, 3), np.uint8)
    large[:, 10:-10] = small.repeat(3, axis=0).repeat(3, axis=1)
    expected = maps_of(small.mean(axis=-1) / 255)
    assert np.allclose(read("a.png", encoded(Image.fromarray(large))), expected, atol=1e-12)
    assert np.allclose(read("a.WebP", encoded(Image.fromarray(large), "WEBP", lossless=True)), expected, atol=1e-12)


def test_a_jpeg_of_a_photograph_gives_nearly_what_the_photograph_gives():
    grey = squares()[0]
    large = Image.fromarray((255 * grey).round().astype(np.uint8)).resize((1024, 1024), Image.Resampling.BICUBIC)
    x, expected = read("a.jpeg", encoded(large, "JPEG", quality=90)), maps_of(grey)
    assert x.shape == (1, 8, 64, 64)
    assert np.corrcoef(x.ravel(), expected.ravel())[0, 1] > 0.97


def test_every_kind_of_pixel_is_the_same_grey():
    drawn = pixels(64, 64) // 128 * 255  # black and white: every kind of pixel can say it
    expected = maps_of(drawn / 255.0)
    grey = Image.fromarray(drawn)
    deep = Image.fromarray(drawn.astype(np.uint16) * 257)
    assert deep.mode.startswith("I")
    for image in (grey, deep, *(grey.convert(mode) for mode in ("1", "P", "LA", "RGB", "RGBA"))):
        assert np.allclose(read("a.png", encoded(image)), expected, atol=1e-12), image.mode
    assert np.allclose(read("a.gif", encoded(grey, "GIF")), expected, atol=1e-12)
    assert np.allclose(
        read("a.jpg", encoded(grey.convert("RGB").convert("CMYK"), "JPEG", quality=100)), expected, atol=0.6
    )


def test_sixteen_bits_are_not_cut_to_eight():
    drawn = np.arange(4096, dtype=np.uint16).reshape(64, 64)  # one sixteenth of the range
    assert np.allclose(read("a.png", encoded(Image.fromarray(drawn))), maps_of(drawn / 65535.0), atol=1e-6)


def test_what_is_transparent_is_white():
    drawn = pixels(20, 20, 4)
    opaque = drawn[..., 3] / 255.0
    over_white = (drawn[..., :3].mean(axis=-1) / 255.0) * opaque + 1 - opaque
    assert np.allclose(read("a.png", encoded(Image.fromarray(drawn))), maps_of(over_white), atol=1e-12)
    keyed = Image.fromarray(np.where(pixels(192, 192, 1) < 128, 0, 255).astype(np.uint8).repeat(3, axis=-1))
    x = read("a.png", encoded(keyed, transparency=(0, 0, 0)))  # black stands for nothing
    assert np.abs(x).max() < 1e-12


def test_the_first_frame_is_taken_as_the_camera_was_held():
    first, second = (Image.fromarray(pixels(40, 40 + extra)).crop((0, 0, 40, 40)) for extra in (0, 1))
    moving = encoded(first, "GIF", save_all=True, append_images=[second], duration=100)
    assert np.allclose(read("a.gif", moving), maps_of(np.asarray(first) / 255.0), atol=1e-12)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera's left side was up: turn clockwise
    turned = np.rot90(pixels(30, 50), -1)
    assert np.allclose(read("a.png", encoded(Image.fromarray(pixels(30, 50)), exif=exif)), maps_of(turned / 255.0))
