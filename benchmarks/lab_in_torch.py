"""The lab's networks in PyTorch eager, with one thread, as one writes them there; nothing where it is not installed."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from lab.data import Data
from lab.layers import Conv3x3, Dense, Layer, MaxPool, ReLU, Sigmoid
from lab.network import Network, State
from lab.normalize import Normalize
from lab.training import Sgd

try:
    import torch
    from torch import nn
except ImportError:
    torch = nn = None


def version() -> str:
    """Return PyTorch's version, or nothing."""
    return torch.__version__ if torch else ""


def training(network: Network, state: State, data: Data, sgd: Sgd) -> Callable[[Any], float] | None:
    """Return what makes one update of the same network, begun alike, from the indices of a batch; its loss is returned.

    None where PyTorch is not installed.
    """
    if torch is None:
        return None
    torch.set_num_threads(1)
    modules, shape, flat = [], network.shape, False
    for layer, params in zip(network.layers, state.params, strict=True):
        if isinstance(layer, Dense) and not flat:
            modules.append(nn.Flatten())
            flat = True
        module = _module(layer, shape, flat)
        with torch.no_grad():
            for name, value in params.items():
                place = module.bias if name in ("b", "beta") else module.weight
                place.copy_(torch.tensor(value.T if name == "w" and flat else value).reshape(place.shape))
        modules.append(module)
        shape = layer.out_shape(shape)
    model = nn.Sequential(*modules)
    optimizer = torch.optim.SGD(model.parameters(), sgd.rate, sgd.momentum)
    criterion = nn.CrossEntropyLoss()
    x, labels = data.train.take(slice(None))
    inputs, targets = torch.tensor(x), torch.tensor(labels)

    def step(index: Any) -> float:
        chosen = torch.from_numpy(index)
        optimizer.zero_grad()
        loss = criterion(model(inputs[chosen]), targets[chosen])
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def _module(layer: Layer, shape: tuple[int, ...], flat: bool) -> Any:
    match layer:
        case Dense(units=units, bias=bias):
            return nn.Linear(prod(shape), units, bias=bias)
        case Conv3x3(channels=channels, bias=bias):
            return nn.Conv2d(shape[0], channels, 3, padding=1, bias=bias)
        case Normalize():
            return (nn.BatchNorm1d if flat else nn.BatchNorm2d)(shape[0], layer.norm.eps, layer.norm.momentum)
        case MaxPool():
            return nn.MaxPool2d(2)
        case ReLU():
            return nn.ReLU()
        case Sigmoid():
            return nn.Sigmoid()
    raise TypeError(f"lab_in_torch: {layer} must have a counterpart, got none. Add it to `_module`.")
