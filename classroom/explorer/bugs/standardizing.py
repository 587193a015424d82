"""Bugs of operators that divide by the deviation of a pool, or by the root of its mean square."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from classroom.explorer.bugs.bug import Backward, Bug, Forward, Gradients, Params
from classroom.explorer.bugs.parts import (
    Parts,
    Paths,
    by_mean_square,
    by_variance,
    divisor,
    mixes,
    parts,
    paths,
    pool_mean,
)
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.group_norm import GroupNorm
from normlib.norms.mean_variance_norm import MeanVarianceNorm
from normlib.norms.weight_standardization import WeightStandardization
from normlib.pool import ALL, Array, Groups, Pool

MAP = Pool(h=ALL, w=ALL)


def letters(norm: Any) -> Mapping[str, str]:
    """Return what the formulas below call an operator's statistics."""
    root, mean = (r"r", "") if by_mean_square(norm) else (r"\sigma", r" - \mu")
    inside, outside = rf"\sqrt{{{root}^2 + \epsilon}}", rf"{root} + \epsilon"
    in_root = getattr(norm, "eps_in_root", True)
    correction = "N - 1" if _unbiased(norm) else "N"
    return {
        "mean": mean,
        "distance": f"(x{mean})" if mean else "x",
        "numerator": f"x{mean}",
        "square": f"{root}^2",
        "root": root,
        "std": inside if in_root else outside,
        "other_std": outside if in_root else inside,
        "bare": rf"\sqrt{{{root}^2}}" if in_root else root,
        "squared": rf"{root}^2 + \epsilon" if in_root else rf"({outside})^2",
        "count": correction,
        "factor": inside if in_root else rf"({outside})",
        "unit": (r"\tfrac{N}{N - 1}\," if correction != "N" else "")
        + (r"\hat x" if in_root else rf"\frac{{x{mean}}}{{{root}}}"),
        "sum": r" - \sum g" if mean else "",
        "through_mean": r" + \frac{\partial \hat x'}{\partial \mu}\frac{\partial \mu}{\partial x}" if mean else "",
        "other_sum": _sum_over(_swapped(norm.pool)),
        "own_sum": _sum_over(norm.pool),
    }


def _sum_over(pool: Pool) -> str:
    """Return a sum over the axes that a pool takes whole or by groups, in the talk's letters."""
    names = (letter for letter, span in zip("mkij", pool, strict=True) if span is ALL or isinstance(span, Groups))
    return rf"\sum_{{{''.join(names)}}}"


def _swapped(pool: Pool) -> Pool:
    """Return the pool with examples and channels exchanged."""
    return pool._replace(n=pool.c, c=pool.n)


def _single(norm: Any) -> bool:
    return by_variance(norm) or by_mean_square(norm)


def _any(norm: Any) -> bool:
    return _single(norm) or mixes(norm)


def _unbiased(norm: Any) -> bool:
    return isinstance(norm, WeightStandardization) and norm.unbiased


def _eps_moved(norm: Any, square: Array) -> Array:
    inside = getattr(norm, "eps_in_root", True)
    return np.sqrt(square) + norm.eps if inside else np.sqrt(square + norm.eps)


def _centred(norm: Any, x: Array, params: Params) -> Parts:
    mean = pool_mean(x, norm.pool)
    return parts(norm, x - mean, params)


def _changed(change: Callable[[Any, Parts], Parts]) -> Callable[[Any, Array, Params], Array]:
    """Make a forward of an operator's parts with some of them changed."""
    return lambda norm, x, params: change(norm, parts(norm, x, params)).y


def _pooled(pool_of: Callable[[Pool], Pool]) -> Callable[[Any, Array, Params], Array]:
    """Make a forward whose statistics are over another pool."""
    return lambda norm, x, params: parts(norm, x, params, pool_of(norm.pool)).y


