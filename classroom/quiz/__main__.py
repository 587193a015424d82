"""Work with quizzes.yaml from the command line: python -m classroom.quiz check, export or import."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from classroom.quiz.bank import Bank, load
from classroom.quiz.compiler import SEEDS, compile_bank
from classroom.quiz.exchange import command
from classroom.quiz.problems import Problem, QuizError
from classroom.quiz.source import read
from normlib import NORMS

_SLIDE = re.compile(r"[0-9]{3}-([a-z0-9-]+)\.md")
_EXHIBIT = re.compile(r"^exhibit: *([a-z0-9_]+) *$", re.MULTILINE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return 0; or print every problem of the file on a line of its own and return 1."""
    parser = argparse.ArgumentParser(prog="python -m classroom.quiz", description="Work with the file of questions.")
    commands = parser.add_subparsers(required=True)
    check = commands.add_parser("check", help="say everything that is wrong with the file")
    check.add_argument("file", type=Path, nargs="?", default=Path("quizzes.yaml"))
    about = f"how many seeds to ask each drawn question with (default: {SEEDS})"
    check.add_argument("--seeds", type=int, default=SEEDS, help=about)
    check.set_defaults(run=checked)
    export = commands.add_parser("export", help="write the questions for another system")
    command.add_export(export)
    bring = commands.add_parser("import", help="print the questions of a GIFT file as entries to paste")
    command.add_import(bring)
    for each in (check, export, bring):
        each.add_argument("--slides", type=Path, help="folder of NNN-id.md (default: assets/slides beside the file)")
    given = parser.parse_args(arguments)
    folder = _slides_of(given)
    slides = slide_ids(folder)
    problems: list[Problem] = []
    if not slides:
        got = "an empty folder" if folder.is_dir() else "no such folder"
        todo = "Name the folder with --slides; until then no question's slide is checked"
        problems.append(Problem(str(folder), 0, "", "", "must hold slides named like 010-idea.md", got, todo))
    try:
        bank = load(given.file, slides or None, NORMS)
    except QuizError as error:
        problems += error.problems
    if problems:
        print(*problems, sep="\n", file=sys.stderr)
        return 1
    return int(given.run(bank, slides, given))


def checked(bank: Bank, slides: Sequence[str], given: argparse.Namespace) -> int:
    """Print a summary and return 0, or what the compiler finds wrong and return 1."""
    problems = compile_bank(read(given.file), bank, exhibits(_slides_of(given)), given.seeds)
    if problems:
        print(*problems, sep="\n", file=sys.stderr)
        return 1
    print(summary(bank, given.file.name))
    return 0


def exhibits(folder: Path) -> dict[str, str | None]:
    """Return the exhibit that each slide names in its front matter, None where it names none."""
    found = {}
    for path in folder.glob("*.md"):
        if slide := _SLIDE.fullmatch(path.name):
            named = _EXHIBIT.search(path.read_text(encoding="utf-8"))
            found[slide[1]] = named[1] if named else None
    return found


def slide_ids(folder: Path) -> list[str]:
    """List the slides' ids, read off their files' names, in their order."""
    names = sorted(path.name for path in folder.glob("*.md"))
    return [found[1] for found in map(_SLIDE.fullmatch, names) if found]


def summary(bank: Bank, name: str) -> str:
    """Count the questions by kind and by slide."""
    kinds = Counter(question.type for question in bank.values())
    slides = Counter(question.slide for question in bank.values())
    width = max(map(len, slides))
    points = sum(question.points for question in bank.variants(0).values() if question.scored)
    head = f"{name}: {len(bank)} questions ({', '.join(f'{n} {kind}' for kind, n in kinds.items())}), {points} points"
    return "\n".join([head, *(f"  {slide:<{width}}  {count}" for slide, count in slides.items())])


def _slides_of(given: argparse.Namespace) -> Path:
    folder: Path = given.slides or given.file.parent / "assets" / "slides"
    return folder


if __name__ == "__main__":
    sys.exit(main())
