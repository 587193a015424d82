"""Noise for a layer's activations, drawn anew at every step of training: what disturbs distributions on purpose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.layers import Array, Layer, Params


@dataclass(frozen=True)
class Noise(Layer):
    """Multiply and shift each activation by noise whose own mean and spread belong to the unit and to the step.

    Per unit and step a shift μ ~ U(−shift, shift) and a scale σ ~ U(1, scale); per example m ~ U(μ ± jitter) and
    s ~ N(σ, jitter); y = s·x + m. All positions of a map share them. The step is a field, so `forward` stays pure:
    the network of another step holds another `Noise`.
    Source: Santurkar et al. 2018, arXiv 1805.11604, appendix A.
    """

    seed: int
    place: int  # of the layer in its network, so that two layers differ
    shift: float = 0.5
    scale: float = 1.25
    jitter: float = 0.1
    step: int = 0

    def forward(self, x: Array) -> tuple[Array, Array]:
        rng = np.random.default_rng([self.seed, self.place, self.step])
        examples, units, *positions = x.shape
        centre = rng.uniform(-self.shift, self.shift, units)
        spread = rng.uniform(1.0, self.scale, units)
        m = centre + rng.uniform(-self.jitter, self.jitter, (examples, units))
        s = spread + self.jitter * rng.standard_normal((examples, units))
        wide = (examples, units, *(1 for _ in positions))
        s = s.astype(x.dtype).reshape(wide)
        return s * x + m.astype(x.dtype).reshape(wide), s

    def backward(self, dy: Array, cache: Array) -> Params:
        return {"x": cache * dy}

    def infer(self, x: Array, params: Params, running: object) -> Array:
        """Return the mean over all noise: no randomness is left, and the next layer keeps the scale it knows."""
        return x * x.dtype.type((1 + self.scale) / 2)
