"""TensorFlow: two functions, differentiated by itself; N x H x W x C.

Local response normalization does not divide alpha by the window, and takes float32 only.
"""

from __future__ import annotations

import os
from typing import Any

from ..case import Array, Case
from . import Framework


def load() -> Any:
    """Return tensorflow."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow

    return tensorflow


def run(framework: Any, case: Case, dtype: str) -> dict[str, Array]:
    """Return y and the gradient of <dy, y> for every input that TensorFlow lets have one."""
    import tensorflow as tf

    inputs = {name: tf.constant(a) for name, a in case.inputs(dtype).items()}
    dy = inputs.pop("dy")
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = case.compute(framework, **inputs)
    grads = tape.gradient(y, inputs, output_gradients=dy)
    return {"y": y.numpy(), **{f"d{name}": grad.numpy() for name, grad in grads.items() if grad is not None}}


def lrn(**settings: Any) -> Any:
    """Return local response normalization."""
    return lambda tf, x: tf.nn.local_response_normalization(x, **settings)


def l2_normalize(tf: Any, x: Any) -> Any:
    """Return x over its 2-norm across channels."""
    return tf.math.l2_normalize(x, axis=-1)


NHWC = {"layout": "NHWC"}

FRAMEWORK = Framework(
    packages=("tensorflow",),
    load=load,
    run=run,
    cases=(
        Case(
            "local_response_norm",
            "TensorFlow",
            {"x": (2, 2, 2, 14)},
            lrn(),
            "TensorFlow",
            settings={"layout": "NHWC"},
            dtypes=("float32",),
        ),
        Case(
            "local_response_norm",
            "TensorFlow, radius 1",
            {"x": (2, 3, 2, 5)},
            lrn(depth_radius=1, bias=2.0, alpha=0.4, beta=0.75),
            "TensorFlow",
            settings={"layout": "NHWC", "size": 3, "k": 2.0, "alpha": 0.4, "beta": 0.75},
            dtypes=("float32",),
        ),
        Case(
            "local_response_norm",
            "TensorFlow, one channel at one position",
            {"x": (3, 1, 1, 1)},
            lrn(depth_radius=2, alpha=0.4),
            "TensorFlow",
            settings={"layout": "NHWC", "size": 5, "alpha": 0.4},
            dtypes=("float32",),
        ),
        *(
            Case("lp_norm", f"TensorFlow, {what}", {"x": (3, 2, 2, 4)}, l2_normalize, "TensorFlow", NHWC, scale)
            for what, scale in (("l2", 1.0), ("l2, shorter than its least norm", 3e-7))
        ),
    ),
)
