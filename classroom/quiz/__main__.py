"""Check quizzes.yaml from the command line: python -m classroom.quiz check [quizzes.yaml]."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from classroom.quiz.bank import Bank, load
from classroom.quiz.problems import Problem, QuizError
from normlib import NORMS

_SLIDE = re.compile(r"[0-9]{3}-([a-z0-9-]+)\.md")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a summary and return 0, or every problem on a line of its own and return 1."""
    parser = argparse.ArgumentParser(prog="python -m classroom.quiz", description="Work with the file of questions.")
    check = parser.add_subparsers(required=True).add_parser("check", help="say everything that is wrong with the file")
    check.add_argument("file", type=Path, nargs="?", default=Path("quizzes.yaml"))
    check.add_argument("--slides", type=Path, help="folder of NNN-id.md (default: assets/slides beside the file)")
    given = parser.parse_args(arguments)
    folder = given.slides or given.file.parent / "assets" / "slides"
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
    print(summary(bank, given.file.name))
    return 0


def slide_ids(folder: Path) -> list[str]:
    """List the slides' ids, read off their files' names, in their order."""
    names = sorted(path.name for path in folder.glob("*.md"))
    return [found[1] for found in map(_SLIDE.fullmatch, names) if found]


def summary(bank: Bank, name: str) -> str:
    """Count the questions by kind and by slide."""
    kinds = Counter(question.type for question in bank.values())
    slides = Counter(question.slide for question in bank.values())
    width = max(map(len, slides))
    points = sum(question.points for question in bank.values())
    head = f"{name}: {len(bank)} questions ({', '.join(f'{n} {kind}' for kind, n in kinds.items())}), {points} points"
    return "\n".join([head, *(f"  {slide:<{width}}  {count}" for slide, count in slides.items())])


if __name__ == "__main__":
    sys.exit(main())
