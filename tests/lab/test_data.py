import numpy as np
import pytest

from lab.data import DataError, cifar10, digits
from lab.data.cifar import CIFAR10_RECORD, CIFAR10_TEST, CIFAR10_TRAIN


def test_digits_are_split_once_and_for_all_and_no_digit_is_in_both_parts():
    data = digits()
    assert (len(data.train.labels), len(data.held_out.labels), data.shape) == (1297, 500, (1, 8, 8))
    digits.cache_clear()
    again = digits()
    assert np.array_equal(again.train.pictures, data.train.pictures)
    assert np.array_equal(again.held_out.labels, data.held_out.labels)
    from sklearn.datasets import load_digits

    both = np.concatenate([data.train.pictures, data.held_out.pictures]).reshape(-1, 64)
    assert sorted(both.tolist()) == sorted(load_digits().data.astype(int).tolist())


def test_centred_digits_have_mean_0_and_variance_1_and_plain_ones_lie_in_0_to_1():
    x, _ = digits(centred=True).train.take(slice(None))
    assert x.dtype == np.float32
    assert x.mean(dtype=np.float64) == pytest.approx(0, abs=1e-4)
    assert x.var(dtype=np.float64) == pytest.approx(1, abs=1e-3)
    x, _ = digits(centred=False).held_out.take(slice(None))
    assert (x.min(), x.max()) == (0, 1)


def record(label, red, green, blue):
    return bytes([label]) + b"".join(bytes([v]) * 1024 for v in (red, green, blue))


@pytest.fixture
def folder(tmp_path):
    """CIFAR-10 in small: two pictures a file."""
    for number, name in enumerate((*CIFAR10_TRAIN, CIFAR10_TEST)):
        (tmp_path / name).write_bytes(record(number, 10, 20, 30) + record(9, 250, 20, number))
    return tmp_path


def test_cifar10_reads_labels_and_planes_in_their_order(folder):
    data = cifar10(folder, per_file=2)
    assert data.train.labels.tolist() == [0, 9, 1, 9, 2, 9, 3, 9, 4, 9]
    assert data.held_out.labels.tolist() == [5, 9]
    assert data.held_out.pictures[:, :, 31, 31].tolist() == [[10, 20, 30], [250, 20, 5]]
    x, _ = data.train.take(slice(None))
    assert x.shape == (10, 3, 32, 32)
    np.testing.assert_allclose(x.mean(axis=(0, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(x[:, 0].var(), 1, rtol=1e-4)
    assert np.all(x[:, 1] == 0)  # a constant channel, not a division by zero


def test_cifar10_rows_run_along_the_width(folder):
    picture = np.arange(3072) % 251
    (folder / CIFAR10_TEST).write_bytes((bytes([1]) + picture.astype(np.uint8).tobytes()) * 2)
    x = cifar10(folder, per_file=2).held_out.pictures[0]
    assert (x[0, 0, 1], x[0, 1, 0], x[1, 0, 0]) == (1, 32, 1024 % 251)


def test_cifar10_looks_into_the_folder_that_the_archive_unpacks(folder, tmp_path_factory):
    above = tmp_path_factory.mktemp("above")
    folder.rename(above / "cifar-10-batches-bin")
    assert len(cifar10(above, per_file=2).train.labels) == 10


def refused(folder, **options):
    with pytest.raises(DataError) as error:
        cifar10(folder, **options)
    said = str(error.value)
    assert "\n" not in said
    assert "https://www.cs.toronto.edu/~kriz/cifar.html" in said
    return said


def test_cifar10_says_that_the_folder_is_missing(tmp_path):
    assert f"the folder must exist, got {tmp_path / 'none'}" in refused(tmp_path / "none")


def test_cifar10_names_the_missing_files(folder):
    (folder / "data_batch_3.bin").unlink()
    (folder / CIFAR10_TEST).unlink()
    assert "missing data_batch_3.bin, test_batch.bin." in refused(folder, per_file=2)


def test_cifar10_refuses_the_pickled_version_unopened(tmp_path):
    (tmp_path / "data_batch_1").write_bytes(b"cos\nsystem\n(S'exit 1'\ntR.")
    assert "the files of the Python version cannot be used" in refused(tmp_path)


@pytest.mark.parametrize("content", [b"", record(1, 2, 3, 4), record(1, 2, 3, 4) * 3, record(1, 2, 3, 4) * 2 + b"x"])
def test_cifar10_refuses_a_file_of_the_wrong_size(folder, content):
    (folder / "data_batch_2.bin").write_bytes(content)
    said = refused(folder, per_file=2)
    assert f"data_batch_2.bin must be {2 * CIFAR10_RECORD:,} bytes" in said
    assert f"got {len(content):,}." in said


def test_cifar10_refuses_a_label_that_is_none(folder):
    (folder / "data_batch_5.bin").write_bytes(record(3, 0, 0, 0) + record(10, 0, 0, 0))
    assert "must be 0 to 9, got 10 at picture 1" in refused(folder, per_file=2)


def test_cifar10_expects_the_true_size_unless_told(folder):
    assert "must be 30,730,000 bytes (10,000 pictures of 3,073), got 6,146" in refused(folder)
