"""Files of readers: good ones become tensors, every other gets one sentence, and none costs more than it may."""

import io
import re
import struct
import threading
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image
from scipy.ndimage import correlate

from classroom.explorer import uploads
from classroom.explorer.uploads import KEY, SUFFIXES, keep, kept, read
from classroom.samples import filter_bank, filtered, squares

SENTENCE = re.compile(r"\S.* must .+, got .+\. [A-Z].+\.", re.DOTALL)
FILES = [f"file{suffix}" for suffix in (*SUFFIXES, ".pdf", "")]


def refused(name: str, data: bytes) -> str:
    """Return the sentence that a file is refused with."""
    with pytest.raises(ValueError, match=r"must") as error:
        read(name, data)
    assert SENTENCE.fullmatch(str(error.value)), error.value
    return str(error.value)


def npy(array, **options) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, **options)
    return file.getvalue()


def with_header(text: str, body: bytes = b"", version: bytes = b"\1\0") -> bytes:
    written = text.encode("latin-1")
    length = struct.pack("<H" if version[0] == 1 else "<I", len(written))
    return b"\x93NUMPY" + version + length + written + body


def header(descr: str = "'<f8'", order: str = "False", shape: str = "(2,)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


def encoded(image: Image.Image, form: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_that_claims(width: int, height: int) -> bytes:
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = png_chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", size) + pixels + png_chunk(b"IEND", b"")


def maps_of(grey: np.ndarray) -> np.ndarray:
    """Return what eight filters make of a picture, on the scale of the bundled photographs, by SciPy."""
    scale = filtered(squares(), filter_bank(8)).std()
    return np.stack([correlate(grey, one, mode="mirror") for one in filter_bank(8)])[None] / scale


def pixels(rows: int, columns: int, *colours: int) -> np.ndarray:
    return np.random.default_rng(rows + columns).integers(0, 256, (rows, columns, *colours), dtype=np.uint8)


# --- whatever comes ---------------------------------------------------------------------------------------------------

MAGIC = [b"", b"\x93NUMPY\1\0", b"\x93NUMPY\2\0", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\0\x10JFIF", b"GIF89a",
         b"1;2\n", b"RIFF\x40\0\0\0WEBPVP8 ", b"RIFF\x40\0\0\0WEBPVP8X", b"\xff\xfe", b"\xef\xbb\xbf"]  # fmt: skip
GOOD = [
    npy(np.arange(6.0).reshape(2, 3)),
    encoded(Image.fromarray(pixels(9, 8, 3))),
    encoded(Image.fromarray(pixels(9, 8)).convert("P"), transparency=3),
    encoded(Image.fromarray(pixels(9, 8, 3)), "JPEG", progressive=True),
    encoded(Image.fromarray(pixels(9, 8, 3)), "WEBP"),
    encoded(Image.fromarray(pixels(9, 8, 3)), "GIF"),
    b"a;b\n1,5;2\n-3;4e2\n",
]


def reads_or_refuses(name: str, data: bytes) -> None:
    x, sentence = None, ""
    try:
        x = read(name, data)
    except ValueError as error:
        sentence = str(error)
    if x is None:
        assert SENTENCE.fullmatch(sentence), sentence
        assert len(sentence) < 400
    else:
        assert all(1 <= length <= most for length, most in zip(x.shape, (4, 16, 64, 64), strict=True))
        assert x.dtype == np.float64
        assert np.isfinite(x).all()
        assert not x.flags.writeable


@given(st.sampled_from(FILES), st.sampled_from(MAGIC), st.binary(max_size=300))
def test_any_bytes_become_a_tensor_or_a_sentence(name, magic, rest):
    reads_or_refuses(name, magic + rest)


@given(st.sampled_from(FILES), st.sampled_from(GOOD), st.data())
def test_a_good_file_with_some_bytes_changed_becomes_a_tensor_or_a_sentence(name, good, data):
    changed = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    reads_or_refuses(name, bytes(changed[: data.draw(st.integers(0, len(good)))]) or bytes(changed))


@given(st.sampled_from(FILES), st.text(max_size=200))
def test_any_text_becomes_a_tensor_or_a_sentence(name, text):
    reads_or_refuses(name, text.encode("utf-8"))


@given(st.text(st.characters(codec="latin-1"), max_size=200))
@example("(" * 900)
@example("-" * 900 + "1")
@example("{" * 900)
@example("not " * 200 + "1")
@example(header(shape="(0x" + "f" * 800 + ",)"))
@example(header(shape="(10**9,)"))
@example(header(descr="'O'", shape="()"))
@example(header(descr="'(99999999,)f8'"))
@example(header(descr="'<M8[s]'"))
@example(header(descr="'S2147483647'"))
@example(header(descr="[('a', '<f8')]"))
@example(header(descr="'<f8,' * 9"))
@example(header(shape="(-1,)"))
@example(header(shape="[2]"))
@example(header(shape="(True, 1)"))
@example(header(shape="(2.0,)"))
@example(header(order="0"))
@example(header(descr="__import__('os').abort()"))
def test_any_header_of_an_array_becomes_a_tensor_or_a_sentence(text):
    for version in (b"\1\0", b"\2\0", b"\3\0", b"\xff\xff"):
        reads_or_refuses("a.npy", with_header(text, bytes(16), version))


def test_a_name_is_shown_without_its_folders_and_never_at_length():
    assert refused("C:\\home\\me/notes.pdf", b"").startswith("notes.pdf: the name must end in .png, .jpg, ")
    assert refused("", b"").startswith("file: the name must end in ")
    assert len(refused("n" * 5000 + ".csv", b"x")) < 200
    assert refused("a\u202e\n\x00b.csv", b"x").startswith("ab.csv: ")


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_more_than_four_million_bytes_is_refused(name):
    assert "the file must be at most 4,000,000 bytes, got more. " in refused(name, bytes(4_000_001))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b"1" * 3_000_000 + b"x"),
        ("a.csv", b"1" * 130_000 + b"x"),
        ("a.csv", b"1," * 1_900_000),
        ("a.csv", b"1\n" * 1_900_000),
        ("a.csv", b"\n" * 3_900_000),
        ("a.csv", b'"' + b"\n" * 3_900_000),
        ("a.csv", ("\ufeff" + "12;" * 600_000).encode("utf-16-le")),
        ("a.npy", with_header(" " * 3_900_000, version=b"\2\0")),
        ("a.npy", with_header(header(shape="(4, 16, 64, 999999999)"))),
        ("a.npy", with_header(header(shape="(999999999999,)"))),
        ("a.npy", with_header(header("'<f8'", shape="(64, 64)"), bytes(3_900_000))),
    ],
    ids=["digits", "cell", "wide", "long", "empty", "quote", "utf-16", "header", "axis", "length", "surplus"],
)
def test_a_file_that_is_made_to_cost_much_costs_little_memory(name, data):
    tracemalloc.start()
    try:
        refused(name, data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 60_000_000


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


# --- arrays -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "tensor"),
    [
        ((5,), (1, 1, 1, 5)),
        ((3, 5), (1, 1, 3, 5)),
        ((2, 3, 5), (1, 2, 3, 5)),
        ((4, 2, 3, 5), (4, 2, 3, 5)),
        ((64,), (1, 1, 1, 64)),
        ((16, 64, 64), (1, 16, 64, 64)),
    ],
)
def test_missing_axes_are_samples_channels_and_rows(shape, tensor):
    values = np.random.default_rng(0).normal(5, 100, shape)
    x = read("a.npy", npy(values))
    assert x.shape == tensor
    assert np.array_equal(x.ravel(), values.ravel())


