"""What all tests share: generated examples without a stopwatch, and a reader of frames that is not the writer's."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import settings

# Machines that share their cores are slow now and then; a slow example is no fault.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


class Frame(NamedTuple):
    """A frame as the browser sees it."""

    address: dict[str, Any]
    header: dict[str, Any]
    arrays: bytes

    def cells(self, where: dict[str, Any]) -> bytes:
        """Return the bytes of one array; `where` says at which byte it begins and its shape."""
        size = 1
        for length in where["shape"]:
            size *= length
        assert 0 <= where["at"] <= where["at"] + size <= len(self.arrays), "the array lies outside the frame"
        return self.arrays[where["at"] : where["at"] + size]


def _read(raw: bytes) -> Frame:
    parts = []
    for _ in ("address", "header"):
        (size,) = struct.unpack_from("<I", raw)
        parts.append(json.loads(raw[4 : 4 + size].decode("utf-8")))
        raw = raw[4 + size :]
    return Frame(*parts, arrays=raw)


@pytest.fixture(scope="session")
def read_frame() -> Callable[[bytes], Frame]:
    """Read what the server sends for a picture."""
    return _read
