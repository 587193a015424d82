"""Bugs of operators that damp by the energy of a window: cross-channel, spatial, local response."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from classroom.explorer.bugs.bug import Backward, Bug, Forward, Gradients, Params
from classroom.explorer.bugs.parts import DAMPED, Paths, paths
from normlib.norms.cross_channel_norm import CrossChannelNorm
from normlib.norms.local_response_norm import LocalResponseNorm
from normlib.norms.spatial_norm import SpatialNorm
from normlib.pool import ALL, Array, Pool, Span
from normlib.windows import damp, damp_backward, pool_count, pool_sum, power


def letters(norm: Any) -> Mapping[str, str]:
    """Return what the formulas below call an operator's constant and weight."""
    if isinstance(norm, SpatialNorm):
        return {"kappa": "1", "weight": r"\frac{\alpha}{|G|}", "there": r"\frac{\alpha}{|G'|}"}
    size = "n" if _across(norm) else "n^2"
    weight = rf"\frac{{\alpha}}{{{size}}}" if _divided(norm) else r"\alpha"
    return {"kappa": r"\kappa", "weight": weight, "there": weight}


def _damps(norm: Any) -> bool:
    return isinstance(norm, DAMPED) and norm.alpha > 0 and norm.beta > 0


def _across(norm: Any) -> bool:
    """Return whether the window is one of channels."""
    return isinstance(norm, CrossChannelNorm) or getattr(norm, "mode", "") == "across_channels"


def _divided(norm: Any) -> bool:
    """Return whether alpha is divided, by more than 1."""
    return (isinstance(norm, SpatialNorm) or getattr(norm, "divide", False)) and _cells(norm) > 1


def _cells(norm: Any) -> int:
    """Return how many cells a whole window has."""
    return prod(span.before + 1 + span.after for span in norm.pool)


def _kappa(norm: Any) -> float:
    return getattr(norm, "k", 1.0)


def _weight(norm: Any, count: Array) -> float | Array:
    """Return what multiplies the sum of squares, in a window that really holds so many cells."""
    if isinstance(norm, SpatialNorm):
        return norm.alpha / count
    return norm.alpha / _cells(norm) if getattr(norm, "divide", False) else norm.alpha


def _over(norm: Any, x: Array, pool: Pool) -> Array:
    """Damp by another window."""
    weight = _weight(norm, pool_count(x.shape, norm.pool if pool.c is ALL else pool))
    return damp(x, pool, _kappa(norm), weight, norm.beta)[0]


def _undivided(norm: Any, x: Array, params: Params) -> Array:
    return damp(x, norm.pool, _kappa(norm), norm.alpha, norm.beta)[0]


def _full_area(norm: Any, x: Array, params: Params) -> Array:
    return damp(x, norm.pool, 1.0, norm.alpha / _cells(norm), norm.beta)[0]


def _one_further(norm: Any, x: Array, params: Params) -> Array:
    """Sum over the window of the next channel, or of the row below."""
    axis = 1 if _across(norm) else 2
    after = [(0, int(a == axis)) for a in range(4)]
    energy, count = (
        pool_sum(np.pad(values, after), norm.pool).take(range(1, x.shape[axis] + 1), axis)
        for values in (x * x, np.ones((1, *x.shape[1:])))
    )
    return x / power(_kappa(norm) + _weight(norm, np.maximum(count, 1)) * energy, norm.beta)


def _channel_for_constant(norm: Any, x: Array, params: Params) -> Array:
    bracket = norm.forward(x)[1].s
    return x / power(bracket - norm.k + np.arange(1.0, x.shape[1] + 1)[None, :, None, None], norm.beta)


def _multiplied(norm: Any, x: Array, params: Params) -> Array:
    return x * power(norm.forward(x)[1].s, norm.beta)


