"""Answers are compared in processes that can be ended: a slow one is, and nobody else has to wait for it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from classroom.quiz.algebra import worker
from classroom.quiz.algebra.judge import judge, same_as
from classroom.quiz.algebra.worker import judged
from classroom.quiz.numbers import AnswerError

ROOT = Path(__file__).parents[2]
NAMES = {**dict.fromkeys(("x", "mu", "gamma", "beta"), "real"), **dict.fromkeys(("var", "eps", "s", "k"), "positive")}
KEY = "(x-mu)/sqrt(var+eps)"
SLIPS = ["(x-mu)/(var+eps)", "(x-mu)/(sqrt(var)+eps)", "(x-mu)/sqrt(var)"]
# Equal, and to expand them takes a minute.
SLOW = ("((s+1)(k+1)(x+1)(mu+1))^15", "((s+1)(k+1)(x mu + x + mu + 1))^15")
SLOW_TOLD = r"The expression must be quick to compare, got one that takes longer than [\d.]+ s: write it simpler\."

pytestmark = pytest.mark.skipif(shutil.which("pgrep") is None, reason="looks for processes with pgrep")


def comparing(parent: int | None = None) -> set[int]:
    """Return the comparing processes that this process, or another, has started."""
    listed = ["pgrep", "-P", str(parent or os.getpid()), "-f", "algebra.answering"]
    return set(map(int, subprocess.run(listed, capture_output=True, text=True).stdout.split()))


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(processes: set[int], seconds: float) -> None:
    until = time.monotonic() + seconds
    while alive := {process for process in processes if is_alive(process)}:
        assert time.monotonic() < until, f"still there: {alive}"
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def _warm() -> None:
    """Let both processes be ready, so that none has yet to start while a test looks at the clock."""
    with ThreadPoolExecutor(2) as pool:
        for n in range(2):
            pool.submit(judged, "x", f"x+{n}", [], NAMES, 60)
    worker._reply.cache_clear()  # an answer that was compared before needs no process


@contextmanager
def hostile(callers: int, seconds: float) -> Iterator[None]:
    """Send slow answers, one after another, from some threads."""
    is_over = threading.Event()

    def send() -> None:
        while not is_over.is_set():
            with suppress(AnswerError, RuntimeError):  # the second, if it is killed below while it starts
                judged(*SLOW, [], NAMES, seconds)

    threads = [threading.Thread(target=send) for _ in range(callers)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    try:
        yield
    finally:
        is_over.set()
        for process in comparing():  # so that nobody has to wait for the last ones
            os.kill(process, signal.SIGKILL)
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("typed", ["(x-mu)*(var+eps)^-0.5", "x", "-(mu-x)/(eps+sqrt(var))", "√x", "(x-mu)var^(-1/2)"])
def test_a_process_finds_what_judge_finds(typed: str) -> None:
    found, slip = judged(typed, KEY, SLIPS, NAMES)
    assert found == judge(typed, KEY, NAMES)
    assert slip == same_as(typed, SLIPS, NAMES)


def test_what_equals_the_key_is_no_slip() -> None:
    assert judged("x+x", "2x", ["2*x"], NAMES) == ((True, None, None, None), None)


def test_a_tower_of_powers_needs_no_process() -> None:
    before = comparing()
    start = time.perf_counter()
    with pytest.raises(AnswerError, match="small enough"):
        judged("9^9^9^9", KEY, SLIPS, NAMES)
    assert time.perf_counter() - start < 1
    assert comparing() == before


def test_a_slow_answer_is_refused_and_its_process_ended_and_replaced() -> None:
    before = comparing()
    assert len(before) == worker.WORKERS + 1  # one is spare
    start = time.perf_counter()
    with pytest.raises(AnswerError, match=SLOW_TOLD):
        judged(*SLOW, [], NAMES, 0.5)
    assert 0.5 <= time.perf_counter() - start < 3
    after = comparing()
    (ended,) = before - after
    assert not is_alive(ended)
    assert len(after) == len(before)
    for n in range(4):  # old and new both answer
        assert judged(f"x+{n}", f"{n}+x", [], NAMES, 30)[0].equal


def test_a_process_that_something_else_has_ended_is_replaced() -> None:
    before = comparing()
    for process in before:
        os.kill(process, signal.SIGKILL)
    wait_until_gone(before, 5)
    for n in range(3):
        assert judged(f"x-{n}", f"-{n}+x", [], NAMES, 30)[0].equal
    assert len(comparing() - before) >= 2


def test_one_hostile_caller_delays_nobody() -> None:
    with hostile(1, seconds=60):
        waits = []
        for n in range(20):
            start = time.perf_counter()
            assert judged(f"x+{n}x", f"{n + 1}x", [], NAMES, 30)[0].equal
            waits.append(time.perf_counter() - start)
    assert sorted(waits)[10] < 1
    assert max(waits) < 10  # a share of the hostile minute would be more


def test_two_hostile_callers_delay_another_by_no_more_than_their_time() -> None:
    with hostile(2, seconds=1):
        for n in range(3):  # they come again and again, and yet this one's turn comes
            start = time.perf_counter()
            assert judged(f"x*{n + 2}", f"{n + 2}x", [], NAMES, 30)[0].equal
            assert time.perf_counter() - start < worker.PATIENCE


def test_whoever_has_waited_long_is_told_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PATIENCE", 0.2)
    with hostile(2, seconds=60), pytest.raises(AnswerError, match=r"must wait, .*: send it again in a moment\."):
        judged("x+1", "1+x", [], NAMES)


def test_answers_of_many_threads_are_not_mixed() -> None:
    def ask(n: int) -> bool:
        equal, where, given, right = judged(f"x + {n}", "x", [f"x + {n - 1}", f"{n} + x"], NAMES, 30)[0]
        return (equal, where, given, right) == (False, {"x": 0}, n, 0)

    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(ask, range(1, 100)))


def test_the_same_answer_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = judged("x - mu", "mu - x", [], NAMES)
    monkeypatch.setattr(worker._crew, "ask", lambda *_: pytest.fail("asked again"))
    assert judged("x - mu", "mu - x", [], NAMES) == first


def test_a_key_at_fault_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match="must be an expression, got 'x ='") as fault:
        judged("x", "x =", [], NAMES)
    assert not isinstance(fault.value, AnswerError)


# --- when the server ends ---------------------------------------------------------------------------------------------

# No guard of the main module: a process that imported it again would start another, and so on.
SERVER = f"""
from classroom.quiz.algebra.worker import judged
assert judged("x+x", "2x", [], {NAMES!r}, 60)[0].equal
print("answered", flush=True)
"""


@contextmanager
def server(folder: Path, program: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program that has been answered once."""
    path = folder / "unguarded.py"
    path.write_text(program, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, str(path)], cwd=folder, env=environment, text=True, **pipes) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "answered\n"
            yield process
        finally:
            process.kill()


def test_no_process_is_left_behind(tmp_path: Path) -> None:
    with server(tmp_path, SERVER + "input()") as process:
        children = comparing(process.pid)
        assert len(children) == worker.WORKERS + 1
        process.communicate("\n", timeout=20)
        assert process.returncode == 0
        wait_until_gone(children, 5)


def test_none_is_left_behind_by_a_server_that_is_killed_not_even_a_busy_one(tmp_path: Path) -> None:
    with server(tmp_path, SERVER + f"judged({SLOW[0]!r}, {SLOW[1]!r}, [], {NAMES!r}, 2)") as process:
        children = comparing(process.pid)
        time.sleep(1)
        process.kill()
        process.wait()
        wait_until_gone(children, 15)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the limit is not kept")
def test_the_memory_of_a_process_is_limited() -> None:
    for process in comparing():
        (line,) = (line for line in Path(f"/proc/{process}/limits").read_text().splitlines() if "address space" in line)
        assert int(line.split()[3]) < 8 << 30
