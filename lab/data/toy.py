"""Points of the plane in two classes, whose border a reader can see: the same ones every time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from lab.data.dataset import Array, Data, Split, f32, lock

TRAINED, HELD_OUT = 600, 400  # points
BLUR = 0.06  # standard deviation of the noise of a point


@lru_cache(maxsize=8)
def points(name: str) -> Data:
    """Return a set by its name in `TOYS`: examples 2×1×1, x before y, within about 1.2 of the origin."""
    rng = np.random.default_rng([2015, *name.encode()])
    labels = rng.permutation(np.arange(TRAINED + HELD_OUT) % 2).astype(np.intp)
    clean = TOYS[name](labels, rng)
    x: Array = (clean + rng.normal(0, BLUR, clean.shape)).astype(np.float32)[:, :, None, None]
    lock(x, labels)
    none, one = f32([0.0, 0.0]), f32([1.0, 1.0])
    train, held_out = slice(None, TRAINED), slice(TRAINED, None)
    return Data(Split(x[train], labels[train], none, one), Split(x[held_out], labels[held_out], none, one), 2)


def circles(labels: Array, rng: np.random.Generator) -> Array:
    """Return a ring (class 0) around a disc (class 1)."""
    radius = np.where(labels == 1, 0.5 * np.sqrt(rng.uniform(0, 1, labels.size)), 1.0)
    return polar(radius, rng.uniform(0, 2 * np.pi, labels.size))


def moons(labels: Array, rng: np.random.Generator) -> Array:
    """Return two half circles that reach into each other."""
    turn = rng.uniform(0, np.pi, labels.size)
    upper, apart = labels[:, None] == 1, np.array([0.4, 0.2])
    half = polar(np.full(labels.size, 0.8), turn)
    return np.where(upper, half - apart, half * (1, -1) + apart)


def spirals(labels: Array, rng: np.random.Generator) -> Array:
    """Return two arms of one and a quarter turns that wind into each other."""
    along = np.sqrt(rng.uniform(0.02, 1, labels.size))
    return polar(1.1 * along, 2.5 * np.pi * along + np.pi * labels)


def xor(labels: Array, rng: np.random.Generator) -> Array:
    """Return four squares, of one class where x and y have one sign."""
    corner = rng.uniform(0.12, 1, (labels.size, 2))
    sign = rng.choice((-1, 1), labels.size)
    return np.stack([corner[:, 0] * sign, corner[:, 1] * sign * np.where(labels == 1, 1, -1)], axis=1)


def polar(radius: Array, turn: Array) -> Array:
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)


TOYS: Mapping[str, Callable[[Array, np.random.Generator], Array]] = MappingProxyType(
    {"circles": circles, "moons": moons, "spirals": spirals, "xor": xor}
)
