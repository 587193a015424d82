"""Let training choose the pool: mix the mean and the variance of an instance, a layer and a batch.

- An instance is one map, a layer all maps of a sample, a batch all maps of a channel.
- Three numbers for the mean and three for the variance, one of each for the whole layer of a network; a softmax makes
  weights of them. Before training all weigh a third.
- Gamma and beta: one pair for each of the K channels.
- The statistics of layers and batches come out of those of the maps, in one pass over x.
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
from normlib.standardize import centre, inverse, moments
from normlib.symbolic import Derivation

INSTANCE, LAYER, BATCH = Pool(h=ALL, w=ALL), Pool(c=ALL, h=ALL, w=ALL), Pool(n=ALL, h=ALL, w=ALL)
MEAN_WEIGHTS = ("mean_weight_in", "mean_weight_ln", "mean_weight_bn")
VAR_WEIGHTS = ("var_weight_in", "var_weight_ln", "var_weight_bn")


class Cache(NamedTuple):
    """What the backward needs; statistics have the shape (N, C, 1, 1), or 1 for N or C."""

    values: Array  # (N, C, H, W): x, or x less a number near its mean
    offset: Array  # what is left of a map's mean in the values
    from_layer: Array  # a map's mean less its sample's
    from_batch: Array  # a map's mean less its channel's
    from_mixture: Array  # a map's mean less the mixed one
    variances: tuple[Array, Array, Array]  # of instance, layer and batch
    var: Array  # mixed, without eps
    inv_std: Array
    mean_shares: Array  # (3,), what the softmax gives
    var_shares: Array  # (3,)
    gamma: Array  # (1, C, 1, 1)


@dataclass(frozen=True, kw_only=True)
class SwitchableNorm(Norm):
    """Standardize by a learned mixture of three means and three variances, scale by gamma, shift by beta.

    At inference the authors take a batch's share from averages over batches; here it is always the batch's own.
    Source: Luo et al. 2018, equations 2 to 5.
    """

    title = "Switchable normalization"
    paper = Paper("Luo et al.", 2018, "https://arxiv.org/abs/1806.10779")

    eps: Annotated[float, Hyper(r"\epsilon", 0, 10, "Added to the variance, inside the root")] = 1e-5
    unbiased: bool = True  # a map's variance divides by H W - 1; of one value it is 0

    @property
    def pool(self) -> Pool:
        """The least block that holds the cells of its sample and those of its channel; `pooled` has those alone."""
        return Pool(ALL, ALL, ALL, ALL)

    def _pooled(self, shape: Shape, cell: Shape) -> NDArray[np.bool_]:
        return LAYER.mask(shape, cell) | BATCH.mask(shape, cell)

    def _init(self, shape: Shape) -> dict[str, Array]:
        weights = {name: np.ones(()) for name in (*MEAN_WEIGHTS, *VAR_WEIGHTS)}
        return {"gamma": np.ones(shape[1]), "beta": np.zeros(shape[1]), **weights}

    def _forward(self, x: Array, gamma: Array, beta: Array, **weights: Array) -> tuple[Array, Cache]:
        mean_shares, var_shares = (
            _softmax(*(weights[name] for name in names)) for names in (MEAN_WEIGHTS, VAR_WEIGHTS)
        )
        (values, offset), (mean, var) = moments(x, (2, 3))
        var = var * (x[0, 0].size / self._divisor(x))
        from_layer, from_batch = (centre(mean, (axis,))[0] for axis in (1, 0))
        variances = (
            var,
            (var + from_layer**2).mean(1, keepdims=True),
            (var + from_batch**2).mean(0, keepdims=True),
        )
        from_mixture = mean_shares[1] * from_layer + mean_shares[2] * from_batch  # the shares sum to 1
        mixed = sum(share * each for share, each in zip(var_shares, variances, strict=True))
        inv_std = inverse(np.sqrt(mixed + self.eps), "SwitchableNorm.forward")
        scale = gamma[None, :, None, None]
        slope = scale * inv_std
        y = line(values, slope, (from_mixture - offset) * slope + beta[None, :, None, None])
        statistics = offset, from_layer, from_batch, from_mixture, variances, mixed, inv_std
        return y, Cache(values, *statistics, mean_shares, var_shares, scale)

    def _backward(self, dy: Array, cache: Cache) -> dict[str, Array]:
        values, offset, from_layer, from_batch, from_mixture, variances, var, inv_std, w, v, gamma = cache
        cells = values[0, 0].size
        total, along = map_sums(dy, values)
        along = inv_std * (along + (from_mixture - offset) * total)  # the sum of dy x_hat over each map
        pull, push = gamma * inv_std * total, gamma * inv_std**2 * along  # on the mixed mean, and twice on the variance
        by_layer, by_batch = (push.mean(axis, keepdims=True) for axis in (1, 0))
        through_means = (w[0] * pull + w[1] * pull.mean(1, keepdims=True) + w[2] * pull.mean(0, keepdims=True)) / cells
        from_means = (v[1] * by_layer * from_layer + v[2] * by_batch * from_batch) / cells
        slope = -(v[0] * push + v[1] * by_layer + v[2] * by_batch) / self._divisor(values)
        dx = plane(dy, gamma * inv_std, values, slope, -slope * offset - through_means - from_means)
        of_mixture = (0 * from_mixture, -from_layer, -from_batch)  # each pool's mean less the map's
        return {
            "x": dx,
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

    def _derive(self) -> Derivation:
        return switched(self, self.unbiased)

    @classmethod
    @preset("Luo et al., code")
    def authors_code(cls) -> Self:
        """Return what the authors' code computes: a map's variance is unbiased, and with it the other two."""
        return cls()

    @classmethod
    @preset("Luo et al.")
    def luo(cls) -> Self:
        """Return what the paper writes: biased variances."""
        return cls(unbiased=False)

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Add a large eps, none, and the other layouts."""
        return super().variants() | {
            "large eps": cls(eps=0.7),
            "no eps": cls(eps=0.0),
            "NHWC": cls(eps=0.1, layout="NHWC"),
            "HWKM": cls(eps=0.1, unbiased=False, layout="HWKM"),
            "sequence": cls(eps=0.1, layout="NLC"),
            "volume": cls(eps=0.1, layout="NCDHW"),
        }


def _softmax(*weights: Array) -> Array:
    stacked = np.stack(weights)
    powers = np.exp(stacked - stacked.real.max())
    return powers / powers.sum()
