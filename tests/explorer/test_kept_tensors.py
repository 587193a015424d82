"""Tensors are kept by their numbers, in a bounded room."""

import re
import threading

import numpy as np
import pytest

from classroom.explorer import uploads
from classroom.explorer.uploads import KEY, keep, kept

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
