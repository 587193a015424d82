"""Shapes and inputs in every layout, written out by hand; a volume here has two layers."""

from __future__ import annotations

from typing import get_args

import numpy as np

from normlib import Layout

LAYOUTS = get_args(Layout)
DEPTH = 2

# How an N x C x H x W array stands in a layout; a sequence has one row, a matrix one pixel, a volume DEPTH * H rows.
OUTER = {
    "NCHW": lambda x: x,
    "NHWC": lambda x: x.transpose(0, 2, 3, 1),
    "HWKM": lambda x: x.transpose(2, 3, 1, 0),
    "NCL": lambda x: x[:, :, 0, :],
    "NLC": lambda x: x[:, :, 0, :].transpose(0, 2, 1),
    "NC": lambda x: x[:, :, 0, 0],
    "NCDHW": lambda x: np.stack(np.split(x, DEPTH, axis=2), axis=2),
    "NDHWC": lambda x: np.stack(np.split(x.transpose(0, 2, 3, 1), DEPTH, axis=1), axis=1),
}
# The same for a parameter with one number per element, C x H x W.
ELEMENTS = {
    "NCHW": lambda p: p,
    "NHWC": lambda p: p.transpose(1, 2, 0),
    "HWKM": lambda p: p.transpose(1, 2, 0),
    "NCL": lambda p: p[:, 0, :],
    "NLC": lambda p: p[:, 0, :].T,
    "NC": lambda p: p[:, 0, 0],
    "NCDHW": lambda p: np.stack(np.split(p, DEPTH, axis=1), axis=1),
    "NDHWC": lambda p: np.stack(np.split(p.transpose(1, 2, 0), DEPTH, axis=0), axis=0),
}


def inner_shape(norm, n, c, h, w):
    """N, C, H, W of what `norm`'s layout can hold: rows and columns fall away, or a volume doubles the rows."""
    h, w = {"NCL": (1, w), "NLC": (1, w), "NC": (1, 1), "NCDHW": (DEPTH * h, w), "NDHWC": (DEPTH * h, w)}.get(
        norm.layout, (h, w)
    )
    return norm.pool.fit((n, c, h, w))


def outer_shape(norm, n=2, c=3, h=2, w=3):
    """A shape of x in `norm`'s layout, with as many channels more as its groups need."""
    return OUTER[norm.layout](np.empty(inner_shape(norm, n, c, h, w))).shape


def inputs_for(norm, rng, shape=(2, 3, 2, 3)):
    """Random inputs as `norm.forward` takes them; `shape` is N, C, H, W."""
    outer = outer_shape(norm, *shape)
    params = {name: rng.uniform(0.5, 1.5, p.shape) for name, p in norm.init(outer).items()}
    return {"x": rng.normal(1.0, 2.0, outer), **params}


def run(norm, inputs, dy):
    y, cache = norm.forward(**inputs)
    return y, norm.backward(dy, cache)
