"""Train in this process, with a progress bar for whoever watches."""

from __future__ import annotations

import io
import sys
import time
from contextlib import suppress
from typing import Any, TextIO

import click
from threadpoolctl import threadpool_limits

from lab.experiment import Experiment, Progress

TICKS = 1000  # of the bar


def trained(experiment: Experiment[Any], quiet: bool = False) -> Progress[Any] | None:
    """Train, and return what was there last, at Ctrl-C too; nothing where nothing was recorded before it."""
    last = None
    file: TextIO = io.StringIO() if quiet else sys.stderr
    bar: Any = click.progressbar(length=TICKS, label=experiment.title, file=file, show_eta=False,
                                 item_show_func=lambda left: left)  # fmt: skip
    # The matrices are small: threads of the linear algebra would cost several times what they save.
    with suppress(KeyboardInterrupt), threadpool_limits(limits=1, user_api="blas"), bar:
        began = None  # with the first record: what goes before, loading and tuning, says nothing of the pace
        for last in experiment.run():
            began = began or (time.monotonic(), last.done)
            bar.update(int(TICKS * last.done) - bar.pos, left(time.monotonic() - began[0], began[1], last.done))
    return last


def left(seconds: float, before: float, done: float) -> str:
    """Return the time that the rest takes at the pace so far.

    >>> left(30.0, 0.0, 0.2), left(3.0, 0.5, 0.75), left(0.0, 0.0, 0.0)
    ('2 min left', '3 s left', '')
    """
    if done >= 1 or done <= before:  # over, or no pace yet
        return ""
    rest = seconds * (1 - done) / (done - before)
    return f"{rest:.0f} s left" if rest < 100 else f"{rest / 60:.0f} min left"
