"""Let training choose the pool: mix the mean and the variance of an instance, a layer and a batch.

- An instance is one map, a layer all maps of a sample, a batch all maps of a channel.
- Three numbers for the mean and three for the variance, one of each for the whole layer of a network; a softmax makes
  weights of them. Before training all weigh a third.
- Gamma and beta: one pair for each of the K channels.
- The statistics of layers and batches come out of those of the maps, in one pass over x.
- Inference: averages over batches take the place of the batch's statistics; a sample then depends on no other sample.
  The instance's and the layer's remain its own.
- The authors' code divides a map's variance by one less than its number of cells, their paper by that number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from normlib.core import Array, Hyper, Norm, Paper, Shape, preset
from normlib.derivations.switched import switched
from normlib.maps import line, map_sums, plane
from normlib.pool import ALL, Pool
from normlib.running import Running, averaged, start
from normlib.standardize import centre, inverse, moments
from normlib.symbolic import Derivation

INSTANCE, LAYER, BATCH = Pool(h=ALL, w=ALL), Pool(c=ALL, h=ALL, w=ALL), Pool(n=ALL, h=ALL, w=ALL)
MEAN_WEIGHTS = ("mean_weight_in", "mean_weight_ln", "mean_weight_bn")
VAR_WEIGHTS = ("var_weight_in", "var_weight_ln", "var_weight_bn")


class Cache(NamedTuple):
    """What the backward and the running statistics need; statistics have the shape (N, C, 1, 1), or 1 for N or C."""

    values: Array  # (N, C, H, W): x, or x less a number near its mean
    offset: Array  # what is left of a map's mean in the values
    from_layer: Array  # a map's mean less its sample's
    from_batch: Array  # a map's mean less its channel's, or less the running one
    from_mixture: Array  # a map's mean less the mixed one
    batch_mean: Array  # (1, C, 1, 1)
    variances: tuple[Array, Array, Array]  # of instance, layer and batch
    var: Array  # mixed, without eps
    inv_std: Array
    mean_shares: Array  # (3,), what the softmax gives
    var_shares: Array  # (3,)
    gamma: Array  # (1, C, 1, 1)


@dataclass(frozen=True, kw_only=True)
class SwitchableNorm(Norm):
    """Standardize by a learned mixture of three means and three variances, scale by gamma, shift by beta.

    Source: Luo et al. 2018, equations 2 to 5, and the paragraph "Inference".
    """

    title = "Switchable normalization"
    paper = Paper("Luo et al.", 2018, "https://arxiv.org/abs/1806.10779")

    eps: Annotated[float, Hyper(r"\epsilon", 0, 10, "Added to the variance, inside the root")] = 1e-5
    momentum: Annotated[float, Hyper(r"\rho", 0, 1, "The weight of the new batch in the running statistics")] = 0.003
    training: bool = True  # at inference the running statistics take the batch's place
    unbiased: bool = True  # a map's variance divides by H W - 1; of one value it is 0
    debias: bool = False  # divide by the sum of the weights, so that the start value never counts

    @property
    def pool(self) -> Pool:
        """The least block that holds its sample and, in training, its channel; `pooled` has those cells alone."""
        return Pool(ALL, ALL, ALL, ALL) if self.training else LAYER

    def _pooled(self, shape: Shape, cell: Shape) -> NDArray[np.bool_]:
        sample = LAYER.mask(shape, cell)
        return sample | BATCH.mask(shape, cell) if self.training else sample

    def _init(self, shape: Shape) -> dict[str, Array]:
        channels = shape[1]
        start = self.start(channels)
        weights = {name: np.ones(()) for name in (*MEAN_WEIGHTS, *VAR_WEIGHTS)}
        params = {"gamma": np.ones(channels), "beta": np.zeros(channels), **weights}
        return params if self.training else {**params, "running_mean": start.mean, "running_var": start.var}

    def _forward(
        self,
        x: Array,
        gamma: Array,
        beta: Array,
        running_mean: Array | None = None,
        running_var: Array | None = None,
        **weights: Array,
    ) -> tuple[Array, Cache]:
        mean_shares, var_shares = (
            _softmax(*(weights[name] for name in names)) for names in (MEAN_WEIGHTS, VAR_WEIGHTS)
        )
        (values, offset), (mean, var) = moments(x, (2, 3))
        var = var * (x[0, 0].size / self._divisor(x))
        from_layer, _ = centre(mean, (1,))
        if running_mean is None or running_var is None:
            from_batch, (batch_mean, _) = centre(mean, (0,))
            batch_var = (var + from_batch**2).mean(0, keepdims=True)
        else:
            batch_mean, batch_var = running_mean[None, :, None, None], running_var[None, :, None, None]
            _check_running(batch_var.real)
            from_batch = mean - batch_mean
        variances = var, (var + from_layer**2).mean(1, keepdims=True), batch_var
        from_mixture = mean_shares[1] * from_layer + mean_shares[2] * from_batch  # the shares sum to 1
        mixed = sum(share * each for share, each in zip(var_shares, variances, strict=True))
        inv_std = inverse(np.sqrt(mixed + self.eps), "SwitchableNorm.forward")
        scale = gamma[None, :, None, None]
        slope = scale * inv_std
        y = line(values, slope, (from_mixture - offset) * slope + beta[None, :, None, None])
        statistics = offset, from_layer, from_batch, from_mixture, batch_mean, variances, mixed, inv_std
        return y, Cache(values, *statistics, mean_shares, var_shares, scale)

    def _backward(self, dy: Array, cache: Cache) -> dict[str, Array]:
        values, offset, from_layer, from_batch, from_mixture, _, variances, var, inv_std, w, v, gamma = cache
        cells = values[0, 0].size
        total, along = map_sums(dy, values)
        along = inv_std * (along + (from_mixture - offset) * total)  # the sum of dy x_hat over each map
        pull, push = gamma * inv_std * total, gamma * inv_std**2 * along  # on the mixed mean, and twice on the variance
        to_mean = w[0] * pull + w[1] * pull.mean(1, keepdims=True)
        by_layer = v[1] * push.mean(1, keepdims=True)
        to_var, from_means = v[0] * push + by_layer, by_layer * from_layer
        if self.training:
            by_batch = v[2] * push.mean(0, keepdims=True)
            to_mean = to_mean + w[2] * pull.mean(0, keepdims=True)
            to_var, from_means = to_var + by_batch, from_means + by_batch * from_batch
            fixed = {}
        else:
            fixed = {
                "running_mean": -w[2] * pull.sum((0, 2, 3)),
                "running_var": -v[2] / 2 * push.sum((0, 2, 3)),
            }
        slope = -to_var / self._divisor(values)
        dx = plane(dy, gamma * inv_std, values, slope, -slope * offset - (to_mean + from_means) / cells)
        of_mixture = (0 * from_mixture, -from_layer, -from_batch)  # each pool's mean less the map's
        return {
            "x": dx,
            **fixed,
            "gamma": along.sum((0, 2, 3)),
            "beta": total.sum((0, 2, 3)),
            **{
                name: np.asarray(-share * (pull * (less + from_mixture)).sum())
                for name, share, less in zip(MEAN_WEIGHTS, w, of_mixture, strict=True)
            },
            **{
                name: np.asarray(-share / 2 * (push * (each - var)).sum())
                for name, share, each in zip(VAR_WEIGHTS, v, variances, strict=True)
            },
        }

    def _divisor(self, x: Array) -> int:
        cells = x[0, 0].size
        return max(cells - 1, 1) if self.unbiased else cells

    def start(self, channels: int) -> Running:
        """Return the running statistics before any batch: mean 0 and variance 0, as in the authors' code."""
        return start(channels, 0.0)

    def update(self, running: Running, cache: Cache) -> Running:
        """Average a training batch's statistics in; returns a new value and leaves `running` alone.

        Raises ValueError for the cache of an inference and for another number of channels.
        """
        where = "SwitchableNorm.update"
        if not self.training:
            raise ValueError(
                f"{where}: the cache must come from training, got training=False. Update only while training."
            )
        return averaged(running, cache.batch_mean, cache.variances[2], self.momentum, where, debias=self.debias)

    def _derive(self) -> Derivation:
        return switched(self, unbiased=self.unbiased, training=self.training)

    @classmethod
    @preset("Luo et al., code")
    def authors_code(cls) -> Self:
        """Return the authors' code: a map's variance is unbiased, and with it the others; .997 for the old average."""
        return cls()

    @classmethod
    @preset("Luo et al.")
    def luo(cls) -> Self:
        """Return what the paper writes: biased variances; for inference the plain average over batches."""
        return cls(unbiased=False, momentum=0.0, debias=True)

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add a large eps, none, and the other layouts."""
        return super().variants() | {
            "inference": cls(training=False),
            "inference, biased, large eps": cls(training=False, unbiased=False, eps=0.7),
            "inference, NHWC": cls(training=False, layout="NHWC"),
            "inference, volume": cls(training=False, layout="NCDHW"),
            "large eps": cls(eps=0.7),
            "no eps": cls(eps=0.0),
            "NHWC": cls(eps=0.1, layout="NHWC"),
            "HWKM": cls(eps=0.1, unbiased=False, layout="HWKM"),
            "sequence": cls(eps=0.1, layout="NLC"),
            "volume": cls(eps=0.1, layout="NCDHW"),
        }


def _check_running(var: Array) -> None:
    least = float(var.min())
    if least < 0:
        raise ValueError(
            f"SwitchableNorm.forward: running_var must not be negative, got {least:g}. "
            "Pass variances, not their logarithms or roots."
        )


def _softmax(*weights: Array) -> Array:
    stacked = np.array(weights)
    powers = np.exp(stacked - stacked.real.max())
    return powers / powers.sum()
