"""Faults that no gradient shows are held against the definition."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tests.normlib.catching import CHANNEL, BatchNorm, caught_by

# Faults of the running statistics, which no gradient shows: held against the definition.


@dataclass(frozen=True, kw_only=True)
class BiasedRunning(BatchNorm):
    """The running variance of the batch's own, biased one."""

    def update(self, running, cache):
        return replace(self, unbiased=False)._plain_update(running, cache)

    _plain_update = BatchNorm.update


@dataclass(frozen=True, kw_only=True)
class MomentumOfTheOld(BatchNorm):
    """Momentum as the weight of the old value."""

    def update(self, running, cache):
        return replace(self, momentum=1 - self.momentum)._plain_update(running, cache)

    _plain_update = BatchNorm.update


def running_law_holds(norm):
    x = np.random.default_rng(0).normal(3, 2, (2, 3, 2, 2))
    _, cache = norm.forward(x, **norm.init(x.shape))
    running = norm.update(norm.start(3), cache)
    mean, var = 0.1 * x.mean(axis=CHANNEL), 0.9 + 0.1 * x.var(axis=CHANNEL, ddof=1)
    return np.allclose(running.mean, mean, rtol=1e-12) and np.allclose(running.var, var, rtol=1e-12)


def test_a_fault_of_the_running_statistics_is_caught_by_their_definition_alone():
    assert running_law_holds(BatchNorm())
    for fault in (BiasedRunning(), MomentumOfTheOld()):
        assert not running_law_holds(fault)
        assert caught_by(fault) == set()
