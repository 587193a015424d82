"""timm: layers that PyTorch itself lacks, of ResNet-like vision models."""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec
from typing import Any

from ..case import Case
from . import Framework, autograd
from .pytorch import batch


def load() -> Any:
    """Return torch, and timm's two layers.

    timm and timm.layers import torchvision before anything else, these two files do not; so no __init__ is run.
    """
    for package in ("timm", "timm.layers"):
        spec = find_spec(package)
        assert spec is not None
        sys.modules.setdefault(package, module_from_spec(spec))
    import torch
    from timm.layers.filter_response_norm import FilterResponseNormTlu2d
    from timm.layers.std_conv import StdConv2d

    return torch, StdConv2d, FilterResponseNormTlu2d


def standardized_weight(framework: Any, x: Any) -> Any:
    """Return the weight that StdConv2d convolves with: its answer to every input of a single 1."""
    torch, std_conv, _ = framework
    outputs, inputs, height, width = x.shape
    layer = std_conv(inputs, outputs, (height, width), padding=0, dtype=x.dtype)
    units = torch.eye(x[0].numel(), dtype=x.dtype).reshape(-1, inputs, height, width)
    return torch.func.functional_call(layer, {"weight": x}, (units,)).reshape(-1, outputs).T.reshape(x.shape)


def filter_response(framework: Any, x: Any, gamma: Any, beta: Any, tau: Any) -> Any:
    """Return filter response normalization with its threshold."""
    torch, _, frn = framework
    layer = frn(x.shape[1], dtype=x.dtype)
    return torch.func.functional_call(layer, {"weight": gamma, "bias": beta, "tau": tau}, (x,))


FRAMEWORK = Framework(
    packages=("timm", "torch"),
    load=load,
    run=autograd.run,
    cases=(
        Case("weight_standardization", "timm", {"x": (4, 3, 2, 2)}, standardized_weight, "timm"),
        Case("weight_standardization", "timm, eps", {"x": (4, 3, 2, 2)}, standardized_weight, "timm", scale=1e-3),
        Case("weight_standardization", "timm, one output", {"x": (1, 3, 2, 2)}, standardized_weight, "timm"),
        # In float64 timm takes the mean of squares in float32 all the same, so only float32 is held against it.
        Case(
            "filter_response_norm",
            "timm",
            batch((3, 4, 2, 3)) | {"tau": (4,)},
            filter_response,
            "timm",
            dtypes=("float32",),
        ),
        Case(
            "filter_response_norm",
            "timm, eps",
            batch((3, 4, 2, 3)) | {"tau": (4,)},
            filter_response,
            "timm",
            scale=1e-3,
            dtypes=("float32",),
        ),
        Case(
            "filter_response_norm",
            "timm, one example and channel",
            batch((1, 1, 2, 3)) | {"tau": (1,)},
            filter_response,
            "timm",
            dtypes=("float32",),
        ),
    ),
)
