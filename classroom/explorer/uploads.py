"""Files that a reader brings: a picture, an array or a table becomes a tensor, or a sentence on what to change.

Nothing in a file is trusted: its size is checked before it is decoded, and nothing is ever unpickled.
"""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import math
import re
from collections import OrderedDict
from itertools import islice
from pathlib import PurePosixPath
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray
from PIL import Image, ImageOps

from classroom.samples import SIDE, Floats, edges

log = logging.getLogger(__name__)
MAX_BYTES = 4_000_000  # of a file
MAX_PIXELS = 16_000_000  # of a picture, before it is shrunk
MAX_SCANS = 100  # of a JPEG: a scan of 30 bytes may cost 20 ms; encoders write about ten
MAX_HEADER = 1_000  # bytes of an array's header: NumPy writes 128
MAX_SHAPE = (4, 16, 64, 64)  # samples, channels, rows, columns
MAX_VALUE = 1e30  # so that no power of a value that an operator takes overflows
MAX_LABEL = 40  # characters
KEPT_BYTES, MAX_KEPT = 64_000_000, 1_000  # of tensors, shared by all readers
KEY = "[0-9a-f]{12}"
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
TABLES = (".csv", ".tsv", ".txt")
SUFFIXES = (*PICTURES, ".npy", *TABLES)
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE | re.ASCII)
NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE | re.ASCII)
AXES = ("sample", "channel", "row", "column")


class Tensor(NamedTuple):
    """An input of the explorer."""

    x: Floats  # (N, C, H, W), read-only
    title: str  # a few words; a reader's words too, so no markup


def read(name: str, data: bytes) -> Floats:
    """Return what a file holds as a tensor, (N, C, H, W); its name's ending says what it is.

    A picture goes through the filters of the bundled photographs, (1, 8, 64, 64); a smaller one keeps its size.
    Numbers stay as they are, as (W,), (H, W), (C, H, W) or (N, C, H, W) of at most 4 × 16 × 64 × 64.
    ValueError says in a sentence what must change.
    """
    suffix = _suffix(name)
    try:
        if len(data) > MAX_BYTES:
            raise ValueError(too_large("more"))
        if suffix in PICTURES:
            return edges(_grey(data)[None])
        if suffix == ".npy":
            return _checked(_array(data))
        if suffix in TABLES:
            return _checked(_table(data))
        endings = ", ".join(SUFFIXES)
        raise ValueError(f"the name must end in {endings}, got {suffix[:MAX_LABEL]!r}. Save the file as one of these.")
    except ValueError as error:
        raise ValueError(f"{label(name)}: {error}") from None


def too_large(size: str) -> str:
    """Say that a file of this size is more than may be brought."""
    return f"the file must be at most {MAX_BYTES:,} bytes, got {size}. Shrink the picture, or take a part of the array."