def _summed(put_together: Callable[[Paths, int], Array]) -> Callable[[Any, Array, Params, Array], Gradients]:
    """Make a backward that puts the paths of dx together in another way, given the number of cells in a pool."""

    def backward(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
        found = paths(norm, x, params, dy)
        return found.with_dx(put_together(found, norm.pool.size(x.shape, (0, 0, 0, 0))))

    return backward


def _interleaved(norm: Any, x: Array, params: Params) -> Array:
    """Take every g-th channel as one group."""
    order = np.arange(x.shape[1]).reshape(-1, norm.groups).T.ravel()
    y, _ = norm.forward(x[:, order], **{name: p[order] for name, p in params.items()})
    return y[:, np.argsort(order)]


def _delta_is_one(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
    found = paths(norm, x, params, dy)
    direct = norm.pool.size(x.shape, (0, 0, 0, 0)) * pool_mean(found.direct, norm.pool)
    return found.with_dx(direct + found.through_mean + found.through_spread)


def _one_variance(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
    found, own = paths(norm, x, params, dy), parts(norm, x, params)
    ratio = own.std / divisor(norm, np.var(x, keepdims=True))
    return found.with_dx(ratio * (found.direct + found.through_mean) + found.through_spread)


def _caffes(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
    found, own = paths(norm, x, params, dy), parts(norm, x, params)
    return found.with_dx(found.direct + found.through_mean + found.through_spread * np.sqrt(own.square) / own.std)


X_HAT = r"\hat x = \frac{$numerator}{$std}"
SQUARE = r"$square = \frac1{$count}\sum $distance^2"
CHAIN = r"\frac{\partial l}{\partial x} = \sum \frac{\partial l}{\partial \hat x'}\left(%s\right)"
DIRECT, MEAN = r"\frac{\partial \hat x'}{\partial x}", "$through_mean"
SPREAD = r" + \frac{\partial \hat x'}{\partial $square}\frac{\partial $square}{\partial x}"
PATHS = CHAIN % (DIRECT + MEAN + SPREAD)
CLOSED = (
    r"\frac{\partial l}{\partial x} = \frac{%s}{$factor}\left(%s$sum %s $unit\sum g\,\hat x\right),"
    r"\quad g = \frac{\partial l}{\partial \hat x}"
)
SUMS = CLOSED % (r"1", "g", "-")
RIGHT = CLOSED % (r"\tfrac1N", "N g", "-")

BUGS: tuple[Bug, ...] = (
    Forward(
        key="variance_not_centred",
        title="The variance is not centred",
        says="The mean of the squares stands where the mean of the squared distances from μ belongs: a common mistake.",
        shows="Where the mean is far from 0, y shrinks: a bright map comes out flat. Where it is 0, nothing changes.",
        wrong=r"$square = \frac1N\sum x^2",
        right=SQUARE,
        fits=lambda norm: by_variance(norm) and not _unbiased(norm),
        letters=letters,
        twin=_changed(lambda norm, p: p._replace(std=divisor(norm, p.square + p.mean**2))),
    ),
    Forward(
        key="root_of_a_plain_sum",
        title="The root of a plain sum of squares",
        says="The denominator is neither centred nor divided by N: the talk printed it so for mean-variance.",
        shows="Everything is smaller by √N at least: on a map of 64 × 64 by 64, and hardly anything is left.",
        wrong=r"y = \frac{x - \mu}{\epsilon + \sqrt{\sum x^2}}",
        right=r"y = \frac{x - \mu}{\epsilon + \sqrt{\frac1N\sum (x - \mu)^2}}",
        fits=lambda norm: isinstance(norm, MeanVarianceNorm) and by_variance(norm) and not norm.eps_in_root,
        letters=letters,
        erratum="mvn-denominator",
        twin=_changed(lambda norm, p: p._replace(std=divisor(norm, p.cells * (p.square + p.mean**2)))),
    ),
    Forward(
        key="sum_for_mean",
        title="A sum stands for the mean of squares",
        says="The squares are added up and not divided by their number: a common mistake.",
        shows="x̂ is smaller by √N, the same everywhere: the pattern stays, its spread does not.",
        wrong=r"$square = \sum $distance^2",
        right=SQUARE,
        fits=lambda norm: _single(norm) and not _unbiased(norm),
        letters=letters,
        twin=_changed(lambda norm, p: p._replace(std=divisor(norm, p.cells * p.square))),
    ),
    Forward(
        key="variance_unbiased",
        title="The variance is divided by N − 1",
        says="The sample variance of statistics stands where the operator has the plain mean: NumPy's ddof=1 or "
        "PyTorch's var, whose default it is.",
        shows="The spread of x̂ is √((N − 1)/N): nothing to be seen in a large pool, much in one of a few cells.",
        wrong=r"$square = \frac1{N - 1}\sum $distance^2",
        right=SQUARE,
        fits=lambda norm: by_variance(norm) and not _unbiased(norm),
        letters=letters,
        twin=_changed(lambda norm, p: p._replace(std=divisor(norm, p.square * p.cells / max(p.cells - 1, 1)))),
    ),
    Forward(
        key="root_forgotten",
        title="The root is forgotten",
        says="x is divided by the square of what it should be divided by: a common mistake.",
        shows="Where x varies by much x̂ hardly varies, and the other way round: contrast turns into its inverse.",
        wrong=r"\hat x = \frac{$numerator}{$squared}",
        right=X_HAT,
        fits=_any,
        letters=letters,
        twin=_changed(lambda norm, p: p._replace(std=p.std**2)),
    ),
    Forward(
        key="eps_moved",
        title="ε is on the other side of the root",
        says="Added to the deviation for to the variance, or the other way round: frameworks differ, papers are vague.",
        shows="Maps that hardly vary come out with another spread; the others stay as they are. Make ε large.",
        wrong=r"\hat x = \frac{$numerator}{$other_std}",
        right=X_HAT,
        fits=lambda norm: _any(norm) and norm.eps > 0,
        letters=letters,
        twin=_changed(lambda norm, p: p._replace(std=_eps_moved(norm, p.square))),
    ),
    Forward(
        key="eps_forgotten",
        title="ε is forgotten",
        says="The talk's slide on the idea of batch normalization has none.",
        shows="Maps that hardly vary are blown up to the spread of the others; a constant one becomes 0/0.",
        wrong=r"\hat x = \frac{$numerator}{$bare}",
        right=X_HAT,
        fits=lambda norm: _any(norm) and norm.eps > 0,
        letters=letters,
        erratum="idea-epsilon",
        twin=_changed(lambda norm, p: p._replace(std=np.sqrt(p.square))),
    ),
    Forward(
        key="mean_kept",
        title="The mean is not taken off",
        says="x is divided by its deviation and left where it was: a common mistake.",
        shows="The spread is right, the level is not: the histogram of y lies beside that of the right one.",
        wrong=r"\hat x = \frac{x}{$std}",
        right=X_HAT,
        fits=lambda norm: by_variance(norm) or mixes(norm),
        letters=letters,
        twin=_changed(lambda norm, p: p._replace(mean=0 * p.mean)),
    ),
    Forward(
        key="mean_taken_off",
        title="The mean is taken off",
        says="Centred, as layer normalization is; root mean square normalization leaves that out on purpose.",
        shows="A level that should have stayed is gone: maps of one sign come out with both.",
        wrong=r"\hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}",
        right=X_HAT,
        fits=by_mean_square,
        letters=letters,
        twin=lambda norm, x, params: _centred(norm, x, params).y,
    ),
    Forward(
        key="axes_swapped",
        title="The statistics are over channels for examples",
        says="The axes of examples and channels are exchanged, axis 0 for axis 1: a common mistake.",
        shows="What was evened out, channels or examples, differs again, and what should differ is evened out.",
        wrong=r"$square = \frac1N$other_sum$distance^2",
        right=r"$square = \frac1N$own_sum$distance^2",
        fits=lambda norm: (
            _single(norm)
            and not norm.of_weights
            and _swapped(norm.pool) != norm.pool
            and not isinstance(norm.pool.c, Groups)
        ),
        letters=letters,
        twin=_pooled(_swapped),
        reach=lambda norm: Pool(ALL, ALL, norm.pool.h, norm.pool.w),
    ),
    Forward(
        key="each_map_alone",
        title="The statistics are of each map alone",
        says="Averaged over rows and columns and no further, as instance normalization does: a common mistake.",
        shows="Every map gets the same mean and spread: which channel or example was louder is lost.",
        wrong=r"$square = \frac1{HW}\sum_{ij}$distance^2",
        right=r"$square = \frac1N$own_sum$distance^2",
        fits=lambda norm: (
            _single(norm) and not norm.of_weights and norm.pool != MAP and (norm.pool.h, norm.pool.w) == (ALL, ALL)
        ),
        letters=letters,
        twin=_pooled(lambda pool: MAP),
    ),
    Forward(
        key="channels_at_one_position",
        title="The statistics are over channels at one position",
        says="The talk gave mean-variance normalization the modes of local response normalization.",
        shows="Edges and patches vanish: at every pixel the channels sum to 0.",
        wrong=r"$square = \frac1D\sum_{k}$distance^2",
        right=r"$square = \frac1N$own_sum$distance^2",
        fits=lambda norm: isinstance(norm, MeanVarianceNorm) and by_variance(norm) and norm.across_channels,
        letters=letters,
        erratum="mvn-modes",
        twin=_pooled(lambda pool: Pool(c=ALL)),
    ),
    Forward(
        key="groups_interleaved",
        title="Every g-th channel makes a group",
        says="The channels are laid out the wrong way round before they are cut into groups: a reshape gone wrong.",
        shows="Channels are measured with strangers: loud and quiet ones of one true group come apart.",
        wrong=r"G(k) = \{k' : k' \equiv k \bmod D/g\}",
        right=r"G(k) = \{k' : \lceil g k'/D\rceil = \lceil g k/D\rceil\}",
        fits=lambda norm: isinstance(norm, GroupNorm) and norm.groups > 1,
        letters=letters,
        twin=_interleaved,
    ),
    Backward(
        key="mean_constant",
        title="The path through the mean is forgotten",
        says="The mean is treated as a constant, though every value moves it: a common mistake.",
        shows="dx keeps the mean that dy has in a pool: it no longer sums to 0.",
        wrong=CHAIN % (DIRECT + SPREAD),
        right=PATHS,
        fits=lambda norm: by_variance(norm) or mixes(norm),
        letters=letters,
        twin=_summed(lambda p, n: p.direct + p.through_spread),
    ),
    Backward(
        key="variance_constant",
        title="The path through the variance is forgotten",
        says="The variance is treated as a constant, though every value moves it: a common mistake.",
        shows="dx keeps the part of dy that runs along x̂. With dy = 1 it does not show: the path is 0 then.",
        wrong=CHAIN % (DIRECT + MEAN),
        right=PATHS,
        fits=lambda norm: by_variance(norm) or mixes(norm),
        letters=letters,
        twin=_summed(lambda p, n: p.direct + p.through_mean),
    ),
    Backward(
        key="statistics_constant",
        title="The statistics are treated as constants",
        says="The gradient is stopped at them, by a detach or a copy to NumPy: the most common mistake of all.",
        shows="dx is dy with another scale, whatever its mean and its part along x̂.",
        wrong=CHAIN % DIRECT,
        right=PATHS,
        fits=_any,
        letters=letters,
        twin=_summed(lambda p, n: p.direct),
    ),
    Backward(
        key="count_forgotten",
        title="1/N is forgotten",
        says="The sums over the pool are taken for the means they should be: a common mistake.",
        shows="dx is N times too far from dy: flat, huge, and far off the colours' scale.",
        wrong=SUMS,
        right=RIGHT,
        fits=_single,
        letters=letters,
        twin=_summed(lambda p, n: p.direct + n * (p.through_mean + p.through_spread)),
    ),
    Backward(
        key="delta_is_one",
        title="1 stands for Kronecker's δ",
        says="Every output counts as depending directly on every input: the talk's slide on the input's gradient "
        "printed it so.",
        shows="The pattern of dy is gone from dx: each cell gets the sum of all, and what x̂ takes away.",
        wrong=CLOSED % (r"\tfrac1N", r"N\sum g", "-"),
        right=RIGHT,
        fits=_single,
        letters=letters,
        erratum="jacobian-delta",
        twin=_delta_is_one,
    ),
    Backward(
        key="one_variance_for_all_maps",
        title="The first σ² has lost its channel",
        says="One variance of all channels stands in the first two paths: the talk left out the index k.",
        shows="Channels of a small spread get too small a gradient, and the paths no longer cancel.",
        wrong=r"\gamma_k\left(\Big(\delta - \frac{\partial\mu_k}{\partial x}\Big)(\sigma^2 + \epsilon)^{-1/2}"
        r" - \dots\right)",
        right=r"\gamma_k\left(\Big(\delta - \frac{\partial\mu_k}{\partial x}\Big)(\sigma_k^2 + \epsilon)^{-1/2}"
        r" - \dots\right)",
        fits=lambda norm: isinstance(norm, BatchNorm) and norm.training,
        letters=letters,
        erratum="jacobian-variance-index",
        twin=_one_variance,
    ),
    Backward(
        key="last_path_added",
        title="The last path has the wrong sign",
        says="What the spread takes away is added: a minus lost while deriving (…)^(−1/2).",
        shows="dx has twice the part along x̂ that dy has, where it should have none.",
        wrong=CLOSED % (r"\tfrac1N", "N g", "+"),
        right=RIGHT,
        fits=_single,
        letters=letters,
        twin=_summed(lambda p, n: p.direct + p.through_mean - p.through_spread),
    ),
    Backward(
        key="caffes_gradient",
        title="The gradient forgets that ε is outside",
        says="Caffe's own backward: its last path lacks the factor (σ + ε)/σ.",
        shows="Nothing with Caffe's ε of 10⁻⁹. Make ε large: too little is taken away along x̂.",
        wrong=RIGHT.replace("$unit", r"\hat x"),
        right=RIGHT,
        fits=lambda norm: (
            isinstance(norm, (MeanVarianceNorm, WeightStandardization))
            and by_variance(norm)
            and not norm.eps_in_root
            and norm.eps > 0
        ),
        letters=letters,
        twin=_caffes,
    ),
)
