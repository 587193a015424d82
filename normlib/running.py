"""Averages over batches, which inference uses instead of a batch's statistics: a value, and how a batch moves it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from normlib.pool import Array


class Running(NamedTuple):
    """The averages that inference uses instead of a batch's statistics."""

    mean: Array  # (C,)
    var: Array  # (C,), without eps
    weight: float = 0.0  # of the batches averaged so far; what a debiased average divides by


def start(channels: int, var: float = 1.0) -> Running:
    """Return the running statistics before any batch."""
    return Running(np.zeros(channels), np.full(channels, var))


def averaged(
    running: Running, mean: Array, var: Array, momentum: float, where: str, *, debias: bool = False
) -> Running:
    """Return `running` moved towards a batch's mean and variance by `momentum`; a new value.

    mean, var: one number a channel, of any shape.  debias: divide by the sum of the weights, so that the start value
    never counts.  Raises ValueError, naming `where`, for another number of channels.

    >>> averaged(Running(np.zeros(1), np.ones(1)), np.array([10.0]), np.array([5.0]), 0.5, "").var
    array([3.])
    """
    channels = mean.size
    if np.shape(running.mean) != (channels,) or np.shape(running.var) != (channels,):
        raise ValueError(
            f"{where}: running must hold {channels} channels, got {np.size(running.mean)}. "
            f"Start from start({channels})."
        )
    weight = 1 + (1 - momentum) * running.weight
    new = 1 / weight if debias else momentum
    return Running(
        running.mean + new * (mean.ravel() - running.mean), running.var + new * (var.ravel() - running.var), weight
    )


def averaged_deviations(
    running: Running, mean: Array, var: Array, eps: float, momentum: float, where: str, *, debias: bool = False
) -> Running:
    """Return what `averaged` does where sqrt(var + eps) is averaged instead of the variance.

    The result's variance plus eps is the square of that average, so that inference divides by the average itself.

    >>> averaged_deviations(Running(np.zeros(1), np.ones(1)), np.array([0.0]), np.array([25.0]), 0.0, 0.5, "").var
    array([9.])
    """
    rooted = running._replace(var=np.sqrt(running.var + eps))
    moved = averaged(rooted, mean, np.sqrt(var + eps), momentum, where, debias=debias)
    return moved._replace(var=moved.var**2 - eps)