@pytest.mark.parametrize("shape", [(), (1, 1, 1, 1, 1)])
def test_other_numbers_of_axes_are_refused(shape):
    assert f"an array must have 1 to 4 axes, got {len(shape)}. " in refused("a.npy", npy(np.zeros(shape)))


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((65,), "1 axis must have at least 1 and at most 64 numbers, got 65."),
        ((64, 65), "2 axes must have at least 1 and at most 64 × 64 numbers, got 64 × 65."),
        ((17, 1, 1), "3 axes must have at least 1 and at most 16 × 64 × 64 numbers, got 17 × 1 × 1."),
        ((5, 1, 1, 1), "4 axes must have at least 1 and at most 4 × 16 × 64 × 64 numbers, got 5 × 1 × 1 × 1."),
        ((0,), "got 0."),
        ((3, 0), "got 3 × 0."),
    ],
)
def test_too_many_numbers_are_refused_and_never_cut(shape, words):
    assert words in refused("a.npy", npy(np.zeros(shape)))


@given(
    arrays.arrays(
        st.sampled_from(["<f8", ">f8", "<f4", ">f4", "<f2", ">i8", "<i4", ">u2", "u1", "i1", "?", np.dtype("g").str]),
        arrays.array_shapes(min_dims=1, max_dims=4, max_side=4),
    ),
    st.booleans(),
)
def test_every_real_type_and_order_of_bytes_and_axes_keeps_its_numbers(values, columns_first):
    stored = np.asfortranarray(values) if columns_first else values
    if not (np.abs(values.astype(np.float64)) <= 1e30).all():
        refused("a.npy", npy(stored))
        return
    x = read("a.npy", npy(stored))
    assert x.shape[4 - values.ndim :] == values.shape
    assert x.ravel().tolist() == [float(value) for value in values.ravel()]


