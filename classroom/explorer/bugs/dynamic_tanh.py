"""Bugs of dynamic tanh, which has no statistics: its curve and its chain rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from classroom.explorer.bugs.bug import Backward, Bug, Forward, Gradients, Params
from normlib.affine import spread
from normlib.norms.dynamic_tanh import DynamicTanh
from normlib.pool import Array


def _is_it(norm: Any) -> bool:
    return isinstance(norm, DynamicTanh)


def _steepness_forgotten(norm: Any, x: Array, params: Params) -> Array:
    return norm.forward(x, **{**params, "alpha": np.ones(())})[0]


def _inner_derivative_forgotten(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
    cache = norm.forward(x, **params)[1]
    return norm.backward(dy, cache) | {"x": spread(params["gamma"]) * (1 - cache.x_hat**2) * dy}


def _slope_of_the_sigmoid(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
    cache = norm.forward(x, **params)[1]
    slope = params["alpha"] * cache.x_hat * (1 - cache.x_hat)
    return norm.backward(dy, cache) | {"x": spread(params["gamma"]) * slope * dy}


RIGHT = r"\frac{\partial l}{\partial x} = \alpha\gamma\,(1 - \hat x^2)\,\mathrm{d}y"

BUGS: tuple[Bug, ...] = (
    Forward(
        key="steepness_forgotten",
        title="α is forgotten",
        says="A plain tanh: what makes it stand for a normalization is that its steepness is learned.",
        shows="With α below 1 more values end up at ±1, with α above 1 fewer.",
        wrong=r"\hat x = \tanh(x)",
        right=r"\hat x = \tanh(\alpha x)",
        fits=_is_it,
        twin=_steepness_forgotten,
    ),
    Backward(
        key="inner_derivative_forgotten",
        title="The inner derivative is forgotten",
        says="The chain rule stops at the tanh and never reaches α x: a common mistake.",
        shows="dx has the right pattern and the wrong scale, by α everywhere.",
        wrong=r"\frac{\partial l}{\partial x} = \gamma\,(1 - \hat x^2)\,\mathrm{d}y",
        right=RIGHT,
        fits=_is_it,
        twin=_inner_derivative_forgotten,
    ),
    Backward(
        key="slope_of_the_sigmoid",
        title="The slope is that of the sigmoid",
        says="x̂(1 − x̂) belongs to the logistic function; the two curves are easily confused.",
        shows="dx is 0 where x is 0, where it should be largest, and negative where x is.",
        wrong=r"\frac{\partial l}{\partial x} = \alpha\gamma\,\hat x\,(1 - \hat x)\,\mathrm{d}y",
        right=RIGHT,
        fits=_is_it,
        twin=_slope_of_the_sigmoid,
    ),
)
