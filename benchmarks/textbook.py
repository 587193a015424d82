"""Every image operator as a textbook writes it in NumPy: the lines that the benchmark measures normlib against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from normlib import Norm
from normlib.pool import Array, Pool, Span

Forward = Callable[[Norm, Array, dict[str, Array]], tuple[Array, Any]]
Backward = Callable[[Norm, Array, Any], dict[str, Array]]


class Textbook(NamedTuple):
    """A forward, and the backward that takes its cache."""

    forward: Forward
    backward: Backward


def standardize(norm: Norm, x: Array, params: dict[str, Array]) -> tuple[Array, Any]:
    """Return gamma * (x - mean) / sqrt(var + eps) + beta."""
    pools, axes = _pools(norm, x)
    mean, std = pools.mean(axes, keepdims=True), np.sqrt(pools.var(axes, keepdims=True) + norm.eps)
    x_hat = ((pools - mean) / std).reshape(x.shape)
    gamma, beta = (p if p.ndim == 3 else p[:, None, None] for p in (params["gamma"], params["beta"]))
    return gamma * x_hat + beta, (x_hat, std, gamma)


def standardize_backward(norm: Norm, dy: Array, cache: Any) -> dict[str, Array]:
    """Return the three paths: through x_hat, the mean and the variance."""
    x_hat, std, gamma = cache
    dx_hat, axes = _pools(norm, dy * gamma)
    z = x_hat.reshape(dx_hat.shape)
    dx = (dx_hat - dx_hat.mean(axes, keepdims=True) - z * (dx_hat * z).mean(axes, keepdims=True)) / std
    carriers = 0 if gamma.shape[1:] != (1, 1) else (0, 2, 3)
    return {"x": dx.reshape(dy.shape), "gamma": (dy * x_hat).sum(carriers), "beta": dy.sum(carriers)}


def mean_variance(norm: Norm, x: Array, params: dict[str, Array]) -> tuple[Array, Any]:
    """Return (x - mean) / (std + eps) of each map."""
    std = x.std((2, 3), keepdims=True)
    y = (x - x.mean((2, 3), keepdims=True)) / (std + norm.eps)
    return y, (y, std)


def mean_variance_backward(norm: Norm, dy: Array, cache: Any) -> dict[str, Array]:
    """Return the exact gradient, eps being outside the root."""
    y, std = cache
    through = y * (dy * y).mean((2, 3), keepdims=True) * (std + norm.eps) / std
    return {"x": (dy - dy.mean((2, 3), keepdims=True) - through) / (std + norm.eps)}


def root_mean_square(norm: Norm, x: Array, params: dict[str, Array]) -> tuple[Array, Any]:
    """Return gamma * x / sqrt(mean square + eps)."""
    axes = _pools(norm, x)[1]
    rms = np.sqrt((x**2).mean(axes, keepdims=True) + norm.eps)
    gamma = params["gamma"] if params["gamma"].ndim == 3 else params["gamma"][:, None, None]
    return gamma * x / rms, (x / rms, rms, gamma)


def root_mean_square_backward(norm: Norm, dy: Array, cache: Any) -> dict[str, Array]:
    """Return the direct path, less that through the mean square."""
    x_hat, rms, gamma = cache
    dx_hat, axes = dy * gamma, _pools(norm, dy)[1]
    carriers = 0 if gamma.shape[1:] != (1, 1) else (0, 2, 3)
    dx = (dx_hat - x_hat * (dx_hat * x_hat).mean(axes, keepdims=True)) / rms
    return {"x": dx, "gamma": (dy * x_hat).sum(carriers)}


def renormalize(norm: Norm, x: Array, params: dict[str, Array]) -> tuple[Array, Any]:
    """Return gamma * (r * x_hat + d) + beta, with r and d as given."""
    gamma, beta, r, d = (params[name][:, None, None] for name in ("gamma", "beta", "r", "d"))
    mean, std = x.mean((0, 2, 3), keepdims=True), np.sqrt(x.var((0, 2, 3), keepdims=True) + norm.eps)
    x_hat = (x - mean) / std
    return gamma * (r * x_hat + d) + beta, (x_hat, std, gamma, r, d)


def renormalize_backward(norm: Norm, dy: Array, cache: Any) -> dict[str, Array]:
    """Return the three paths, r and d counting as constants."""
    x_hat, std, gamma, r, d = cache
    axes = (0, 2, 3)
    dx_hat = dy * gamma * r
    through = x_hat * (dx_hat * x_hat).mean(axes, keepdims=True)
    return {
        "x": (dx_hat - dx_hat.mean(axes, keepdims=True) - through) / std,
        "gamma": (dy * (r * x_hat + d)).sum(axes),
        "beta": dy.sum(axes),
        "r": (dy * gamma * x_hat).sum(axes),
        "d": (dy * gamma).sum(axes),
    }


def filter_response(norm: Norm, x: Array, params: dict[str, Array]) -> tuple[Array, Any]:
    """Return max(gamma * x / sqrt(mean square + eps) + beta, tau)."""
    gamma, beta, tau = (params[name][:, None, None] for name in ("gamma", "beta", "tau"))
    rms = np.sqrt((x**2).mean((2, 3), keepdims=True) + norm.eps)
    x_hat = x / rms
    z = gamma * x_hat + beta
    return np.maximum(z, tau), (x_hat, rms, z > tau, gamma)


def filter_response_backward(norm: Norm, dy: Array, cache: Any) -> dict[str, Array]:
    """Return the path through the mean square and the direct one, where z is above tau; else all goes to tau."""
    x_hat, rms, above, gamma = cache
    dz = dy * above
    dx_hat, axes = dz * gamma, (0, 2, 3)
    dx = (dx_hat - x_hat * (dx_hat * x_hat).mean((2, 3), keepdims=True)) / rms
    return {"x": dx, "gamma": (dz * x_hat).sum(axes), "beta": dz.sum(axes), "tau": (dy * ~above).sum(axes)}


def bend(norm: Norm, x: Array, params: dict[str, Array]) -> tuple[Array, Any]:
    """Return gamma * tanh(alpha * x) + beta."""
    gamma, beta = (params[name][:, None, None] for name in ("gamma", "beta"))
    bent = np.tanh(params["alpha"] * x)
    return gamma * bent + beta, (x, bent, params["alpha"], gamma)


def bend_backward(norm: Norm, dy: Array, cache: Any) -> dict[str, Array]:
    """Return dy times the slope of the hyperbolic tangent, 1 - tanh^2."""
    x, bent, alpha, gamma = cache
    slope = dy * gamma * (1 - bent**2)
    return {
        "x": alpha * slope,
        "alpha": (x * slope).sum(),
        "gamma": (dy * bent).sum((0, 2, 3)),
        "beta": dy.sum((0, 2, 3)),
    }


def switch(norm: Norm, x: Array, params: dict[str, Array]) -> tuple[Array, Any]:
    """Return the authors' lines: every statistic out of those of the maps, their mixture, gamma and beta."""
    gamma, beta = (params[name][:, None, None] for name in ("gamma", "beta"))
    mean_in, var_in = x.mean((2, 3), keepdims=True), x.var((2, 3), keepdims=True, ddof=1)
    square = var_in + mean_in**2
    means = mean_in, mean_in.mean(1, keepdims=True), mean_in.mean(0, keepdims=True)
    variances = var_in, square.mean(1, keepdims=True) - means[1] ** 2, square.mean(0, keepdims=True) - means[2] ** 2
    w, v = (_shares([params[f"{of}_weight_{pool}"] for pool in ("in", "ln", "bn")]) for of in ("mean", "var"))
    mean = sum(share * each for share, each in zip(w, means, strict=True))
    std = np.sqrt(sum(share * each for share, each in zip(v, variances, strict=True)) + norm.eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x, x_hat, std, gamma, means, variances, w, v)


