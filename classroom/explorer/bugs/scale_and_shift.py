"""Bugs of gamma and beta, whatever the statistics are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from classroom.explorer.bugs.bug import Backward, Bug, Forward, Gradients, Params
from normlib.affine import spread
from normlib.norms.batch_renorm import BatchRenorm
from normlib.norms.filter_response_norm import FilterResponseNorm
from normlib.norms.group_norm import GroupNorm
from normlib.norms.layer_norm import LayerNorm
from normlib.norms.rms_norm import RMSNorm
from normlib.pool import Array


def _has(*names: str) -> Callable[[Any], bool]:
    """Make a question: whether an operator has these parameters."""
    return lambda norm: set(names) <= norm.init(norm.pool.fit((1, 1, 1, 1))).keys()


def _plain(params: Params) -> dict[str, Array]:
    return {**params, "gamma": np.ones_like(params["gamma"])}


def _shifted_first(norm: Any, x: Array, params: Params) -> Array:
    return norm.forward(x, **{**params, "beta": params["gamma"] * params["beta"]})[0]


def _with_dx(norm: Any, x: Array, params: Params, dy: Array, dx: Array) -> Gradients:
    return norm.backward(dy, norm.forward(x, **params)[1]) | {"x": dx}


def _plain_dx(norm: Any, x: Array, params: Params, dy: Array) -> Array:
    return norm.backward(dy, norm.forward(x, **_plain(params))[1])["x"]


def _gamma_before_the_sums(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
    return _with_dx(norm, x, params, dy, spread(params["gamma"]) * _plain_dx(norm, x, params, dy))


def _with_dgamma(of: Callable[[Any, Any, Array], Array]) -> Callable[[Any, Array, Params, Array], Gradients]:
    """Make a backward whose gradient of gamma is another function of the operator, its cache and dy."""

    def backward(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
        cache = norm.forward(x, **params)[1]
        return norm.backward(dy, cache) | {"gamma": of(norm, cache, dy)}

    return backward


def _of_the_last_sample(norm: Any, cache: Any, dy: Array) -> Array:
    last = np.zeros_like(dy)
    last[-1] = dy[-1]
    return norm.backward(last, cache)["gamma"]


def _of_x(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
    gradients = norm.backward(dy, norm.forward(x, **params)[1])
    return gradients | {"gamma": (dy * x).sum(0 if params["gamma"].ndim == 3 else (0, 2, 3))}


DX = r"\frac{\partial l}{\partial \hat x} = %s\mathrm{d}y"
DGAMMA = r"\frac{\partial l}{\partial \gamma} = %s"
Y = r"y = \gamma\,\hat x + \beta"

BUGS: tuple[Bug, ...] = (
    Forward(
        key="gamma_forgotten",
        title="γ is forgotten",
        says="x̂ is handed on without its scale: a common mistake, and none before training, when γ is 1.",
        shows="The spread of y is that of x̂. Set γ to something else than 1.",
        wrong=r"y = \hat x + \beta",
        right=Y,
        fits=_has("gamma", "beta"),
        twin=lambda norm, x, params: norm.forward(x, **_plain(params))[0],
    ),
    Forward(
        key="beta_scaled_too",
        title="γ multiplies after β is added",
        says="The shift comes before the scale: a common mistake.",
        shows="The level of y is γβ and not β; dx does not tell, the gradient of β does. Set γ and β to something else "
        "than 1 and 0.",
        wrong=r"y = \gamma\,(\hat x + \beta)",
        right=Y,
        fits=_has("gamma", "beta"),
        of="beta",
        twin=_shifted_first,
    ),
    Backward(
        key="gamma_forgotten_in_dx",
        title="γ is missing in the gradient of x",
        says="dy is taken for the gradient of x̂: a common mistake, and none before training, when γ is 1.",
        shows="dx has the right pattern and the wrong scale, by γ. Set γ to something else than 1.",
        wrong=DX % "",
        right=DX % r"\gamma\,",
        fits=_has("gamma"),
        twin=lambda norm, x, params, dy: _with_dx(norm, x, params, dy, _plain_dx(norm, x, params, dy)),
    ),
    Backward(
        key="gamma_before_the_sums",
        title="γ stands before the sums",
        says="Batch normalization's closed form, copied to an operator whose γ varies within a pool.",
        shows="What is taken off is that of other cells. Nothing while all γ are alike: raise the spread of γ.",
        wrong=r"\frac{\partial l}{\partial x} = \gamma\cdot(\dots\sum \mathrm{d}y\,\hat x)",
        right=r"\frac{\partial l}{\partial x} = \dots\sum \gamma\,\mathrm{d}y\,\hat x",
        fits=lambda norm: isinstance(norm, (LayerNorm, GroupNorm, RMSNorm)) and norm.affine,
        twin=_gamma_before_the_sums,
    ),
    Backward(
        key="last_sample_of_gamma",
        title="The gradient of γ is written over",
        says="A loop over the samples assigns where it should add, so that only the last one counts.",
        shows="dx is right; the gradient of γ is that of one sample.",
        wrong=DGAMMA % r"\sum_{\text{last sample}} \mathrm{d}y\,\hat x",
        right=DGAMMA % r"\sum \mathrm{d}y\,\hat x",
        fits=_has("gamma"),
        of="gamma",
        twin=_with_dgamma(_of_the_last_sample),
    ),
    Backward(
        key="mean_for_sum_of_gamma",
        title="The gradient of γ is averaged over the samples",
        says="A mean stands for the sum over axis 0: right only if the loss is not averaged already.",
        shows="dx is right; the gradient of γ is smaller, by the number of samples.",
        wrong=DGAMMA % r"\frac1M\sum \mathrm{d}y\,\hat x",
        right=DGAMMA % r"\sum \mathrm{d}y\,\hat x",
        fits=_has("gamma"),
        of="gamma",
        twin=_with_dgamma(lambda norm, cache, dy: norm.backward(dy, cache)["gamma"] / len(dy)),
    ),
    Backward(
        key="x_for_x_hat_in_gamma",
        title="The gradient of γ is summed with x",
        says="x stands for x̂, which is what γ multiplies: a common mistake.",
        shows="dx is right; the gradient of γ grows with the level and the contrast of x, which y does not know of.",
        wrong=DGAMMA % r"\sum \mathrm{d}y\,x",
        right=DGAMMA % r"\sum \mathrm{d}y\,\hat x",
        fits=lambda norm: _has("gamma")(norm) and not isinstance(norm, (BatchRenorm, FilterResponseNorm)),
        of="gamma",
        twin=_of_x,
    ),
)
