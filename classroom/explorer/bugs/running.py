"""Bugs of operators that keep running statistics: training taken for inference, or the other way round."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from classroom.explorer.bugs.bug import Backward, Bug, Forward, Gradients, Params
from normlib.norms.batch_norm import BatchNorm
from normlib.norms.batch_renorm import BatchRenorm
from normlib.norms.switchable_norm import SwitchableNorm
from normlib.pool import Array


def _trains(norm: Any) -> bool:
    return isinstance(norm, BatchNorm) and norm.training


def _infers(norm: Any) -> bool:
    return isinstance(norm, (BatchNorm, SwitchableNorm)) and not norm.training


def _renormalizes(norm: Any) -> bool:
    return isinstance(norm, BatchRenorm)


def _inferring(norm: Any, x: Array, params: Params) -> tuple[Array, Any]:
    """Run what trains as if at inference, with the averages that this batch leaves."""
    _, cache = norm.forward(x, **params)
    running = norm.update(norm.start(x.shape[1]), cache)
    return replace(norm, training=False).forward(x, **params, running_mean=running.mean, running_var=running.var)


def _training(norm: Any, x: Array, params: Params) -> tuple[Array, Any]:
    """Run what infers as if in training."""
    kept = {name: p for name, p in params.items() if not name.startswith("running")}
    return replace(norm, training=True).forward(x, **kept)


def _inference_gradient(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
    inferred = replace(norm, training=False).backward(dy, _inferring(norm, x, params)[1])
    return norm.backward(dy, norm.forward(x, **params)[1]) | {"x": inferred["x"]}


def _training_gradient(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
    trained = replace(norm, training=True).backward(dy, _training(norm, x, params)[1])
    return norm.backward(dy, norm.forward(x, **params)[1]) | {"x": trained["x"]}


def _uncorrected(params: Params) -> dict[str, Array]:
    return {**params, "r": np.ones_like(params["r"]), "d": np.zeros_like(params["d"])}


def _correction_forgotten(norm: Any, x: Array, params: Params) -> Array:
    return norm.forward(x, **_uncorrected(params))[0]


def _shifted_first(norm: Any, x: Array, params: Params) -> Array:
    return norm.forward(x, **{**params, "d": params["r"] * params["d"]})[0]


def _r_forgotten(norm: Any, x: Array, params: Params, dy: Array) -> Gradients:
    plain = norm.backward(dy, norm.forward(x, **_uncorrected(params))[1])
    return norm.backward(dy, norm.forward(x, **params)[1]) | {"x": plain["x"]}


BATCH = r"\hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}"
RUNNING = r"\hat x = \frac{x - \bar\mu}{\sqrt{\bar\sigma^2 + \epsilon}}"
TRAINING_DX = (
    r"\frac{\partial l}{\partial x} = \frac{\gamma}{N\,\sqrt{\sigma^2 + \epsilon}}"
    r"\left(N\,\mathrm{d}y - \sum \mathrm{d}y - \hat x\sum \mathrm{d}y\,\hat x\right)"
)
INFERENCE_DX = r"\frac{\partial l}{\partial x} = \frac{\gamma\,\mathrm{d}y}{\sqrt{\bar\sigma^2 + \epsilon}}"

BUGS: tuple[Bug, ...] = (
    Forward(
        key="inference_in_training",
        title="Left in inference while training",
        says="The running averages stand for the batch's statistics; here they are those after this one batch.",
        shows="x̂ has neither mean 0 nor variance 1: the averages have hardly left 0 and 1, where they start.",
        wrong=RUNNING,
        right=BATCH,
        fits=_trains,
        twin=lambda norm, x, params: _inferring(norm, x, params)[0],
    ),
    Forward(
        key="training_at_inference",
        title="Left in training at inference",
        says="The batch's statistics stand for the running averages: model.eval() was forgotten.",
        shows="A sample's output depends on what else is in the batch, and any change of level or contrast is undone.",
        wrong=BATCH,
        right=RUNNING,
        fits=_infers,
        twin=lambda norm, x, params: _training(norm, x, params)[0],
        reach=lambda norm: replace(norm, training=True).pool,
    ),
    Forward(
        key="correction_forgotten",
        title="r and d are forgotten",
        says="What is left is batch normalization, and its gap between training and inference.",
        shows="The batch is standardized by itself: nothing of the running averages can be seen.",
        wrong=r"y = \gamma\,\hat x + \beta",
        right=r"y = \gamma\,(r\,\hat x + d) + \beta",
        fits=_renormalizes,
        twin=_correction_forgotten,
    ),
    Forward(
        key="shifted_before_scaled",
        title="d is added before r multiplies",
        says="The order of scale and shift is exchanged: a common mistake.",
        shows="The spread is right and the level is off, by a factor r in d; dx does not tell, the gradient of d does.",
        wrong=r"y = \gamma\,r\,(\hat x + d) + \beta",
        right=r"y = \gamma\,(r\,\hat x + d) + \beta",
        fits=_renormalizes,
        of="d",
        twin=_shifted_first,
    ),
    Backward(
        key="inference_gradient",
        title="The gradient of inference in training",
        says="Written for fixed running averages, and used where the batch moves its own statistics.",
        shows="dx is dy with the scale of another deviation; neither its mean nor its part along x̂ is taken off.",
        wrong=INFERENCE_DX,
        right=TRAINING_DX,
        fits=_trains,
        twin=_inference_gradient,
    ),
    Backward(
        key="training_gradient",
        title="The gradient of training at inference",
        says="At inference nothing moves the statistics, so there are no paths through them to take off.",
        shows="dx lacks the mean of dy and its part along x̂, which it should have here.",
        wrong=TRAINING_DX,
        right=INFERENCE_DX,
        fits=lambda norm: _infers(norm) and isinstance(norm, BatchNorm),
        twin=_training_gradient,
    ),
    Backward(
        key="r_forgotten_in_dx",
        title="r is missing in the gradient",
        says="Batch normalization's backward, copied.",
        shows="dx has the right pattern and the wrong scale, by r in each channel.",
        wrong=TRAINING_DX,
        right=TRAINING_DX.replace(r"\frac{\gamma}", r"\frac{\gamma\,r}"),
        fits=_renormalizes,
        twin=_r_forgotten,
    ),
)
