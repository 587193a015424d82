"""Compare expressions in two processes of their own, which can be ended: what was typed may take for ever.

The processes are programs, asked by lines of JSON. (One of `multiprocessing` would import the server's main module
again, and under Streamlit that is the page which happens to run.) A caller has a process to itself, so one hostile
caller delays nobody. Two at a time delay a third by `seconds`: callers are served in turn, and a third process is
ready to take the place of one that was ended. PATIENCE ends the longest wait.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from classroom.quiz.algebra.judge import Judgement, refuse_at_once
from classroom.quiz.numbers import AnswerError

WORKERS = 2
PATIENCE = 10.0  # seconds to wait for a process that is free
_START = 60.0  # seconds that a process may take to start on a machine that is busy
_ROOT = Path(__file__).parents[3]
# The quiz's package is not run there: it loads the operators and their pictures, and a start would take thrice as long.
_PROGRAM = """
import sys, types
sys.path.insert(0, sys.argv[1])
package = sys.modules["classroom.quiz"] = types.ModuleType("classroom.quiz")
package.__path__ = [sys.argv[2]]
from classroom.quiz.algebra.answering import main
main()
"""


def judged(
    given: str, key: str, candidates: Sequence[str], names: Mapping[str, str], seconds: float = 2.0
) -> tuple[Judgement, int | None]:
    """Return what `judge` finds, and `same_as` if that is not equality, within `seconds`. Any thread may call.

    Raises AnswerError for what is no expression, too large or too slow to compare; ValueError if the key is at fault.
    """
    refuse_at_once(given, names)
    reply = _reply(given, key, tuple(candidates), tuple(names.items()), seconds)
    if "refused" in reply:
        raise AnswerError(reply["refused"])
    if "fault" in reply:
        raise ValueError(f"judged: the key and the candidates must be comparable, got a fault.\n{reply['fault']}")
    equal, shown, first, second = reply["judgement"]
    where = None if shown is None else {name: Fraction(number) for name, number in shown.items()}
    return Judgement(equal, where, first, second), reply["slip"]


def warm() -> None:
    """Start the processes, so that the first answer need not wait for them."""
    _crew.start()


@lru_cache(maxsize=1024)  # a room of readers sends few different answers
def _reply(
    given: str, key: str, candidates: tuple[str, ...], names: tuple[tuple[str, str], ...], seconds: float
) -> dict[str, Any]:
    request = {"given": given, "key": key, "candidates": candidates, "names": dict(names), "seconds": seconds}
    return _crew.ask(request, seconds)


class _Worker:
    """A process, and the lines to it and back. One thread at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(_ROOT), str(_ROOT / "classroom" / "quiz")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._questions: IO[str] = self._process.stdin
        self._answers: IO[str] = self._process.stdout
        self._is_ready = False
        self._is_asked = False  # and has not answered

    @property
    def is_fit(self) -> bool:
        """Whether it can be asked once more."""
        return not self._is_asked and self._process.poll() is None

    def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any] | None:
        """Return the reply; None if there is none in time. Raises RuntimeError if the program does not start."""
        self._is_asked = True
        if not self._is_ready:
            if self._line(_START) is None:
                raise RuntimeError("worker: the comparing process must start, and has not. See its trace above.")
            self._is_ready = True
        with suppress(BrokenPipeError):  # then it does not answer, either
            self._questions.write(json.dumps(request) + "\n")
            self._questions.flush()
        line = self._line(seconds)
        self._is_asked = line is None
        return None if line is None else json.loads(line)

    def _line(self, seconds: float) -> str | None:
        """Return the next line of the process; it is ended if that takes longer, and then there is none."""
        late = threading.Event()

        def end() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        line = self._answers.readline()
        timer.cancel()
        timer.join()
        return line if line and not late.is_set() else None

    def end(self) -> None:
        """End the process, whatever it does, and wait until it is gone."""
        self._process.kill()
        self._process.wait()
        self._answers.close()
        with suppress(BrokenPipeError):  # half a question may be left
            self._questions.close()


class _Crew:
    """The processes: each is with one caller, or free; one is spare. Whoever waits longest is served first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # of all that follows
        self._free: list[_Worker] = []
        self._spare: _Worker | None = None
        self._all: set[_Worker] = set()
        self._waiting: deque[Future[_Worker]] = deque()

    def start(self) -> None:
        """Start the processes if they are not."""
        with self._lock:
            if self._spare is None:
                atexit.register(self.end)
                self._free = [self._new() for _ in range(WORKERS)]
                self._spare = self._new()

    def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Return a process's reply. Raises AnswerError if there is none in time."""
        self.start()
        worker = self._taken()
        try:
            while not worker.is_fit:  # something else has ended it
                worker = self._replaced(worker)
            reply = worker.ask(request, seconds)
        finally:
            self._give(worker if worker.is_fit else self._replaced(worker))
        if reply is None:
            slow = f"got one that takes longer than {seconds:g} s"
            raise AnswerError(f"The expression must be quick to compare, {slow}: write it simpler.")
        return reply

    def end(self) -> None:
        """End all processes."""
        with self._lock:
            for worker in self._all:
                worker.end()

    def _taken(self) -> _Worker:
        with self._lock:
            if self._free:
                return self._free.pop()
            turn: Future[_Worker] = Future()
            self._waiting.append(turn)
        try:
            return turn.result(PATIENCE)
        except TimeoutError:
            if turn.cancel():
                crowd = "got others that take too long: send it again in a moment."
                raise AnswerError(f"The expression must wait, {crowd}") from None
            return turn.result()  # it came at the last moment

    def _give(self, worker: _Worker) -> None:
        with self._lock:
            while self._waiting:
                turn = self._waiting.popleft()
                if turn.set_running_or_notify_cancel():
                    turn.set_result(worker)
                    return
            self._free.append(worker)

    def _replaced(self, worker: _Worker) -> _Worker:
        worker.end()
        with self._lock:
            self._all.discard(worker)
            assert self._spare is not None
            spare, self._spare = self._spare, self._new()
        return spare

    def _new(self) -> _Worker:
        worker = _Worker()
        self._all.add(worker)
        return worker


_crew = _Crew()