def switch_backward(norm: Norm, dy: Array, cache: Any) -> dict[str, Array]:
    """Return the paths to the mixed mean and variance, back through the three pools into the maps."""
    x, x_hat, std, gamma, means, variances, w, v = cache
    dx_hat, cells = dy * gamma, x[0, 0].size
    to_mean = -dx_hat.sum((2, 3), keepdims=True) / std
    to_var = -(dx_hat * x_hat).sum((2, 3), keepdims=True) / (2 * std**2)
    layer, batch = (v[i] * to_var.sum(axis, keepdims=True) for i, axis in ((1, 1), (2, 0)))
    to_layer = w[1] * to_mean.sum(1, keepdims=True) - 2 * means[1] * layer
    to_batch = w[2] * to_mean.sum(0, keepdims=True) - 2 * means[2] * batch
    to_square = layer / x.shape[1] + batch / x.shape[0]
    to_maps = w[0] * to_mean + 2 * means[0] * to_square + to_layer / x.shape[1] + to_batch / x.shape[0]
    spread = 2 * (v[0] * to_var + to_square) / (cells - 1) * (x - means[0])
    grads = {"x": dx_hat / std + to_maps / cells + spread}
    grads |= {"gamma": (dy * x_hat).sum((0, 2, 3)), "beta": dy.sum((0, 2, 3))}
    for of, shares, to, each in (("mean", w, to_mean, means), ("var", v, to_var, variances)):
        pulls = [(to * statistic).sum() for statistic in each]
        middle = sum(share * pull for share, pull in zip(shares, pulls, strict=True))
        for pool, share, pull in zip(("in", "ln", "bn"), shares, pulls, strict=True):
            grads[f"{of}_weight_{pool}"] = share * (pull - middle)
    return grads


