"""What no framework here computes: the equations of a paper or of Caffe and MatConvNet, transcribed into PyTorch.

These are transcriptions made for this test, not implementations by others; but the windows are PyTorch's own pooling
and the gradients its own differentiation, so they share neither a line nor a derivation with normlib.
"""

from __future__ import annotations

from typing import Any

from ..case import Case
from . import Framework, autograd
from .pytorch import RUN, batch, load


def channel_sum(torch: Any, values: Any, below: int, above: int) -> Any:
    """Sum over the channels from `below` under each to `above` over it, those outside counting 0."""
    padded = torch.nn.functional.pad(values, (0, 0, 0, 0, below, above))
    return padded.unfold(1, below + above + 1, 1).sum(-1)


def cross_channel(below: int, above: int, alpha: float, beta: float, k: float = 1.0) -> Any:
    """Return MatConvNet's vl_nnnormalize: x (k + alpha sum x^2)^-beta (manual, section 4.4.1)."""
    return lambda torch, x: x * (k + alpha * channel_sum(torch, x * x, below, above)) ** -beta


def map_sum(torch: Any, values: Any, height: int, width: int, lean: str = "high") -> Any:
    """Sum over a window of each map, cells outside counting 0; an even one leans to larger or smaller indices."""
    short, long = ((height - 1) // 2, (width - 1) // 2), (height // 2, width // 2)
    (up, left), (down, right) = (short, long) if lean == "high" else (long, short)
    padded = torch.nn.functional.pad(values, (left, right, up, down))
    return torch.nn.functional.avg_pool2d(padded, (height, width), stride=1) * (height * width)


def within_channel(size: int, alpha: float, beta: float) -> Any:
    """Return Caffe's LRNLayer within a channel: (1 + alpha / n^2 sum x^2)^-beta, n^2 also at the border."""
    return lambda torch, x: x * (1 + alpha / size**2 * map_sum(torch, x * x, size, size)) ** -beta


def spatial(height: int, width: int, alpha: float, beta: float) -> Any:
    """Return MatConvNet's vl_nnspnorm: (1 + alpha mean x^2)^-beta, the mean over what lies inside (section 4.4.3)."""

    def compute(torch: Any, x: Any) -> Any:
        inside = map_sum(torch, torch.ones_like(x), height, width)
        return x * (1 + alpha * map_sum(torch, x * x, height, width) / inside) ** -beta

    return compute


def mean_variance(axes: tuple[int, ...], eps: float = 1e-9, in_root: bool = False, divide: bool = True) -> Any:
    """Return Caffe's MVNLayer, or OpenCV's with eps in the root; the gradient is the exact one, not Caffe's."""

    def compute(torch: Any, x: Any) -> Any:
        centred = x - x.mean(axes, keepdim=True)
        if not divide:
            return centred
        var = x.var(axes, unbiased=False, keepdim=True)
        return centred / ((var + eps).sqrt() if in_root else var.sqrt() + eps)

    return compute


def standardized_weight(eps: float, unbiased: bool, in_root: bool) -> Any:
    """Return (w - mean) / std per output channel: Qiao et al. 2019, equation 4."""

    def compute(torch: Any, x: Any) -> Any:
        axes = (1, 2, 3)
        centred = x - x.mean(axes, keepdim=True)
        var = x.var(axes, unbiased=unbiased, keepdim=True)
        return centred / ((var + eps).sqrt() if in_root else var.sqrt() + eps)

    return compute


def batch_renorm(r_max: float, d_max: float, eps: float) -> Any:
    """Return algorithm 1 of Ioffe 2017: x_hat r + d, with r and d constant in the gradient."""

    def compute(torch: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any) -> Any:
        def per_channel(p: Any) -> Any:
            return p[:, None, None]

        mean = x.mean((0, 2, 3))
        std = (x.var((0, 2, 3), unbiased=False) + eps).sqrt()
        running_std = (running_var + eps).sqrt()
        r = (std / running_std).clamp(1 / r_max, r_max).detach()
        d = ((mean - running_mean) / running_std).clamp(-d_max, d_max).detach()
        x_hat = (x - per_channel(mean)) / per_channel(std) * per_channel(r) + per_channel(d)
        return x_hat * per_channel(gamma) + per_channel(beta)

    return compute


def switchable(unbiased: bool, eps: float = 1e-5) -> Any:
    """Return equations 2 to 5 of Luo et al. 2018, a map's variance unbiased as in their code or biased as there."""

    def compute(torch: Any, x: Any, gamma: Any, beta: Any, **weights: Any) -> Any:
        mean_in, var_in = x.mean((2, 3), keepdim=True), x.var((2, 3), unbiased=unbiased, keepdim=True)
        square_in = var_in + mean_in**2
        mean_ln = mean_in.mean(1, keepdim=True)
        var_ln = square_in.mean(1, keepdim=True) - mean_ln**2
        mean_bn = mean_in.mean(0, keepdim=True)
        var_bn = square_in.mean(0, keepdim=True) - mean_bn**2
        m, v = (torch.stack([weights[f"{what}_weight_{pool}"] for pool in POOLS]).softmax(0) for what in MOMENTS)
        mean = m[0] * mean_in + m[1] * mean_ln + m[2] * mean_bn
        var = v[0] * var_in + v[1] * var_ln + v[2] * var_bn
        return (x - mean) / (var + eps).sqrt() * gamma[:, None, None] + beta[:, None, None]

    return compute


POOLS, MOMENTS = ("in", "ln", "bn"), ("mean", "var")


def dynamic_tanh(torch: Any, x: Any, alpha: Any, gamma: Any, beta: Any) -> Any:
    """Return gamma tanh(alpha x) + beta: Zhu et al. 2025, equation 3."""
    return gamma[:, None, None] * torch.tanh(alpha * x) + beta[:, None, None]


def filter_response(eps: float) -> Any:
    """Return the filter response and its threshold: Singh & Krishnan 2020, equations 1 to 3."""

    def compute(torch: Any, x: Any, gamma: Any, beta: Any, tau: Any) -> Any:
        x_hat = x / (x.square().mean((2, 3), keepdim=True) + eps).sqrt()
        return torch.maximum(gamma[:, None, None] * x_hat + beta[:, None, None], tau[:, None, None])

    return compute


def lp_matconvnet(torch: Any, x: Any) -> Any:
    """Return MatConvNet's vl_nnnormalizelp: x (sum x^2 + .01)^(-1/2) across channels."""
    return x / (x.square().sum(1, keepdim=True) + 0.01).sqrt()


CHANNEL, SAMPLE, EXAMPLES = (2, 3), (1, 2, 3), (0, 2, 3)
MAP = {"x": (2, 3, 5, 4)}
CAFFE_WITHIN = "Caffe, within a channel"

FRAMEWORK = Framework(
    packages=("torch",),
    load=load,
    run=autograd.run,
    cases=(
        # MatConvNet across channels: the extra channel of an even window is the higher one.
        *(
            Case(
                "cross_channel_norm",
                f"MatConvNet, window of {size}",
                {"x": (2, 6, 2, 2)},
                cross_channel((size - 1) // 2, size // 2, 0.5, 0.75, k=2.0),
                settings={"size": size, "alpha": 0.5, "k": 2.0},
            )
            for size in (1, 2, 3, 4, 9)
        ),
        Case(
            "local_response_norm",
            "Krizhevsky",
            {"x": (2, 7, 2, 2)},
            cross_channel(2, 2, 1e-4, 0.75, k=2.0),
            "Krizhevsky et al.",
            scale=60,
        ),
        Case(
            "local_response_norm",
            "Caffe within a channel",
            MAP,
            within_channel(5, 1.0, 0.75),
            "Caffe, within a channel",
        ),
        *(
            Case(
                "local_response_norm",
                f"within a channel, window of {size}, {what}",
                {"x": shape},
                within_channel(size, 3.0, 0.75),
                CAFFE_WITHIN,
                settings={"size": size, "alpha": 3.0},
            )
            for size, what, shape in (
                (3, "a map", (2, 3, 5, 4)),
                (2, "a map, leaning down and right", (2, 3, 4, 4)),
                (3, "one position", (3, 2, 1, 1)),
                (7, "wider than the map", (1, 2, 3, 2)),
            )
        ),
        Case("spatial_norm", "MatConvNet", MAP, spatial(2, 2, 10.0, 2.0), "MatConvNet"),
        *(
            Case(
                "spatial_norm",
                f"{height} x {width}, {what}",
                {"x": shape},
                spatial(height, width, 0.8, 0.75),
                settings={"height": height, "width": width, "alpha": 0.8, "beta": 0.75},
            )
            for height, width, what, shape in (
                (3, 3, "a map", (2, 3, 5, 4)),
                (1, 4, "a map", (2, 3, 5, 4)),
                (3, 2, "one position", (3, 2, 1, 1)),
                (7, 6, "wider than the map", (1, 2, 3, 2)),
            )
        ),
        Case("mean_variance_norm", "Caffe", {"x": (3, 4, 2, 3)}, mean_variance(CHANNEL), "Caffe"),
        Case(
            "mean_variance_norm",
            "Caffe across channels",
            {"x": (3, 4, 2, 3)},
            mean_variance(SAMPLE),
            "Caffe",
            settings={"across_channels": True},
        ),
        Case(
            "mean_variance_norm",
            "Caffe, the mean only",
            {"x": (3, 4, 2, 3)},
            mean_variance(CHANNEL, divide=False),
            "Caffe",
            settings={"normalize_variance": False},
        ),
        Case(
            "mean_variance_norm",
            "eps outside the root",
            {"x": (3, 4, 2, 3)},
            mean_variance(CHANNEL, eps=1.0),
            settings={"eps": 1.0},
        ),
        Case(
            "mean_variance_norm",
            "OpenCV, large eps",
            {"x": (3, 4, 2, 3)},
            mean_variance(CHANNEL, eps=1.0, in_root=True),
            "OpenCV",
            settings={"eps": 1.0},
        ),
        Case("mean_variance_norm", "ONNX", {"x": (3, 4, 2, 3)}, mean_variance(EXAMPLES), "ONNX"),
        Case(
            "weight_standardization",
            "authors",
            {"x": (4, 3, 2, 2)},
            standardized_weight(1e-5, unbiased=True, in_root=False),
            "Qiao et al.",
            scale=1e-2,
        ),
        *(
            Case(
                "batch_renorm",
                what,
                batch((4, 3, 2, 2)) | dict.fromkeys(RUN, (3,)),
                batch_renorm(r_max, d_max, 1e-3),
                settings={"r_max": r_max, "d_max": d_max, "eps": 1e-3},
                fixed=RUN,
            )
            for what, r_max, d_max in (("not clipped", 30.0, 50.0), ("clipped", 1.01, 0.05), ("off", 1.0, 0.0))
        ),
        Case(
            "filter_response_norm",
            "paper's eps",
            batch((3, 4, 2, 3)) | {"tau": (4,)},
            filter_response(1e-6),
            scale=1e-3,
        ),
        Case(
            "filter_response_norm",
            "one position",
            batch((3, 4, 1, 1)) | {"tau": (4,)},
            filter_response(0.1),
            settings={"eps": 0.1},
        ),
        *(
            Case(
                "switchable_norm",
                what,
                batch((3, 4, 2, 3)) | {f"{moment}_weight_{pool}": () for moment in MOMENTS for pool in POOLS},
                switchable(unbiased),
                settings={"unbiased": unbiased},
                loss=8,  # the six weights: their gradients are sums of 72 terms that cancel to a hundredth of a term
            )
            for what, unbiased in (("authors' code", True), ("paper", False))
        ),
        Case("dynamic_tanh", "a map", batch((3, 4, 2, 3)) | {"alpha": ()}, dynamic_tanh),
        Case("lp_norm", "MatConvNet", {"x": (3, 4, 2, 2)}, lp_matconvnet, "MatConvNet", scale=0.1),
    ),
)
