"""The line of a shell that trains a configuration again."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from lab.cli.commands import hyphened
from lab.cli.settings import line
from lab.experiment import Experiment
from lab.experiments import EXPERIMENTS


def command(experiment: Experiment[Any]) -> str:
    """Return what trains this very configuration without the talk; what is usual is left out.

    >>> command(EXPERIMENTS["covariate_shift"](seeds=5))
    'python -m lab run covariate-shift --seeds 5'
    """
    name = next(name for name, kind in EXPERIMENTS.items() if kind is type(experiment))
    values = {field.name: getattr(experiment, field.name) for field in fields(experiment)}
    own = {name: value for name, value in values.items() if value != getattr(type(experiment), name)}
    return f"python -m lab run {hyphened(name)} {line(own)}".rstrip()
