"""Values are computed once, also when many ask at once; the oldest give way; failures are nobody's for long."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.kept import Kept


class Counted:
    """Computes a text for a number, counts how often, and waits in each until it may go on."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.go = Event()
        self.go.set()

    def __call__(self, number: int) -> str:
        self.begun.append(number)
        assert self.go.wait(10)
        if number == 13:
            raise ArithmeticError("thirteen")
        return str(number)


def test_twenty_who_ask_at_once_get_the_same_value_and_it_is_computed_once() -> None:
    compute = Counted()
    kept = Kept(compute, room=9)
    compute.go.clear()
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(kept, 7) for _ in range(20)]
        compute.go.set()
        assert {future.result(10) for future in asked} == {"7"}
    assert compute.begun == [7]


def test_what_is_at_hand_never_waits_for_what_is_computed() -> None:
    compute = Counted()
    kept = Kept(compute, room=9)
    kept(2)
    compute.go.clear()
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(kept, number) for number in (3, 4)]
        assert pool.submit(kept, 2).result(5) == "2"
        assert kept.at_hand(3) is None
        compute.go.set()
        assert [future.result(10) for future in waiting] == ["3", "4"]


def test_a_failure_reaches_all_who_wait_and_is_tried_again_by_the_next() -> None:
    compute = Counted()
    kept = Kept(compute, room=9)
    compute.go.clear()
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(kept, 13) for _ in range(4)]
        compute.go.set()
        for future in asked:
            with pytest.raises(ArithmeticError):
                future.result(10)
    before = len(compute.begun)
    with pytest.raises(ArithmeticError):
        kept(13)
    assert len(compute.begun) == before + 1
    assert 13 not in kept


def test_the_value_that_nobody_asked_for_longest_gives_way() -> None:
    kept = Kept(Counted(), room=2)
    for number in (1, 2, 1, 3):
        kept(number)
    assert [number for number in (1, 2, 3) if number in kept] == [1, 3]


@given(st.lists(st.integers(0, 12), max_size=40), st.integers(1, 30))
def test_never_more_is_kept_than_there_is_room_for(asked: list[int], room: int) -> None:
    kept = Kept(lambda number: "x" * number, room=room, size=len)
    for number in asked:
        assert kept(number) == "x" * number
        here = [number for number in range(13) if number in kept]
        assert kept.taken == sum(here)
        assert kept.taken <= room or here == [number]
    kept.clear()
    assert kept.taken == 0
