"""Give every channel mean 0 and variance 1 over the batch, then let the network choose its own scale and shift.

- Training: the mean and the variance pool over rows, columns and examples, H W M values a channel.
- Inference: running averages take their place, and a cell depends on no other cell. Each batch moves them by the
  momentum, the variance towards the unbiased one.
- Gamma and beta: one pair for each of the K channels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal, NamedTuple, Self

import numpy as np

from normlib.core import Array, Hyper, Norm, Paper, Shape, preset
from normlib.derivations.inference import with_running_statistics
from normlib.derivations.standardized import BY_CHANNEL, standardized
from normlib.maps import line, map_sums, plane
from normlib.pool import ALL, NONE, Pool
from normlib.running import Running, averaged, averaged_deviations, start
from normlib.standardize import Shifted, inverse, moments, received, shifted
from normlib.symbolic import Derivation

CHANNEL = (0, 2, 3)  # N, H, W: every example and position of one channel


class Cache(NamedTuple):
    """What training's backward and the running statistics need."""

    values: Array  # (N, C, H, W): x, or x less a number near its mean
    offset: Array  # (1, C, 1, 1), what is left of the mean in the values
    mean: Array  # (1, C, 1, 1)
    var: Array  # (1, C, 1, 1), biased, without eps
    inv_std: Array  # (1, C, 1, 1)
    gamma: Array  # (1, C, 1, 1), or 1

    @property
    def x_hat(self) -> Array:
        """The standardized x; not kept, for writing it to memory takes longer than computing it."""
        return Shifted(self.values, self.offset).centred * self.inv_std.astype(self.values.dtype)


