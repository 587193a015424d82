"""Flax (nnx), its layers differentiated by JAX; N x H x W x C."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ..case import Array, Case, Running
from . import Framework
from .pytorch import RUN, last


def load() -> Any:
    """Return flax.nnx, jax with float64 switched on."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax

    jax.config.update("jax_enable_x64", True)
    from flax import nnx

    return nnx


def run(nnx: Any, case: Case, dtype: str) -> dict[str, Array]:
    """Return y and the gradient of <dy, y> for every input that is not fixed."""
    import jax

    inputs = {name: jax.numpy.asarray(a) for name, a in case.inputs(dtype).items()}
    dy = inputs.pop("dy")
    kept = {name: inputs.pop(name) for name in case.fixed}
    y, pull = jax.vjp(lambda given: case.compute(nnx, **given, **kept), inputs)
    (grads,) = pull(dy)
    return {"y": np.asarray(y), **{f"d{name}": np.asarray(grad) for name, grad in grads.items()}}


def layer(kind: str, **settings: Any) -> Any:
    """Call a layer as a function of x and its variables."""

    def compute(nnx: Any, x: Any, gamma: Any, beta: Any = None, **running: Any) -> Any:
        built = getattr(nnx, kind)(x.shape[-1], param_dtype=x.dtype, rngs=nnx.Rngs(0), **settings)
        built.scale.set_value(gamma)
        if beta is not None:
            built.bias.set_value(beta)
        if kind == "BatchNorm":  # its own statistics are float32, whatever param_dtype says
            start = 0 * x[0, 0, 0]
            built.mean.set_value(running.get("running_mean", start))
            built.var.set_value(running.get("running_var", start))
        return built(x)

    return compute


def averaged(**settings: Any) -> Any:
    """Return the running statistics of BatchNorm."""

    def compute(nnx: Any, batches: Array) -> tuple[Array, Array]:
        built = nnx.BatchNorm(batches.shape[2], param_dtype="float64", rngs=nnx.Rngs(0), **settings)
        built.mean.set_value(np.zeros(batches.shape[2]))  # its own are float32
        built.var.set_value(np.ones(batches.shape[2]))
        for x in batches:
            built(x.transpose(0, 2, 3, 1))
        return np.asarray(built.mean[...]), np.asarray(built.var[...])

    return compute


NHWC = {"layout": "NHWC"}
# Flax takes the variance as E[x^2] - E[x]^2 by default; around a mean of its own size that costs a digit or two.
EXACT = {"use_fast_variance": False}

FRAMEWORK = Framework(
    packages=("flax", "jax"),
    load=load,
    run=run,
    cases=(
        Case(
            "batch_norm",
            "Flax, training",
            last((4, 3, 2, 3), "gamma", "beta"),
            layer("BatchNorm", **EXACT),
            "Flax",
            settings=NHWC,
            scale=3e-3,
        ),
        Case(
            "batch_norm",
            "Flax, inference",
            last((4, 3, 2, 3), "gamma", "beta", *RUN),
            layer("BatchNorm", use_running_average=True),
            "Flax",
            settings=NHWC | {"training": False},
            fixed=RUN,
        ),
        Case(
            "layer_norm",
            "Flax",
            last((3, 2, 2, 6), "gamma", "beta"),
            layer("LayerNorm", **EXACT),
            "Flax",
            settings=NHWC,
            scale=1e-3,
        ),
        Case(
            "group_norm",
            "Flax, two groups",
            last((3, 2, 3, 4), "gamma", "beta"),
            layer("GroupNorm", num_groups=2, **EXACT),
            "Flax",
            settings=NHWC | {"groups": 2},
            scale=1e-3,
        ),
        Case(
            "instance_norm",
            "Flax",
            last((3, 2, 3, 4), "gamma", "beta"),
            layer("InstanceNorm", **EXACT),
            "Flax",
            settings=NHWC,
            scale=1e-3,
        ),
        Case(
            "rms_norm",
            "Flax",
            last((3, 2, 2, 6), "gamma"),
            layer("RMSNorm"),
            "Flax",
            settings=NHWC,
            scale=1e-3,
        ),
    ),
    running=(
        Running("Flax", "its own momentum", averaged(**EXACT)),
        Running("Flax", "momentum .6 for the old", averaged(momentum=0.6, **EXACT), settings={"momentum": 0.4}),
    ),
)