@pytest.mark.parametrize("dtype", ["c8", "c16", "U2", "S8", "M8[s]", "m8[s]", "f4,i4", "O", "V8", "(2,)f4"])
def test_what_is_no_real_number_is_refused_by_its_type(dtype):
    shown = str(np.dtype(dtype))
    data = with_header(header(repr(np.dtype(dtype).descr if "," in shown and "[" in shown else dtype)), bytes(32))
    assert f"the numbers must be real, got {shown}. " in refused("a.npy", data)


def test_nothing_is_ever_unpickled():
    class Trap:
        def __reduce__(self):
            return pytest.fail, ("it was unpickled",)

    assert "must be real" in refused("a.npy", npy(np.array([Trap()], object), allow_pickle=True))
    assert "must begin as np.save writes it" in refused(
        "a.npy", npy(np.array([Trap()], object), allow_pickle=True)[128:]
    )


@pytest.mark.parametrize("surplus", [-8, -1, 1, 8])
def test_the_file_must_be_as_long_as_its_header_says(surplus):
    data = npy(np.zeros((2, 3))) + bytes(max(0, surplus))
    sentence = refused("a.npy", data[: len(data) + min(0, surplus)])
    assert f"after its header the file must hold 48 bytes, got {48 + surplus}. " in sentence


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 2e30, -1e300])
@pytest.mark.parametrize("dtype", ["<f8", ">f4"])
def test_the_first_number_that_cannot_be_used_is_named(value, dtype):
    values = np.ones((2, 3, 4))
    values[1, 0, 2] = values[1, 2, 3] = value
    with np.errstate(over="ignore"):
        data = npy(values.astype(dtype))
    sentence = refused("a.npy", data)
    assert "every number must be finite and at most 1e+30 in size, got " in sentence
    assert "at channel 1, row 0, column 2 (counted from 0)" in sentence


def test_one_number_and_equal_numbers_are_a_tensor():
    assert read("a.npy", npy(np.array([-7]))).tolist() == [[[[-7.0]]]]
    assert read("a.npy", npy(np.full((2, 2), 1e30))).tolist() == [[[[1e30, 1e30], [1e30, 1e30]]]]


def test_a_header_of_the_second_version_is_read_and_writers_that_are_not_numpy_too():
    assert read("a.npy", npy(np.array([1.0, 2.0]), version=(2, 0))).ravel().tolist() == [1, 2]
    other = "{'shape':(2,),'descr':'>i2','fortran_order':False}"
    assert read("a.npy", with_header(other, b"\0\1\xff\xfe")).ravel().tolist() == [1, -2]


def test_a_header_of_more_than_a_thousand_bytes_is_not_parsed():
    for spaces, good in ((1000 - len(header()), True), (1001 - len(header()), False)):
        data = with_header(" " * spaces + header(), bytes(16))
        if good:
            assert read("a.npy", data).shape == (1, 1, 1, 2)
        else:
            assert "the file must begin as np.save writes it, got another header. " in refused("a.npy", data)