@dataclass(frozen=True, kw_only=True)
class BatchNorm(Norm):
    """Standardize each channel over the batch, scale by gamma, shift by beta; defaults are PyTorch's.

    Source: Ioffe & Szegedy 2015, algorithms 1 and 2.
    """

    title = "Batch normalization"
    paper = Paper("Ioffe & Szegedy", 2015, "https://arxiv.org/abs/1502.03167")

    eps: Annotated[float, Hyper(r"\epsilon", 0, 10, "Added to the variance, inside the root")] = 1e-5
    momentum: Annotated[float, Hyper(r"\rho", 0, 1, "The weight of the new batch in the running statistics")] = 0.1
    training: bool = True  # at inference the running statistics take the batch's place
    affine: bool = True  # gamma and beta; Caffe leaves them to a layer of their own
    unbiased: bool = True  # the running variance counts m / (m - 1) of the batch's
    debias: bool = False  # divide by the sum of the weights, so that the start value never counts
    averages: Literal["variance", "deviation"] = "variance"  # what is averaged; the deviation is sqrt(var + eps)

    @property
    def pool(self) -> Pool:
        """All examples and positions of a channel; no cell at inference."""
        return Pool(n=ALL, h=ALL, w=ALL) if self.training else Pool(NONE, NONE, NONE, NONE)

    def _init(self, shape: Shape) -> dict[str, Array]:
        channels = shape[1]
        start = self.start(channels)
        params = {"gamma": np.ones(channels), "beta": np.zeros(channels)} if self.affine else {}
        return params if self.training else {**params, "running_mean": start.mean, "running_var": start.var}

    def _forward(
        self,
        x: Array,
        gamma: Array | None = None,
        beta: Array | None = None,
        running_mean: Array | None = None,
        running_var: Array | None = None,
    ) -> tuple[Array, Cache]:
        if running_mean is None or running_var is None:
            (values, offset), (mean, var) = moments(x, CHANNEL)
        else:
            mean, var = _per_channel(running_mean), _per_channel(running_var)
            self._check_running(var.real)
            values, offset = shifted(x, mean, var + self.eps)
        inv_std = inverse(np.sqrt(var + self.eps), "BatchNorm.forward")
        scale = np.ones((1, 1, 1, 1)) if gamma is None else _per_channel(gamma)
        slope = scale * inv_std
        y = line(values, slope, (0.0 if beta is None else _per_channel(beta)) - offset * slope)
        return y, Cache(values, offset, mean, var, inv_std, scale)

    def _backward(self, dy: Array, cache: Cache) -> dict[str, Array]:
        values, offset, _, _, inv_std, gamma = cache
        gain = gamma * inv_std
        if not self.training:
            dbeta, along = (sums.sum(0, keepdims=True) for sums in map_sums(dy, values))
            dgamma = inv_std * (along - offset * dbeta)
            return {
                "x": dy * gain.astype(dy.dtype),
                **self._parameter_gradients(dgamma, dbeta),
                "running_mean": -(gain * dbeta).ravel(),
                "running_var": -0.5 * (inv_std * gain * dgamma).ravel(),
            }
        dy, taken, total, along = received(dy, values, CHANNEL)
        cells = dy.size // total.size
        dgamma, dbeta = inv_std * (along - offset * total), total + cells * taken
        # gain * (dy - total / m - x_hat * dgamma / m), as one number for dy, one for the values, and a constant
        slope = -gain * inv_std * dgamma / cells
        dx = plane(dy, gain, values, slope, -gain * total / cells - slope * offset)
        return {"x": dx, **self._parameter_gradients(dgamma, dbeta)}

    def _parameter_gradients(self, dgamma: Array, dbeta: Array) -> dict[str, Array]:
        return {"gamma": dgamma.ravel(), "beta": dbeta.ravel()} if self.affine else {}

    def start(self, channels: int) -> Running:
        """Return the running statistics before any batch: mean 0, variance 1; or deviation 0, where that is averaged.

        A deviation of 0 divides nothing: inference is refused before the first batch.
        """
        return start(channels) if self.averages == "variance" else start(channels, -self.eps)

    def update(self, running: Running, cache: Cache) -> Running:
        """Average a training batch's statistics in; returns a new value and leaves `running` alone.

        Of a single value per channel the biased variance, 0, is taken as it is, like Caffe (PyTorch refuses it).
        Raises ValueError for the cache of an inference and for another number of channels.
        """
        where = "BatchNorm.update"
        if not self.training:
            raise ValueError(
                f"{where}: the cache must come from training, got training=False. Update only while training."
            )
        count = cache.values.size // cache.mean.size
        var = cache.var * (count / max(count - 1, 1)) if self.unbiased else cache.var
        if self.averages == "deviation":
            return averaged_deviations(running, cache.mean, var, self.eps, self.momentum, where, debias=self.debias)
        return averaged(running, cache.mean, var, self.momentum, where, debias=self.debias)

    def _check_running(self, var: Array) -> None:
        least = float(var.min())
        if self.averages == "deviation" and least + self.eps <= 0:  # an averaged deviation may be less than that of eps
            raise ValueError(
                f"BatchNorm.forward: running_var must be more than -eps, got {least:g} and eps={self.eps:g}. "
                "Average a batch in first: deviations start at 0."
            )
        if self.averages == "variance" and least < 0:
            raise ValueError(
                f"BatchNorm.forward: running_var must not be negative, got {least:g}. "
                "Pass variances, not their logarithms or roots."
            )

    def _derive(self) -> Derivation:
        if not self.training:
            return with_running_statistics(self, self.affine)
        return standardized(self, BY_CHANNEL if self.affine else ())

    @classmethod
    @preset("PyTorch")
    def pytorch(cls) -> Self:
        """Return PyTorch's defaults: .1 for the new batch, unbiased running variance."""
        return cls()

    @classmethod
    @preset("ONNX")
    def onnx(cls) -> Self:
        """Return ONNX's: its momentum .9 weighs the old value; biased running variance."""
        return cls(unbiased=False)

    @classmethod
    @preset("Keras")
    def keras(cls) -> Self:
        """Return Keras's: .99 for the old value, eps 1e-3, biased running variance."""
        return cls(eps=1e-3, momentum=0.01, unbiased=False)

    @classmethod
    @preset("Flax")
    def flax(cls) -> Self:
        """Return Flax's: .99 for the old value, eps 1e-5, biased running variance."""
        return cls(momentum=0.01, unbiased=False)

    @classmethod
    @preset("Caffe")
    def caffe(cls) -> Self:
        """Return Caffe's: sums that fade by .999 over the sum of their weights; gamma and beta in another layer."""
        return cls(momentum=0.001, affine=False, debias=True)

    @classmethod
    @preset("MatConvNet")
    def matconvnet(cls) -> Self:
        """Return MatConvNet's: moments [mu, sqrt(var + eps)], biased, from 0; eps 1e-4, .1 for the new batch."""
        return cls(eps=1e-4, unbiased=False, averages="deviation")

    @classmethod
    @preset("Ioffe & Szegedy")
    def ioffe_szegedy(cls) -> Self:
        """Return the paper's algorithm 2: the plain average over batches, unbiased; it names no eps."""
        return cls(momentum=0.0, debias=True)

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add inference, a large eps and other layouts."""
        return super().variants() | {
            "inference": cls(training=False),
            "inference without gamma and beta": cls(training=False, affine=False, eps=1e-2),
            "inference, MatConvNet": replace(cls.matconvnet(), training=False),
            "large eps": cls(eps=0.7),
            "no eps": cls(eps=0.0),
            "NHWC": cls(layout="NHWC"),
            "HWKM": cls(layout="HWKM"),
            "inference, HWKM": cls(training=False, layout="HWKM"),
            "matrix": cls(layout="NC"),
            "sequence": cls(layout="NLC"),
            "volume": cls(layout="NCDHW"),
            "inference, volume": cls(training=False, layout="NDHWC"),
        }


def _per_channel(p: Array) -> Array:
    return p[None, :, None, None]