def _shares(weights: list[Array]) -> Array:
    powers = np.exp(np.array(weights))
    return powers / powers.sum()


def over_length(norm: Norm, x: Array, params: dict[str, Array]) -> tuple[Array, Any]:
    """Return x over the p-norm of its channels, which is never less than eps."""
    length = (abs(x) ** norm.p).sum(1, keepdims=True) ** (1 / norm.p)
    y = x / np.maximum(length, norm.eps)
    return y, (y, length)


def over_length_backward(norm: Norm, dy: Array, cache: Any) -> dict[str, Array]:
    """Return the direct path, less that through the length where it divides."""
    y, length = cache
    through = np.sign(y) * abs(y) ** (norm.p - 1) * (dy * y).sum(1, keepdims=True)
    return {"x": (dy - (length > norm.eps) * through) / np.maximum(length, norm.eps)}


def damp(norm: Norm, x: Array, params: dict[str, Array]) -> tuple[Array, Any]:
    """Return x / (k + a * sum of squares over a window) ** beta."""
    s = getattr(norm, "k", 1.0) + _weight(norm, x) * _window_sum(x**2, norm.pool)
    return x * s**-norm.beta, (x, s)


def damp_backward(norm: Norm, dy: Array, cache: Any) -> dict[str, Array]:
    """Return the direct path, less what x does to every s whose window holds it."""
    x, s = cache
    pull = _window_sum(_weight(norm, x) * dy * x * s ** (-norm.beta - 1), norm.pool.mirrored)
    return {"x": dy * s**-norm.beta - 2 * norm.beta * x * pull}


def _pools(norm: Norm, x: Array) -> tuple[Array, tuple[int, ...]]:
    """Return x so that whole axes are pooled, and which."""
    if hasattr(norm, "groups"):
        return x.reshape(len(x), norm.groups, -1), (2,)
    return x, tuple(axis for axis, span in enumerate(norm.pool) if span is ...)


def _weight(norm: Norm, x: Array) -> Any:
    """Return alpha, over what the operator divides it by."""
    if hasattr(norm, "height"):  # by the part of the window that lies inside the map
        return (norm.alpha / _window_sum(np.ones_like(x[:1, :1]), norm.pool)).astype(x.dtype)
    if not getattr(norm, "divide", False):
        return norm.alpha
    return norm.alpha / (norm.size if norm.mode == "across_channels" else norm.size**2)


def _window_sum(values: Array, pool: Pool) -> Array:
    """Add the shifted copies, axis by axis."""
    for axis, span in enumerate(pool):
        assert isinstance(span, Span)
        pad = [(span.before, span.after) if at == axis else (0, 0) for at in range(4)]
        padded = np.moveaxis(np.pad(values, pad), axis, 0)
        length = values.shape[axis]
        total = sum(padded[start : start + length] for start in range(span.before + 1 + span.after))
        values = np.moveaxis(total, 0, axis)
    return values


DAMP = Textbook(damp, damp_backward)
STANDARDIZE = Textbook(standardize, standardize_backward)
TEXTBOOK: Mapping[str, Textbook] = {  # by the operator's key
    "batch_norm": STANDARDIZE,
    "layer_norm": STANDARDIZE,
    "instance_norm": STANDARDIZE,
    "group_norm": STANDARDIZE,
    "mean_variance_norm": Textbook(mean_variance, mean_variance_backward),
    "batch_renorm": Textbook(renormalize, renormalize_backward),
    "filter_response_norm": Textbook(filter_response, filter_response_backward),
    "switchable_norm": Textbook(switch, switch_backward),
    "dynamic_tanh": Textbook(bend, bend_backward),
    "lp_norm": Textbook(over_length, over_length_backward),
    "rms_norm": Textbook(root_mean_square, root_mean_square_backward),
    "cross_channel_norm": DAMP,
    "local_response_norm": DAMP,
    "spatial_norm": DAMP,
}
