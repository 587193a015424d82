"""Keras 3, its layers on TensorFlow, which differentiates them; N x H x W x C unless told otherwise.

On PyTorch, Keras computes a float64 layer in float32: there it takes float32 for the common type of the two.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ..case import Array, Case, Running
from . import Framework, tensorflow
from .pytorch import RUN, last


def load() -> Any:
    """Return keras, on TensorFlow."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras

    return keras


def layer(kind: str, *, training: bool = False, fixed: tuple[str, ...] = (), **settings: Any) -> Any:
    """Call a layer as a function of x and its variables; `fixed` names those that are not trained, in its order."""

    def compute(keras: Any, x: Any, **params: Any) -> Any:
        built = getattr(keras.layers, kind)(dtype=x.dtype.name, **settings)
        built.build(x.shape)
        kept = [params.pop(name) for name in fixed] or [v.value for v in built.non_trainable_variables]
        variables = zip(params.values(), built.trainable_variables, strict=True)
        given = [keras.ops.reshape(p, v.shape) for p, v in variables]
        options = {"training": training} if kind == "BatchNormalization" else {}
        return built.stateless_call(given, kept, x, **options)[0]

    return compute


def renorm(**clipping: float) -> Any:
    """Return batch renormalization; Keras averages the deviation, eps within, where the paper's is of the variance."""
    fixed = ("moving_mean", "moving_variance", "moving_std", "renorm_mean", "renorm_std")
    call = layer("BatchNormalization", training=True, fixed=fixed, renorm=True, renorm_clipping=clipping)

    def compute(keras: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any) -> Any:
        std = keras.ops.sqrt(running_var + 1e-3)
        statistics = zip(fixed, (running_mean, running_var, std, running_mean, std), strict=True)
        return call(keras, x, gamma=gamma, beta=beta, **dict(statistics))

    return compute


def spectral_norm(keras: Any, x: Any, u: Any) -> Any:
    """Return the kernel after one call; Keras's kernel has the output channels last, and it moves v first, by u."""
    size, dtype = (int(x.shape[0]), int(x.shape[1])), x.dtype.name
    wrapped = keras.layers.Conv2D(x.shape[-1], size, use_bias=False, dtype=dtype)
    built = keras.layers.SpectralNormalization(wrapped, dtype=dtype)
    built.build((1, 8, 8, x.shape[2]))
    vector = keras.ops.stop_gradient(u / keras.ops.norm(u))[None]
    with keras.StatelessScope(state_mapping=[(wrapped.kernel, x), (built.vector_u, vector)]):
        return built.normalized_weights()[1]


def averaged(**settings: Any) -> Any:
    """Return the running statistics of BatchNormalization."""

    def compute(keras: Any, batches: Array) -> tuple[Array, Array]:
        built = keras.layers.BatchNormalization(axis=1, dtype="float64", **settings)
        for x in batches:
            built(x, training=True)
        return np.asarray(built.moving_mean.value), np.asarray(built.moving_variance.value)

    return compute


def averaged_deviations(keras: Any, batches: Array) -> tuple[Array, Array]:
    """Return the running statistics of batch renormalization, which averages sqrt(var + eps).

    Keras starts that average at sqrt(1), where sqrt(1 + eps) is the deviation of its variance 1: set so here.
    """
    built = keras.layers.BatchNormalization(axis=1, dtype="float64", renorm=True)
    built.build(batches.shape[1:])
    built.moving_stddev.assign(keras.ops.sqrt(built.moving_variance + built.epsilon))
    for x in batches:
        built(x, training=True)
    return np.asarray(built.moving_mean.value), np.asarray(built.moving_variance.value)


NHWC = {"layout": "NHWC"}

