"""Read the citation counts that a user supplies; the deck ships none.

Good rows are kept and every bad one is named, so that one typing error costs one bar and not the chart.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["years", "topics"]

FOLDER = Path(__file__).parents[1] / "assets" / "data"
FILES: dict[Kind, str] = {"years": "citations-by-year.csv", "topics": "citations-by-topic.csv"}
COLUMNS: dict[Kind, tuple[str, str]] = {"years": ("year", "citations"), "topics": ("topic", "count")}
MAX_BYTES = 100_000
MAX_ROWS = 100  # more bars than that cannot be told apart on a slide
MAX_PROBLEMS = 20  # the rest is counted
MAX_LABEL = 60  # characters
FIRST_YEAR, LAST_YEAR = 2015, 2100  # the paper appeared in 2015
COUNT = re.compile(r"[0-9]{1,9}")  # ASCII: int() also takes other scripts' digits, and underscores
YEAR = re.compile(r"[0-9]{4}")


@dataclass(frozen=True)
class Row:
    """One bar of the chart."""

    label: str  # a year or a topic
    count: int


@dataclass(frozen=True)
class Citations:
    """What could be read, and what could not."""

    kind: Kind
    rows: tuple[Row, ...]  # years in order; topics by count, the largest first
    problems: tuple[str, ...]  # one sentence each, with the line it is about

    def alt(self) -> str:
        """Say the chart in words."""
        if not self.rows:
            return "No chart: there are no rows to draw."
        total = sum(row.count for row in self.rows)
        top = max(self.rows, key=lambda row: row.count)
        listed = ", ".join(f"{row.label}: {row.count:,}" for row in self.rows)
        name = "Citations by year" if self.kind == "years" else "Citing works by topic"
        bars = "1 bar" if len(self.rows) == 1 else f"{len(self.rows)} bars"
        return f"{name}: {bars}, {total:,} in all; the longest is {top.label} with {top.count:,}. {listed}."


def expected(kind: Kind) -> str:
    """Return the first lines of a file as it should look; the counts stand as dots, for none is known here."""
    labels = ("2015", "2016") if kind == "years" else ("detection", "speech")
    return "\n".join([",".join(COLUMNS[kind]), *(f"{label},…" for label in labels)])


def find(kind: Kind, folder: Path = FOLDER) -> Citations | None:
    """Read the file that whoever runs the deck put into `folder`; None if there is none."""
    path = folder / FILES[kind]
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            return read(file.read(MAX_BYTES + 1), kind)
    except OSError as error:
        return _nothing(kind, f"{path.name}: the file must be readable, got {error.strerror}. Check its rights.")


def read(data: bytes, kind: Kind) -> Citations:
    """Read a CSV file: a header, then one row per bar; `,`, `;` or tab between the columns, in any order."""
    if len(data) > MAX_BYTES:
        return _nothing(kind, f"The file must be at most {MAX_BYTES:,} bytes, got more. Keep one row per bar.")
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        say = f"The text must be UTF-8, got the byte {data[error.start]:#04x}. Save the file as “CSV UTF-8”."
        return _nothing(kind, say)

    rows_of_text = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = [(number, line) for number, line in enumerate(rows_of_text, 1) if line.strip(" ,;\t")]
    if not lines:
        return _nothing(kind, f"The file must hold rows, got none. Begin with the line {','.join(COLUMNS[kind])}.")
    (number, header), *rest = lines
    separator = max(",;\t", key=header.count)
    try:
        names = [name.casefold() for name in _cells(header, separator)]
    except csv.Error:
        names = []
    if any(names.count(column) != 1 for column in COLUMNS[kind]):
        say = f"Line {number}: the header must be {','.join(COLUMNS[kind])}, got {header.strip()[:MAX_LABEL]!r}."
        return _nothing(kind, f"{say} Write these two names into the first line.")
    places = [names.index(column) for column in COLUMNS[kind]]

    rows: dict[str, Row] = {}  # by the folded label, so that a repeated one is seen
    problems: list[str] = []
    for number, line in rest:
        if len(rows) == MAX_ROWS:
            problems.append(f"Line {number}: at most {MAX_ROWS} rows are drawn, got more. Merge the smallest.")
            break
        try:
            cells = _cells(line, separator)
            label, count = (cells[place] if place < len(cells) else "" for place in places)
            row = _row(kind, label, count)
            if label.casefold() in rows:
                raise ValueError(f"{label!r} must stand once, got it again. Merge the two rows")
            rows[label.casefold()] = row
        except (ValueError, csv.Error) as error:
            problems.append(f"Line {number}: {error}.")
    if len(problems) > MAX_PROBLEMS:
        problems[MAX_PROBLEMS:] = [f"And {len(problems) - MAX_PROBLEMS} more lines like these."]
    ordered = sorted(rows.values(), key=lambda row: int(row.label) if kind == "years" else -row.count)
    return Citations(kind, tuple(ordered), tuple(problems))


def _nothing(kind: Kind, problem: str) -> Citations:
    return Citations(kind, (), (problem,))


def _cells(line: str, separator: str) -> list[str]:
    """Split one line, so that a quotation mark left open costs this line only."""
    (cells,) = csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True)
    return [cell.strip() for cell in cells]


def _row(kind: Kind, label: str, count: str) -> Row:
    name, number = COLUMNS[kind]
    if kind == "years" and not (YEAR.fullmatch(label) and FIRST_YEAR <= int(label) <= LAST_YEAR):
        raise ValueError(f"{name} must be {FIRST_YEAR} to {LAST_YEAR}, got {label[:MAX_LABEL]!r}. Correct it")
    if kind == "topics" and not (0 < len(label) <= MAX_LABEL and label.isprintable()):
        raise ValueError(f"{name} must be 1 to {MAX_LABEL} printable characters, got {label[:MAX_LABEL]!r}. Change it")
    if not COUNT.fullmatch(count):
        raise ValueError(f"{number} must be a whole number, digits only, got {count[:MAX_LABEL]!r}. Correct it")
    return Row(label, int(count))
