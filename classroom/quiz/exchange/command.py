"""The commands `export` and `import`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from classroom.quiz.bank import Bank
from classroom.quiz.exchange.forms import Item, Words, items
from classroom.quiz.exchange.gift import gift
from classroom.quiz.exchange.gift_import import entries
from classroom.quiz.exchange.moodle import moodle
from classroom.quiz.exchange.paste import pasted
from classroom.quiz.exchange.qti import package
from classroom.quiz.problems import Problem, nearest, show

TITLE = "Normalization layers"
LARGEST_BYTES = 1_000_000


def add_export(parser: argparse.ArgumentParser) -> None:
    """Say what `export` takes."""
    parser.add_argument("out", type=Path, help="the file to write")
    parser.add_argument("--to", required=True, choices=("gift", "moodle", "qti"), help="the format")
    parser.add_argument("--from", dest="file", type=Path, default=Path("quizzes.yaml"), help="the file of questions")
    parser.add_argument("--variants", type=_some, default=1, help="how many of each drawn question (default: 1)")
    parser.add_argument("--slide", help="only the questions of this slide")
    parser.set_defaults(run=export)


def export(bank: Bank, slides: Sequence[str], given: argparse.Namespace) -> int:
    """Write the questions; say how many, and which of them a person must mark. Returns 1 where nothing is written."""
    chosen = [entry for entry in bank.values() if given.slide in (None, entry.slide)]
    if not chosen:
        asked = list(dict.fromkeys(entry.slide for entry in bank.values()))
        return _stop("--slide", "must be a slide with questions", show(given.slide), _one_of(given.slide, asked))
    found = [item for entry in chosen for item in items(entry, given.variants)]
    try:
        given.out.write_bytes(_written(given.to, found))
    except OSError as error:
        return _stop(str(given.out), "must be a file that can be written", str(error.strerror), "Check the path")
    print(_summary(given.out.name, found))
    return 0


def add_import(parser: argparse.ArgumentParser) -> None:
    """Say what `import` takes."""
    parser.add_argument("gift", type=Path, help="a GIFT file")
    parser.add_argument("--slide", required=True, help="the slide that explains what its questions ask")
    parser.set_defaults(run=import_gift)
    parser.add_argument("--beside", dest="file", type=Path, default=Path("quizzes.yaml"), help="whose ids are taken")


def import_gift(bank: Bank, slides: Sequence[str], given: argparse.Namespace) -> int:
    """Print entries to paste; say what was left out or changed. Returns 1 where a question was left out."""
    if given.slide not in slides:
        return _stop("--slide", "must be a known slide", show(given.slide), _one_of(given.slide, slides))
    try:
        if given.gift.stat().st_size > LARGEST_BYTES:
            return _stop(given.gift.name, f"must have at most {LARGEST_BYTES} bytes", "more", "Split it")
        text = given.gift.read_text(encoding="utf-8-sig")
    except OSError as error:
        return _stop(given.gift.name, "must be a file that can be read", str(error.strerror), "Check the path")
    except UnicodeDecodeError as error:
        got = f"the byte 0x{error.object[error.start]:02X}"
        return _stop(given.gift.name, "must be UTF-8 text", got, "Save the file as UTF-8")
    done = entries(text, given.slide, given.gift.name, bank)
    sys.stdout.write(pasted(done.entries))
    said = [(problem.line, f"{problem} The question is left out.") for problem in done.refused]
    said += [(problem.line, str(problem)) for problem in done.changed]
    sys.stderr.writelines(f"{text}\n" for _, text in sorted(said))
    return 1 if done.refused or not done.entries else 0


def _one_of(word: str, known: Sequence[str]) -> str:
    return nearest(word, known, f"Write one of {', '.join(known)}")


def _stop(place: str, must: str, got: str, todo: str) -> int:
    print(Problem(place, 0, "", "", must, got, todo), file=sys.stderr)
    return 1


def _written(to: str, found: list[Item]) -> bytes:
    match to:
        case "gift":
            return gift(found).encode()
        case "moodle":
            return moodle(found, TITLE)
        case _:
            return package(found, TITLE)


def _summary(name: str, found: list[Item]) -> str:
    in_words = Counter(item.form.why_in_words for item in found if isinstance(item.form, Words) and item.form.key)
    lines = [f"{name}: {len(found)} questions"]
    lines += [f"  {count} for a person to mark: {why}" for why, count in in_words.items() if why]
    return "\n".join(lines)


def _some(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and 1 <= int(typed) <= 100):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 100, got {typed}")
    return int(typed)
