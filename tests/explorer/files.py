"""Files as readers send them, good and bad."""

import io
import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import correlate

from classroom.explorer.uploads import SUFFIXES, read
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