def test_a_long_double_beyond_64_bits_is_named():
    with np.errstate(over="ignore"):
        beyond = np.ldexp(np.longdouble(1), 2000)  # infinite at once where it has 64
    assert "every number must be finite and at most 1e+30 in size, got inf at column 1 " in refused(
        "a.npy", npy(np.array([1, beyond], np.longdouble))
    )


# --- tables -----------------------------------------------------------------------------------------------------------

TABLE = "1,-2.5,3e2\n4,5.25,.5\n"
ROWS = [[1, -2.5, 300], [4, 5.25, 0.5]]


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode(),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("utf-16"),
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "\t").encode(),
        TABLE.replace(",", ";").replace(".", ",").encode(),
        TABLE.replace(",", "\t").replace(".", ",").encode(),
        TABLE.replace("\n", "\r\n").encode(),
        TABLE.replace("\n", "\r").encode(),
        TABLE.replace("\n", "\n\n  \n").rstrip().encode(),
        TABLE.replace(",", " , ").encode(),
        ("a,b,c\n" + TABLE).encode(),
        ("\n,B 2,\"c, d\"\n" + TABLE).encode(),
        ("höhe, m;b. 1;c\n" + TABLE.replace(",", ";").replace(".", ",")).encode(),
        b'"1","-2.5","+3E2"\n"4.","5.25","0.5"',
    ],
    ids=["plain", "mark", "utf-16", "semicolon", "tab", "decimal comma", "tab and decimal comma", "CRLF", "CR",
         "blank lines", "spaces", "names", "empty names", "names with points", "quoted"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.csv", "A.TSV", "a.b.txt"])
def test_a_table_is_written_in_many_ways(name, data):
    assert read(name, data).tolist() == [[ROWS]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,2\n3,4,5", "line 2 must hold 2 numbers like line 1, got 3. "),
        ("1,2\n\n3", "line 3 must hold 2 numbers like line 1, got 1. "),
        ("a,b\n1\n", "line 1 must hold as many names as line 2 has numbers, 1, got 2. "),
        ("1,2\n3,x", "line 2, column 2 must be a number such as -1.5e3, got 'x'. "),
        ("1,b\n3,4", "line 1, column 2 must be a number such as -1.5e3, got 'b'. "),
        ("a,b\n1,\n", "line 2, column 2 must be a number such as -1.5e3, got ''. "),
        ("a,b\nc,d\n1,2", "line 2, column 1 must be a number such as -1.5e3, got 'c'. "),
        ("1;2\n1.234,5;6", "line 2, column 1 must be a number such as -1.5e3, got '1.234,5'. "),
        ("1.5;2,5", "line 1, column 2 must be a number such as -1.5e3, got '2,5'. "),
        ('1,"2,5"', "line 1, column 2 must be a number such as -1.5e3, got '2,5'. "),
        ("1,1_0", "line 1, column 2 must be a number such as -1.5e3, got '1_0'. "),
        ("1,٣", "line 1, column 2 must be a number such as -1.5e3, got '٣'. "),
        ("1,0x10", "line 1, column 2 must be a number such as -1.5e3, got '0x10'. "),
        ("nan,1", "line 1, column 1 must be finite, got 'nan'. "),
        ("1;2\n3;-Infinity", "line 2, column 2 must be finite, got '-Infinity'. "),
        ("1,1e31", "line 1, column 2 must be at most 1e+30 in size, got '1e31'. "),
        ("1,1e999", "line 1, column 2 must be at most 1e+30 in size, got '1e999'. "),
        ('1,"2\n3,4', "line 1 must be a row of a table, got '1,\"2' (unexpected end of data). "),
        ("", "the table must hold numbers, got none. "),
        ("a,b\n", "the table must hold numbers, got none. "),
        (",".join("1" * 65), "line 1 must hold at most 64 numbers, got 65. "),
        ("\n".join("1" * 65), "a table must have at most 64 rows, got more. "),
        ("a\n" + "\n".join("1" * 65), "a table must have at most 64 rows, got more. "),
    ],
)
def test_what_is_wrong_in_a_table_is_named_by_line_and_column(text, words):
    assert words in refused("a.csv", text.encode())


def test_a_table_in_another_encoding_is_refused_by_its_byte():
    assert "the text must be UTF-8, got the byte 0xe9. Save it as “CSV UTF-8”." in refused("a.csv", b"h\xe9,b\n1,2")