def label(name: str) -> str:
    """Return the name of a file as it may be shown: its last part, printable, at most 40 characters."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(c for c in last if c.isprintable()).strip()
    return (shown or "file") if len(shown) <= MAX_LABEL else f"{shown[: MAX_LABEL - 12]}…{shown[-11:]}"


def title_of(name: str) -> str:
    """Return what the tensor of a file of this name is called."""
    return f"{label(name)} through 8 filters" if _suffix(name) in PICTURES else label(name)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


# --- pictures ---------------------------------------------------------------------------------------------------------


def _grey(data: bytes) -> Floats:
    """Return the middle of a picture in grey, (H, W) of at most 64 × 64, from 0 to 1; its first frame, over white."""
    if data.startswith(b"\xff\xd8") and (scans := data.count(b"\xff\xda")) > MAX_SCANS:
        raise ValueError(f"a JPEG must have at most {MAX_SCANS} scans, got {scans}. Save it again as PNG.")
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)  # reads the header, not yet the pixels
        pixels = image.width * image.height
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(_too_many("far more")) from None
    except Exception:  # bytes that were made to break a decoder break it in any way
        log.info("a file is no picture", exc_info=True)
        raise ValueError("the file must be a PNG, JPEG, WebP or GIF, got something else. Save it as PNG.") from None
    if pixels > MAX_PIXELS:
        raise ValueError(_too_many(f"{image.width:,} × {image.height:,}"))
    try:
        return _shrunk(image)
    except Exception:  # a decoder meets the damage anywhere; the log can tell a fault of ours from the file's
        log.info("a picture could not be read", exc_info=True)
        raise ValueError("the picture must be whole, got one that is cut or damaged. Save it again as PNG.") from None


def _too_many(pixels: str) -> str:
    return f"a picture must have at most {MAX_PIXELS:,} pixels, got {pixels}. Shrink it."


def _shrunk(image: Image.Image) -> Floats:
    """Return the middle of a picture: averages over squares, so many that its shorter side has 64 at most."""
    image.draft(None, (2 * SIDE, 2 * SIDE))  # a JPEG need not be decoded in full
    if image.mode.startswith("I"):  # 16 bits
        image = Image.fromarray(np.asarray(image, np.float32) / np.float32(65535))
    elif image.mode in ("1", "P", "PA") or image.has_transparency_data:
        image = image.convert("RGBA")  # an index into a palette, or a colour that stands for none, has no average
    times = max(1.0, min(image.size) / SIDE)
    size = (min(image.width, SIDE), min(image.height, SIDE))
    left, top = ((have - times * keep) // 2 for have, keep in zip(image.size, size, strict=True))
    box = (left, top, left + times * size[0], top + times * size[1])
    small = ImageOps.exif_transpose(image.resize(size, Image.Resampling.BOX, box))  # as the camera was held
    if small.mode == "F":
        return np.asarray(small, np.float64)
    colours = np.asarray(small.convert("RGBA"), np.float64) / 255.0
    opaque = colours[..., 3]
    return colours[..., :3].mean(axis=-1) * opaque + (1.0 - opaque)


# --- arrays -----------------------------------------------------------------------------------------------------------


def _array(data: bytes) -> NDArray[np.generic]:
    """Return the numbers of a file that `np.save` wrote; the header is checked against the file before it is used."""
    file = io.BytesIO(data)
    try:
        version = npy.read_magic(file)
        header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
        shape, columns_first, dtype = header(file, max_header_size=MAX_HEADER)
    except Exception:  # the header is a text that may hold anything
        log.info("a file is no array", exc_info=True)
        raise ValueError("the file must begin as np.save writes it, got another header. Use np.save.") from None
    if dtype.kind not in "biuf":
        raise ValueError(f"the numbers must be real, got {str(dtype)[:MAX_LABEL]}. Convert them: x.astype(np.float64).")
    _check_shape(shape)
    told, given = math.prod(shape) * dtype.itemsize, len(data) - file.tell()
    if told != given:
        raise ValueError(f"after its header the file must hold {told:,} bytes, got {given:,}. Save it again.")
    numbers = np.frombuffer(data, dtype, offset=file.tell())
    return numbers.reshape(tuple(map(int, shape)), order="F" if columns_first else "C")  # True is a length too


def _check_shape(shape: tuple[int, ...]) -> None:
    """Refuse what is no tensor, or too large a one."""
    if not 1 <= len(shape) <= 4:
        raise ValueError(f"an array must have 1 to 4 axes, got {len(shape)}. Take a slice of it, or reshape it.")
    most = MAX_SHAPE[-len(shape) :]
    if not all(1 <= length <= limit for length, limit in zip(shape, most, strict=True)):
        limits, given = (" × ".join(map(_brief, lengths)) for lengths in (most, shape))
        axes = "1 axis" if len(shape) == 1 else f"{len(shape)} axes"
        raise ValueError(f"an array of {axes} must have at least 1 and at most {limits} numbers, got {given}. "
                         "Take a part of it.")  # fmt: skip


def _brief(length: int) -> str:
    """Write a length; Python writes no number of thousands of digits."""
    return str(int(length)) if abs(length) < 10**12 else "far more"


def _checked(numbers: NDArray[np.generic]) -> Floats:
    """Return numbers as (N, C, H, W) of float64, read-only; refuse the first that is not finite or too large."""
    given = numbers.shape
    with np.errstate(invalid="ignore", over="ignore"):  # what is no number of 64 bits is named below
        x = np.array(numbers, np.float64, order="C").reshape((1,) * (4 - len(given)) + given)
    bad = ~(np.abs(x) <= MAX_VALUE)  # NaN too
    if bad.any():
        place = np.unravel_index(int(bad.argmax()), x.shape)
        told = [f"{axis} {at}" for axis, at in zip(AXES, place, strict=True)][-len(given) :]
        raise ValueError(f"every number must be finite and at most {MAX_VALUE:g} in size, got {x[place]:g} at "
                         f"{', '.join(told)} (counted from 0). Replace it.")  # fmt: skip
    x.setflags(write=False)
    return x


# --- tables -----------------------------------------------------------------------------------------------------------


def _table(data: bytes) -> Floats:
    """Return the numbers of a CSV file, (H, W): `,`, `;` or tab between them; a first row of names is left out.

    Where no comma stands between the numbers, it may be their decimal sign.
    """
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        byte = data[error.start : error.start + 1].hex()
        raise ValueError(f"the text must be UTF-8, got the byte 0x{byte}. Save it as “CSV UTF-8”.") from None
    filled = ((at, line.strip("\n")) for at, line in enumerate(io.StringIO(text, newline=None), 1) if line.strip(" \n"))
    lines = list(islice(filled, MAX_SHAPE[2] + 2))  # a row of names, all rows, and one too many
    separator = next((sign for sign in "\t;" if lines and sign in lines[0][1]), ",")
    rows = [(at, _cells(at, line, separator)) for at, line in lines]
    if rows and not any(NUMBER.fullmatch(cell.replace(",", ".")) or NOT_FINITE.fullmatch(cell) for cell in rows[0][1]):
        names, rows = rows[0], rows[1:]
        if rows and len(names[1]) != len(rows[0][1]):
            raise ValueError(f"line {names[0]} must hold as many names as line {rows[0][0]} has numbers, "
                             f"{len(rows[0][1])}, got {len(names[1])}. Correct or delete it.")  # fmt: skip
    if not rows:
        raise ValueError("the table must hold numbers, got none. Write one row a line.")
    if len(rows) > MAX_SHAPE[2]:
        raise ValueError(f"a table must have at most {MAX_SHAPE[2]} rows, got more. Take a part of it.")
    comma = separator != "," and not any("." in cell for _, cells in rows for cell in cells)
    first, width = rows[0][0], len(rows[0][1])
    for at, cells in rows:
        if len(cells) != width:
            raise ValueError(f"line {at} must hold {_count(width)} like line {first}, got {len(cells)}. "
                             "Give every line as many.")  # fmt: skip
    return np.array([
        [_number(cell, comma, f"line {at}, column {column}") for column, cell in enumerate(cells, 1)]
        for at, cells in rows
    ])  # fmt: skip


def _count(numbers: int) -> str:
    return "1 number" if numbers == 1 else f"{numbers} numbers"


def _cells(at: int, line: str, separator: str) -> list[str]:
    """Split one line, so that a quotation mark left open costs this line only."""
    try:
        (cells,) = csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True)
    except csv.Error as error:
        said = f"line {at} must be a row of a table, got {line[:MAX_LABEL]!r} ({error})"
        raise ValueError(f"{said}. Correct it.") from None
    if len(cells) > MAX_SHAPE[3]:
        raise ValueError(f"line {at} must hold at most {MAX_SHAPE[3]} numbers, got {len(cells)}. Take a part of it.")
    return [cell.strip() for cell in cells]


def _number(cell: str, comma: bool, where: str) -> float:
    """Read one number; with `comma`, its decimal sign is a comma."""
    written = cell.replace(",", ".") if comma else cell
    if NUMBER.fullmatch(written):
        if abs(number := float(written)) <= MAX_VALUE:
            return number
        raise ValueError(f"{where} must be at most {MAX_VALUE:g} in size, got {cell[:MAX_LABEL]!r}. Replace it.")
    if NOT_FINITE.fullmatch(written):
        raise ValueError(f"{where} must be finite, got {cell[:MAX_LABEL]!r}. Replace it.")
    raise ValueError(f"{where} must be a number such as -1.5e3, got {cell[:MAX_LABEL]!r}. Correct it.")


# --- kept while there is room -----------------------------------------------------------------------------------------

_guard = Lock()  # of what follows
_kept: OrderedDict[str, Tensor] = OrderedDict()


def keep(x: Floats, name: str) -> str:
    """Keep a tensor that was read from a file of this name and return its key: the same numbers have the same key.

    Where the room is full, what nobody has asked for longest gives way.
    """
    x = np.array(x, "<f8", order="C")  # the store's own: nobody else can change it
    x.setflags(write=False)
    key = hashlib.sha256(repr(x.shape).encode() + x.tobytes()).hexdigest()[:12]
    with _guard:
        _kept[key] = Tensor(x, title_of(name))
        _kept.move_to_end(key)
        while len(_kept) > MAX_KEPT or sum(tensor.x.nbytes for tensor in _kept.values()) > KEPT_BYTES:
            _kept.popitem(last=False)
    return key


def kept(key: str) -> Tensor | None:
    """Return a tensor that is kept, or None."""
    with _guard:
        if key in _kept:
            _kept.move_to_end(key)
        return _kept.get(key)
