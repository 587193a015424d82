import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.data import DataError, mnist
from lab.data.idx import read_idx

COUNTS = (3, 2)
FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def images(count, first):
    header = bytes.fromhex("00000803") + count.to_bytes(4, "big") + bytes.fromhex("0000001c0000001c")
    return header + bytes((first + i) % 256 for i in range(count * 784))


def labels(*numbers):
    return bytes.fromhex("00000801") + len(numbers).to_bytes(4, "big") + bytes(numbers)


@pytest.fixture
def folder(tmp_path):
    """MNIST in small: three pictures to learn from and two held out."""
    for name, content in zip(FILES, (images(3, 0), labels(7, 0, 9), images(2, 50), labels(1, 2)), strict=True):
        (tmp_path / name).write_bytes(content)
    return tmp_path


def refused(folder, counts=COUNTS):
    with pytest.raises(DataError) as error:
        mnist(folder, counts=counts)
    assert "\n" not in str(error.value)
    assert "https://ossci-datasets.s3.amazonaws.com/mnist/" in str(error.value)
    assert str(folder.parent) not in error.value.public()
    return str(error.value)


def test_rows_run_along_the_width_and_labels_go_with_their_pictures(folder):
    data = mnist(folder, counts=COUNTS)
    assert data.train.labels.tolist() == [7, 0, 9]
    assert data.held_out.labels.tolist() == [1, 2]
    assert data.shape == (1, 28, 28)
    assert data.train.pictures[0, 0, 0, :3].tolist() == [0, 1, 2]
    assert data.train.pictures[0, 0, 1, 0] == 28
    assert data.train.pictures[1, 0, 0, 0] == 784 % 256
    assert data.held_out.pictures[0, 0, 0, 0] == 50
    x, _ = data.train.take(slice(None))
    assert x.mean(dtype=np.float64) == pytest.approx(0, abs=1e-4)
    assert x.var(dtype=np.float64) == pytest.approx(1, abs=1e-3)


def test_compressed_files_are_read_too(folder):
    plain = mnist(folder, counts=COUNTS)
    mnist.cache_clear()
    for name in FILES:
        (folder / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes()))
        (folder / name).unlink()
    again = mnist(folder, counts=COUNTS)
    assert np.array_equal(again.train.pictures, plain.train.pictures)
    assert np.array_equal(again.held_out.labels, plain.held_out.labels)


def test_what_is_missing_is_named(folder):
    assert "the folder must exist" in refused(folder / "none")
    (folder / FILES[1]).unlink()
    (folder / FILES[2]).unlink()
    assert f"missing {FILES[1]}, {FILES[2]}." in refused(folder)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (FILES[0], labels(1, 2, 3), "must begin as an IDX file of 3 × 28 × 28 bytes, 00 00 08 03"),
        (FILES[0], b"", "got nothing"),
        (FILES[0], images(4, 0), "must begin as an IDX file of 3 × 28 × 28 bytes"),
        (FILES[0], images(3, 0)[:-1], "must be 2,368 bytes when unpacked, got 2,367"),
        (FILES[0], images(3, 0) + b"x", "must be 2,368 bytes when unpacked, got more"),
        (FILES[1], labels(1, 2), "must begin as an IDX file of 3 bytes"),
        (FILES[1], labels(1, 10, 3), "must be 0 to 9, got 10 at picture 1"),
    ],
)
def test_a_corrupt_file_is_told_apart(folder, name, content, says):
    (folder / name).write_bytes(content)
    assert says in refused(folder)


def test_the_true_size_is_expected_unless_told(folder):
    assert "60000 × 28 × 28" in refused(folder, counts=(60_000, 10_000))


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(images(3, 0))[:-9], gzip.compress(b"")],
    ids=["no gzip", "cut short", "empty"],  # a compressed file holds the time of day
)
def test_a_broken_gzip_file_is_refused(folder, content):
    (folder / FILES[0]).unlink()
    (folder / f"{FILES[0]}.gz").write_bytes(content)
    assert "train-images-idx3-ubyte.gz" in refused(folder)


def test_a_small_file_that_unpacks_to_a_large_one_is_not_unpacked(tmp_path):
    bomb = tmp_path / "bomb.gz"
    bomb.write_bytes(gzip.compress(labels(*[1] * 3) + bytes(50_000_000)))
    import tracemalloc

    tracemalloc.start()
    with pytest.raises(DataError, match="got more"):
        read_idx(bomb, (3,))
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(content=st.binary(max_size=40) | st.binary(min_size=2, max_size=4).map(lambda numbers: labels(*numbers)),
       form=st.sampled_from(["as it is", "compressed", "said to be compressed"]))  # fmt: skip
def test_any_bytes_are_labels_or_one_sentence(tmp_path, content, form):
    file = tmp_path / ("any" if form == "as it is" else "any.gz")
    file.write_bytes(gzip.compress(content) if form == "compressed" else content)
    is_right = form != "said to be compressed" and content == labels(*content[8:11]) and len(content) == 11
    try:
        found = read_idx(file, (3,))
    except DataError:
        assert not is_right
    else:
        assert is_right
        assert found.tolist() == list(content[8:])
