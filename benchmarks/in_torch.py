"""The same operators in PyTorch, with one thread; nothing where PyTorch is not installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from normlib import Norm
from normlib.pool import Array

try:
    import torch
    from torch.nn import functional
except ImportError:
    torch = functional = None


class Run(NamedTuple):
    """A forward that builds the graph, and a backward that keeps it."""

    forward: Callable[[], Any]
    backward: Callable[[], Any]


def version() -> str:
    """Return PyTorch's version, or nothing."""
    return torch.__version__ if torch else ""


def run(key: str, norm: Norm, x: Array, dy: Array, params: dict[str, Array]) -> Run | None:
    """Return what PyTorch does for an operator; None where it is not installed or has nothing alike."""
    if torch is None or key not in FUNCTIONS:
        return None
    torch.set_num_threads(1)
    leaves = {name: torch.tensor(a, requires_grad=True) for name, a in {"x": x, **params}.items()}
    upstream = torch.tensor(dy)

    def forward() -> Any:
        return FUNCTIONS[key](norm, **leaves)

    y = forward()
    wanted = list(leaves.values())
    return Run(forward, lambda: torch.autograd.grad(y, wanted, upstream, retain_graph=True))


def outputs(done: Run) -> tuple[Array, list[Array]]:
    """Return y, and dl/dx and the gradients of the parameters in their order."""
    return done.forward().detach().numpy(), [np.asarray(grad) for grad in done.backward()]


def _layer(norm: Any, x: Any, gamma: Any, beta: Any) -> Any:
    return functional.layer_norm(x, x.shape[1:], gamma, beta, norm.eps)


def _root_mean_square(norm: Any, x: Any, gamma: Any) -> Any:
    if norm.over == "sample":
        return functional.rms_norm(x, x.shape[1:], gamma, norm.eps)
    return x * torch.rsqrt(x.square().mean(1, keepdim=True) + norm.eps) * gamma[:, None, None]


def _mean_variance(norm: Any, x: Any) -> Any:
    var, mean = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
    return (x - mean) / (var.sqrt() + norm.eps)


def _renormalized(norm: Any, x: Any, gamma: Any, beta: Any, r: Any, d: Any) -> Any:
    x_hat = functional.batch_norm(x, None, None, None, None, True, eps=norm.eps)
    return x_hat * (gamma * r)[:, None, None] + (gamma * d + beta)[:, None, None]


def _filter_response(norm: Any, x: Any, gamma: Any, beta: Any, tau: Any) -> Any:
    x_hat = x * torch.rsqrt(x.square().mean((2, 3), keepdim=True) + norm.eps)
    return torch.maximum(x_hat * gamma[:, None, None] + beta[:, None, None], tau[:, None, None])


def _switched(norm: Any, x: Any, gamma: Any, beta: Any, **weights: Any) -> Any:
    mean, var = x.mean((2, 3), keepdim=True), x.var((2, 3), keepdim=True)  # unbiased, as the authors' code has it
    square = var + mean**2
    means = [mean, mean.mean(1, keepdim=True), mean.mean(0, keepdim=True)]
    variances = [var, square.mean(1, keepdim=True) - means[1] ** 2, square.mean(0, keepdim=True) - means[2] ** 2]
    mean, var = (
        sum(share * each for share, each in zip(torch.softmax(torch.stack(of), 0), statistics, strict=True))
        for of, statistics in (([*weights.values()][:3], means), ([*weights.values()][3:], variances))
    )
    return (x - mean) / (var + norm.eps).sqrt() * gamma[:, None, None] + beta[:, None, None]


def _bent(norm: Any, x: Any, alpha: Any, gamma: Any, beta: Any) -> Any:
    return torch.tanh(alpha * x) * gamma[:, None, None] + beta[:, None, None]


def _local_response(norm: Any, x: Any) -> Any:
    if norm.mode == "across_channels":
        return functional.local_response_norm(x, norm.size, norm.alpha, norm.beta, norm.k)
    mean = functional.avg_pool2d(x * x, norm.size, 1, norm.size // 2)
    return x * (norm.k + norm.alpha * mean) ** -norm.beta


def _spatial(norm: Any, x: Any) -> Any:
    ends = (0, norm.width - 1, 0, norm.height - 1)
    mean, part = (
        functional.avg_pool2d(functional.pad(a, ends), (norm.height, norm.width), 1)
        for a in (x * x, torch.ones_like(x[:1, :1]))
    )
    return x * (1 + norm.alpha * mean / part) ** -norm.beta


FUNCTIONS: dict[str, Callable[..., Any]] = {  # by the operator's key
    "batch_norm": lambda norm, x, gamma, beta: functional.batch_norm(x, None, None, gamma, beta, True, eps=norm.eps),
    "layer_norm": _layer,
    "instance_norm": lambda norm, x, gamma, beta: functional.instance_norm(x, None, None, gamma, beta, eps=norm.eps),
    "group_norm": lambda norm, x, gamma, beta: functional.group_norm(x, norm.groups, gamma, beta, norm.eps),
    "rms_norm": _root_mean_square,
    "mean_variance_norm": _mean_variance,
    "batch_renorm": _renormalized,
    "filter_response_norm": _filter_response,
    "switchable_norm": _switched,
    "dynamic_tanh": _bent,
    "lp_norm": lambda norm, x: functional.normalize(x, norm.p, 1, norm.eps),
    "cross_channel_norm": lambda norm, x: functional.local_response_norm(
        x, norm.size, norm.size * norm.alpha, norm.beta, norm.k
    ),
    "local_response_norm": _local_response,
    "spatial_norm": _spatial,
}
