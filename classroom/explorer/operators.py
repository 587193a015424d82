"""Every operator of the registry as the explorer offers it: a name, what is fixed, and which controls set the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from classroom.picture import Values
from normlib import NORMS, Norm
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.batch_renorm import BatchRenorm
from normlib.norms.spectral_norm import SpectralNorm
from normlib.running import Running

# The controls of the explorer and the fields of an operator that each of them sets.
FIELDS: dict[str, tuple[str, ...]] = {
    "eps_power": ("eps",),
    "size": ("size", "height", "width"),
    "strength": ("alpha", "alpha_start"),
    "power": ("beta",),
    "offset": ("k",),
    "groups": ("groups",),
    "p": ("p",),
    "r_max": ("r_max",),
    "d_max": ("d_max",),
    "iterations": ("iterations",),
}
# Where a field that is no number makes another operator of it: a suffix of the name, and the field's value.
MODES: dict[str, dict[str, dict[str, Any]]] = {
    "local_response_norm": {
        "_across_channels": {"mode": "across_channels"},
        "_within_a_channel": {"mode": "within_channel"},
    },
    "mean_variance_norm": {"": {}, "_across_channels": {"across_channels": True}},
    "batch_norm": {"": {}, "_at_inference": {"training": False}},
    "layer_norm": {"": {}, "_at_each_position": {"over": "channels"}},
    "rms_norm": {"_at_each_position": {}, "_of_the_sample": {"over": "sample"}},
    "lp_norm": {"_at_each_position": {}, "_of_the_sample": {"over": "sample"}},
}
SHORT = {"rms_norm": "root_mean_square"}


class Choice(NamedTuple):
    """An operator as a reader chooses it."""

    kind: type[Norm]
    fixed: Mapping[str, Any]

    @property
    def controls(self) -> dict[str, tuple[str, ...]]:
        """Return the explorer's controls that set this operator, each with the fields that it sets."""
        numbers = self.kind.hypers()
        found = {control: tuple(f for f in names if f in numbers) for control, names in FIELDS.items()}
        return {control: names for control, names in found.items() if names}

    def norm(self, settings: Mapping[str, float], channels: int) -> Norm:
        """Return the operator at the settings, for x of so many channels; groups become a divisor of these."""
        given: dict[str, Any] = {
            field: settings[control] for control, names in self.controls.items() for field in names
        }
        if "groups" in given:
            given["groups"] = max(g for g in range(1, channels + 1) if channels % g == 0 and g <= given["groups"])
        return self.kind(**given, **self.fixed)


def _short(key: str) -> str:
    return SHORT.get(key, key.removesuffix("_norm"))


def _choices() -> dict[str, Choice]:
    return {
        _short(key) + suffix: Choice(kind, fixed)
        for key, kind in NORMS.items()
        for suffix, fixed in MODES.get(key, {"": {}}).items()
    }


CHOICES: Mapping[str, Choice] = _choices()


def parameters(norm: Norm, x: Values, usual: Values, gamma: float, beta: float, apart: float) -> dict[str, Values]:
    """Return the operator's parameters: gamma and beta as set, running statistics those of the usual input.

    x, usual: (N, C, H, W); the usual input is what a network was trained on, before a reader changed it to x.
    apart: from the first channel to the last, gamma goes from 1 - apart to 1 + apart times what is set.
    """
    given = {name: np.asarray(p, dtype=np.float64) for name, p in norm.init(x.shape).items()}
    sets = {"gamma": gamma, "g": gamma, "beta": beta}
    given |= {name: np.full_like(given[name], value) for name, value in sets.items() if name in given}
    given |= {name: _fanned(given[name], apart) for name in ("gamma", "g") if name in given}
    mean, var = usual.mean(axis=(0, 2, 3)), usual.var(axis=(0, 2, 3))
    if isinstance(norm, BatchNorm) and not norm.training:
        given |= {"running_mean": mean, "running_var": var}
    if isinstance(norm, BatchRenorm):
        given |= norm.corrections(x, Running(mean, var, 1.0))
    if isinstance(norm, SpectralNorm):
        given |= norm.power_iteration(x, given["u"], given["v"])
    return given


def _fanned(values: Values, apart: float) -> Values:
    """Multiply by what goes from 1 - apart to 1 + apart along the first axis; a single number stays.

    >>> _fanned(np.full(3, 2.0), 0.5), _fanned(np.ones(1), 0.5)
    (array([1., 2., 3.]), array([1.]))
    """
    n = len(values)
    factors = 1 + apart * np.linspace(-1, 1, n) if n > 1 else np.ones(1)
    return values * factors.reshape(n, *(1,) * (values.ndim - 1))
