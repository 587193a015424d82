"""Who differs: one input through an operator as each framework computes it, and the fields that make the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from normlib.core import Norm
from normlib.layout import nchw_shape
from normlib.pool import Array
from normlib.running import Running


class Row(NamedTuple):
    """What one framework computes."""

    framework: str
    norm: Norm
    fields: Mapping[str, Any]  # those that differ from the operator compared with, and the framework's values
    y: Array  # in the layout of the norm
    running: Running | None  # after one batch, from the framework's own start; None where there are none


def differences(norm: Norm, x: Array, **alike: Any) -> tuple[Row, ...]:
    """Return a row for each preset of an operator beside `norm` itself, which comes first as "normlib".

    x: in the operator's layout; each takes the parameters that it starts from.  alike: fields that all are given, in
    place of their own.  Raises ValueError where one refuses x, and for a norm at inference, which has no statistics to
    average.

    >>> import numpy as np
    >>> from normlib.norms.batch_norm import BatchNorm
    >>> for row in differences(BatchNorm(), np.array([0.0, 4.0]).reshape(2, 1, 1, 1)):
    ...     print(row.framework, row.running.var.round(4), dict(row.fields))
    normlib [1.7] {}
    PyTorch [1.7] {}
    ONNX [1.3] {'unbiased': False}
    Keras [1.03] {'eps': 0.001, 'momentum': 0.01, 'unbiased': False}
    Flax [1.03] {'momentum': 0.01, 'unbiased': False}
    Caffe [8.] {'momentum': 0.001, 'affine': False, 'debias': True}
    MatConvNet [0.0399] {'eps': 0.0001, 'unbiased': False, 'averages': 'deviation'}
    Ioffe & Szegedy [8.] {'momentum': 0.0, 'debias': True}
    """
    alike["layout"] = norm.layout
    every = {name: replace(each, **alike) for name, each in {"normlib": norm, **norm.presets()}.items()}
    return tuple(_row(framework, each, every["normlib"], x) for framework, each in every.items())


def _row(framework: str, norm: Norm, beside: Norm, x: Array) -> Row:
    own = asdict(beside)
    fields = {name: value for name, value in asdict(norm).items() if value != own[name]}
    y, cache = norm.forward(x, **norm.init(x.shape))
    running = _after(norm, cache, channels=nchw_shape(x.shape, norm.layout)[1])
    return Row(framework, norm, MappingProxyType(fields), y, running)


def _after(norm: Norm, cache: Any, channels: int) -> Running | None:
    start, update = getattr(norm, "start", None), getattr(norm, "update", None)
    if start is None or update is None:
        return None
    moved: Running = update(start(channels), cache)
    return moved