def test_a_table_may_have_a_row_of_names_and_64_rows_and_columns():
    row = ",".join("5" * 64) + "\n"
    assert np.array_equal(read("a.csv", (row.replace("5", "name") + 64 * row).encode()), np.full((1, 1, 64, 64), 5.0))


@given(
    arrays.arrays(np.float64, arrays.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.floats(-1e30, 1e30)),
    st.sampled_from([",", ";", "\t", "decimal comma"]),
)
def test_what_numpy_writes_is_read_back(values, separator):
    text = io.StringIO()
    np.savetxt(text, values, fmt="%.17g", delimiter=";" if separator == "decimal comma" else separator)
    written = text.getvalue().replace(".", ",") if separator == "decimal comma" else text.getvalue()
    if separator == "decimal comma" and values.shape[1] == 1:
        return  # one column has no semicolon: the comma stands between two numbers
    assert np.array_equal(read("a.csv", written.encode())[0, 0], values)


# --- kept -------------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def empty_store(monkeypatch):
    monkeypatch.setattr(uploads, "_kept", type(uploads._kept)())


def test_the_same_numbers_have_the_same_key_and_others_another():
    x = np.arange(6.0).reshape(1, 1, 2, 3)
    key = keep(x, "a.npy")
    assert re.fullmatch(KEY, key)
    assert keep(np.asfortranarray(x).astype(">f8"), "b.csv") == key
    others = [x.reshape(1, 1, 3, 2), x.reshape(1, 2, 1, 3), x + 1e-15, -x, x[..., :2]]
    assert len({key, *(keep(other, "a.npy") for other in others)}) == 6


def test_what_is_kept_is_a_copy_that_nobody_can_change():
    x = np.arange(6.0).reshape(1, 1, 2, 3)
    found = kept(keep(x, "a.npy"))
    x[...] = -1
    assert found is not None
    assert found.x.ravel().tolist() == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="read-only"):
        found.x[...] = 0


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("cat.JPG", "cat.JPG through 8 filters"),
        ("weights.npy", "weights.npy"),
        ("C:\\me\\a\u202eb.csv", "ab.csv"),
        ("n" * 50 + "0123456.npy", "n" * 28 + "…0123456.npy"),
    ],
)
def test_the_title_is_the_files_name(name, title):
    found = kept(keep(np.zeros((1, 1, 1, 1)), name))
    assert found is not None
    assert found.title == title


def test_what_nobody_has_asked_for_longest_gives_way(monkeypatch):
    monkeypatch.setattr(uploads, "KEPT_BYTES", 3 * 8 * 100)
    keys = [keep(np.full((1, 1, 10, 10), float(i)), "a.npy") for i in range(3)]
    assert kept(keys[0]) is not None
    keys.append(keep(np.full((1, 1, 10, 10), 3.0), "a.npy"))
    assert [kept(key) is not None for key in keys] == [True, False, True, True]
    assert keep(np.full((1, 1, 10, 10), 2.0), "a.npy") == keys[2]  # a second time takes no second place
    assert [kept(key) is not None for key in keys] == [True, False, True, True]


def test_tensors_of_one_number_are_counted_too(monkeypatch):
    monkeypatch.setattr(uploads, "MAX_KEPT", 5)
    keys = [keep(np.full((1, 1, 1, 1), float(i)), "a.npy") for i in range(8)]
    assert [kept(key) is not None for key in keys] == [False] * 3 + [True] * 5


def test_what_is_not_kept_is_none():
    assert kept("0" * 12) is None
    assert kept("") is None


def test_many_readers_at_once_keep_within_the_room(monkeypatch):
    monkeypatch.setattr(uploads, "KEPT_BYTES", 20 * 8 * 16)
    faults: list[BaseException] = []

    def visit(seed: int) -> None:
        try:
            for x in np.random.default_rng(seed).normal(size=(200, 1, 1, 4, 4)):
                found = kept(keep(x, "a.npy"))
                assert found is None or np.array_equal(found.x, x)
        except BaseException as fault:
            faults.append(fault)

    readers = [threading.Thread(target=visit, args=(seed,)) for seed in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert not faults
    assert len(uploads._kept) == 20
