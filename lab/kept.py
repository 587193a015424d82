"""Values that are computed once for each key, however many ask at the same time, and kept while there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """A cache with single flight; where it is full, what nobody has asked for longest gives way.

    `room` and what `size` returns are in the same unit; by default they count values. No value is None.
    """

    def __init__(self, compute: Callable[[K], V], room: int, size: Callable[[V], int] = lambda _: 1) -> None:
        self.compute, self.room, self.size = compute, room, size
        self.taken = 0
        self._guard = Lock()  # of all that follows; nothing is computed under it
        self._values: OrderedDict[K, V] = OrderedDict()
        self._flights: dict[K, Future[V]] = {}

    def __contains__(self, key: K) -> bool:
        return self.at_hand(key) is not None

    def at_hand(self, key: K) -> V | None:
        """Return the value if it is kept, without computing anything."""
        with self._guard:
            return self._look(key)

    def __call__(self, key: K) -> V:
        """Return the value; who asks while it is computed waits for it, and meets the error that it meets."""
        with self._guard:
            if (value := self._look(key)) is not None:
                return value
            flight = self._flights.get(key)
            first = flight is None
            if flight is None:
                flight = self._flights[key] = Future()
        if not first:
            return flight.result()
        try:
            value = self.compute(key)
        except BaseException as error:
            with self._guard:
                del self._flights[key]
            flight.set_exception(error)  # nothing is kept: the next who asks tries again
            raise
        with self._guard:
            del self._flights[key]
            self._keep(key, value)
        flight.set_result(value)
        return value

    def put(self, key: K, value: V) -> None:
        """Keep a value that was computed elsewhere."""
        with self._guard:
            if key in self._values:
                self.taken -= self.size(self._values.pop(key))
            self._keep(key, value)

    def clear(self) -> None:
        """Forget every value."""
        with self._guard:
            self._values.clear()
            self.taken = 0

    def _look(self, key: K) -> V | None:
        if key in self._values:
            self._values.move_to_end(key)
        return self._values.get(key)

    def _keep(self, key: K, value: V) -> None:
        self._values[key] = value
        self.taken += self.size(value)
        while self.taken > self.room and len(self._values) > 1:
            _, oldest = self._values.popitem(last=False)
            self.taken -= self.size(oldest)
