"""An array keeps its numbers; nothing is unpickled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from classroom.explorer.uploads import read
from tests.explorer.files import header, npy, refused, with_header

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
