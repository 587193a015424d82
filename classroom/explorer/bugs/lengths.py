"""Bugs of operators that divide by a length: the p-norm of a position or sample, of a weight, or its singular value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from classroom.explorer.bugs.bug import Backward, Bug, Forward, Gradients, Params
from classroom.explorer.bugs.parts import LENGTHS, paths
from normlib.norms.lp_norm import LpNorm
from normlib.norms.spectral_norm import SpectralNorm
from normlib.norms.weight_norm import WeightNorm
from normlib.pool import ALL, Array, Pool


def letters(norm: Any) -> Mapping[str, str]:
    """Return what the formulas below call an operator's length, and the slope of it."""
    if isinstance(norm, SpectralNorm):
        return {"length": "s", "gain": "", "slope": r"u v^{\mathsf T}"}
    if isinstance(norm, WeightNorm):
        return {"length": r"\lVert x\rVert", "gain": "g", "slope": r"\frac{x}{\lVert x\rVert}"}
    power = r"\operatorname{sgn}(x)\left|\frac{x}{\nu}\right|^{p - 1}"
    return {"length": r"\nu", "gain": "", "slope": power}


def _has_length(norm: Any) -> bool:
    return isinstance(norm, LENGTHS)


def _powers(norm: Any, x: Array, params: Params) -> Array:
    return x / norm.forward(x)[1].divisor ** norm.p


def _mean_of_powers(norm: Any, x: Array, params: Params) -> Array:
    count = norm.pool.size(x.shape, (0, 0, 0, 0))
    return norm.forward(x)[0] * count ** (1 / norm.p)


def _constant(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
    found = paths(norm, x, params, dy)
    return found.with_dx(found.direct)


def _added(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
    found = paths(norm, x, params, dy)
    return found.with_dx(found.direct - found.through_spread)


def _sign_lost(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
    found = paths(norm, x, params, dy)
    return found.with_dx(found.direct + np.sign(x) * found.through_spread)


def _frobenius(norm: Any, x: Array, params: Params) -> Array:
    return x / np.linalg.norm(x)


DX = (
    r"\frac{\partial l}{\partial x} = \frac{$gain}{$length}\left(\mathrm{d}y %s\right),"
    r"\quad \hat y = \frac{x}{$length}"
)
PATH = r"$slope\sum \mathrm{d}y'\,\hat y'"
RIGHT = DX % f"- {PATH}"

BUGS: tuple[Bug, ...] = (
    Forward(
        key="powers_for_length",
        title="The root of the sum is forgotten",
        says="x is divided by the sum of the powers: a common mistake.",
        shows="Long vectors come out short and short ones long; only those of length 1 are right.",
        wrong=r"y = \frac{x}{\sum |x|^p}",
        right=r"y = \frac{x}{\left(\sum |x|^p\right)^{1/p}}",
        fits=lambda norm: isinstance(norm, LpNorm) and norm.p != 1,
        letters=letters,
        twin=_powers,
    ),
    Forward(
        key="mean_for_sum",
        title="A mean stands for the sum",
        says="With p = 2 that is root mean square normalization, which is often taken for this one.",
        shows="Everything is larger by the p-th root of N, the same everywhere.",
        wrong=r"y = \frac{x}{\left(\frac1N\sum |x|^p\right)^{1/p}}",
        right=r"y = \frac{x}{\left(\sum |x|^p\right)^{1/p}}",
        fits=lambda norm: isinstance(norm, LpNorm),
        letters=letters,
        twin=_mean_of_powers,
    ),
    Forward(
        key="length_over_other_axes",
        title="The length is over the wrong axes",
        says="Over the whole sample for the channels of a position, or the other way round: flattened, or not.",
        shows="What differed in length between positions still does, or no longer does.",
        wrong=r"\nu' \text{ for } \nu \text{ in } y = \frac{x}{\nu}",
        right=r"y = \frac{x}{\nu}",
        fits=lambda norm: isinstance(norm, LpNorm),
        letters=letters,
        twin=lambda norm, x, params: replace(norm, over="channels" if norm.over == "sample" else "sample").forward(x)[
            0
        ],
        reach=lambda norm: Pool(c=ALL, h=ALL, w=ALL),
    ),
    Forward(
        key="frobenius_norm",
        title="The root of all squares stands for the singular value",
        says="The Frobenius norm is the length of all weights; the singular value is how much they stretch at most.",
        shows="The weights come out too small: no input keeps its length.",
        wrong=r"y = \frac{x}{\sqrt{\sum x^2}}",
        right=r"y = \frac{x}{s},\quad s = u^{\mathsf T} x\,v",
        fits=lambda norm: isinstance(norm, SpectralNorm),
        letters=letters,
        twin=_frobenius,
    ),
    Backward(
        key="length_constant",
        title="The length is treated as a constant",
        says="The gradient is stopped at what x is divided by: a common mistake.",
        shows="dx has a part along x, which only would make x longer or shorter and cannot change y.",
        wrong=DX % "",
        right=RIGHT,
        fits=_has_length,
        letters=letters,
        twin=_constant,
    ),
    Backward(
        key="length_path_added",
        title="The path through the length has the wrong sign",
        says="What the length takes away is added: a minus lost while deriving 1/length.",
        shows="dx has twice the part along x that it would have with a constant length, where it should have none.",
        wrong=DX % f"+ {PATH}",
        right=RIGHT,
        fits=_has_length,
        letters=letters,
        twin=_added,
    ),
    Backward(
        key="sign_lost",
        title="The sign of x is lost",
        says="The derivative of |x|^p is taken for p|x|^(p−1): right for positive values alone.",
        shows="Wrong where x is negative, right where it is positive: dx errs in the pattern of x.",
        wrong=DX % r"- \left|\frac{x}{\nu}\right|^{p - 1}\sum \mathrm{d}y'\,\hat y'",
        right=RIGHT,
        fits=lambda norm: isinstance(norm, LpNorm),
        letters=letters,
        twin=_sign_lost,
    ),
)
