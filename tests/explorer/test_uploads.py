"""Whatever a reader sends becomes a tensor or one sentence, and costs no more than it may."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from classroom.explorer.uploads import read
from tests.explorer.files import FILES, SENTENCE, encoded, header, npy, pixels, refused, with_header

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