def _with(put_together: Callable[[Any, Paths], Array]) -> Callable[[Any, Array, Params, Array], Gradients]:
    """Make a backward that puts the two paths together in another way."""

    def backward(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
        found = paths(norm, x, params, dy)
        return found.with_dx(put_together(norm, found))

    return backward


def _not_mirrored(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
    weight = _weight(norm, pool_count(x.shape, norm.pool))
    return {"x": damp_backward(dy, norm.forward(x)[1], norm.pool.mirrored, weight, norm.beta)}


def _divisor_forgotten(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
    cache = norm.forward(x)[1]
    return {"x": damp_backward(dy, cache, norm.pool, norm.alpha, norm.beta)}


def _own_area(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
    found, count = paths(norm, x, params, dy), pool_count(x.shape, norm.pool)
    undivided = _divisor_forgotten(norm, x, params, dy)["x"] - found.direct
    return found.with_dx(found.direct + undivided / count)


def _further(norm: Any) -> Pool:
    """Return the window and a cell on either side of it."""
    if _across(norm):
        return Pool(c=ALL)
    return norm.pool._replace(
        **{a: Span(span.before + 1, span.after + 1) for a, span in zip("hw", norm.pool[2:], strict=True)}
    )


def _mode_swapped(norm: LocalResponseNorm) -> LocalResponseNorm:
    return replace(norm, mode="within_channel" if _across(norm) else "across_channels")


Y = r"y = \frac{x}{\left($kappa + $weight\sum_{G} x^2\right)^{\beta}}"
DX = (
    r"\frac{\partial l}{\partial x} = %s\,s^{-\beta} %s\beta\,x"
    r"\sum_{%s} %s\,\mathrm{d}y'\,x'\,s'^{\,-\beta - 1}"
)
HERE, MINUS, MIRRORED, THERE = r"\mathrm{d}y", "- 2", r"x \in G'", "$there"
RIGHT = DX % (HERE, MINUS, MIRRORED, THERE)

BUGS: tuple[Bug, ...] = (
    Forward(
        key="alpha_undivided",
        title="α is not divided by the size of the window",
        says="A sum stands for the mean of squares: frameworks differ, and a strength copied between them is off.",
        shows="Damping is stronger, as if α were as many times larger as the window has cells.",
        wrong=r"y = \frac{x}{\left($kappa + \alpha\sum_{G} x^2\right)^{\beta}}",
        right=Y,
        fits=lambda norm: _damps(norm) and _divided(norm),
        letters=letters,
        twin=_undivided,
    ),
    Forward(
        key="power_forgotten",
        title="The power β is forgotten",
        says="x is divided by the bracket itself: a common mistake.",
        shows="With β below 1 loud cells are damped too much, above 1 too little.",
        wrong=r"y = \frac{x}{$kappa + $weight\sum_{G} x^2}",
        right=Y,
        fits=lambda norm: _damps(norm) and norm.beta != 1,
        letters=letters,
        twin=lambda norm, x, params: replace(norm, beta=1.0).forward(x)[0],
    ),
    Forward(
        key="multiplied",
        title="Multiplied, not divided",
        says="The sign of the exponent is lost: x s^β for x s^(−β).",
        shows="Loud cells get louder: what should be reined in runs off the scale.",
        wrong=r"y = x\left($kappa + $weight\sum_{G} x^2\right)^{\beta}",
        right=r"y = x\left($kappa + $weight\sum_{G} x^2\right)^{-\beta}",
        fits=_damps,
        letters=letters,
        twin=_multiplied,
    ),
    Forward(
        key="window_one_further",
        title="The window is off by one",
        says="Counted from 1 and from 0 at once: a common mistake.",
        shows="The energy comes from one channel or row further: damping sits beside what is loud.",
        wrong=r"G = [c + 1 - \lfloor\tfrac{n - 1}{2}\rfloor,\ c + 1 + \lceil\tfrac{n - 1}{2}\rceil]",
        right=r"G = [c - \lfloor\tfrac{n - 1}{2}\rfloor,\ c + \lceil\tfrac{n - 1}{2}\rceil]",
        fits=lambda norm: _damps(norm) and not isinstance(norm, SpatialNorm),
        letters=letters,
        twin=_one_further,
        reach=_further,
    ),
    Forward(
        key="window_one_row_down",
        title="The window is one row too low",
        says="The talk's spatial slide left out the −1 of the row index; the column has it.",
        shows="The energy comes from one row further down: damping sits above what is loud, and the last row has none.",
        wrong=r"x_{\,i+i'-\lfloor\frac{H'-1}{2}\rfloor,\ j+j'-1-\lfloor\frac{W'-1}{2}\rfloor}",
        right=r"x_{\,i+i'-1-\lfloor\frac{H'-1}{2}\rfloor,\ j+j'-1-\lfloor\frac{W'-1}{2}\rfloor}",
        fits=lambda norm: _damps(norm) and isinstance(norm, SpatialNorm),
        letters=letters,
        erratum="spatial-row-index",
        twin=_one_further,
        reach=_further,
    ),
    Forward(
        key="window_leans_back",
        title="The even window leans to the other side",
        says="An even window has no middle: frameworks put its extra cell on different sides.",
        shows="The energy comes from the wrong neighbour; odd windows cannot tell.",
        wrong=r"G = [c - \lceil\tfrac{n - 1}{2}\rceil,\ c + \lfloor\tfrac{n - 1}{2}\rfloor]",
        right=r"G = [c - \lfloor\tfrac{n - 1}{2}\rfloor,\ c + \lceil\tfrac{n - 1}{2}\rceil]",
        fits=lambda norm: _damps(norm) and norm.pool.mirrored != norm.pool and getattr(norm, "lean", "high") == "high",
        letters=letters,
        twin=lambda norm, x, params: _over(norm, x, norm.pool.mirrored),
        reach=_further,
    ),
    Forward(
        key="channel_for_constant",
        title="k is the channel and the constant",
        says="The talk's cross-channel slide used one letter for both.",
        shows="Every channel is damped more than the one before it.",
        wrong=r"y_{ijk} = \frac{x_{ijk}}{\left(k + \alpha\sum_{m \in G(k)} x_{ijm}^2\right)^{\beta}}",
        right=r"y_{ijk} = \frac{x_{ijk}}{\left(\kappa + \alpha\sum_{m \in G(k)} x_{ijm}^2\right)^{\beta}}",
        fits=lambda norm: isinstance(norm, CrossChannelNorm) and norm.beta > 0,
        letters=letters,
        erratum="cross-channel-k",
        twin=_channel_for_constant,
        reach=lambda norm: Pool(c=ALL),
    ),
    Forward(
        key="constant_one",
        title="The constant κ is fixed to 1",
        says="The talk's slide on local response printed 1; that is only the default.",
        shows="With κ above 1 every value comes out too large, quiet ones most.",
        wrong=r"y = \frac{x}{\left(1 + $weight\sum_{G} x^2\right)^{\beta}}",
        right=Y,
        fits=lambda norm: isinstance(norm, LocalResponseNorm) and _across(norm) and norm.k != 1 and norm.beta > 0,
        letters=letters,
        erratum="lrn-constant",
        twin=lambda norm, x, params: replace(norm, k=1.0).forward(x)[0],
    ),
    Forward(
        key="every_channel",
        title="The sum runs over every channel",
        says="The talk's sum binds the output's own index i, so that no window is left around it.",
        shows="All channels at a position are damped alike: a quiet channel no longer escapes a loud one far away.",
        wrong=r"y_i = \frac{x_i}{\left(\kappa + $weight\sum_{i} x_i^2\right)^{\beta}}",
        right=r"y_i = \frac{x_i}{\left(\kappa + $weight\sum_{j \in G(i)} x_j^2\right)^{\beta}}",
        fits=lambda norm: _damps(norm) and isinstance(norm, LocalResponseNorm) and _across(norm),
        letters=letters,
        erratum="lrn-index",
        twin=lambda norm, x, params: _over(norm, x, Pool(c=ALL)),
    ),
    Forward(
        key="energy_of_all_channels",
        title="The energy is that of all channels",
        says="The talk's spatial slide left out the channel's index under the sum.",
        shows="A map is damped where another map is loud.",
        wrong=r"n^2 = \frac1{|G|}\sum_{(i',j') \in G,\ k'} x_{i'j'k'}^2",
        right=r"n^2 = \frac1{|G|}\sum_{(i',j') \in G} x_{i'j'k}^2",
        fits=lambda norm: _damps(norm) and isinstance(norm, SpatialNorm),
        letters=letters,
        erratum="spatial-channel-index",
        twin=lambda norm, x, params: _over(norm, x, norm.pool._replace(c=ALL)),
        reach=lambda norm: norm.pool._replace(c=ALL),
    ),
    Forward(
        key="full_area_at_borders",
        title="The mean is over H′W′ at the borders too",
        says="The talk divided by the whole window wherever it lies.",
        shows="Only the border: there too little is damped, for what lies outside counts as quiet.",
        wrong=r"n^2 = \frac1{H'W'}\sum_{G} x^2",
        right=r"n^2 = \frac1{|G|}\sum_{G} x^2",
        fits=lambda norm: _damps(norm) and isinstance(norm, SpatialNorm) and _cells(norm) > 1,
        letters=letters,
        erratum="spatial-border",
        twin=_full_area,
    ),
    Forward(
        key="other_mode",
        title="The other kind of neighbours",
        says="Pixels of the channel stand for channels of the pixel, or the other way round: Caffe has both modes.",
        shows="What is damped follows the map's own edges instead of the other channels, or the other way round.",
        wrong=r"G' \text{ for } G \text{ in } s = $kappa + $weight\sum_{G} x^2",
        right=r"s = $kappa + $weight\sum_{G} x^2",
        fits=lambda norm: _damps(norm) and isinstance(norm, LocalResponseNorm) and norm.size > 1,
        letters=letters,
        twin=lambda norm, x, params: _mode_swapped(norm).forward(x)[0],
        reach=lambda norm: _mode_swapped(norm).pool,
    ),
    Backward(
        key="bracket_constant",
        title="The bracket is treated as a constant",
        says="The gradient is stopped at s, though x is in its sum: a common mistake.",
        shows="dx has the pattern of dy alone: loud cells take nothing from their neighbours' gradients.",
        wrong=r"\frac{\partial l}{\partial x} = \mathrm{d}y\,s^{-\beta}",
        right=RIGHT,
        fits=_damps,
        letters=letters,
        twin=_with(lambda norm, p: p.direct),
    ),
    Backward(
        key="delta_forgotten",
        title="The δ of the own cell is forgotten",
        says="Every output of the window counts as depending directly on x: 1 for Kronecker's δ.",
        shows="dx is smeared over the window: one painted cell of dy lights up all of its neighbours.",
        wrong=DX % (r"\sum_{x \in G'} \mathrm{d}y'", MINUS, MIRRORED, THERE),
        right=RIGHT,
        fits=lambda norm: _damps(norm) and _cells(norm) > 1,
        letters=letters,
        twin=_with(lambda norm, p: pool_sum(p.direct, norm.pool.mirrored) + p.through_spread),
    ),
    Backward(
        key="window_not_mirrored",
        title="The window is not mirrored",
        says="The backward sums over the window of the cell, not over the cells whose window holds it.",
        shows="Only with even windows: the second path comes from the wrong side.",
        wrong=DX % (HERE, MINUS, r"x' \in G", THERE),
        right=RIGHT,
        fits=lambda norm: _damps(norm) and norm.pool.mirrored != norm.pool,
        letters=letters,
        twin=_not_mirrored,
    ),
    Backward(
        key="window_path_added",
        title="The path through the window has the wrong sign",
        says="What the neighbours take away is added: the minus of the exponent −β is lost.",
        shows="Loud cells get a larger gradient where they should get a smaller one.",
        wrong=DX % (HERE, "+ 2", MIRRORED, THERE),
        right=RIGHT,
        fits=_damps,
        letters=letters,
        twin=_with(lambda norm, p: p.direct - p.through_spread),
    ),
    Backward(
        key="two_forgotten",
        title="The 2 of the square is forgotten",
        says="The derivative of x² is taken for x: a common mistake.",
        shows="Half of what the window should take away is left.",
        wrong=DX % (HERE, "-", MIRRORED, THERE),
        right=RIGHT,
        fits=_damps,
        letters=letters,
        twin=_with(lambda norm, p: p.direct + p.through_spread / 2),
    ),
    Backward(
        key="divisor_forgotten",
        title="α is not divided in the gradient",
        says="The forward divides α by the size of the window and the backward does not.",
        shows="The second path is as many times too strong as the window has cells.",
        wrong=DX % (HERE, MINUS, MIRRORED, r"\alpha"),
        right=RIGHT,
        fits=lambda norm: _damps(norm) and _divided(norm),
        letters=letters,
        twin=_divisor_forgotten,
    ),
    Backward(
        key="area_of_the_receiver",
        title="Divided by the area of the wrong cell",
        says="Each term has the area of its own window; here all have that of the cell that receives.",
        shows="Only near the border, where the areas differ.",
        wrong=DX % (HERE, MINUS, MIRRORED, r"\frac{\alpha}{|G|}"),
        right=RIGHT,
        fits=lambda norm: _damps(norm) and isinstance(norm, SpatialNorm) and _cells(norm) > 1,
        letters=letters,
        twin=_own_area,
    ),
)
