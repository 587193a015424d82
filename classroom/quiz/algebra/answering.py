"""The program of a comparing process: read a question in a line, answer in a line, until the other side is gone.

Started by `classroom.quiz.algebra.worker`. It limits itself, so that it ends even when nobody is left to end it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from typing import Any

from classroom.quiz.algebra.judge import judge, same_as
from classroom.quiz.numbers import AnswerError

if sys.platform != "win32":
    import resource

_MEMORY = 1 << 30  # bytes of addresses beyond those in use at the start
_GRACE = 2  # seconds after which a process ends that should have been ended


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return what judge and same_as find, as JSON has it; a refusal or a fault is an answer, too."""
    try:
        judgement = judge(request["given"], request["key"], request["names"])
        slip = None if judgement.equal else same_as(request["given"], request["candidates"], request["names"])
    except AnswerError as refused:
        return {"refused": str(refused)}
    except MemoryError:
        raise  # and end: what is left of the process is not to be trusted
    except Exception:  # the trace goes to the process that asked, which raises it there
        return {"fault": traceback.format_exc()}
    where = judgement.counterexample
    shown = None if where is None else {name: str(number) for name, number in where.items()}
    return {"judgement": [judgement.equal, shown, judgement.given, judgement.right], "slip": slip}


def main() -> None:
    """Answer until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the server, which then closes the input
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no answer
    _limit_memory()
    judge("x/sqrt(s)", "x s^(-1/2)", {"x": "real", "s": "positive"})  # SymPy makes ready as it is first used
    print("ready", file=answers)
    for line in sys.stdin:
        request = json.loads(line)
        _end_after(request["seconds"] + _GRACE)
        print(json.dumps(answer(request)), file=answers)
        _end_after(0)


def _limit_memory() -> None:
    if sys.platform == "linux":  # elsewhere the limit is missing or not kept
        with open("/proc/self/statm", encoding="ascii") as sizes:
            used = int(sizes.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + _MEMORY, used + _MEMORY))


def _end_after(seconds: float) -> None:
    """Let the system end this process after some time; 0 is never."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)
