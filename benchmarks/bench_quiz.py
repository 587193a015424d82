"""Measure the questions: `python -m benchmarks.bench_quiz [--quick]`.

How long an answer waits for verdict and reason, by kind, right and wrong ones in turn; loading and checking the bank;
1,000 seeds of each question that has something drawn in it.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Any

from benchmarks.table import Line, table
from classroom.content import QUESTIONS, SLIDES
from classroom.deck import Deck
from classroom.quiz import AnswerError, Bank, Entry, Question, Template, load, reason
from classroom.quiz.compiler import SEEDS, compile_bank
from classroom.quiz.source import read
from normlib import NORMS

GOALS = {"algebra": 100.0}  # milliseconds at the median; every other kind:
GOAL = 5.0
ODD = ("A", "F", "0.123", "x", [0], ["B", "A"], [0.1])  # what may be a wrong answer to some kind


def timed(work: Callable[[], object]) -> float:
    """Return how many milliseconds a call took."""
    start = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - start)


def answers(question: Question) -> Iterator[Any]:
    """Yield the right answer, and wrong ones that are answers to this kind."""
    yield question.solution()
    for given in ODD:
        try:
            if not question.grade(given).right:
                yield given
        except AnswerError:
            continue


def judge(entry: Entry, seed: int, given: Any) -> None:
    """Grade an answer and say why, as the page does."""
    entry.variant(seed).grade(given)
    reason(entry, seed, given)


def grading(bank: Bank, rounds: int) -> list[Line]:
    """Return two lines for each kind: an answer that nobody gave before in this process, and one that was given."""
    first: dict[str, list[float]] = {}
    again: dict[str, list[float]] = {}
    for entry in bank.values():
        kind = f"{entry.type}, drawn" if isinstance(entry, Template) else entry.type
        for seed in range(5):
            for given in answers(entry.variant(seed)):
                new = f"{given}{' ' * (1 + seed)}" if entry.type == "algebra" else given  # the same, and not known yet
                first.setdefault(kind, []).append(timed(partial(judge, entry, seed, new)))
                for _ in range(rounds):
                    again.setdefault(kind, []).append(timed(partial(judge, entry, seed, new)))
    return [
        Line(what=f"{kind}{how}", samples=tuple(times[kind]), below=GOALS.get(kind.split(",")[0], GOAL))
        for kind in sorted(first)
        for how, times in ((", for the first time", first), (", again", again))
    ]


def drawing(bank: Bank, count: int) -> list[Line]:
    """Return a line for each drawn question: so many seeds, each made for the first time."""
    return [
        Line(what=name, samples=tuple(timed(partial(entry.variant, seed)) for seed in range(9, 9 + count)))
        for name, entry in bank.items()
        if isinstance(entry, Template)
    ]


def main() -> int:
    """Print all that was measured as one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_quiz", description="Measure the questions.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the answers and of the seeds")
    quick = parser.parse_args().quick
    slides, count = Deck.read(SLIDES), SEEDS // 10 if quick else SEEDS
    names, exhibits = [slide.id for slide in slides], {slide.id: slide.exhibit for slide in slides}
    loading = [timed(lambda: load(QUESTIONS, names, NORMS)) for _ in range(3)]
    bank = load(QUESTIONS, names, NORMS)
    drawn = sum(isinstance(entry, Template) for entry in bank.values())
    checking = timed(lambda: compile_bank(read(QUESTIONS), bank, exhibits, count))
    load_average = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{date.today():%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}){load_average}\n")
    whole = [
        Line(what="loading it, first", samples=(loading[0],)),
        Line(what="loading it again", samples=tuple(loading[1:])),
        Line(what=f"checking it, {count} seeds of each of {drawn} drawn", samples=(checking,)),
    ]
    verdicts = grading(load(QUESTIONS, names, NORMS), 2 if quick else 20)
    fresh = load(QUESTIONS, names, NORMS)
    sections = [
        (f"The bank of {len(bank)} questions", whole),
        ("Verdict and reason of an answer", verdicts),
        (f"A drawn question, each of {count} seeds", drawing(fresh, count)),
    ]
    print(table(sections), flush=True)
    return int(any(line.met is False for line in verdicts))


if __name__ == "__main__":
    sys.exit(main())
