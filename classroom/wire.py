"""How a picture travels to the browser: its header as JSON, then its arrays, a byte a number."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Blobs:
    """The binary tail of a frame; `add` returns where an array begins."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def add(self, array: NDArray[np.uint8]) -> dict[str, Any]:
        raw = np.ascontiguousarray(array).tobytes()
        at = self.size
        self.parts.append(raw)
        self.size += len(raw)
        return {"at": at, "shape": list(array.shape)}


class Packed(Protocol):
    """What a panel says of itself."""

    @property
    def kind(self) -> str: ...

    @property
    def span(self) -> int: ...

    def pack(self, blobs: Blobs) -> dict[str, Any]: ...


def frame(picture: Iterable[Packed], header: Mapping[str, Any]) -> bytes:
    """Pack a picture for the browser: length of the header, the header as JSON, the arrays.

    The length is 4 bytes, little-endian; array positions count from the first byte after the header.
    """
    blobs = Blobs()
    panels = [{"kind": panel.kind, "span": panel.span} | panel.pack(blobs) for panel in picture]
    return b"".join([_sized({**header, "panels": panels}), *blobs.parts])


def addressed(packed: bytes, address: Mapping[str, Any]) -> bytes:
    """Put before a frame what differs from use to use: which exhibit it is of, under which title."""
    return _sized(address) + packed


def _sized(header: Mapping[str, Any]) -> bytes:
    head = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    return struct.pack("<I", len(head)) + head
