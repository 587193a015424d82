"""Errata of the operators that subtract a mean and divide by a deviation: mean-variance and batch normalization."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from classroom.errata.erratum import Array, Case, Erratum, Search, show, small
from classroom.typeset import short
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.mean_variance_norm import MeanVarianceNorm

MAPS = [(1, 1, 1), (1, 1, 2), (1, 1, 3)]
EXACT = BatchNorm(eps=0.0)  # so that the numbers come out whole; every map below varies


def varying(*shapes: tuple[int, int, int], gradient: bool = True) -> Iterator[Case]:
    """Yield small inputs in which no map is constant: of those, ε alone would decide."""
    return (case for case in small(shapes, gradient=gradient) if np.all(np.ptp(case.x, axis=(0, 2, 3)) > 0))


def mean_variance(case: Case) -> Array:
    """MeanVarianceNorm, each map on its own."""
    return MeanVarianceNorm().forward(case.x)[0]


def root_of_a_plain_sum(case: Case) -> Array:
    """Printed: the denominator is ε + sqrt(sum x²), neither centred nor divided by m."""
    mean = case.x.mean(axis=(2, 3), keepdims=True)
    return (case.x - mean) / (MeanVarianceNorm().eps + np.sqrt(np.sum(case.x**2, axis=(2, 3), keepdims=True)))


def mean_variance_across(case: Case) -> Array:
    """MeanVarianceNorm over all maps of the sample."""
    return MeanVarianceNorm(across_channels=True).forward(case.x)[0]


def nearby_channels(case: Case) -> Array:
    """Printed: local response normalization's text, "nearby channels at one position"; here all channels are near."""
    mean, deviation = case.x.mean(axis=1, keepdims=True), case.x.std(axis=1, keepdims=True)
    return (case.x - mean) / (deviation + MeanVarianceNorm().eps)


def variance_after(case: Case) -> Array:
    """The variance of x_hat as BatchNorm computes it, with its usual ε."""
    return np.array(BatchNorm().forward(case.x, **BatchNorm().init(case.x.shape))[1].x_hat.var())


def variance_one(case: Case) -> Array:
    """Printed: Var[x_hat] = 1."""
    return np.array(1.0)


def gradient(case: Case, name: str) -> Array:
    """BatchNorm's gradient of one input, with γ = 1."""
    _, cache = EXACT.forward(case.x, **EXACT.init(case.x.shape))
    return EXACT.backward(case.dy, cache)[name]


def x_hat_without_index(case: Case) -> Array:
    """Printed: sum dy_i · x_hat. Without an index x_hat takes no part in the sum: one result per cell, not one."""
    return case.dy.sum() * _standard(case.x)[0]


def one_for_delta(case: Case) -> Array:
    """Printed: dy'/dx with 1 where δ belongs, so that every output depends directly on every input."""
    return chain_rule(case, np.ones((case.x[0, 0].size,) * 2), _standard(case.x)[1])


def one_variance_for_all_maps(case: Case) -> Array:
    """Printed: the first σ² without k, read as the variance of all maps together."""
    return chain_rule(case, np.eye(case.x[0, 0].size), np.full((1, 2, 1, 1), 1 / case.x.std()))


def chain_rule(case: Case, delta: Array, first_inv_std: Array) -> Array:
    """Sum dy' · dy'/dx as the slide does, map by map, with γ = 1; `first_inv_std` stands in its first term."""
    x_hat, inv_std = _standard(case.x)
    dx = np.empty_like(case.x)
    for k in range(case.x.shape[1]):
        z, s, dy = x_hat[0, k].ravel(), inv_std[0, k].item(), case.dy[0, k].ravel()
        jacobian = (delta - 1 / z.size) * first_inv_std[0, k].item() - np.outer(z, z) * s / z.size
        dx[0, k] = (dy @ jacobian).reshape(dx[0, k].shape)
    return dx


def _standard(x: Array) -> tuple[Array, Array]:
    cache = EXACT.forward(x, **EXACT.init(x.shape))[1]
    return cache.x_hat, cache.inv_std


def running_variance(case: Case) -> Array:
    """The variance that BatchNorm keeps for inference after this batch alone."""
    norm = BatchNorm(momentum=1.0)
    _, cache = norm.forward(case.x, **norm.init(case.x.shape))
    return norm.update(norm.start(1), cache).var


def batch_variance(case: Case) -> Array:
    """Printed: σ² divides by m; the talk has no other variance."""
    return np.array([case.x.var()])