FRAMEWORK = Framework(
    packages=("keras", "tensorflow"),
    load=load,
    run=tensorflow.run,
    cases=(
        Case(
            "batch_norm",
            "Keras, training",
            last((4, 3, 2, 3), "gamma", "beta"),
            layer("BatchNormalization", training=True),
            "Keras",
            settings=NHWC,
        ),
        Case(
            "batch_norm",
            "Keras, training, eps that tells",
            last((4, 3, 2, 3), "gamma", "beta"),
            layer("BatchNormalization", training=True),
            "Keras",
            settings=NHWC,
            scale=0.03,
        ),
        Case(
            "batch_norm",
            "Keras, training, one value",
            last((1, 1, 1, 3), "gamma", "beta"),
            layer("BatchNormalization", training=True),
            "Keras",
            settings=NHWC,
        ),
        Case(
            "batch_norm",
            "Keras, training, channels first",
            {"x": (4, 3, 2, 3), "gamma": (3,), "beta": (3,)},
            layer("BatchNormalization", training=True, axis=1),
            "Keras",
        ),
        Case(
            "batch_norm",
            "Keras, inference",
            last((4, 3, 2, 3), "gamma", "beta", *RUN),
            layer("BatchNormalization", fixed=RUN),
            "Keras",
            settings=NHWC | {"training": False},
        ),
        Case(
            "layer_norm",
            "Keras",
            last((3, 2, 3, 4), "gamma", "beta"),
            layer("LayerNormalization"),
            "Keras",
            settings=NHWC,
            scale=0.03,
        ),
        Case(
            "layer_norm",
            "Keras, all axes but the first",
            {"x": (3, 2, 3, 4), "gamma": (2, 3, 4), "beta": (2, 3, 4)},
            layer("LayerNormalization", axis=(1, 2, 3)),
            settings=NHWC | {"eps": 1e-3},
            scale=0.03,
        ),
        Case(
            "group_norm",
            "Keras, two groups",
            last((3, 2, 3, 4), "gamma", "beta"),
            layer("GroupNormalization", groups=2),
            "Keras",
            settings=NHWC | {"groups": 2},
            scale=0.03,
        ),
        Case(
            "group_norm",
            "Keras, its own 32 groups",
            last((2, 2, 2, 64), "gamma", "beta"),
            layer("GroupNormalization"),
            "Keras",
            settings=NHWC,
            dtypes=("float64",),
        ),
        Case(
            "instance_norm",
            "Keras, a group per channel",
            last((3, 2, 3, 4), "gamma", "beta"),
            layer("GroupNormalization", groups=-1, epsilon=1e-5),
            settings=NHWC,
        ),
        Case(
            "rms_norm",
            "Keras",
            last((3, 2, 3, 5), "gamma"),
            layer("RMSNormalization"),
            "Keras",
            settings=NHWC,
            scale=1e-3,
        ),
        Case("lp_norm", "Keras, unit", last((3, 2, 2, 4)), layer("UnitNormalization"), settings=NHWC),
        Case(
            "batch_renorm",
            "Keras, clipped",
            last((4, 2, 2, 3), "gamma", "beta", *RUN),
            renorm(rmin=1 / 1.1, rmax=1.1, dmax=0.2),
            settings=NHWC | {"r_max": 1.1, "d_max": 0.2, "eps": 1e-3},
            fixed=RUN,
        ),
        Case(
            "batch_renorm",
            "Keras, not clipped",
            last((4, 2, 2, 3), "gamma", "beta", *RUN),
            renorm(rmin=1 / 30, rmax=30.0, dmax=50.0),
            settings=NHWC | {"r_max": 30.0, "d_max": 50.0, "eps": 1e-3},
            fixed=RUN,
        ),
        Case("spectral_norm", "Keras", {"x": (2, 2, 3, 4), "u": (4,)}, spectral_norm, "Keras", fixed=("u",)),
    ),
    running=(
        Running("Keras", "its own momentum", averaged()),
        Running("Ioffe", "Keras's renorm", averaged_deviations, operator="batch_renorm"),
        Running("Keras", "momentum .6 for the old", averaged(momentum=0.6), settings={"momentum": 0.4}),
    ),
)