ERRATA = (
    Erratum(
        id="mvn-denominator",
        slide="mvn",
        title="The talk divided by the wrong root",
        printed=r"\epsilon + \sqrt{\textstyle\sum x^2}",
        right=r"\epsilon + \sqrt{\tfrac1m\textstyle\sum (x-\mu)^2}",
        why="A sum in place of a mean shrinks the output by √m, and without centring a bright map is divided by its "
        "brightness.",
        evidence=Search(
            lambda: small(MAPS),
            root_of_a_plain_sum,
            mean_variance,
            lambda c: (
                f"one map of {c.x.size} pixels, x = {show(c.x)}",
                "The deviation is 1/2; the printed root is 1, so the result comes out half as large.",
            ),
        ),
    ),
    Erratum(
        id="mvn-modes",
        slide="mvn",
        title="The talk gave mean-variance the modes of local response",
        printed=r"\text{over nearby channels; or over a window within one channel}",
        right=r"\text{per sample and channel over } H,W;\ \text{ or per sample over } C,H,W;\quad "
        r"\texttt{normalize\_variance}",
        why="It has no window: it takes whole maps. The switch that leaves the variance alone was missing.",
        evidence=Search(
            lambda: small([(1, 1, 1), (2, 1, 1), (1, 1, 2)]),
            nearby_channels,
            mean_variance_across,
            lambda c: (
                f"{c.x.shape[3]} pixels of {c.x.shape[1]} channel, x = {show(c.x)}, across channels",
                "Among the channels at one position each pixel here is alone, and its own mean.",
            ),
        ),
    ),
    Erratum(
        id="idea-epsilon",
        slide="idea",
        title="The talk's idea had no ε",
        printed=r"\mathrm{Var}[\hat x] = 1",
        right=r"\mathrm{Var}[\hat x] = \frac{\sigma^2}{\sigma^2+\epsilon} < 1",
        why="With ε inside the root the variance stays below 1: hardly for a map that varies much, far below for one "
        "that hardly varies.",
        evidence=Search(
            lambda: varying(*MAPS, gradient=False),
            variance_one,
            variance_after,
            lambda c: (
                f"one map of {c.x.size} cells, x = {show(c.x)}, ε = {short(BatchNorm().eps)}",
                f"σ² is {show(c.x.var())}, so σ²/(σ²+ε) is a little less than 1.",
            ),
        ),
    ),
    Erratum(
        id="gamma-index",
        slide="backward-params",
        title="The talk's gradient of γ had lost an index",
        printed=r"\frac{\partial l}{\partial\gamma}=\sum_{i=1}^N \frac{\partial l}{\partial y_i}\,\hat x",
        right=r"\frac{\partial l}{\partial\gamma}=\sum_{i=1}^N \frac{\partial l}{\partial y_i}\,\hat x_i",
        why="Each term has its own x̂. Without the index x̂ can be drawn out of the sum, and the single γ would have N "
        "gradients.",
        evidence=Search(
            lambda: varying(*MAPS),
            x_hat_without_index,
            lambda c: gradient(c, "gamma"),
            lambda c: (
                f"one map of {c.x.size} cells, x = {show(c.x)}, dy = {show(c.dy)}, ε = 0",
                "Printed, there are two values, one for each x̂; γ is one number and has one gradient.",
            ),
        ),
    ),
    Erratum(
        id="jacobian-delta",
        slide="backward-input",
        title="The talk printed 1 in place of δ",
        printed=r"\gamma_k\Big(\Big(1-\frac{\partial\mu_k}{\partial x}\Big)(\sigma_k^2+\epsilon)^{-1/2}-\dots\Big)",
        right=r"\gamma_k\Big(\Big(\delta-\frac{\partial\mu_k}{\partial x}\Big)(\sigma_k^2+\epsilon)^{-1/2}-\dots\Big)",
        why="An output depends directly on its own input alone: δ is 1 where the indices agree and 0 elsewhere. With 1 "
        "everywhere, each input collects the gradients of all outputs.",
        evidence=Search(
            lambda: varying(*MAPS),
            one_for_delta,
            lambda c: gradient(c, "x"),
            lambda c: (
                f"one map of {c.x.size} cells, x = {show(c.x)}, dy = {show(c.dy)}, γ = 1, ε = 0",
                "Two cells always normalize to −1 and 1, so nothing can be gained by moving them; the printed formula "
                "hands the second cell's gradient to the first as well.",
            ),
        ),
    ),
    Erratum(
        id="jacobian-variance-index",
        slide="backward-input",
        title="The talk's first σ² had lost its k",
        printed=r"\Big(\delta-\frac{\partial\mu_k}{\partial x}\Big)(\sigma^2+\epsilon)^{-1/2}",
        right=r"\Big(\delta-\frac{\partial\mu_k}{\partial x}\Big)(\sigma_k^2+\epsilon)^{-1/2}",
        why="Every map has a variance of its own. Read as one variance of all maps, the gradient is wrong as soon as "
        "two maps differ in spread.",
        evidence=Search(
            lambda: varying((2, 1, 2)),
            one_variance_for_all_maps,
            lambda c: gradient(c, "x"),
            lambda c: (
                f"2 maps of 2 cells, x = {show(c.x[0, 0])} and {show(c.x[0, 1])}, "
                f"dy = {show(c.dy[0, 0])} and {show(c.dy[0, 1])}, γ = 1, ε = 0",
                "The paths no longer cancel: the direct one is scaled by another deviation than the rest.",
            ),
        ),
    ),
    Erratum(
        id="closed-form-missing",
        slide="backward-input",
        title="The talk never gave the closed form",
        printed=r"\frac{\partial l}{\partial x_{ijkm}}=\sum_{i'j'm'}\frac{\partial l}{\partial y_{i'j'km'}}"
        r"\frac{\partial y_{i'j'km'}}{\partial x_{ijkm}}",
        right=r"\frac{\partial l}{\partial x}=\frac{\gamma}{N\sqrt{\sigma^2+\epsilon}}"
        r"\Big(N\,dy-\textstyle\sum dy-\hat x\sum dy\,\hat x\Big)",
        why="Nothing wrong was printed here, so no number can fail. But the sum takes N terms for each of N inputs; "
        "the closed form shares two sums among all of them.",
    ),
    Erratum(
        id="inference-missing",
        slide="forward-steps",
        title="The talk had no inference, running statistics or m/(m−1)",
        printed=r"\sigma^2=\tfrac1m\textstyle\sum (x-\mu)^2",
        right=r"\text{running variance: averages of } \tfrac{m}{m-1}\,\sigma^2",
        why="At inference there may be a single sample and no batch to measure. The paper then takes averages kept "
        "while training, of the unbiased variance.",
        evidence=Search(
            lambda: small(MAPS),
            batch_variance,
            running_variance,
            lambda c: (
                f"one batch of {c.x.size} values, x = {show(c.x)}, the new batch weighing 1",
                "Of two values the unbiased variance is twice the biased one.",
            ),
        ),
    ),
)
